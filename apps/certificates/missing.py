"""Which issuer a chain lacks: a client that does not have it by chance refuses the certificate."""

from dataclasses import dataclass

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID

from apps.certificates.facts import domain, is_self_issued, title
from apps.certificates.reading import issued
from apps.system import trust


@dataclass(frozen=True)
class Missing:
    """An issuer that is neither in the chain nor among the roots this host knows."""

    below: str  # the last certificate of the chain
    issuer: str
    url: str  # where the certificate says that its issuer's is to be had; may be blank
    has_intermediate: bool  # then what is missing may well be a private root, which clients have

    @property
    def sentence(self) -> str:
        where = f" It is to be had at {self.url}." if self.url else ""
        if self.has_intermediate:
            return (
                f"The chain ends at {self.below}. Its issuer, {self.issuer}, is no root that this host knows: only "
                f"clients that trust it accept the certificate. If it is an intermediate, add it to the file.{where}"
            )
        return (
            f"The chain is not complete: {self.issuer}, the issuer of {self.below}, is missing, and many clients will "
            f"refuse the certificate. Add it to the file and upload again.{where}"
        )


def missing_issuer(chain: str) -> Missing | None:
    """Of a stored chain."""
    certificates = x509.load_pem_x509_certificates(chain.encode())
    last = certificates[-1]
    if is_self_issued(last) or any(issued(last, root) for root in trust.roots()):
        return None
    return Missing(domain(last), title(last.issuer), _url(last), len(certificates) > 1)


def _url(certificate: x509.Certificate) -> str:
    """From its authority information access."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except (x509.ExtensionNotFound, ValueError):
        return ""
    for description in found:
        is_issuer = description.access_method == AuthorityInformationAccessOID.CA_ISSUERS
        if is_issuer and isinstance(description.access_location, x509.UniformResourceIdentifier):
            return description.access_location.value
    return ""
