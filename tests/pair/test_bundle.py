"""What the Primary sends: the same words for the same content, and other ones for any other."""

import dataclasses
import json
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from apps.accounts.models import Group, User
from apps.certificates import actions
from apps.certificates.models import AcmeOrder, Certificate
from apps.certificates.reading import read
from apps.certificates.vault import _fernet, seal, unseal
from apps.changes import engine
from apps.changes.models import Running
from apps.haproxy.listen import crl_file, pem_file
from apps.pair import bundle
from apps.pair.bundle import Bundle, Unreadable, make, pack, unpack
from apps.services.models import Layer7, RealServer, State, VirtualService
from apps.system import tls
from apps.unit.models import Heartbeat
from tests.certificates.openssl import Workshop
from tests.changes.recorded import commit
from tests.pair.filled import certificate, fill

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def filled(loadbalancer: User) -> Iterator[VirtualService]:
    yield fill()
    settings.PATHS.fallback_page.unlink()


def changed_password() -> None:
    User.objects.filter(username="bob").update(password="!another")


def another_service() -> None:
    VirtualService.objects.create(label="mail", address="127.0.0.9", ports="25")
    commit()


def another_setting() -> None:
    Layer7(pk=1, connect_timeout="7s").save()
    commit()


def another_page() -> None:
    settings.PATHS.fallback_page.write_text("closed")


def another_key() -> None:
    Certificate.objects.update(encrypted_key=seal("another key"))


DIFFERENCES: list[Callable[[], object]] = [
    changed_password,
    another_service,
    another_setting,
    another_page,
    another_key,
    lambda: User.objects.filter(username="bob").delete(),
    lambda: User.objects.filter(username="bob").update(group=Group.CONFIG),
    lambda: RealServer.objects.update(state=State.DRAIN),
    lambda: certificate("second"),
    lambda: Certificate.objects.update(revocation_list="x"),
    lambda: AcmeOrder.objects.update(problem="some"),
    lambda: Heartbeat.objects.update(keepalive="1000"),
    lambda: Heartbeat.objects.all().delete(),
]
SAMENESS: list[Callable[[], object]] = [
    commit,
    lambda: User.objects.update(last_login=timezone.now()),
    lambda: VirtualService.objects.update(balance="leastconn"),  # not committed
    lambda: certificate("server", is_built_in=True),
    lambda: Certificate.objects.update(encrypted_key=seal(unseal(Certificate.objects.get().encrypted_key))),
]


@pytest.mark.parametrize("change", DIFFERENCES)
def test_another_content_has_another_digest(change: Callable[[], object]) -> None:
    before = make()
    change()
    assert make().digest != before.digest


@pytest.mark.parametrize("change", SAMENESS)
def test_the_same_content_has_the_same_digest(change: Callable[[], object]) -> None:
    before = make()
    change()
    assert make().digest == before.digest


def test_states_in_the_document_are_those_of_a_moment() -> None:
    before = make()
    RealServer.objects.update(state=State.DRAIN)
    commit()
    RealServer.objects.update(state=State.ONLINE)
    assert "<state>drain</state>" in make().document
    assert (make().digest, bundle.running_digest()) == (before.digest, bundle.running_digest())


def test_what_arrives_is_what_was_sent() -> None:
    RealServer.objects.update(state=State.HALT)
    found = make()
    there = unpack(pack(found))
    assert (there, there.digest) == (found, found.digest)


def test_a_certificate_that_only_this_unit_uses_stays_here() -> None:
    certificate("server", is_built_in=True)
    assert [row["label"] for row in make().tables["certificates.certificate"]] == ["site"]


def test_the_built_in_certificate_goes_with_the_services_that_use_it(filled: VirtualService) -> None:
    own = certificate("server", is_built_in=True)
    VirtualService.objects.update(protocol="http2", certificate=own)
    commit()
    assert [row["label"] for row in make().tables["certificates.certificate"]] == ["site", "server"]


def test_before_the_first_commit_there_is_nothing_to_send() -> None:
    Running.objects.all().delete()
    with pytest.raises(Unreadable, match="Nothing was committed on this unit yet"):
        make()
    assert bundle.running_digest() == ""


