"""Why a file is refused, in words that say what to do."""

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

EMPTY = "The file is empty. Choose the file that holds the certificate and its private key."
TOO_LARGE = "The file is larger than 1 MB. A certificate with its key and chain has a few kilobytes: choose that file."
NOISE = "This is neither a PEM nor a PFX file. Upload the certificate with its private key in one of these forms."
CUT_OFF = "The file ends too early: a part of it is missing. Copy it again and upload it."
BAD_CERTIFICATE = "A certificate in the file cannot be read: it is damaged or of an unknown kind. Export it again."
BAD_KEY = "The private key in the file cannot be read: it is damaged or of an unknown kind. Export it again as PKCS#8."
LOCKED_KEY = "The private key in the file is encrypted. Enter its password."
NOT_OPENED = "This password does not open the private key in the file. Enter the one it was encrypted with."
NO_KEY = (
    "The file holds a certificate but no private key, and it is not a certificate authority. "
    "Put the private key into the same PEM file, choose its file under Further files, or upload a PFX file."
)
NOTHING_IN_PFX = "The PFX file holds no certificate. Export it again, with its certificate."

# What stands in the place of a certificate, by the end of its name in a PEM file.
KINDS = {
    "CERTIFICATE REQUEST": (
        "This is a certificate signing request (CSR), not a certificate. Send it to your certificate authority, and "
        "upload the certificate that comes back together with the private key that the request was made with."
    ),
    "PUBLIC KEY": (
        "The file holds a public key, but no certificate. Upload the certificate with its private key; the public "
        "key is part of the certificate."
    ),
    "X509 CRL": (
        "This is a certificate revocation list (CRL). Upload it at the certificate authority that signed it: "
        "open that one in the list and choose Upload a CRL."
    ),
}

# What `cryptography` says about bytes it cannot make sense of.
UNREADABLE = (ValueError, UnsupportedAlgorithm, x509.DuplicateExtension, x509.InvalidVersion)


class CertificateRefused(Exception):
    """The file cannot be used. `field` is the form's field that has to change, `message` says why."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message
