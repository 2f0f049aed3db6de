"""SSL certificates, and what is asked for when a new one is made."""

from apps.certificates.models.acme import AcmeAccount, AcmeOrder
from apps.certificates.models.certificate import Certificate
from apps.certificates.models.order import MADE, Digest, How, KeySize, Order
from apps.certificates.models.staple import Staple, Status

__all__ = ["MADE", "AcmeAccount", "AcmeOrder", "Certificate", "Digest", "How", "KeySize", "Order", "Staple", "Status"]