def test_a_key_that_cannot_be_decrypted_is_named(settings: Any, tmp_path: Path) -> None:
    settings.DATA_KEY_FILE = tmp_path / "data.key"
    settings.DATA_KEY_FILE.write_text("0" * 64)
    with pytest.raises(Unreadable, match=r"data\.key is not the file it was encrypted with"):
        make()
    _fernet.cache_clear()


class TestUntilItIsCommitted:
    """A certificate is sent as clients see it."""

    @pytest.fixture(autouse=True)
    def served(self, filled: VirtualService, tmp_path: Path) -> Iterator[Certificate]:
        site = Certificate.objects.get()
        workshop = Workshop(tmp_path)
        issued = workshop.issue("ca", ca=True)
        self.lists = [workshop.revocation_list(issued, *some).decode() for some in ((), (issued,))]
        authority = Certificate(label="ca", revocation_list=self.lists[0])
        actions.take(authority, read(issued.certificate))
        authority.save()
        VirtualService.objects.update(protocol="http2", certificate=site, authority=authority)
        settings.PATHS.server_state.parent.mkdir(parents=True, exist_ok=True)
        settings.PATHS.haproxy_current.unlink(missing_ok=True)
        engine.prepare_first_start()
        yield site
        settings.PATHS.haproxy_current.unlink()

    def test_one_that_was_replaced_is_the_one_from_before(self, served: Certificate) -> None:
        before = make()
        actions.take(served, read(tls.self_signed().encode()))
        served.save()
        assert make() == before

    def test_so_is_its_revocation_list(self, served: Certificate) -> None:
        before = make()
        assert self.lists[0] in (settings.PATHS.haproxy_current / crl_file(served.pk + 1)).read_text()
        Certificate.objects.filter(label="ca").update(revocation_list=self.lists[1])
        assert make() == before

    def test_one_that_was_removed_keeps_the_others_waiting(self, served: Certificate) -> None:
        VirtualService.objects.update(protocol="http", certificate=None)
        number = served.pk
        served.delete()
        assert (settings.PATHS.haproxy_current / pem_file(number)).exists()
        with pytest.raises(Unreadable, match=r"site was removed, but clients still see it: press Reload HAProxy"):
            make()


def packed(text: str) -> bytes:
    return zlib.compress(text.encode())


def with_tables(**rows: Any) -> bytes:
    found = dataclasses.asdict(make())
    return packed(json.dumps(found | {"tables": found["tables"] | rows}))


@pytest.mark.parametrize(
    "junk",
    [
        b"",
        b"x",
        packed("")[:-4],
        packed("{"),
        packed("[]"),
        packed("{}"),
        packed("[" * 100_000),
        packed('{"revision": 1, "document": "", "states": {}, "tables": {}, "fallback": "", "more": 1}'),
        packed('{"revision": 1, "document": "", "states": {}, "tables": {}, "fallback": ""}'),
        packed('{"revision": 1, "document": 1, "states": [], "tables": {}, "fallback": ""}'),
    ],
)
def test_junk_is_refused(junk: bytes) -> None:
    with pytest.raises(Unreadable, match="What the Primary sent "):
        unpack(junk)


def test_little_that_becomes_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundle, "LARGEST", 1024 * 1024)
    with pytest.raises(Unreadable, match="larger than can be right"):
        unpack(packed("x" * 1024 * 1025))


@pytest.mark.parametrize(
    "rows",
    [
        {"accounts.user": [{"id": 1, "username": "bob", "password": "!", "group": "report", "theme": "dark"}]},
        {"accounts.user": [{"id": 1, "username": "bob"}]},
        {"accounts.user": [7]},
        {"accounts.user": {}},
        {"accounts.team": []},
    ],
)
def test_tables_of_another_version_are_refused(rows: dict[str, Any]) -> None:
    with pytest.raises(Unreadable, match="Both units have to run the same version"):
        unpack(with_tables(**rows))


def test_a_bundle_has_no_secret_in_its_words(loadbalancer: User) -> None:
    """A failed test, or a log, may show it."""
    assert "PRIVATE KEY" not in repr(make())
    assert isinstance(make(), Bundle)
