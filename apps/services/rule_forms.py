"""Forms of ACL rules and header rules."""

from typing import Any

from apps.common.forms import Card, OptionForm, Row
from apps.common.options import Option, option
from apps.services.condition_rows import ConditionRow, meanings, rows, stored
from apps.services.conditions import Condition, sent
from apps.services.models import AclAction, AclRule, HeaderRule, Protocol, VirtualService


class RuleForm(OptionForm):
    """A rule deviates from nothing: no part of it is marked as different from its default."""

    def _row(self, option: Option) -> Row:
        row = super()._row(option)
        row.changed = False
        return row


class AclRuleForm(RuleForm):
    """`typed` are conditions to begin with instead of the rule's own."""

    class Meta:
        model = AclRule
        fields = ("conditions", "action", "value")

    def __init__(self, *args: Any, instance: AclRule, typed: list[Condition] | None = None, **kwargs: Any) -> None:
        if instance.pk is None and not option(AclRule, "action").allows(instance.action, instance):
            instance.action = AclAction.DENY  # applies everywhere
        super().__init__(*args, instance=instance, **kwargs)
        self.typed = typed
        self.fields["conditions"].error_messages["required"] = "Enter at least one condition: its Type and URL/Text."
        self._offer_what_applies()
        self.fields["value"].widget.attrs["list"] = f"targets-{self['action'].value()}"

    def _offer_what_applies(self) -> None:
        """And what the rule has: the server refuses it, and says so."""
        field: Any = self.fields["action"]
        allows, chosen = option(AclRule, "action").allows, self["action"].value()
        field.choices = [item for item in AclAction.choices if item[0] == chosen or allows(item[0], self.instance)]

    def cards(self) -> list[Card]:
        card = Card("ACL Rule", template="services/_acl_rule_card.html")
        card.rows = [self._row(option(AclRule, name)) for name in ("action", "value")]
        return [card]

    @property
    def service(self) -> VirtualService:
        service: VirtualService = self.instance.service
        return service

    @property
    def condition_rows(self) -> list[ConditionRow]:
        if self.is_bound and "match" in self.data:
            return rows(sent(self.data), self.service, judged=True)
        return rows(self.typed or stored(self.instance.conditions), self.service, judged=self.is_bound)

    @property
    def conditions_wrong(self) -> list[str]:
        """What is not told at one of the rows."""
        told = {said for row in self.condition_rows for said in row.wrong.values()}
        return [str(said) for said in self["conditions"].errors if said not in told]

    @property
    def meanings(self) -> list[tuple[str, str]]:
        """Of the types, for the help."""
        return meanings(self.service)

    @property
    def targets(self) -> list[tuple[str, list[str]]]:
        """What Location/Value may name, by action."""
        others = VirtualService.objects.exclude(pk=self.service.pk).order_by("label")
        is_tcp = {"protocol": Protocol.TCP}
        fitting = others.filter(**is_tcp) if self.service.protocol == Protocol.TCP else others.exclude(**is_tcp)
        servers = self.service.servers.order_by("label")
        return [
            (AclAction.BACKEND.value, list(fitting.values_list("label", flat=True))),
            (AclAction.SERVER.value, list(servers.values_list("label", flat=True))),
        ]


class HeaderRuleForm(RuleForm):
    class Meta:
        model = HeaderRule
        fields = ("side", "option", "name", "match", "value")
