"""ACME accounts: their pages, and what nobody gets to see of them."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from apps.certificates import expiries
from apps.certificates.models import AcmeAccount, AcmeOrder, Certificate
from apps.certificates.vault import unseal
from apps.changes import candidate
from apps.haproxy.render import render
from apps.services.models import VirtualService
from apps.system import acme
from tests.certificates.pages import ADD, LIST, errors, order, words

ACCOUNTS = LIST + "acme/"
VALUES = {"label": "le", "directory": "production", "agreed": "on", "email": "pki@hospital.example"}
BINDING = {"eab_kid": "kid-1", "eab_key": "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ"}


def add(client: Client, **values: str) -> AcmeAccount:
    assert client.post(f"{ACCOUNTS}add/", VALUES | values).status_code == 302
    return AcmeAccount.objects.get(label=(VALUES | values)["label"])


def test_an_account_is_added_changed_and_deleted(admin: Client, viewer: Client) -> None:
    assert "No ACME accounts configured." in words(admin, ACCOUNTS)
    account = add(admin)
    assert account.address == "https://acme-v02.api.letsencrypt.org/directory"
    assert "le https://acme-v02.api.letsencrypt.org/directory registered with its first certificate" in words(
        viewer, ACCOUNTS
    )
    AcmeAccount.objects.update(uri="https://authority.example/1")
    admin.post(f"{ACCOUNTS}{account.pk}/", VALUES | {"directory": "staging"})
    changed = AcmeAccount.objects.get()
    assert "staging" in changed.address
    assert changed.uri == ""  # nobody knows it there
    assert changed.encrypted_key == account.encrypted_key
    assert "HAProxy answers no authority" in words(admin, f"{ACCOUNTS}{account.pk}/delete/")
    admin.post(f"{ACCOUNTS}{account.pk}/delete/")
    assert not AcmeAccount.objects.exists()


def test_all_accounts_have_one_key(admin: Client) -> None:
    first, second = add(admin), add(admin, label="other", directory="staging")
    assert first.thumbprint == second.thumbprint == acme.thumbprint(unseal(second.encrypted_key))


@pytest.mark.parametrize(
    ("values", "field", "message"),
    [
        ({"agreed": ""}, "agreed", "agree to them"),
        ({"directory": "custom"}, "url", "Enter Directory URL."),
        ({"directory": "custom", "url": "http://ca.example/dir"}, "url", "begins with https://"),
        ({"directory": "custom", "url": "https://ca.example/dir", "roots": "x"}, "roots", "no certificate in PEM"),
        ({"eab_kid": "kid-1"}, "eab_key", "or neither"),
        ({"eab_key": BINDING["eab_key"]}, "eab_kid", "or neither"),
        (BINDING | {"eab_key": "not base64"}, "eab_key", "Copy the HMAC key"),
        ({"email": "nobody"}, "email", "valid email"),
    ],
)
def test_what_cannot_work_is_refused_at_the_field(
    admin: Client, values: dict[str, str], field: str, message: str
) -> None:
    refused = errors(admin.post(f"{ACCOUNTS}add/", VALUES | values))
    assert list(refused) == [field]
    assert message in refused[field][0]
    assert not AcmeAccount.objects.exists()


def test_the_keys_are_sealed_and_never_shown(admin: Client) -> None:
    account = add(admin, **BINDING)
    assert unseal(account.encrypted_eab_key) == BINDING["eab_key"]
    key = unseal(account.encrypted_key).splitlines()[1]
    pages = [ACCOUNTS, f"{ACCOUNTS}{account.pk}/", "/lbadmin/view-configuration/xml/", LIST, ADD]
    shown = "".join(admin.get(page).content.decode() for page in pages)
    for secret in (BINDING["eab_key"], key):
        assert secret not in shown
        assert secret not in account.encrypted_eab_key + account.encrypted_key
    admin.post(f"{ACCOUNTS}{account.pk}/", VALUES | {"eab_kid": "kid-1", "eab_key": ""})
    assert unseal(AcmeAccount.objects.get().encrypted_eab_key) == BINDING["eab_key"]
    admin.post(f"{ACCOUNTS}{account.pk}/", VALUES | {"eab_kid": "", "eab_key-remove": "on"})
    assert AcmeAccount.objects.get().encrypted_eab_key == ""


def test_an_account_in_use_stays(admin: Client) -> None:
    account = add(admin)
    order(admin, "acme", account=str(account.pk), names="", domain="www.example")
    admin.post(f"{ACCOUNTS}{account.pk}/delete/")
    assert AcmeAccount.objects.exists()
    assert "is used by" in words(admin, ACCOUNTS)
    admin.post(f"{LIST}remove/?certificate={Certificate.objects.get().pk}")
    assert not AcmeOrder.objects.exists()


def test_an_order_without_account_or_with_a_wildcard_is_refused(admin: Client) -> None:
    assert list(errors(order(admin, "acme"))) == ["account"]
    account = str(add(admin).pk)
    refused = errors(order(admin, "acme", account=account, names="*.hospital.example"))
    assert "cannot be proven over HTTP" in refused["names"][0]
    assert not Certificate.objects.exists()


def test_nobody_else_orders(operator: Client, admin: Client) -> None:
    account = str(add(admin).pk)
    assert order(operator, "acme", account=account).status_code == 403
    order(admin, "acme", account=account, names="")
    page = f"{LIST}{Certificate.objects.get().pk}/"
    AcmeOrder.objects.get().fail("No.")
    assert operator.post(f"{page}renew-now/").status_code == 403
    assert "Renew now" in words(admin, page)
    assert "Renew now" not in words(operator, page)


def test_the_page_says_that_nobody_answers_on_port_80(admin: Client) -> None:
    told = "No Virtual Service in HTTP Mode listens on port 80"
    assert told in words(admin, ADD)
    VirtualService.objects.create(label="web", address="10.0.0.9", ports="80,8080")
    assert told not in words(admin, ADD)


@pytest.mark.parametrize(
    ("fields", "answered"),
    [
        ({"ports": "80"}, True),
        ({"ports": "8080,70-90"}, True),
        ({"ports": "8080"}, False),
        ({"ports": "80", "protocol": "tcp"}, False),
        ({"ports": "80", "manual": True}, False),
    ],
)
def test_only_web_services_on_port_80_answer(admin: Client, fields: dict[str, object], answered: bool) -> None:
    VirtualService.objects.create(label="web", address="10.0.0.9", **fields)
    assert "acme-challenge" not in render(candidate.load()).files["haproxy.cfg"]
    account = add(admin)
    assert (account.thumbprint in render(candidate.load()).files["haproxy.cfg"]) == answered


def test_the_state_is_asked_for_until_the_certificate_is_another(admin: Client) -> None:
    certificate = Certificate.objects.create(label="site", domain="www.example")
    kept = AcmeOrder.objects.create(certificate=certificate, account=add(admin))
    kept.fail("The authority was away.")
    page = admin.get(f"{LIST}{certificate.pk}/acme/")
    assert re.search(r"not given, 1 attempt<", page.content.decode())
    changed = admin.get(f"{LIST}{certificate.pk}/acme/?serial=old")
    assert changed.headers["HX-Refresh"] == "true"


def test_pages_warn_of_an_expiry_only_when_renewing_does_not_work(admin: Client) -> None:
    now = timezone.now()
    dates = {"valid_from": now - timedelta(days=5), "valid_to": now + timedelta(days=2)}
    certificate = Certificate.objects.create(label="site", domain="www.example", chain="-", **dates)
    VirtualService.objects.create(
        label="web", address="10.0.0.9", ports="443", protocol="http2", certificate=certificate
    )
    kept = AcmeOrder.objects.create(certificate=certificate, account=add(admin))
    kept.succeed(waits=False)
    kept.next_try = now + timedelta(hours=6)
    kept.save()
    assert expiries.notice(1) is None
    kept.fail("The authority was away.")
    told = expiries.notice(2)
    assert told
    assert "site expires in" in told.sentence
