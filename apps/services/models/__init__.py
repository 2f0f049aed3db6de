"""Layer 7: virtual services (VIPs) and real servers (RIPs)."""

from apps.services.models.choices import Balance, Check, Persistence, Protocol, RedirectCode, State, Verification
from apps.services.models.real_server import RealServer
from apps.services.models.virtual_service import VirtualService

__all__ = [
    "Balance",
    "Check",
    "Persistence",
    "Protocol",
    "RealServer",
    "RedirectCode",
    "State",
    "Verification",
    "VirtualService",
]
