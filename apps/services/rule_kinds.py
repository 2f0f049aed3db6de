"""ACL rules and header rules share their pages: what differs between them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from django.shortcuts import get_object_or_404
from django.urls import reverse

from apps.common.forms import Card, OptionForm
from apps.services.models import AclRule, HeaderRule, Protocol, SslTermination, VirtualService
from apps.services.rule_actions import Rule
from apps.services.rule_forms import AclRuleForm, HeaderRuleForm


@dataclass(frozen=True)
class RuleKind:
    slug: str  # in names of addresses
    title: str
    model: type[AclRule] | type[HeaderRule]
    form: type[OptionForm]
    row: str  # template of its row in the list
    heads: Sequence[str]
    none: str  # what a page without rules says

    @property
    def add(self) -> str:
        return f"add-{self.slug}-rule"

    @property
    def modify(self) -> str:
        return f"modify-{self.slug}-rule"

    @property
    def delete(self) -> str:
        return f"delete-{self.slug}-rule"

    @property
    def move(self) -> str:
        return f"move-{self.slug}-rule"

    @property
    def name(self) -> str:
        return str(self.model._meta.verbose_name)

    def page(self, service: VirtualService) -> str:
        return reverse(f"{self.slug}-rules", args=[service.pk])

    def of(self, service: VirtualService) -> list[Any]:
        """Its rules in their order, each with the virtual service at hand."""
        rules: list[Any] = list(self.model._default_manager.filter(service=service).order_by("position", "pk"))
        for rule in rules:
            rule.service = service
        return rules

    def get(self, pk: int) -> Rule:
        """Or the page that says that there is none."""
        rule: Any = get_object_or_404(self.model._default_manager.select_related("service"), pk=pk)
        return cast(Rule, rule)

    def made_for(self, service: VirtualService) -> Rule:
        """A new rule behind the others."""
        return self.model(service=service, position=self.model._default_manager.filter(service=service).count() + 1)


ACL = RuleKind(
    "acl",
    "ACL Rules",
    AclRule,
    AclRuleForm,
    "services/_acl_row.html",
    ("If", "Action", "Location/Value"),
    "No ACL Rules: every request goes to the Real Servers of this Virtual Service.",
)
HEADER = RuleKind(
    "header",
    "Header Rules",
    HeaderRule,
    HeaderRuleForm,
    "services/_header_row.html",
    ("Type", "Option", "Header Name", "Header Value"),
    "No Header Rules: requests and responses keep their headers.",
)


def note(kind: RuleKind, service: VirtualService) -> str:
    """Why rules do not count for the virtual service as it is; blank when they do."""
    if service.manual:
        return "This Virtual Service is configured by hand: its rules are not written into HAProxy's configuration."
    if kind == HEADER and service.protocol == Protocol.TCP:
        return "Header Rules do not apply to TCP Mode. They are kept for HTTP Mode and HTTP/2 Mode."
    is_reached = service.force_https and SslTermination.passing_to(service).exists()
    if service.force_https and service.protocol == Protocol.HTTP and not is_reached:
        servers = "Use Backend and Use Server do" if kind == ACL else "Header Rules do"
        return f"Force to HTTPS answers every request that reaches it, so {servers} not apply."
    return ""


@dataclass
class RuleCard(Card):
    """Between the sections of the Modify page: the rules in words, and the way to their page."""

    template: str = "services/_rules_card.html"
    rules: list[str] = field(default_factory=list)
    note: str = ""
    url: str = ""


def rule_card(kind: RuleKind, service: VirtualService) -> RuleCard:
    words = [rule.words for rule in kind.of(service)]
    return RuleCard(kind.title, rules=words, note=note(kind, service), url=kind.page(service))
