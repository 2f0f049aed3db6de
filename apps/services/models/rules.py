"""Ordered rules of a virtual service: what happens to which request, and to its headers."""

import re
from collections.abc import Collection

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.signals import pre_save
from django.dispatch import receiver

from apps.common.option_kinds import ChoiceOption, NumberOption
from apps.common.options import option
from apps.common.text_kinds import ExpressionOption, LineOption, TokenOption
from apps.services.conditions import FLAG, Condition, ConditionsOption, problems, read
from apps.services.models.choices import WEB, Protocol
from apps.services.models.manual import ManualConfiguration
from apps.services.models.real_server import RealServer
from apps.services.models.virtual_service import VirtualService

MOST = 1000


class AclAction(models.TextChoices):
    LOCATION = "url_loc", "Redirect Location"
    PREFIX = "url_pre", "Redirect Prefix"
    BACKEND = "backend", "Use Backend"
    SERVER = "use_server", "Use Server"
    DENY = "deny", "Deny"
    TARPIT = "tarpit", "Tarpit"
    FLAG = "flag", "Set Flag"
    PATH = "set_path", "Rewrite Path"


WITH_VALUE = set(AclAction) - {AclAction.DENY, AclAction.TARPIT}
ANY_PROTOCOL = {AclAction.BACKEND, AclAction.SERVER, AclAction.DENY}
URL = (re.compile(r"\A(https?://|/)[!-~]*\Z"), "Enter an address that begins with https://, http:// or a slash.")
TEXTS = {
    AclAction.LOCATION: URL,
    AclAction.PREFIX: URL,
    AclAction.PATH: (re.compile(r"\A/[!-~]*\Z"), "Enter a path that begins with a slash, without blanks."),
    AclAction.FLAG: (FLAG, "Enter a name of letters, digits and underscores."),
}


class AclRule(models.Model):
    """If all this is so, do that. Rules are looked at in their order."""

    service = models.ForeignKey(VirtualService, on_delete=models.CASCADE, related_name="acl_rules")
    position = NumberOption("Position", section="ACL Rule", default=1, least=1, most=MOST, help="Rules count in order.")
    conditions = ConditionsOption(
        "Conditions",
        section="ACL Rule",
        help="AND binds tighter than OR: a AND b OR c AND d asks for both a and b, or for both c and d. "
        "HAProxy: acl, if.",
    )
    action = ChoiceOption(
        "Action",
        element="redirecttype",
        section="ACL Rule",
        choices=AclAction,
        default=AclAction.LOCATION,
        choice_when={
            AclAction.BACKEND: {"service_backend_only": {False}},
            **{action: {"service_protocol": WEB["protocol"]} for action in set(AclAction) - ANY_PROTOCOL},
        },
        help="Redirect Location sends the client to exactly this address, Redirect Prefix puts it before the path. "
        "Deny refuses, Tarpit refuses after a wait. These four answer at once. Set Flag remembers a name for later "
        "rules, Rewrite Path changes what they and the Real Server see. Use Backend passes the request to another "
        "Virtual Service, Use Server to one Real Server: the first such rule counts, unless a later rule answers. "
        "HAProxy: http-request, use_backend, use-server.",
    )
    value = LineOption(
        "Location/Value",
        element="location",
        section="ACL Rule",
        when={"action": WITH_VALUE},
        blank=True,
        default="",
        help="Redirect: an address, or a path that begins with a slash. Use Backend: the label of a Virtual Service. "
        "Use Server: the label of a Real Server. Set Flag: a name. Rewrite Path: the new path; what stands behind the "
        "question mark stays.",
    )

    class Meta:
        ordering = ["service", "position", "pk"]
        verbose_name = "ACL Rule"

    def __str__(self) -> str:
        return f"{self.position} of {self.service}"

    @property
    def service_protocol(self) -> str:
        return str(self.service.protocol)

    @property
    def service_backend_only(self) -> bool:
        return bool(self.service.backend_only)

    @property
    def terms(self) -> list[Condition]:
        return read(self.conditions)

    @property
    def shown_value(self) -> str:
        """What was stored for another action does not count."""
        return str(self.value) if self.action in WITH_VALUE else ""

    @property
    def does(self) -> str:
        """The action in words."""
        return f"{AclAction(self.action).label} {self.shown_value}".strip()

    @property
    def words(self) -> str:
        return f"If {option(self, 'conditions').words(self.conditions)}: {self.does}"

    @property
    def applies(self) -> bool:
        """Whether its virtual service, as it is now, can have this rule."""
        return option(self, "action").allows(self.action, self) and not self._match_problem()

    def clean(self) -> None:
        found = {}
        if self.action in WITH_VALUE and (problem := self._value_problem()):
            found["value"] = problem
        if problem := self._match_problem():
            found["conditions"] = problem
        if found:
            raise ValidationError(found)

    def _value_problem(self) -> str:
        if self.action == AclAction.SERVER:
            found = self.service.servers.filter(label=self.value).exists()
            return "" if found else f"{self.service} has no Real Server {self.value or 'without a label'}. Choose one."
        if self.action == AclAction.BACKEND:
            target = VirtualService.objects.filter(label=self.value).exclude(pk=self.service.pk).first()
            missing = f"There is no other Virtual Service {self.value or 'without a label'}. Choose one."
            return self.target_problem(target) if target else missing
        pattern, wrong = TEXTS[self.action]
        return "" if pattern.match(self.value) else wrong

    def target_problem(self, target: VirtualService) -> str:
        """Why it cannot pass its requests to this virtual service; blank when it can."""
        if (target.protocol == Protocol.TCP) != (self.service.protocol == Protocol.TCP):
            return f"{target} speaks {target.get_protocol_display()}, {self.service} does not. Choose another."
        return ManualConfiguration.target_problem(target)

    def _match_problem(self) -> str:
        try:
            wrong = [found for term in self.terms if (found := problems(term, self.service).get("match"))]
        except ValidationError:
            return ""  # the field says so itself
        return wrong[0] if wrong else ""

    @classmethod
    def passing_to(cls, services: Collection[VirtualService]) -> models.QuerySet["AclRule"]:
        """The rules of other virtual services that use one of these as their backend."""
        named = cls.objects.filter(action=AclAction.BACKEND, value__in=[service.label for service in services])
        return named.exclude(service__in=services).select_related("service")


