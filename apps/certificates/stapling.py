"""What the page of a certificate says of OCSP stapling."""

from dataclasses import dataclass

from cryptography import x509

from apps.certificates import ocsp
from apps.certificates.models import Certificate, Staple, Status
from apps.common.forms import OptionForm

NO_RESPONDER = (
    "This certificate names no responder, so there is nothing to staple. That is usual for self-signed certificates "
    "and for authorities that publish revocation lists only."
)
NO_ISSUER = (
    "The chain lacks the certificate of the issuer, {0.issuer}: without it no answer can be checked, and HAProxy "
    "staples none. Add it to the file and upload again."
)
MUST = (
    "This is a must-staple certificate: clients refuse it when HAProxy shows no answer with it. Leave OCSP Stapling "
    "on, and let this appliance connect to the responder."
)


class StaplingForm(OptionForm):
    class Meta:
        model = Certificate
        fields = ["stapling"]


@dataclass(frozen=True)
class Stapling:
    certificate: Certificate
    responder: str
    obstacle: str  # why there is none; blank when there can be
    must_staple: bool
    staple: Staple | None  # None before anybody was asked about the present certificate

    @property
    def is_on(self) -> bool:
        return bool(self.certificate.stapling) and not self.obstacle

    @property
    def is_busy(self) -> bool:
        return self.is_on and self.staple is not None and self.staple.is_busy

    @property
    def form(self) -> StaplingForm:
        return StaplingForm(instance=self.certificate)

    @property
    def must_words(self) -> str:
        return MUST if self.must_staple else ""

    @property
    def must_level(self) -> str:
        """Quiet while there is something to show."""
        has_response = self.is_on and self.staple is not None and bool(self.staple.valid_response)
        return "info" if has_response else "warn"

    @property
    def state(self) -> tuple[str, str]:
        """As a class of the page's and in words."""
        staple = self.staple
        if staple is None or not (staple.status or staple.failures):
            return "idle", "not asked yet"
        if staple.status == Status.REVOKED:
            reason = f", {staple.reason}" if staple.reason else ""
            return "down", f"revoked on {staple.revoked_at:%Y-%m-%d %H:%M} UTC{reason}"
        if staple.failures:
            goes_on = ", the last good answer is still shown" if staple.valid_response else ", nothing is stapled"
            what = "unknown to the responder" if staple.status == Status.UNKNOWN else "no answer"
            return ("warn" if staple.valid_response else "down"), (
                f"{what} since {staple.failing_since:%Y-%m-%d %H:%M} UTC{goes_on}"
            )
        return ("ok", "good") if staple.valid_response else ("warn", "the last answer is out of date")


def stapling_of(certificate: Certificate) -> Stapling | None:
    """None for what is never shown to clients."""
    if certificate.is_authority or certificate.is_pending:
        return None
    chain = x509.load_pem_x509_certificates(certificate.chain.encode())
    responder = ocsp.responder(chain[0])
    obstacle = "" if ocsp.issuer_in(chain) else NO_ISSUER.format(certificate)
    known = Staple.objects.filter(certificate=certificate, fingerprint=certificate.fingerprint).first()
    return Stapling(certificate, responder, obstacle if responder else NO_RESPONDER, ocsp.must_staple(chain[0]), known)
