"""Which virtual services can answer the HTTP-01 challenges of ACME: those that authorities reach on port 80."""

from apps.common.option_kinds import port_spans
from apps.services.models import Protocol, VirtualService

PORT = 80
NOBODY = (
    "No Virtual Service in HTTP Mode listens on port 80, so no authority can check a name here. Add one for the "
    "address that the names lead to, and commit it."
)


def answers(vip: VirtualService) -> bool:
    """Of one as it is, or a row of it."""
    spans = port_spans(vip.ports) if vip.protocol == Protocol.HTTP and not vip.backend_only else []
    return any(first <= PORT <= last for first, last in spans)


def problem() -> str:
    """What has to be done before a certificate is asked for; blank when nothing is known to be in the way."""
    return "" if any(answers(vip) for vip in VirtualService.objects.filter(manual=False)) else NOBODY
