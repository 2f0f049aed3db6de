"""HAProxy gets what OCSP responders answered: at once in the running one, and as a file for its next start.

Of a file HAProxy 2.6 takes only a good response that is up to date, and warns of any other, so that an old one never
keeps it from starting. Only a response whose issuer is not in the chain would: a file is therefore first written when
HAProxy has read it with the version, or has taken the same response while it runs.
"""

import base64
import logging
import re
from pathlib import Path

from cryptography.x509 import ocsp
from django.conf import settings
from django.db.models import F, QuerySet

from apps.certificates.models import Staple
from apps.changes.runtime import RuntimeRefused, command
from apps.haproxy.listen import OCSP, pem_file
from apps.system import files, haproxy, tls

logger = logging.getLogger(__name__)
SIGNATURE = re.compile(r"Signature Value:\s*((?:[0-9a-f]{2}[:\s]*)+)")


def responses(pks: set[int]) -> dict[int, bytes]:
    """What clients may be shown of these certificates as they are saved, by primary key."""
    found = _staples().filter(pk__in=pks, certificate__stapling=True, fingerprint=F("certificate__fingerprint"))
    return {one.pk: response for one in found if (response := one.valid_response)}


def apply() -> None:
    """Make what HAProxy shows, and will show after its next start, what responders said last."""
    directory = settings.PATHS.haproxy_current
    staples = _staples().in_bulk()
    about = [pk for pk in pem_files(directory) if pk in staples or _file(directory, pk).exists()]
    wanted = {pk: _wanted(directory, pk, staples.get(pk)) for pk in about}
    for pk, response in wanted.items():
        if not response:
            files.remove(_file(directory, pk))
    for pk, response in wanted.items():
        try:
            _bring(directory, pk, response)
        except haproxy.NoAnswer:
            return  # it takes the files when it starts, and the rest a minute later
        except RuntimeRefused as refused:
            logger.warning("OCSP: HAProxy does not take the response for certificate %d: %s", pk, refused)
            if pk in staples:
                staples[pk].refuse(str(refused))


def refresh(directory: Path) -> None:
    """The files of a version that HAProxy has read before, and starts from again."""
    staples = _staples().in_bulk()
    for pk in pem_files(directory):
        file = _file(directory, pk)
        if before := files.read_bytes(file):
            now = _wanted(directory, pk, staples.get(pk))
            if not now:
                files.remove(file)
            elif now != before:
                files.write(file, now)


def _staples() -> QuerySet[Staple]:
    """Also of those that were turned off: HAProxy may not know it yet."""
    return Staple.objects.exclude(url="").select_related("certificate")


def pem_files(directory: Path) -> list[int]:
    return sorted(int(path.stem.rpartition("-")[2]) for path in directory.glob(pem_file("*")))


def _file(directory: Path, pk: int) -> Path:
    return directory / f"{pem_file(pk)}{OCSP}"


def _wanted(directory: Path, pk: int, staple: Staple | None) -> bytes:
    if staple is None or not staple.certificate.stapling:
        return b""
    pem = directory / pem_file(pk)
    if staple.fingerprint == tls.fingerprint(pem):
        return staple.valid_response
    # It was renewed, which is not committed yet: what clients are shown of the old one stays.
    return files.read_bytes(_file(directory, pk))


def _bring(directory: Path, pk: int, response: bytes) -> None:
    """Nothing is said to HAProxy that it knows already."""
    name = pem_file(pk)
    shown = _shown(name)
    if response and shown != _signature(response):
        _show(name, response)
    elif shown and not response:
        _hide(name, files.read(directory / name))
    file = _file(directory, pk)
    if response and files.read_bytes(file) != response:
        files.write(file, response)


def _shown(name: str) -> str:
    """The signature of the response that HAProxy has, which no two share; blank without one."""
    said = haproxy.ask(settings.PATHS.haproxy_admin_socket, f"show ssl cert {name}{OCSP}")
    found = SIGNATURE.search(said)
    return re.sub(r"[:\s]", "", found[1]) if found else ""


def _signature(response: bytes) -> str:
    return ocsp.load_der_ocsp_response(response).signature.hex()


def _show(name: str, response: bytes) -> None:
    text = base64.b64encode(response).decode()
    try:
        command("set", "ssl", "ocsp-response", answer="OCSP Response updated!", payload=text)
    except RuntimeRefused:  # HAProxy has none for this certificate yet: then it is part of the certificate
        command("set", "ssl", "cert", f"{name}{OCSP}", answer="Transaction", payload=text)
        _commit(name)
    if _shown(name) != _signature(response):
        raise RuntimeRefused(f"HAProxy did not take the OCSP response for {name}.")


def _hide(name: str, pem: str) -> None:
    """A certificate that comes anew has no response."""
    lines = [line for line in pem.splitlines() if line.strip()]
    command("set", "ssl", "cert", name, answer="Transaction", payload="\n".join(lines))
    _commit(name)


def _commit(name: str) -> None:
    try:
        command("commit", "ssl", "cert", name, answer="Success!")
    except RuntimeRefused:
        haproxy.ask(settings.PATHS.haproxy_admin_socket, f"abort ssl cert {name}")
        raise
