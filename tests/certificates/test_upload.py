"""SSL Certificate: an administrator uploads files and sees them in the list."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from apps.certificates.models import Certificate
from apps.certificates.vault import pem
from apps.common.models import Generation
from tests.certificates.openssl import PASSWORD, Issued, Workshop
from tests.certificates.pages import ADD, LIST, errors, upload, words


def test_the_form_offers_the_upload(admin: Client) -> None:
    page = admin.get(ADD).content.decode()
    assert 'enctype="multipart/form-data"' in page
    assert re.search(r'<input type="radio" name="how" value="upload"[^>]* checked', page)
    for label in ("I would like to:", "Upload prepared PEM/PFX file", "Label", "File to upload", "PFX File Password"):
        assert f">{label}</" in page
    assert ">Upload Certificate</button>" in page


def test_a_pem_file_is_stored_and_can_be_chosen(admin: Client, site: Issued, intermediate: Issued) -> None:
    before = Generation.current()
    answer = upload(admin, intermediate.certificate + site.pem)
    assert (answer.status_code, answer["Location"]) == (302, LIST)
    shown = words(admin)
    assert "SSL Certificate uploaded successfully: intuition-cert for intuition.hospital.example" in shown
    assert "intuition.hospital.example + 2 names Example TLS CA 3 P-256 99 days" in shown
    assert "not used" in shown
    stored = Certificate.objects.get()
    assert pem(stored) == (site.pem + intermediate.certificate).decode()
    assert Generation.current() == before + 1
    assert "intuition-cert" in words(admin, "/lbadmin/cluster/virtual-services/add/")


def test_a_pfx_file_needs_its_password(admin: Client, workshop: Workshop, site: Issued) -> None:
    content = workshop.pfx(site)
    assert "Enter it." in errors(upload(admin, content))["password"][0]
    assert "does not open the PFX file" in errors(upload(admin, content, password="wrong"))["password"][0]
    assert not Certificate.objects.exists()
    assert upload(admin, content, password=PASSWORD).status_code == 302


def test_a_refused_file_gets_its_reason_and_keeps_the_label(admin: Client, workshop: Workshop, site: Issued) -> None:
    answer = upload(admin, site.certificate + workshop.key(), password="typed")
    assert list(errors(answer)) == ["file"]
    page = answer.content.decode()
    assert "The private key in the file does not belong to the certificate" in page
    assert 'value="intuition-cert"' in page
    assert 'aria-describedby="id_file-error id_file-hint id_file-help"' in page
    assert "typed" not in page
    assert not Certificate.objects.exists()


def test_a_label_counts_once(admin: Client, site: Issued, root: Issued) -> None:
    upload(admin, site.pem)
    assert "Another certificate has this label." in errors(upload(admin, root.certificate))["label"][0]
    assert set(errors(upload(admin, b"noise", label="two words"))) == {"label", "file"}


@pytest.mark.parametrize("megabytes", [1.5, 3, 12])
def test_a_too_large_file_gets_a_message(admin: Client, megabytes: float) -> None:
    answer = upload(admin, bytes(round(megabytes * 1024 * 1024)))
    assert "larger than 1 MB" in errors(answer)["file"][0]


def test_no_file_and_an_empty_file_get_a_message(admin: Client) -> None:
    assert "Choose the file" in errors(admin.post(ADD, {"label": "x"}))["file"][0]
    assert "The file is empty." in errors(upload(admin, b""))["file"][0]


@pytest.mark.parametrize(
    ("starts", "lasts", "state", "warning"),
    [
        (-400, -8, "st down", "expired 8 days ago"),
        (-400, -0.5, "st down", "expired less than a day ago"),
        (-400, 12.5, "st warn", "expires in 12 days"),
        (-400, 1.5, "st warn", "expires in 1 day,"),
        (2, 40, "st down", "is not valid before"),
        (-400, 31, "st ok", ""),
    ],
)
def test_a_bad_time_is_accepted_with_a_warning(
    admin: Client, workshop: Workshop, starts: float, lasts: float, state: str, warning: str
) -> None:
    site = workshop.issue("site.example", starts=timedelta(days=starts), lasts=timedelta(days=lasts))
    assert upload(admin, site.pem).status_code == 302
    page = admin.get(LIST).content.decode()
    assert f'class="{state}"' in page
    assert ("Warning:" in page) == bool(warning)
    assert f"intuition-cert {warning}" in page


def test_what_was_left_out_is_told(admin: Client, site: Issued, root: Issued) -> None:
    upload(admin, site.pem + root.certificate)  # the intermediate between them is missing
    assert "Left out, because they are not part of the chain of intuition-cert: Example Root CA." in words(admin)


def test_an_authority_is_for_the_other_drop_down(admin: Client, root: Issued) -> None:
    upload(admin, root.certificate, label="clients")
    assert "clients certificate authority Example Root CA self-signed" in words(admin)
    form = admin.get("/lbadmin/cluster/virtual-services/add/").context["form"]
    assert [str(choice) for choice in form.fields["authority"].queryset] == ["clients"]
    assert not form.fields["certificate"].queryset


def test_the_private_key_is_shown_nowhere_and_stored_encrypted(admin: Client, site: Issued) -> None:
    upload(admin, site.pem)
    stored = Certificate.objects.get()
    secrets = [*site.base64, "PRIVATE KEY"]
    column = " ".join(str(value) for value in Certificate.objects.values().get().values())
    assert not [secret for secret in secrets if secret in column]
    for page in (LIST, f"{LIST}{stored.pk}/", f"{LIST}remove/?certificate={stored.pk}", ADD):
        html = admin.get(page).content.decode()
        assert not [secret for secret in [*secrets, stored.encrypted_key] if secret in html]


def test_the_details_tell_everything_else(admin: Client, site: Issued, intermediate: Issued) -> None:
    upload(admin, site.pem + intermediate.certificate)
    stored = Certificate.objects.get()
    shown = words(admin, f"{LIST}{stored.pk}/")
    for told in (
        "Names intuition.hospital.example, aqi.hospital.example, 10.10.40.217 Issuer Example TLS CA 3 Key P-256",
        f"Serial number {stored.serial} SHA-256 fingerprint {stored.fingerprint} SHA-1",
        f"Valid from {stored.valid_from:%Y-%m-%d %H:%M:%S} UTC Valid to {stored.valid_to:%Y-%m-%d %H:%M:%S} UTC",
        "Used by not used",
        "Example TLS CA 3 Example Root CA P-256",
    ):
        assert told in shown, shown


def test_a_viewer_sees_but_changes_nothing(admin: Client, viewer: Client, operator: Client, site: Issued) -> None:
    upload(admin, site.pem)
    page = f"{LIST}{Certificate.objects.get().pk}/"
    for person in (viewer, operator):
        assert person.get(LIST).status_code == person.get(page).status_code == 200
        assert person.get(ADD).status_code == upload(person, site.pem, label="mine").status_code == 403
        for action in ("replace/", "answer/", "renew/", "renew-self-signed/", "discard-request/"):
            assert person.post(page + action).status_code == 403
        assert person.post(f"{LIST}remove/?certificate={Certificate.objects.get().pk}").status_code == 403
        assert "Modify" not in words(person)
        assert "Details" in words(person)
    assert Certificate.objects.count() == 1


def test_a_long_list_costs_no_more_queries(
    admin: Client, site: Issued, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(5):
        upload(admin, site.pem, label=f"site-{number}")
    admin.get(LIST)  # shows the messages, and computes what is pending
    with django_assert_max_num_queries(18):
        admin.get(LIST)
