"""A little of everything that a Primary sends."""

from typing import Any

from django.conf import settings
from django.utils import timezone

from apps.accounts.models import Group, User
from apps.certificates import actions
from apps.certificates.models import AcmeAccount, AcmeOrder, Certificate
from apps.certificates.reading import read
from apps.certificates.vault import seal
from apps.services.models import RealServer, VirtualService
from apps.system import tls
from apps.unit.models import Heartbeat
from tests.changes.recorded import commit

VIP = "127.0.0.9"


def certificate(label: str, **fields: Any) -> Certificate:
    """With a key of its own."""
    made = Certificate(label=label, **fields)
    actions.take(made, read(tls.self_signed().encode()))
    made.save()
    return made


def account(label: str = "ca") -> AcmeAccount:
    return AcmeAccount.objects.create(label=label, encrypted_key=seal("account key"), thumbprint="t")


def fill(*, committed: bool = True) -> VirtualService:
    User.objects.create(username="bob", password="!bob", group=Group.MAINT, last_login=timezone.now())
    site = certificate("site")
    AcmeOrder.objects.create(certificate=site, account=account(), problem="none")
    Heartbeat.objects.create(pk=1, keepalive="500")
    settings.PATHS.fallback_page.parent.mkdir(exist_ok=True)
    settings.PATHS.fallback_page.write_text("sorry")
    web = VirtualService.objects.create(label="web", address=VIP, ports="80")
    RealServer.objects.create(service=web, label="one", address="127.0.0.1", port=80)
    if committed:
        commit()
    return web
