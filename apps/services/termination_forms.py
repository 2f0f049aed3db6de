"""Forms of SSL terminations and their SNI rules."""

from collections.abc import Sequence
from dataclasses import dataclass

from apps.common.forms import Card, OptionForm, Row
from apps.common.options import Option, options
from apps.services.models import AclAction, AclRule, SniRule, SslTermination, VirtualService


@dataclass
class SniCard(Card):
    """On the Modify page, below the options: the rules, and the ways to change them."""

    template: str = "services/_sni_rules.html"
    termination: SslTermination | None = None
    rules: Sequence[SniRule] = ()
    note: str = ""


class TerminationForm(OptionForm):
    class Meta:
        model = SslTermination
        fields = [option.name for option in options(SslTermination)]

    def cards(self) -> list[Card]:
        cards = super().cards()
        if self.instance.pk:
            rules = list(self.instance.rules.select_related("certificate", "service"))
            service: VirtualService | None = self.instance.service
            cards.append(SniCard("SNI Rules", termination=self.instance, rules=rules, note=_note(service, rules)))
        return cards


def _note(service: VirtualService | None, rules: Sequence[SniRule]) -> str:
    """With SNI Rules, clients reach the associated service through a section in front of it."""
    if not service or not rules:
        return ""
    if not AclRule.objects.filter(service=service, action=AclAction.BACKEND).exists():
        return ""
    return f"ACL Rules of {service} with Use Backend do not count for what comes through a termination with SNI Rules."


class SniRuleForm(OptionForm):
    class Meta:
        model = SniRule
        fields = ("name", "host", "certificate", "service", "backend_address", "backend_port", "send_proxy")

    def _row(self, option: Option) -> Row:
        """A rule deviates from nothing."""
        row = super()._row(option)
        row.changed = False
        return row


@dataclass
class TerminationsCard(Card):
    """In the section SSL of a virtual service: the terminations that pass something to it."""

    template: str = "services/_terminated.html"
    terminations: Sequence[SslTermination] = ()


def with_terminations(card: Card, found: Sequence[SslTermination]) -> Card:
    """The card with the read-only row SSL termination present, where there is one."""
    return TerminationsCard(card.title, card.rows, card.advanced, terminations=found) if found else card
