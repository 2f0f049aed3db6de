"""Whole tables become those of the Primary, whatever is in the way, and can be put back."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as own
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import Group, User
from apps.certificates.models import AcmeAccount, AcmeOrder, Certificate, Staple
from apps.certificates.vault import unseal
from apps.pair import tables
from apps.pair.tables import Rows
from apps.unit.models import Heartbeat
from tests.pair.filled import account, certificate, fill

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sent(loadbalancer: User) -> Iterator[Rows]:
    """The Primary's rows as they arrive. This unit has none any more, but a first user of its own."""
    fill(committed=False)
    yield json.loads(json.dumps(tables.read()))
    own.PATHS.fallback_page.unlink()


def wipe() -> None:
    for model in (AcmeOrder, Certificate, User, Heartbeat):
        model._default_manager.all().delete()


def written(rows: Rows) -> bool:
    with transaction.atomic():
        return tables.write(rows)


def swapped(rows: Rows, name: str, column: str) -> Rows:
    first, second, *rest = rows[name]
    exchanged = [first | {column: second[column]}, second | {column: first[column]}, *rest]
    return rows | {name: exchanged}


def test_an_empty_unit_has_the_same_afterwards(sent: Rows) -> None:
    wipe()
    assert written(sent)
    assert tables.read() == sent


def test_nothing_is_touched_that_is_the_same(sent: Rows) -> None:
    with CaptureQueriesContext(connection) as asked:
        assert not written(sent)
    assert [query["sql"] for query in asked if not query["sql"].startswith(("SELECT", "BEGIN", "COMMIT"))] == []


def test_only_the_row_that_differs_is_touched(sent: Rows) -> None:
    for row in sent["accounts.user"]:
        if row["username"] == "bob":
            row["password"] = "!another"
    with CaptureQueriesContext(connection) as asked:
        assert written(sent)
    changed = [query["sql"] for query in asked if query["sql"].startswith(("UPDATE", "INSERT", "DELETE"))]
    assert all('"accounts_user"' in words for words in changed)
    assert not any(first in words for words in changed for first in ("loadbalancer", "INSERT", "DELETE"))


def test_the_last_log_in_stays_each_units_own(sent: Rows) -> None:
    before = User.objects.get(username="bob").last_login
    sent["accounts.user"][-1]["group"] = Group.CONFIG
    written(sent)
    bob = User.objects.get(username="bob")
    assert (bob.group, bob.last_login) == (Group.CONFIG, before)


def test_secrets_are_sealed_with_this_units_own_key(sent: Rows, settings: Any, tmp_path: Path) -> None:
    before = Certificate.objects.get().encrypted_key
    wipe()
    settings.DATA_KEY_FILE = tmp_path / "data.key"
    settings.DATA_KEY_FILE.write_text("7" * 64)
    AcmeAccount.objects.all().delete()
    written(sent)
    after = Certificate.objects.get().encrypted_key
    assert after != before
    assert unseal(after) == sent["certificates.certificate"][0]["encrypted_key"]
    assert "PRIVATE" not in after
    assert tables.read() == sent


def test_what_the_primary_has_no_more_is_gone(sent: Rows) -> None:
    certificate("spare")
    User.objects.create(username="eve", password="!")
    written(sent)
    assert tables.read() == sent


def test_names_may_have_been_exchanged(sent: Rows) -> None:
    certificate("second")
    sent["certificates.certificate"] = tables.read()["certificates.certificate"]
    for rows in (swapped(sent, "accounts.user", "username"), swapped(sent, "certificates.certificate", "label")):
        assert written(rows)
        assert tables.read() == rows


def test_a_name_may_have_gone_to_a_new_row(sent: Rows) -> None:
    row = sent["accounts.user"][-1]
    sent["accounts.user"] = [*sent["accounts.user"][:-1], row | {"id": row["id"] + 10}]
    assert written(sent)
    assert tables.read() == sent


class TestABuiltInCertificate:
    @pytest.fixture(autouse=True)
    def server(self, sent: Rows) -> Iterator[Certificate]:
        """Where the Primary's belongs, and chosen for the WebUI."""
        number = Certificate.objects.get().pk
        wipe()
        own.PATHS.webui_certificate_choice.write_text(json.dumps({"certificate": number}))
        yield certificate("server", is_built_in=True, pk=number)
        own.PATHS.webui_certificate_choice.unlink()

    def chosen(self) -> int:
        return int(json.loads(own.PATHS.webui_certificate_choice.read_text())["certificate"])

    def test_makes_room_and_keeps_its_name(self, sent: Rows, server: Certificate) -> None:
        assert written(sent)
        assert tables.read() == sent
        moved = Certificate.objects.get(is_built_in=True)
        assert moved.pk != server.pk
        assert (moved.label, moved.fingerprint) == ("server", server.fingerprint)

    def test_stays_the_one_that_the_webui_shows(self, sent: Rows) -> None:
        written(sent)
        assert self.chosen() == Certificate.objects.get(is_built_in=True).pk

    def test_stays_where_it_is_when_nothing_comes_of_it(self, sent: Rows, server: Certificate) -> None:
        with transaction.atomic():
            tables.write(sent)
            transaction.set_rollback(True)
        assert (Certificate.objects.get().pk, self.chosen()) == (server.pk, server.pk)

    def test_comes_back_with_the_others(self, sent: Rows, server: Certificate) -> None:
        before = tables.whole()
        written(sent)
        with transaction.atomic():
            tables.put_back(json.loads(json.dumps(before)))
        assert tables.whole() == before
        assert self.chosen() == server.pk

    def test_is_served_on_both_units_once_a_service_uses_it(self, sent: Rows, server: Certificate) -> None:
        row = sent["certificates.certificate"][0]
        theirs = row | {"id": row["id"] + 1, "label": "server", "is_built_in": True, "fingerprint": "f" * 64}
        assert written(sent | {"certificates.certificate": [row, theirs]})
        assert not written(sent | {"certificates.certificate": [row, theirs]})
        here = Certificate.objects.get(is_built_in=True)
        assert (here.label, here.fingerprint, here.pk) == ("server", "f" * 64, self.chosen())
        assert unseal(here.encrypted_key) == row["encrypted_key"]


def test_what_is_put_back_is_exactly_what_was_there(sent: Rows) -> None:
    before = [list(table.model._default_manager.order_by("pk").values()) for table in tables.TABLES]
    kept = json.loads(json.dumps(tables.whole()))
    Certificate.objects.all().delete()
    User.objects.update(group=Group.REPORT)
    account("second")
    Heartbeat.objects.all().delete()
    with transaction.atomic():
        tables.put_back(kept)
    assert [list(table.model._default_manager.order_by("pk").values()) for table in tables.TABLES] == before


@pytest.mark.parametrize("back", [False, True])
def test_what_a_responder_said_goes_with_its_certificate(sent: Rows, back: bool) -> None:
    """Each unit asks by itself."""
    before = json.loads(json.dumps(tables.whole()))
    Staple.begin(certificate("spare"))
    Staple.begin(Certificate.objects.get(label="site"))
    with transaction.atomic():
        if back:
            tables.put_back(before)
        else:
            tables.write(sent)
    assert [str(staple.certificate) for staple in Staple.objects.all()] == ["site"]
