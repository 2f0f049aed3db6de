"""Forms of virtual services and real servers, made from the models' options."""

from functools import cached_property
from typing import Any

from apps.common.forms import Card, OptionForm
from apps.common.options import Option, options
from apps.services.models import RealServer, SslTermination, VirtualService
from apps.services.rule_kinds import ACL, HEADER, rule_card
from apps.services.termination_forms import with_terminations


class AddVirtualService(OptionForm):
    class Meta:
        model = VirtualService
        fields = [option.name for option in options(VirtualService) if option.on_add]


class ModifyVirtualService(OptionForm):
    class Meta:
        model = VirtualService
        fields = [option.name for option in options(VirtualService)]

    def cards(self) -> list[Card]:
        """With those of the rules between Feedback Method and Fallback Server."""
        cards = super().cards()
        place = next(number for number, card in enumerate(cards, 1) if card.title == "Feedback Method")
        cards[place:place] = self._rule_cards
        return [self._ssl_card(card) if card.title == "SSL" else card for card in cards]

    def _ssl_card(self, card: Card) -> Card:
        return with_terminations(card, self._terminations)

    @cached_property
    def _terminations(self) -> list[SslTermination]:
        return list(SslTermination.passing_to(self.instance)) if self.instance.pk else []

    @cached_property
    def _rule_cards(self) -> list[Card]:
        return [rule_card(kind, self.instance) for kind in (ACL, HEADER)] if self.instance.pk else []


class DuplicateService(OptionForm):
    """A copy of a virtual service: everything is the original's but what is asked for here."""

    class Meta:
        model = VirtualService
        fields = ["label", "address", "ports"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.declared = [option for option in self.declared if option.applies(self.instance)]
        for name in self.fields.keys() - {option.name for option in self.declared}:
            del self.fields[name]

    def _follows(self, option: Option, cleaned: dict[str, Any]) -> bool:
        """No default, but the original's choice."""
        return False


class RealServerForm(OptionForm):
    class Meta:
        model = RealServer
        fields = [option.name for option in options(RealServer)]
