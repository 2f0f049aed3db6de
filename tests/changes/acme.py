"""A site whose certificates come by ACME: what the worker does, and what an administrator and a client see."""

import time
from urllib.request import HTTPRedirectHandler, Request, build_opener

from django.test import Client

from apps.certificates.models import AcmeAccount, AcmeOrder, Certificate
from apps.changes import engine, ordering
from apps.changes.models import Job
from tests.certificates.pages import ADD, LIST
from tests.certificates.pebble import Pebble

ACCOUNTS = LIST + "acme/"
VIP = "127.0.0.9"
NAME = "www.acme.test"


def add_account(client: Client, authority: Pebble, **values: str) -> AcmeAccount:
    told = {"label": "lab", "directory": "custom", "url": authority.url, "roots": authority.root, "agreed": "on"}
    answer = client.post(f"{ACCOUNTS}add/", told | values)
    assert answer.status_code == 302, answer.context["form"].errors
    return AcmeAccount.objects.get(label=told["label"])


def order(client: Client, account: AcmeAccount, domain: str = NAME, names: str = "") -> AcmeOrder:
    told = {"how": "acme", "label": "site", "account": account.pk, "domain": domain, "names": names}
    answer = client.post(ADD, told | {"key_size": "P-256"})
    assert answer.status_code == 302, answer.context["form"].errors
    return AcmeOrder.objects.get(certificate__label="site")


def work() -> AcmeOrder:
    """What the worker does until nothing is due."""
    deadline = time.monotonic() + 30
    while (wait := ordering.step()) is not None:
        assert time.monotonic() < deadline
        time.sleep(wait)
    for pk in ordering.jobs_to_send():
        engine.commit(Job.objects.get(pk=pk))
    return AcmeOrder.objects.get()


def renew(client: Client) -> Certificate:
    client.post(f"{LIST}{AcmeOrder.objects.get().pk}/renew-now/")
    work()
    return Certificate.objects.get(label="site")


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *args: object) -> None:
        """It is the answer that counts."""


def ask(path: str, port: int = 80) -> tuple[int, str]:
    """Status and text of what a client gets."""
    opener = build_opener(_Stay)
    opener.addheaders = []
    try:
        with opener.open(Request(f"http://{VIP}:{port}{path}"), timeout=5) as answer:
            return answer.status, answer.read().decode()
    except OSError as error:
        return int(getattr(error, "code", 0)), ""