LOG_VARIABLES = (
    "B CC CS H HM HP HPO HQ HU HV ID ST T Ta Tc Td Th Ti Tl Tq TR Tr Ts Tt Tu Tw U ac b bc bi bp bq ci cp f fc fi fp "
    "ft hr hrl hs hsl lc ms o pid r rc rt s sc si sp sq sslc sslv t tr trg trl ts tsc"
).split()
FORMATS = re.compile(rf"%%|%\[[^\[\]]+\]|%(?:{'|'.join(LOG_VARIABLES)})(?![A-Za-z0-9_])")


class HeaderSide(models.TextChoices):
    REQUEST = "request", "Request"
    RESPONSE = "response", "Response"


class HeaderOption(models.TextChoices):
    ADD = "add", "Add"
    SET = "set", "Set"
    DELETE = "del", "Delete"
    REPLACE = "replace", "Replace"


class HeaderRule(models.Model):
    """Adds, sets, deletes or replaces a header on its way through."""

    service = models.ForeignKey(VirtualService, on_delete=models.CASCADE, related_name="header_rules")
    position = NumberOption(
        "Position", section="Header Rule", default=1, least=1, most=MOST, help="Rules count in order."
    )
    side = ChoiceOption(
        "Type",
        element="type",
        section="Header Rule",
        choices=HeaderSide,
        default=HeaderSide.REQUEST,
        help="Request: on the way to the Real Server; Response: on the way back. HAProxy: http-request, http-response.",
    )
    option = ChoiceOption(
        "Option",
        section="Header Rule",
        choices=HeaderOption,
        default=HeaderOption.SET,
        help="Add leaves headers of this name as they are, Set replaces all of them, Delete removes them, Replace "
        "changes what matches. HAProxy: add-header, set-header, del-header, replace-header.",
    )
    name = TokenOption("Header Name", section="Header Rule", help="For example X-Frame-Options.")
    match = ExpressionOption(
        "Match",
        section="Header Rule",
        when={"option": {HeaderOption.REPLACE}},
        blank=True,
        default="",
        help="A regular expression that the whole value has to match; its groups are \\1, \\2 … in Header Value.",
    )
    value = LineOption(
        "Header Value",
        section="Header Rule",
        when={"option": set(HeaderOption) - {HeaderOption.DELETE}},
        blank=True,
        default="",
        help="The new value. %[src] is the client's address, %[ssl_fc_sni] the name it asked for; write %% for a "
        "percent sign.",
    )

    class Meta:
        ordering = ["service", "position", "pk"]
        verbose_name = "Header Rule"

    def __str__(self) -> str:
        return f"{self.position} of {self.service}"

    @property
    def words(self) -> str:
        """The rule in words."""
        words = [f"{HeaderSide(self.side).label}:", HeaderOption(self.option).label, self.name]
        words += [self.match, "by"] * (self.option == HeaderOption.REPLACE)
        return " ".join([*words, self.value * (self.option != HeaderOption.DELETE)]).strip()

    def clean(self) -> None:
        wrong = {}
        if self.option != HeaderOption.DELETE:
            if not self.value:
                wrong["value"] = "Enter Header Value."
            elif "%" in FORMATS.sub("", self.value):
                wrong["value"] = "Write %% for a percent sign, or %[…] for a value that HAProxy knows."
        if self.option == HeaderOption.REPLACE and not self.match:
            wrong["match"] = "Enter what the value has to match, for example (.*)."
        if wrong:
            raise ValidationError(wrong)


@receiver(pre_save, sender=VirtualService)
@receiver(pre_save, sender=RealServer)
def follow_a_new_label(instance: VirtualService | RealServer, **kwargs: object) -> None:
    """Rules name their target by its label; a new label changes the rules with it."""
    before = type(instance)._default_manager.filter(pk=instance.pk).values_list("label", flat=True).first()
    if before is None or before == instance.label:
        return
    rules = AclRule.objects.filter(value=before)
    if isinstance(instance, RealServer):
        rules.filter(action=AclAction.SERVER, service=instance.service).update(value=instance.label)
    else:
        rules.filter(action=AclAction.BACKEND).update(value=instance.label)
