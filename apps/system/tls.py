"""Making the WebUI's own certificate, and seeing which one a listener serves."""

import datetime
import hashlib
import ipaddress
import socket
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from apps.system import network
from apps.system.host import hostname

YEARS = 2  # browsers refuse server certificates that live longer than 825 days


def self_signed() -> str:
    """A new key and a certificate for this host's name and addresses, as one PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hostname()[:64])])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=365 * YEARS))
        .add_extension(x509.SubjectAlternativeName(_names()), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    text = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ) + certificate.public_bytes(serialization.Encoding.PEM)
    return text.decode()


def _names() -> list[x509.GeneralName]:
    hosts: list[x509.GeneralName] = [x509.DNSName(name) for name in dict.fromkeys([hostname(), "localhost"])]
    return hosts + [x509.IPAddress(ipaddress.ip_address(item.address)) for item in network.addresses()]


def fingerprint(path: Path) -> str:
    """The SHA-256 of the first certificate in a PEM file."""
    return x509.load_pem_x509_certificate(path.read_bytes()).fingerprint(hashes.SHA256()).hex()


def served_fingerprint(
    address: str, port: int, timeout: float = 3.0, *, name: str = "", through_proxy: bool = False
) -> str:
    """The SHA-256 of the certificate that answers a handshake that asks for the name, if there is one; blank when there
    is none to be had.

    `through_proxy`: a line of the PROXY protocol is expected before the handshake.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # it is compared, not trusted
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("ALL:@SECLEVEL=0")  # whatever is served, however weak
    try:
        with socket.create_connection((address, port), timeout) as link:
            if through_proxy:
                link.sendall(b"PROXY UNKNOWN\r\n")
            with context.wrap_socket(link, server_hostname=name or None) as secure:
                return hashlib.sha256(secure.getpeercert(binary_form=True) or b"").hexdigest()
    except OSError:
        return ""
