"""SSL Operation Mode, as a scanner sees it: nothing weaker than the profile says is offered."""

import subprocess
from collections import defaultdict
from xml.etree.ElementTree import Element

import pytest
from defusedxml.ElementTree import fromstring

from apps.services.models import Mode, VirtualService
from apps.services.models.tls_modes import FORWARD_SECRET, OLD
from tests.certificates.openssl import EC, RSA, Workshop
from tests.changes.committing import reload
from tests.terminations.site import SECURE, VIP, ended, kept

SUITES = {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"}
RSA_ONLY = {cipher for cipher in FORWARD_SECRET if "ECDSA" not in cipher}
GCM = {cipher for cipher in RSA_ONLY if "AES" in cipher}
CURVES = {"x25519", "p-256", "p-384"}
NIST = {"p-256", "p-384", "p-521"}
OFFERED = {  # with an RSA key: the ciphers of each version, then the curves
    Mode.MODERN: ({"TLSv1.3": SUITES}, CURVES),
    Mode.HIGH: ({"TLSv1.2": RSA_ONLY, "TLSv1.3": SUITES}, CURVES),
    Mode.FIPS: ({"TLSv1.2": GCM, "TLSv1.3": SUITES - {"TLS_CHACHA20_POLY1305_SHA256"}}, NIST),
}
OLDER = {"TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"}

pytestmark = pytest.mark.usefixtures("running")


def scan(port: int) -> Element:
    words = [
        "sslscan",
        "--xml=-",
        "--no-check-certificate",
        "--no-compression",
        "--no-heartbleed",
        "--no-renegotiation",
    ]
    done = subprocess.run([*words, f"{VIP}:{port}"], capture_output=True, text=True, timeout=60, check=True)
    found: Element = fromstring(done.stdout)
    return found


def ciphers(found: Element) -> dict[str, set[str]]:
    offered: dict[str, set[str]] = defaultdict(set)
    for cipher in found.iter("cipher"):
        offered[cipher.get("sslversion", "")].add(cipher.get("cipher", ""))
    return dict(offered)


def curves(found: Element) -> set[str]:
    return {group.get("name", "").split()[-1].strip("()").lower() for group in found.iter("group")}


def test_every_profile_offers_exactly_what_it_says(web: VirtualService, workshop: Workshop) -> None:
    certificate = kept(workshop.issue("web.example", key=workshop.key(RSA)))
    ports = {mode: SECURE + number for number, mode in enumerate([*OFFERED, Mode.COMPATIBLE, Mode.CUSTOM])}
    by_hand = {"no_tls13": True, "ciphers": "ECDHE-RSA-AES256-GCM-SHA384:AES128-SHA"}
    for mode, port in ports.items():
        more = by_hand if mode == Mode.CUSTOM else {}
        ended(certificate, service=web, label=mode.value, port=port, mode=mode, **more)
    reload()
    for mode, (by_version, groups) in OFFERED.items():
        found = scan(ports[mode])
        assert (mode, ciphers(found), curves(found)) == (mode, by_version, groups)
    old = ciphers(scan(ports[Mode.COMPATIBLE]))
    assert old.keys() == OLDER
    assert set().union(*old.values()) <= {*OLD, *SUITES}
    found = scan(ports[Mode.CUSTOM])
    assert ciphers(found) == {"TLSv1.2": {"ECDHE-RSA-AES256-GCM-SHA384", "AES128-SHA"}}


def test_an_elliptic_key_has_its_own_ciphers(web: VirtualService, workshop: Workshop) -> None:
    ended(kept(workshop.issue("web.example", key=workshop.key(EC))), service=web)
    reload()
    assert ciphers(scan(SECURE))["TLSv1.2"] == {cipher for cipher in FORWARD_SECRET if "ECDSA" in cipher}
