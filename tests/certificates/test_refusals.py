"""Files that cannot be used: each is refused in words of its own, and nothing else ever happens."""

from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.certificates.files import MOST_BYTES, MOST_CERTIFICATES
from apps.certificates.problems import CertificateRefused
from apps.certificates.reading import read
from tests.certificates.openssl import EC, PASSWORD, RSA, Issued, Workshop, openssl


def reason(content: bytes, password: str = "") -> str:
    with pytest.raises(CertificateRefused) as refused:
        read(content, password)
    assert refused.value.field == "file"
    return refused.value.message


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "The file is empty."),
        (b" \r\n", "The file is empty."),
        (bytes(MOST_BYTES + 1), "larger than 1 MB"),
        (bytes(range(256)), "neither a PEM nor a PFX file"),
        (b"\x30", "neither a PEM nor a PFX file"),
        (b"-----BEGIN ", "neither a PEM nor a PFX file"),
        (b"-----BEGIN CERTIFICATE-----\n", "ends too early"),
        (
            b"-----BEGIN CERTIFICATE-----\nnothing\n-----END CERTIFICATE-----\n",
            "certificate in the file cannot be read",
        ),
    ],
)
def test_noise(content: bytes, words: str) -> None:
    assert words in reason(content)


def test_a_certificate_without_its_key(workshop: Workshop, site: Issued, intermediate: Issued) -> None:
    words = "The file holds a certificate but no private key"
    assert words in reason(site.certificate)
    assert words in reason(intermediate.certificate + site.certificate)
    assert words in reason(workshop.pfx(site, b"", "-nokeys"), PASSWORD)
    assert words in reason(workshop.der(site.certificate))


def test_a_key_without_its_certificate(workshop: Workshop, site: Issued) -> None:
    assert "There is no certificate in the file, only: PRIVATE KEY." in reason(site.key)
    assert "The PFX file holds no certificate." in reason(workshop.pfx(site, b"", "-nocerts"), PASSWORD)


def test_a_signing_request(workshop: Workshop, site: Issued) -> None:
    request = openssl("req", "-new", "-key", "/dev/stdin", "-subj", "/CN=x", cwd=workshop.path, stdin=site.key)
    words = "This is a certificate signing request (CSR), not a certificate."
    assert words in reason(request)
    assert words in reason(site.key + request)
    assert words in reason(openssl("req", "-outform", "DER", cwd=workshop.path, stdin=request))


def test_a_public_key(workshop: Workshop, site: Issued) -> None:
    words = "The file holds a public key, but no certificate."
    assert words in reason(openssl("pkey", "-pubout", cwd=workshop.path, stdin=site.key))
    assert words in reason(openssl("pkey", "-pubout", "-outform", "DER", cwd=workshop.path, stdin=site.key))


def test_a_key_that_belongs_elsewhere(workshop: Workshop, site: Issued) -> None:
    words = "The private key in the file does not belong to the certificate intuition.hospital.example."
    assert words in reason(site.certificate + workshop.key())
    assert words in reason(site.certificate + workshop.key(RSA))


def test_several_keys(workshop: Workshop, site: Issued) -> None:
    assert "The file holds 2 different private keys." in reason(site.pem + workshop.key())


def test_a_damaged_key(site: Issued) -> None:
    lines = site.key.splitlines(keepends=True)
    damaged = lines[0] + lines[1][::-1].strip() + b"\n" + b"".join(lines[2:])
    assert "The private key in the file cannot be read" in reason(site.certificate + damaged)


def test_a_file_that_ends_too_early(workshop: Workshop, site: Issued) -> None:
    assert "The file ends too early" in reason(site.pem[:-30])
    assert "The file ends too early" in reason(workshop.pfx(site)[:-30], PASSWORD)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"), "RSA 1024"),
        (("-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"), "RSA-PSS"),
        (("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-192"), "secp192r1"),
        (("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:brainpoolP256r1"), "brainpoolP256r1"),
    ],
)
def test_a_key_that_haproxy_cannot_use(workshop: Workshop, kind: tuple[str, ...], words: str) -> None:
    site = workshop.issue("odd.example", key=workshop.key(kind))
    assert f"HAProxy cannot serve clients with the key of odd.example, {words}." in reason(site.pem)


def test_a_dsa_key(workshop: Workshop) -> None:
    size = ("-pkeyopt", "dsa_paramgen_bits:1024")
    parameters = openssl("genpkey", "-genparam", "-algorithm", "DSA", *size, cwd=workshop.path)
    (workshop.path / "dsa.pem").write_bytes(parameters)
    site = workshop.issue("odd.example", key=workshop.key(("-paramfile", "dsa.pem")))
    assert "the key of odd.example, DSA." in reason(site.pem)


def test_a_chain_that_haproxy_refuses(workshop: Workshop, root: Issued) -> None:
    weak = workshop.issue("Weak CA", key=workshop.key((*RSA[:3], "rsa_keygen_bits:1024")), ca=True)
    old = workshop.issue("Old CA", by=root, ca=True, digest="sha1")
    assert "The key of Weak CA, RSA 1024, is too weak" in reason(workshop.issue("x", by=weak).pem + weak.certificate)
    assert "Old CA is signed with SHA1, which HAProxy refuses." in reason(
        workshop.issue("x", by=old).pem + old.certificate
    )
    assert "x is signed with SHA1" in reason(workshop.issue("x", by=root, digest="sha1").pem)
    assert "The key of Weak CA, RSA 1024, is too weak" in reason(weak.certificate)


def test_hundreds_of_certificates(workshop: Workshop, site: Issued) -> None:
    many = site.certificate * (MOST_CERTIFICATES + 1)
    assert "The file holds 201 certificates. Keep at most 200." in reason(many)


@pytest.fixture(scope="module")
def samples(workshop: Workshop, site: Issued, root: Issued) -> list[bytes]:
    keyless = workshop.issue("later.example", key=workshop.key(EC), starts=timedelta(days=1))
    return [site.pem, root.certificate, workshop.pfx(site), workshop.der(keyless.certificate), site.pem + root.pem]


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_a_damaged_file_is_read_or_refused(samples: list[bytes], data: st.DataObject) -> None:
    content = bytearray(data.draw(st.sampled_from(samples)))
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=4)):
        content[place] = data.draw(st.integers(0, 255))
    with suppress(CertificateRefused):  # and nothing else
        read(bytes(content), PASSWORD)
