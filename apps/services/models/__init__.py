"""Layer 7: virtual services (VIPs), real servers (RIPs), their rules, scripts and what counts for all of them."""

from apps.services.models.choices import (
    Balance,
    Check,
    Feedback,
    Persistence,
    Pipeline,
    Protocol,
    RedirectCode,
    SendProxy,
    State,
    Verification,
)
from apps.services.models.floating_ip import FloatingIP
from apps.services.models.layer7 import Layer7
from apps.services.models.manual import ManualConfiguration
from apps.services.models.real_server import RealServer
from apps.services.models.rules import AclAction, AclRule, HeaderOption, HeaderRule, HeaderSide
from apps.services.models.scripts import HealthCheckScript
from apps.services.models.sni_rule import SniRule
from apps.services.models.termination import SslTermination
from apps.services.models.tls_modes import Mode
from apps.services.models.virtual_service import VirtualService

__all__ = [
    "AclAction",
    "AclRule",
    "Balance",
    "Check",
    "Feedback",
    "FloatingIP",
    "HeaderOption",
    "HeaderRule",
    "HeaderSide",
    "HealthCheckScript",
    "Layer7",
    "ManualConfiguration",
    "Mode",
    "Persistence",
    "Pipeline",
    "Protocol",
    "RealServer",
    "RedirectCode",
    "SendProxy",
    "SniRule",
    "SslTermination",
    "State",
    "Verification",
    "VirtualService",
]
