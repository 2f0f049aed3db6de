"""CSR: an administrator asks for a certificate, has it signed elsewhere, and brings it back."""

import re

import pytest
from django.test import Client

from apps.certificates.models import Certificate
from apps.certificates.vault import KeyUnreadable, pem, unseal
from apps.common.models import Generation
from tests.certificates.openssl import Issued, Workshop, openssl
from tests.certificates.pages import ADD, LIST, errors, order, page_of, send, upload, words


def sign(workshop: Workshop, request: str, by: Issued) -> bytes:
    """What the authority sends back."""
    (workshop.path / "ca.pem").write_bytes(by.pem)
    extensions = ["-copy_extensions", "copy", "-days", "90", "-CA", "ca.pem", "-CAkey", "ca.pem"]
    return openssl("x509", "-req", *extensions, cwd=workshop.path, stdin=request.encode())


def text(workshop: Workshop, request: str) -> str:
    command = ("req", "-noout", "-text", "-verify", "-nameopt", "utf8,sep_comma_plus")
    return openssl(*command, cwd=workshop.path, stdin=request.encode()).decode()


@pytest.fixture
def pending(admin: Client) -> Certificate:
    assert order(admin, "csr").status_code == 302
    return Certificate.objects.get()


def test_openssl_reads_the_request(pending: Certificate, workshop: Workshop) -> None:
    shown = text(workshop, pending.request)
    for told in (
        "C=GB,ST=Yorkshire,L=Leeds,O=Example Hospital,OU=Radiology,CN=intuition.hospital.example",
        "emailAddress=pki@hospital.example",
        "NIST CURVE: P-256",
        "ecdsa-with-SHA384",
        "DNS:intuition.hospital.example, DNS:aqi.hospital.example, IP Address:10.10.40.217",
    ):
        assert told in shown


@pytest.mark.parametrize(
    ("size", "told"),
    [("2048", "(2048 bit)"), ("3072", "(3072 bit)"), ("4096", "(4096 bit)"), ("P-256", "P-256"), ("P-384", "P-384")],
)
def test_every_key_size(admin: Client, workshop: Workshop, size: str, told: str) -> None:
    order(admin, "csr", key_size=size)
    stored = Certificate.objects.get()
    assert told in text(workshop, stored.request)
    assert stored.key_type == (size if size[0] == "P" else f"RSA {size}")


def test_it_waits_in_the_list_and_cannot_be_served(admin: Client, pending: Certificate) -> None:
    assert "Signing request made: intuition-cert for intuition.hospital.example." in words(admin, page_of())
    assert "intuition-cert next: bring the signed one intuition.hospital.example + 2 names" in words(admin)
    assert "CSR pending" in words(admin)
    assert pending.request.splitlines()[1] in words(admin, page_of())
    with pytest.raises(KeyUnreadable, match="intuition-cert cannot be served: its signing request waits"):
        pem(pending)
    download = admin.get(f"{page_of()}request/")
    assert download.content.decode() == pending.request
    assert 'filename="intuition-cert.csr"' in download["Content-Disposition"]
    assert admin.get(f"{page_of()}download/").status_code == 404
    assert admin.get(f"{page_of()}replace/").status_code == 404


def test_the_key_is_shown_nowhere(admin: Client, pending: Certificate) -> None:
    key = unseal(pending.encrypted_request_key)
    assert "PRIVATE KEY" in key
    secrets = [*key.splitlines()[1:-1], "PRIVATE KEY", pending.encrypted_request_key]
    for page in (LIST, page_of(), f"{page_of()}request/", f"{LIST}remove/?certificate={pending.pk}"):
        html = admin.get(page).content.decode()
        assert not [secret for secret in secrets if secret in html]
    columns = " ".join(str(value) for value in Certificate.objects.values().get().values())
    assert not [secret for secret in secrets[:-1] if secret in columns]


