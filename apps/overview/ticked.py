"""What was ticked on a list, or is confirmed: 'number name' for each object, so that one deleted meanwhile is named."""

from dataclasses import dataclass, field

from django.http import HttpRequest, QueryDict

from apps.overview import servers
from apps.overview.shown import Shown
from apps.overview.table import Table
from apps.services.models import RealServer, VirtualService

VIRTUAL_SERVICES = "virtual-services"
REAL_SERVERS = "real-servers"
KINDS = {VIRTUAL_SERVICES, REAL_SERVERS}
Names = dict[int, str]


@dataclass(frozen=True)
class Ticked:
    """Real servers, the labels of their virtual services by primary key, and the names of what is gone."""

    servers: list[RealServer]
    services: Names = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)

    def name(self, server: RealServer) -> str:
        return f"{server.label} in {self.services.get(server.service_id, '')}"


def names(request: HttpRequest, kind: str, table: Table) -> Names:
    """A field may hold many: thousands of fields would be refused."""
    if request.POST.get("every"):
        return _every(Shown.read(QueryDict(request.POST.get("back", "").removeprefix("?"))), kind, table)
    words = [word for value in request.POST.getlist("item") for word in value.split(",")]
    pairs = [word.partition(" ") for word in words]
    return {int(number): name for number, _, name in pairs if number.isdecimal() and len(number) < 10}


def as_item(found: Names) -> str:
    return ",".join(f"{pk} {name}" for pk, name in found.items())


def _every(shown: Shown, kind: str, table: Table) -> Names:
    """All that match the filter of the page, on whatever page they are."""
    if kind == VIRTUAL_SERVICES:
        return {row.vip.pk: row.vip.label for row in table.chosen(shown)}
    return {
        line.rip.pk: f"{line.rip.label} in {line.service.vip.label}" for line in servers.lines(table, shown) if line.rip
    }


def ticked_servers(request: HttpRequest, kind: str, table: Table) -> Ticked:
    """Real servers that were ticked, or those of the virtual services that were."""
    asked = names(request, kind, table)
    wanted = RealServer.objects.only("pk", "label", "state", "weight", "service_id")
    if kind == VIRTUAL_SERVICES:
        found = list(wanted.filter(service__in=asked))
        known = {service.pk for service in ticked_services(asked)}
    else:
        by_number = wanted.in_bulk(asked)
        found = [by_number[pk] for pk in asked if pk in by_number]
        known = set(by_number)
    services = VirtualService.objects.filter(pk__in={server.service_id for server in found})
    return Ticked(found, dict(services.values_list("pk", "label")), missing(asked, known))


def missing(asked: Names, known: set[int]) -> list[str]:
    """The names of those that are not there any more."""
    return [name or str(pk) for pk, name in asked.items() if pk not in known]


def ticked_services(asked: Names) -> list[VirtualService]:
    return list(VirtualService.objects.only("pk", "label").filter(pk__in=asked))
