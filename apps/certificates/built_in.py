"""The certificate `server`: always there, made by the appliance itself, at first the one that the WebUI shows."""

from apps.certificates import actions
from apps.certificates.models import Certificate
from apps.certificates.reading import read

LABEL = "server"


def ensure(pem: str) -> None:
    """Called at every start with the WebUI's key and certificate; they are taken when there is no built-in one."""
    if Certificate.objects.filter(is_built_in=True).exists():
        return
    certificate = Certificate.objects.filter(label=LABEL).first() or Certificate(label=LABEL)
    if certificate.is_pending:
        actions.take(certificate, read(pem.encode()))
    certificate.is_built_in = True
    certificate.save()