@pytest.mark.parametrize("way", ["pasted", "together", "file", "swapped"])
def test_the_signed_certificate_is_joined_with_its_key(
    admin: Client, pending: Certificate, workshop: Workshop, intermediate: Issued, root: Issued, way: str
) -> None:
    signed = sign(workshop, pending.request, intermediate)
    own, issuers = signed.decode(), (root.certificate + intermediate.certificate).decode()
    url, before = f"{page_of()}answer/", Generation.current()
    if way == "file":
        answer = send(admin, url, workshop.der(signed), intermediate.certificate, root.certificate)
    else:
        pasted = {
            "pasted": {"signed": own.replace("\n", "\r\n"), "intermediates": issuers},
            "together": {"signed": issuers + own},
            "swapped": {"signed": issuers, "intermediates": own},
        }[way]
        answer = admin.post(url, pasted)
    assert answer.status_code == 302
    stored = Certificate.objects.get()
    assert stored.chain.encode() == signed + intermediate.certificate + root.certificate
    assert pem(stored) == unseal(pending.encrypted_request_key) + stored.chain
    assert (stored.request, stored.encrypted_request_key, stored.is_pending) == ("", "", False)
    assert stored.issuer == "Example TLS CA 3"
    assert Generation.current() == before + 1
    assert "SSL Certificate uploaded successfully: intuition-cert for intuition.hospital.example" in words(admin)


def test_what_does_not_fit_is_refused_at_its_field(
    admin: Client, pending: Certificate, workshop: Workshop, site: Issued, intermediate: Issued
) -> None:
    url = f"{page_of()}answer/"
    foreign = "The certificate for intuition.hospital.example was made for another key than this request's."
    own, issuer = site.certificate.decode(), intermediate.certificate.decode()
    refused = errors(admin.post(url, {"signed": own, "intermediates": issuer}))
    assert list(refused) == ["signed"]
    assert foreign in refused["signed"][0]
    assert foreign in errors(send(admin, url, site.certificate))["file"][0]
    assert "made for another key" in errors(admin.post(url, {"intermediates": issuer}))["intermediates"][0]
    for pasted, message in {
        "MIIB…": "It begins with -----BEGIN",
        pending.request: "This is a signing request, not a certificate",
        own[:-30]: "The file ends too early",
        "": "Paste the certificate that came back",
    }.items():
        assert message in errors(admin.post(url, {"signed": pasted}))["signed"][0]
    assert "larger than 1 MB" in errors(send(admin, url, bytes(1024 * 1024 + 1)))["file"][0]
    assert "neither a PEM nor a PFX" in errors(send(admin, url, bytes(range(256)) * 4000))["file"][0]
    stored = Certificate.objects.get()
    assert (stored.request, stored.encrypted_request_key) == (pending.request, pending.encrypted_request_key)


def test_what_was_pasted_is_kept_after_a_refusal(admin: Client, pending: Certificate, site: Issued) -> None:
    answer = admin.post(f"{page_of()}answer/", {"signed": site.certificate.decode(), "intermediates": "later"})
    assert site.certificate.decode().splitlines()[1] in answer.content.decode()
    assert ">\nlater</textarea>" in answer.content.decode()
    assert pending.request.splitlines()[1] in answer.content.decode()


def test_names_that_the_authority_left_out_are_told(admin: Client, workshop: Workshop, intermediate: Issued) -> None:
    order(admin, "csr", key_size="P-384")
    stored = Certificate.objects.get()
    (workshop.path / "ca.pem").write_bytes(intermediate.pem)
    command = ["-days", "90", "-CA", "ca.pem", "-CAkey", "ca.pem"]
    signed = openssl("x509", "-req", *command, cwd=workshop.path, stdin=stored.request.encode())
    admin.post(f"{page_of()}answer/", {"signed": signed.decode()})
    assert "is no longer valid for intuition.hospital.example, aqi.hospital.example, 10.10.40.217" in words(admin)


