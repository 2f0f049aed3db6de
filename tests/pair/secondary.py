"""A unit that becomes the Secondary of a Primary, which has the same database for a moment."""

import json
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import transaction

from apps.accounts.models import FIRST_USER, Group, User
from apps.certificates.models import Certificate
from apps.certificates.vault import seal
from apps.changes import candidate, restore
from apps.changes.document import Document
from apps.pair import bundle, tables, taking
from apps.pair.bundle import Bundle
from apps.pair.models import Delivery
from apps.services.models import Persistence, RealServer, VirtualService
from apps.system import files
from tests.changes.conftest import PORT
from tests.changes.recorded import commit
from tests.pair.filled import VIP, certificate
from tests.pair.other import Other

GOOD, PAGE = "!the primary's", "Come back later."
Change = Callable[[], object]


def nothing() -> None:
    """Is changed."""


def forget() -> None:
    """What is remembered by numbers that come again."""
    candidate._fingerprints.cache_clear()
    bundle._document.cache_clear()
    bundle.document_digest.cache_clear()


def primary(server: int) -> Change:
    """What the Primary has, instead of all that this unit has."""

    def change() -> None:
        User.objects.all().delete()
        User.objects.create(username="alice", password="!", group=Group.CONFIG)
        User.objects.create(username=FIRST_USER, password=GOOD, group=Group.CONFIG)
        Certificate.objects.filter(is_built_in=False).delete()
        certificate("site")
        restore.restore(Document(), states=True)
        web = VirtualService.objects.create(
            label="web", address=VIP, ports=str(PORT), check_type="none", persistence=Persistence.NONE
        )
        RealServer.objects.create(service=web, label="one", address="127.0.0.1", port=server)
        RealServer.objects.create(service=web, label="two", address="127.0.0.1", port=server)

    return change


def sent(change: Change = nothing, page: str = PAGE) -> Bundle:
    """What a Primary sends that has the same as this unit, but for the change."""
    with transaction.atomic():
        change()
        commit()
        forget()
        found = bundle.make()
        transaction.set_rollback(True)
    forget()
    return Bundle(**vars(found) | {"fallback": page})


def delivery(found: Bundle) -> Delivery:
    return Delivery.objects.create(digest=found.digest, sealed=seal(bundle.pack(found).hex()))


def deliver(found: Bundle) -> Delivery:
    made = delivery(found)
    taking.take(made)
    return Delivery.objects.get(pk=made.pk)


def acquaint() -> Other:
    return Other().become_peer(paired=False)


def state() -> dict[str, Any]:
    """Of this unit, as far as a Primary replaces it."""
    forget()
    document = taking._candidate()
    return {
        "tables": json.dumps(tables.whole(), sort_keys=True),
        "document": document,
        "fallback": files.read(settings.PATHS.fallback_page),
    }
