"""Files as certificate authorities and Windows hand them out: several at once, DER, PKCS#7, UTF-16."""

import pytest
from django.test import Client

from apps.certificates.models import Certificate
from apps.certificates.problems import CertificateRefused
from apps.certificates.reading import read, read_all
from apps.certificates.vault import pem
from tests.certificates.openssl import PASSWORD, RSA, Issued, Workshop, openssl
from tests.certificates.pages import ADD, send_apart


def der_key(workshop: Workshop, key: bytes, *extra: str) -> bytes:
    return openssl("pkey", "-outform", "DER", *extra, cwd=workshop.path, stdin=key)


def pkcs7(workshop: Workshop, certificates: bytes, form: str) -> bytes:
    words = ("crl2pkcs7", "-nocrl", "-certfile", "/dev/stdin", "-outform", form)
    return openssl(*words, cwd=workshop.path, stdin=certificates)


def test_key_certificate_and_chain_may_be_three_files(
    admin: Client, workshop: Workshop, site: Issued, intermediate: Issued, root: Issued
) -> None:
    files = [
        workshop.der(site.certificate),
        pkcs7(workshop, root.certificate + intermediate.certificate, "DER"),
        der_key(workshop, site.key),
    ]
    assert send_apart(admin, ADD, *files, how="upload", label="site").status_code == 302
    assert pem(Certificate.objects.get()).encode() == site.pem + intermediate.certificate + root.certificate


@pytest.mark.parametrize("form", ["PEM", "DER"])
def test_a_chain_as_pkcs7(workshop: Workshop, site: Issued, intermediate: Issued, form: str) -> None:
    prepared = read_all([site.key, pkcs7(workshop, intermediate.certificate + site.certificate, form)])
    assert [text.encode() for text in prepared.chain] == [site.certificate, intermediate.certificate]


def test_an_authority_in_der_form(workshop: Workshop, root: Issued) -> None:
    assert read(workshop.der(root.certificate)).is_authority


def test_a_key_in_der_form_may_be_encrypted(workshop: Workshop) -> None:
    site = workshop.issue("rsa.example", key=workshop.key(RSA))
    key = openssl(
        *("pkcs8", "-topk8", "-outform", "DER", "-passout", f"pass:{PASSWORD}"), cwd=workshop.path, stdin=site.key
    )
    assert read_all([site.certificate, key], PASSWORD).key == site.key.decode()
    for password, message in {
        "": "is encrypted. Enter its password.",
        "wrong": "does not open the private key",
    }.items():
        with pytest.raises(CertificateRefused, match=message) as refused:
            read_all([site.certificate, key], password)
        assert refused.value.field == "password"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_a_text_saved_as_utf_16(site: Issued, encoding: str) -> None:
    mark = b"\xfe\xff" if encoding == "utf-16-be" else b""
    assert read(mark + site.pem.decode().encode(encoding)).key == site.key.decode()


def test_noise_around_a_certificate_does_not_matter(site: Issued) -> None:
    noise = bytes(range(256)).replace(b"-", b"").replace(b"\n", b"") * 4000
    assert read(noise + b"\n" + site.pem + noise[:1000]).key == site.key.decode()


def test_all_files_together_have_a_limit(site: Issued) -> None:
    with pytest.raises(CertificateRefused, match="larger than 1 MB"):
        read_all([site.pem, bytes(600_000), bytes(600_000)])


def test_one_empty_file_among_several_is_told(site: Issued) -> None:
    with pytest.raises(CertificateRefused, match="The file is empty"):
        read_all([site.pem, b" "])


def test_a_revocation_list_belongs_elsewhere() -> None:
    with pytest.raises(CertificateRefused, match="This is a certificate revocation list"):
        read(b"-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n")