def test_a_renewal_keeps_what_is_served_until_the_answer_comes(
    admin: Client, workshop: Workshop, site: Issued, intermediate: Issued
) -> None:
    upload(admin, site.pem + intermediate.certificate)
    before, generation = pem(Certificate.objects.get()), Generation.current()
    admin.post(f"{page_of()}renew/")
    waiting = Certificate.objects.get()
    assert pem(waiting) == before
    assert "Signing request made for intuition.hospital.example, with a new key." in words(admin)
    shown = text(workshop, waiting.request)
    assert "CN=intuition.hospital.example" in shown
    assert "DNS:intuition.hospital.example, DNS:aqi.hospital.example, IP Address:10.10.40.217" in shown
    assert "NIST CURVE: P-256" in shown
    admin.post(f"{page_of()}renew/")  # a second click
    assert Certificate.objects.get().request == waiting.request
    signed = sign(workshop, waiting.request, intermediate)
    admin.post(f"{page_of()}answer/", {"signed": signed.decode(), "intermediates": intermediate.certificate.decode()})
    renewed = Certificate.objects.get()
    assert renewed.pk == waiting.pk
    assert pem(renewed) == unseal(waiting.encrypted_request_key) + (signed + intermediate.certificate).decode()
    assert site.base64[0] not in pem(renewed)
    assert Generation.current() > generation


def test_a_request_for_renewal_can_be_discarded(admin: Client, site: Issued) -> None:
    upload(admin, site.pem)
    admin.post(f"{page_of()}renew/")
    assert "a certificate that is signed for it cannot be used any more" in words(admin, f"{page_of()}discard-request/")
    assert Certificate.objects.get().request
    admin.post(f"{page_of()}discard-request/")
    stored = Certificate.objects.get()
    assert (stored.request, stored.encrypted_request_key) == ("", "")
    assert pem(stored) == site.pem.decode()


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("domain", "", "Enter Domain (CN)."),
        ("domain", "two words", "Enter one name here"),
        ("domain", "http://x.example/", "http://x.example/ is neither a host name nor an IP address."),
        ("names", "good.example, -bad.example", "-bad.example is neither"),
        ("country", "GBR", "at most 2 characters"),
        ("country", "G1", "two letters of the country's ISO code"),
        ("email", "nobody", "Enter a valid email address."),
        ("key_size", "1024", "Select a valid choice"),
        ("label", "server", "is a name the appliance needs itself"),
    ],
)
def test_a_bad_order_is_refused_at_the_field(admin: Client, field: str, value: str, message: str) -> None:
    refused = errors(order(admin, "csr", **{field: value}))
    assert list(refused) == [field]
    assert message in refused[field][0]
    assert not Certificate.objects.exists()


def test_names_are_written_as_dns_spells_them(admin: Client, workshop: Workshop) -> None:
    order(admin, "csr", domain="Röntgen.example", names="*.Hospital.example\n2001:DB8:0::1")
    shown = text(workshop, Certificate.objects.get().request)
    assert "DNS:xn--rntgen-wxa.example, DNS:*.hospital.example, IP Address:2001:DB8:0:0:0:0:0:1" in shown


def test_the_form_offers_everything(admin: Client) -> None:
    page = admin.get(ADD).content.decode()
    labels = re.findall(r"<label for=\"id_\w+\" id=\"id_\w+-label\">([^<]*)</label>", page)
    assert labels == [
        *["Label", "File to upload", "PFX File Password", "Further files"],
        *[
            "ACME account",
            "Domain (CN)",
            "Subject alternative names",
            "Organisation",
            "Unit",
            "City/Locality",
            "State/Province",
            "Country",
            "E-mail",
            "CSR Key Size",
        ],
        *["Signature Algorithm", "Days"],
    ]
    for choice in (
        "Upload prepared PEM/PFX file",
        "Create a new SSL Certificate Signing Request (CSR)",
        "Create a new Self-Signed SSL Certificate.",
        "Get a certificate by ACME",
    ):
        assert f">{choice}</span>" in page
    for button in ("Upload Certificate", "Create CSR", "Create Certificate", "Order Certificate"):
        assert f">{button}</button>" in page


def test_a_refused_upload_keeps_what_was_typed_for_a_request(admin: Client) -> None:
    page = order(admin, "upload", domain="typed.example").content.decode()
    assert "Choose the file" in page
    assert "typed.example" in page
