"""A VIP: the address and ports clients connect to, and how their connections are balanced."""

from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError

from apps.common.option_kinds import port_spans
from apps.common.options import option
from apps.services.models.balancing import Balancing
from apps.services.models.checking import Checking
from apps.services.models.choices import Check, Persistence, Protocol
from apps.services.models.fallback import Fallback
from apps.services.models.families import foreign
from apps.services.models.layer7 import Layer7
from apps.services.models.listening import Listening
from apps.services.models.other import Other
from apps.services.models.ports import clash, own_ports


class VirtualService(Listening, Balancing, Checking, Fallback, Other):
    """A VIP: the address and ports clients connect to, and how their connections are balanced."""

    SECTIONS = (
        "Virtual Service",
        "Protocol",
        "Connection Distribution Method",
        "Persistence",
        "Health Checks",
        "Feedback Method",
        "Fallback Server",
        "SSL",
        "Other",
    )

    class Meta:
        ordering = ["pk"]
        verbose_name = "Virtual Service"

    def __str__(self) -> str:
        return str(self.label)

    def clean(self) -> None:
        """Rules between fields; form, import and API share them."""
        problems = self._missing() | self._contradictions() | self._rule_problems() | self._termination_problems()
        is_placed = not problems.keys() & {"address", "ports"} and self._has_good_ports()
        if is_placed and (problem := self._own_port() or self._clash()):
            problems["ports"] = problem
        if problems:
            raise ValidationError(problems)

    def _missing(self) -> dict[str, str]:
        wanted = {
            "address": not self.backend_only,
            "ports": not self.backend_only,
            "certificate_id": self.protocol == Protocol.HTTP2,
            "application_cookie": self.persistence == Persistence.APPLICATION and self.protocol != Protocol.TCP,
            "check_script_id": self.check_type == Check.EXTERNAL,
            "check_port": self.needs_ports and self.pk and self.servers.filter(port=None).exists(),
        }
        missing = [name for name, is_wanted in wanted.items() if is_wanted and not getattr(self, name)]
        return {name.removesuffix("_id"): MISSING[name] for name in missing}

    @property
    def needs_ports(self) -> bool:
        """Whether HAProxy could not tell where to check a real server without a port."""
        return self.backend_only and not self.manual and not self.check_port and self.check_type != Check.NONE

    def _contradictions(self) -> dict[str, str]:
        problems = {}
        has_fallback = bool(self.fallback_address and self.fallback_port)
        if self.fallback_address and not self.fallback_port:
            problems["fallback_port"] = "Enter the port of the fallback server, or leave its IP Address blank."
        if self.persistence == Persistence.LAST and not has_fallback:
            problems["fallback_address"] = "Last Successful needs a fallback server. Enter its IP Address and Port."
        if self.transparent and (foreigners := self._foreigners()):
            problems["transparent"] = " ".join(foreigners)
        sources = {self.source_address, self.check_source} - {""}
        if len(sources) > 1 and not self.transparent and self.check_type != Check.NONE:
            problems["check_source"] = (
                "HAProxy has one source for checks and traffic. Leave it blank, or use Set Source Address for both."
            )
        return problems

    def _rule_problems(self) -> dict[str, str]:
        """ACL rules that no longer count are never dropped silently: one of them may keep somebody out."""
        if not self.pk:
            return {}
        own = [rule for rule in self.acl_rules.all() if not rule.applies]
        passing = self.acl_rules.model.passing_to([self])
        others = {f"ACL Rule {rule}": problem for rule in passing if (problem := rule.target_problem(self))}
        said = [f"ACL Rule {rule} does not apply then. Change or delete it first." for rule in own]
        said += [f"{rule} passes requests to it. {problem}" for rule, problem in others.items()]
        if not said:
            return {}
        by_hand = self.manual and not own
        field = "manual" if by_hand else "backend_only" if own and own[0].service_backend_only else "protocol"
        return {field: " ".join(said)}

    def _foreigners(self) -> list[str]:
        servers = self.servers.values_list("address", flat=True) if self.pk else []
        return [problem for server in servers if (problem := foreign(self.address, server))]

    def _termination_problems(self) -> dict[str, str]:
        """SSL Terminations go on passing to it what it can take."""
        terminations: Any = apps.get_model("services", "SslTermination")
        problems = {}
        if terminations._default_manager.filter(label=self.label).exists():
            problems["label"] = "An SSL Termination has this label. Choose a different one."
        for termination in terminations.passing_to(self) if self.pk else ():
            if problem := termination.target_problem(self):
                field = "authority" if self.protocol == Protocol.HTTP2 and self.authority_id else "protocol"
                problems[field] = f"SSL Termination {termination} passes on to it. {problem}"
        return problems

    def _has_good_ports(self) -> bool:
        """Django calls `clean` even when a field was refused."""
        try:
            option(self, "ports").clean(self.ports, self)
        except ValidationError:
            return False
        return not self.backend_only

    def _own_port(self) -> str:
        own = own_ports() | Layer7.get().ports
        for port, purpose in own.items():
            if any(first <= port <= last for first, last in port_spans(self.ports)):
                return f"Port {port} is used by the appliance itself ({purpose}). Choose another port."
        return ""

    def _clash(self) -> str:
        return clash(self.address, self.ports, service=self.pk or 0)


MISSING = {
    "address": "Enter IP Address.",
    "ports": "Enter Ports.",
    "certificate_id": "HTTP/2 Mode ends TLS here and needs a certificate. Choose one, or upload it first.",
    "application_cookie": "Enter the name of the application's cookie, for example JSESSIONID.",
    "check_port": "Some Real Servers have no port, and this service has none either. Enter the port to check.",
    "check_script_id": "Choose the script that checks. Scripts are kept under Health Check Scripts.",
}
