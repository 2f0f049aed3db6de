"""More services than one page shows: SERVICE-1 to SERVICE-n, each with SERVER1 and SERVER2, and what HAProxy says."""

from apps.common.models import Generation
from apps.services.models import Protocol, RealServer, VirtualService
from tests.overview.stats import frontend, server


def make(number: int, first: int = 1) -> None:
    """The primary key of a real server is its service's times ten plus its own number."""
    services = [
        VirtualService(
            pk=pk,
            label=f"SERVICE-{pk}",
            address=f"10.10.{pk // 250}.{pk % 250 + 1}",
            ports=str(8000 + pk),
            protocol=Protocol.TCP if pk % 2 else Protocol.HTTP,
        )
        for pk in range(first, first + number)
    ]
    VirtualService.objects.bulk_create(services)
    RealServer.objects.bulk_create(
        RealServer(pk=service.pk * 10 + own, service=service, label=f"SERVER{own}", address=f"10.20.0.{own}", port=443)
        for service in services
        for own in (1, 2)
    )
    Generation.touch()


def lines(number: int, **changed: str) -> list[str]:
    """All is well, but for the lines given by name: `s12` is the server with this primary key, `f1` a service."""
    well = {}
    for pk in range(1, number + 1):
        well[f"f{pk}"] = frontend(pk, conns=pk)
        for own in (1, 2):
            well[f"s{pk * 10 + own}"] = server(pk, pk * 10 + own, scur=pk)
    return list((well | changed).values())
