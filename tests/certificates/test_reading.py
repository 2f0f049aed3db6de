"""What is read from an uploaded file. Every file is made by openssl."""

from datetime import timedelta

import pytest

from apps.certificates.problems import CertificateRefused
from apps.certificates.reading import Prepared, read
from tests.certificates.openssl import PASSWORD, RSA, Issued, Workshop, openssl


def chain_of(prepared: Prepared) -> list[bytes]:
    return [certificate.encode() for certificate in prepared.chain]


def refusal(content: bytes, password: str = "") -> CertificateRefused:
    with pytest.raises(CertificateRefused) as refused:
        read(content, password)
    return refused.value


def test_it_tells_what_the_certificate_says(workshop: Workshop, site: Issued) -> None:
    facts = read(site.pem).facts
    shown = openssl("x509", "-noout", "-serial", "-sha256", "-fingerprint", cwd=workshop.path, stdin=site.certificate)
    serial, fingerprint = (line.partition("=")[2] for line in shown.decode().splitlines())
    assert facts.domain == "intuition.hospital.example"
    assert facts.names == ["intuition.hospital.example", "aqi.hospital.example", "10.10.40.217"]
    assert (facts.issuer, facts.key_type) == ("Example TLS CA 3", "P-256")
    assert int(facts.serial, 16) == int(serial, 16)
    assert facts.fingerprint.upper() == fingerprint.replace(":", "")
    assert round((facts.valid_to - facts.valid_from).total_seconds()) == 200 * 86400


@pytest.mark.parametrize("order", ["kcir", "ricK", "ickr", "ccKKiirr"])
def test_the_chain_is_put_in_order(
    workshop: Workshop, root: Issued, intermediate: Issued, site: Issued, order: str
) -> None:
    old_key = openssl("ec", cwd=workshop.path, stdin=site.key)  # the same key as EC PRIVATE KEY
    parts = {"k": site.key, "K": old_key, "c": site.certificate, "i": intermediate.certificate, "r": root.certificate}
    prepared = read(b"".join(parts[letter] for letter in order))
    assert chain_of(prepared) == [site.certificate, intermediate.certificate, root.certificate]
    assert prepared.key == site.key.decode()
    assert not prepared.left_out


@pytest.mark.parametrize("shape", ["crlf", "mac", "text", "joined", "bom", "indented", "parameters"])
def test_pem_comes_in_many_shapes(workshop: Workshop, site: Issued, intermediate: Issued, shape: str) -> None:
    pem = site.pem + intermediate.certificate
    parameters = openssl("ecparam", "-name", "prime256v1", cwd=workshop.path)
    attributes = b"Bag Attributes\n    localKeyID: 01\nsubject=CN = intuition ------- example\n\n"
    content = {
        "crlf": pem.replace(b"\n", b"\r\n"),
        "mac": pem.replace(b"\n", b"\r"),
        "text": pem.replace(b"-----BEGIN", attributes + b"-----BEGIN"),
        "joined": pem.replace(b"-----\n-----", b"----------"),
        "bom": b"\xef\xbb\xbf" + pem,
        "indented": pem.replace(b"\n", b" \n  "),
        "parameters": parameters + pem,
    }[shape]
    prepared = read(content)
    assert chain_of(prepared) == [site.certificate, intermediate.certificate]
    assert prepared.key == site.key.decode()


@pytest.mark.parametrize(
    "form",
    [("pkcs8", "-topk8"), ("pkcs8", "-topk8", "-v1", "PBE-SHA1-3DES"), ("rsa", "-aes256", "-traditional")],
    ids=["PKCS#8", "PKCS#8 with 3DES", "traditional"],
)
def test_an_encrypted_key_needs_its_password(workshop: Workshop, form: tuple[str, ...]) -> None:
    site = workshop.issue("rsa.example", key=workshop.key(RSA))
    content = site.certificate + workshop.encrypted(site.key, *form)
    assert read(content, PASSWORD).key == site.key.decode()
    missing, wrong = refusal(content), refusal(content, "wrong")
    assert (missing.field, wrong.field) == ("password", "password")
    assert missing.message == "The private key in the file is encrypted. Enter its password."
    assert wrong.message.startswith("This password does not open the private key")


@pytest.mark.parametrize("extra", [(), ("-legacy",)], ids=["modern", "legacy"])
def test_a_pfx_needs_its_password(
    workshop: Workshop, site: Issued, intermediate: Issued, extra: tuple[str, ...]
) -> None:
    content = workshop.pfx(site, intermediate.certificate, *extra)
    prepared = read(content, PASSWORD)
    assert chain_of(prepared) == [site.certificate, intermediate.certificate]
    assert prepared.key == site.key.decode()
    missing, wrong = refusal(content), refusal(content, "wrong")
    assert (missing.field, wrong.field) == ("password", "password")
    assert missing.message == "The PFX file is protected by a password. Enter it."
    assert wrong.message.startswith("This password does not open the PFX file")


def test_a_pfx_may_have_no_password(workshop: Workshop, site: Issued) -> None:
    assert read(workshop.pfx(site, password="")).key == site.key.decode()


def test_authorities_alone_are_taken_without_a_key(root: Issued, intermediate: Issued) -> None:
    prepared = read(root.certificate + intermediate.certificate)
    assert prepared.is_authority
    assert prepared.key is None
    assert chain_of(prepared) == [root.certificate, intermediate.certificate]
    assert prepared.facts.domain == "Example Root CA"
    assert prepared.facts.names == ["Example Root CA", "Example TLS CA 3"]


def test_of_several_authorities_the_first_to_expire_counts(workshop: Workshop, root: Issued) -> None:
    short = workshop.issue("Short CA", by=root, ca=True, lasts=timedelta(days=5))
    for content in (root.certificate + short.certificate, short.certificate + root.certificate):
        assert read(content).facts.expiry.state == "warn"


def test_how_a_root_signed_itself_does_not_matter(workshop: Workshop) -> None:
    root = workshop.issue("Old Root", ca=True, digest="sha1")
    site = workshop.issue("site.example", by=root)
    assert chain_of(read(site.pem + root.certificate)) == [site.certificate, root.certificate]


def test_a_certificate_that_leads_nowhere_is_left_out(workshop: Workshop, site: Issued, intermediate: Issued) -> None:
    stranger = workshop.issue("Other CA", ca=True)
    namesake = workshop.issue("Example TLS CA 3", ca=True)  # the issuer's name, but another key
    prepared = read(stranger.certificate + namesake.certificate + site.pem + intermediate.certificate)
    assert chain_of(prepared) == [site.certificate, intermediate.certificate]
    assert prepared.left_out == ["Other CA", "Example TLS CA 3"]


def test_after_a_renewal_with_the_same_key_the_one_that_lasts_longest_counts(workshop: Workshop, site: Issued) -> None:
    old = workshop.issue("intuition.hospital.example", key=site.key, lasts=timedelta(days=20))
    assert chain_of(read(old.certificate + site.pem)) == [site.certificate]
