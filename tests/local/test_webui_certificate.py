"""Security: which certificate the WebUI shows; it is tried first, and holds no key that could be read."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from apps.certificates import built_in
from apps.certificates.models import Certificate
from apps.certificates.vault import pem, seal, unseal
from apps.local import tasks, webui_certificate
from apps.local.kinds import NotApplied
from apps.local.models import Trial, WebUICertificate
from apps.system import tls
from tests.certificates.pages import LIST, order, page_of, words
from tests.local.conftest import told

PAGE = "/lbadmin/local/security/"
LABEL = "WebUI: SSL certificate"


@pytest.fixture(autouse=True)
def server(db: None) -> Iterator[Certificate]:
    """As after the first start."""
    own = tls.self_signed()
    settings.PATHS.webui_certificate.write_text(own)
    built_in.ensure(own)
    yield Certificate.objects.get()
    settings.PATHS.webui_certificate.unlink()
    settings.PATHS.webui_certificate_choice.unlink(missing_ok=True)


@pytest.fixture
def trusted(admin: Client) -> Certificate:
    order(admin, "self", label="trusted")
    admin.get(LIST)  # takes the message
    return Certificate.objects.get(label="trusted")


def chosen(certificate: Certificate) -> dict[str, str]:
    return {"certificate": str(certificate.pk)}


def test_it_offers_what_can_be_shown(admin: Client, trusted: Certificate) -> None:
    order(admin, "csr", label="pending")
    page = admin.get(PAGE)
    assert [str(choice) for choice in page.context["form"].fields["certificate"].queryset] == ["server", "trusted"]
    assert f">{LABEL}</label>" in page.content.decode()
    assert "The WebUI shows the certificate server. After Update" in words(admin, PAGE)


def test_update_begins_a_trial(admin: Client, trusted: Certificate, broker: Any) -> None:
    assert admin.post(PAGE, chosen(trusted)).status_code == 302
    assert told(broker) == ["apps.local.tasks.apply_trial"]
    shown = words(admin, PAGE)
    assert "In a moment the WebUI shows the certificate trusted. Keep that then, or it returns by itself in" in shown
    trial = Trial.objects.get()
    assert (trial.old["label"], trial.new["label"]) == ("server", "trusted")
    kept = json.dumps([trial.old, trial.new])
    key = pem(trusted).splitlines()[1:3]
    assert not [secret for secret in ["PRIVATE", *key] if secret in kept]


def test_the_same_again_changes_nothing(admin: Client, server: Certificate, broker: Any) -> None:
    admin.post(PAGE, chosen(server))
    assert "Nothing was changed: the WebUI shows the certificate server already." in words(admin, PAGE)
    assert not Trial.objects.exists()
    assert "apps.local.tasks.apply_trial" not in told(broker)


def test_one_that_was_renewed_since_can_be_tried(admin: Client, server: Certificate, broker: Any) -> None:
    told_later = "That certificate was replaced since: the WebUI still shows the one from before. Press Update"
    assert told_later not in words(admin, PAGE)
    admin.post(f"{page_of('server')}renew-self-signed/")
    assert "The WebUI shows it after Update under Local Configuration &gt; Security." in words(admin)
    assert told_later in words(admin, PAGE)
    before = settings.PATHS.webui_certificate.read_text()
    admin.post(PAGE, chosen(server))
    trial = Trial.objects.get()
    assert unseal(trial.old["pem"]) == before
    assert unseal(trial.new["pem"]) == pem(Certificate.objects.get(pk=server.pk))


def test_the_one_it_shows_is_used_by_the_webui(admin: Client, trusted: Certificate) -> None:
    assert f'<a href="{PAGE}">WebUI</a>' in admin.get(page_of("server")).content.decode()
    settings.PATHS.webui_certificate_choice.write_text(json.dumps({"certificate": trusted.pk}))
    assert f'<a href="{PAGE}">WebUI</a>' in admin.get(page_of("trusted")).content.decode()
    remove = f"{LIST}remove/?certificate={trusted.pk}"
    assert "Nothing was removed. trusted is used by WebUI" in words(admin, remove)


def test_without_a_supervisor_it_returns_with_the_reason(admin: Client, trusted: Certificate, broker: Any) -> None:
    before = settings.PATHS.webui_certificate.read_text()
    admin.post(PAGE, chosen(trusted))
    with pytest.raises(NotApplied):  # the return cannot restart it either, and is tried again
        tasks.apply_trial(Trial.objects.get().pk)
    trial = Trial.objects.get()
    assert trial.is_returning
    assert "web could not be restarted" in trial.sentence
    assert settings.PATHS.webui_certificate.read_text() == before
    assert str(WebUICertificate.current()) == "server"


def test_a_foreign_data_key_is_told(server: Certificate) -> None:
    value = webui_certificate.value_of(server) | {"pem": seal("x")[:-10]}
    with pytest.raises(NotApplied, match="The private key of server cannot be decrypted"):
        webui_certificate.apply(value)


def test_only_administrators(viewer: Client, operator: Client, trusted: Certificate) -> None:
    for person in (viewer, operator):
        assert person.get(PAGE).status_code == person.post(PAGE, chosen(trusted)).status_code == 403
