"""The Secondary becomes what the Primary is, checked by a real HAProxy of its own; or stays as it was."""

import http.client
import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.models import FIRST_USER, Group, User
from apps.certificates.models import Certificate
from apps.changes import candidate
from apps.changes.models import Job, Running
from apps.pair import bundle, tables, taking
from apps.pair.models import Delivery
from apps.services.models import (
    AclRule,
    FloatingIP,
    HeaderRule,
    HealthCheckScript,
    Layer7,
    ManualConfiguration,
    RealServer,
    SniRule,
    SslTermination,
    State,
    VirtualService,
)
from apps.system import files, heartbeat
from apps.unit.models import Heartbeat, Peer
from tests.changes.committing import told
from tests.changes.conftest import PORT
from tests.pair.filled import VIP, certificate
from tests.pair.secondary import GOOD, PAGE, Change, acquaint, deliver, delivery, forget, nothing, primary, sent, state
from tests.terminations.site import Client, ended, sni

OWN_PAGE, TAKEN, REFUSED = "Our own page.", Delivery.State.TAKEN, Delivery.State.REFUSED

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("running")]


@pytest.fixture(autouse=True)
def alone(loadbalancer: User, running: object) -> Iterator[None]:
    """A new unit, acquainted with its Primary, with a little of its own."""
    settings.PATHS.fallback_page.parent.mkdir(exist_ok=True)
    settings.PATHS.fallback_page.write_text(OWN_PAGE)
    certificate("server", is_built_in=True)
    certificate("own")
    User.objects.create(username="eve", password="!", group=Group.MAINT, last_login=timezone.now())
    Layer7.objects.create(pk=1, connect_timeout="7s")
    HealthCheckScript.objects.create(label="ldap", content="#!/bin/sh\nexit 0\n")
    ManualConfiguration.objects.create(pk=1, text="backend spare\n    server one 127.0.0.1:1\n")
    taking.commit_own("First")
    Session.objects.create(session_key="s", session_data="", expire_date=timezone.now())
    acquaint()
    yield
    heartbeat.release(settings.PATHS)
    settings.PATHS.fallback_page.unlink()


@pytest.fixture
def paired(server_port: int) -> None:
    """It took the first delivery."""
    assert deliver(sent(primary(server_port))).state == TAKEN


def taken_port() -> None:
    """Where the real server listens."""
    port = RealServer.objects.first().port  # type: ignore[union-attr]
    VirtualService.objects.update(address="127.0.0.1", ports=str(port))


def get(port: int = PORT) -> str:
    link = http.client.HTTPConnection(VIP, port, timeout=5)
    try:
        link.request("GET", "/")
        return link.getresponse().read().decode()
    except OSError:
        return "refused"
    finally:
        link.close()


def follows(change: Change = nothing) -> None:
    """It runs what the Primary runs, and both can tell."""
    found = sent(change)
    made = deliver(found)
    assert (made.state, made.sentence, made.digest) == (TAKEN, "", found.digest)
    forget()
    assert bundle.running_digest() == bundle.configured_digest(found.document)
    assert json.loads(json.dumps(tables.read(bundle.USED.findall(found.document)))) == found.tables
    running = Running.get()
    assert running
    assert running.revision.fingerprint == candidate.fingerprints()[0]


class TestTheFirstDelivery:
    def test_makes_this_unit_the_secondary(self, server_port: int) -> None:
        found = sent(primary(server_port))
        made = deliver(found)
        assert (made.state, made.sentence, made.sealed, made.before) == (TAKEN, "", "", "")
        assert Peer.paired()
        assert set(User.objects.values_list("username", "password")) == {("alice", "!"), (FIRST_USER, GOOD)}
        assert set(Certificate.objects.values_list("label", flat=True)) == {"site", "server"}
        assert not Session.objects.exists()
        assert files.read(settings.PATHS.fallback_page) == PAGE
        assert get() == "hello"
        assert heartbeat.is_held(settings.PATHS)

    def test_ends_with_haproxy_knowing_both_units(self, server_port: int) -> None:
        def change() -> None:
            primary(server_port)()
            Layer7(pk=1, replicate=True, replication_port=17778).save()

        deliver(sent(change))
        assert "server lbadmin 10.10.40.12:17778" in (settings.PATHS.haproxy_config).read_text()
        running = Running.get()
        assert running
        assert running.revision.fingerprint == candidate.fingerprints()[0]

    @pytest.mark.parametrize(
        ("broken", "why"),
        [
            (lambda: ManualConfiguration(pk=1, text="listen x\n  bnd :1\n").save(), "bnd"),
            (taken_port, "is used by another program"),
        ],
    )
    def test_that_haproxy_refuses_leaves_everything_as_it_was(self, server_port: int, broken: Change, why: str) -> None:
        before, ran = state(), settings.PATHS.haproxy_config.read_text()
        made = deliver(sent(lambda: (primary(server_port)(), broken())))
        assert made.state == REFUSED
        assert why in made.sentence
        assert (made.sealed, made.before) == ("", "")
        assert state() == before
        assert Peer.paired() is None
        assert Peer.get()
        assert Session.objects.count() == 1
        assert not heartbeat.is_held(settings.PATHS)
        assert without_name(settings.PATHS.haproxy_config.read_text()) == without_name(ran)

    @pytest.mark.parametrize("sealed", ["", "junk", "x" * 100])
    def test_that_cannot_be_read_leaves_everything_as_it_was(self, sealed: str) -> None:
        before = state()
        made = Delivery.objects.create(digest="0", sealed=sealed)
        taking.take(made)
        assert made.state == REFUSED
        assert made.sentence == "What the Primary sent could not be decrypted."
        assert state() == before

    def test_of_which_nobody_thought_leaves_everything_as_it_was(self, server_port: int) -> None:
        """States of no server have no number: a defect of the Primary."""
        before = state()
        found = sent(primary(server_port))
        made = delivery(bundle.Bundle(**vars(found) | {"states": {"x": "drain"}}))
        with pytest.raises(ValueError, match="invalid literal"):
            taking.take(made)
        assert (made.state, made.sentence) == (REFUSED, taking.BROKEN)
        assert state() == before
        assert not heartbeat.is_held(settings.PATHS)

    def test_after_one_that_was_cut_off_still_knows_what_was_there_before(self, server_port: int) -> None:
        before = state()
        cut_off = delivery(sent(primary(server_port)))
        taking._write(cut_off, sent(primary(server_port)), is_first=True)
        assert state() != before
        made = deliver(sent(taken_port))
        assert made.state == REFUSED
        assert state() == before
        taking.resume()
        assert state() == before
        assert Peer.paired() is None

    def test_is_forgotten_with_the_acquaintance(self, server_port: int) -> None:
        before = state()
        cut_off = delivery(sent(primary(server_port)))
        taking._write(cut_off, sent(primary(server_port)), is_first=True)
        heartbeat.hold(settings.PATHS)
        taking.forget_acquaintance()
        assert state() == before
        assert not Peer.objects.exists()
        assert not Delivery.objects.exists()
        assert not heartbeat.is_held(settings.PATHS)


def without_name(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if "description" not in line)


ASKED = '[["and", false, "path_beg", "", "/old"]]'


def web() -> VirtualService:
    return VirtualService.objects.get(address=VIP)


def exchanged() -> None:
    """Two services have each other's label."""
    second: Any = VirtualService.objects.create(label="second", address=VIP, ports="18491", check_type="none")
    VirtualService.objects.filter(label="web").update(label="moving")
    VirtualService.objects.filter(pk=second.pk).update(label="web")
    VirtualService.objects.filter(label="moving").update(label="second")


CHANGES: list[Change] = [
    lambda: RealServer.objects.filter(label="two").delete(),
    lambda: RealServer.objects.filter(label="two").update(weight=7),
    lambda: VirtualService.objects.update(label="other"),
    lambda: AclRule.objects.create(service=web(), position=1, conditions=ASKED, value="https://a.example/"),
    lambda: HeaderRule.objects.create(service=web(), position=1, name="X-A", value="b"),
    lambda: FloatingIP.objects.create(address="127.0.0.77"),
    lambda: Layer7(pk=1, connect_timeout="3s", logging=True).save(),
    lambda: HealthCheckScript.objects.create(label="ldap2", content="#!/bin/sh\nexit 1\n"),
    lambda: ManualConfiguration(pk=1, text="backend b\n    server one 127.0.0.1:1\n").save(),
    lambda: Heartbeat(pk=1, keepalive="1000").save(),
    exchanged,
]


@pytest.mark.usefixtures("paired")
class TestALaterDelivery:
    def test_that_is_refused_says_why_and_the_old_one_goes_on_serving(self) -> None:
        made = deliver(sent(taken_port))
        assert made.state == REFUSED
        assert "is used by another program" in made.sentence
        assert made.sealed == ""
        assert get() == "hello"
        assert Peer.paired()
        follows(lambda: VirtualService.objects.update(address=VIP, ports=str(PORT)))

    def test_that_is_refused_again_and_again_fills_no_disk(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("apps.changes.models.REVISIONS_KEPT", 3)
        refused = sent(taken_port)
        for _ in range(5):
            assert deliver(refused).state == REFUSED
        assert Job.objects.count() <= 4
        assert Delivery.objects.count() == 1

    def test_that_came_meanwhile_is_not_lost(self) -> None:
        first, second = delivery(sent()), delivery(sent(lambda: VirtualService.objects.update(balance="leastconn")))
        taking.take(first)
        taking.take(Delivery.objects.get(pk=second.pk))
        assert [made.state for made in Delivery.objects.all()] == [TAKEN]
        assert VirtualService.objects.get().balance == "leastconn"

    def test_with_nothing_new_changes_nothing(self) -> None:
        jobs = Job.objects.count()
        follows()
        follows()
        assert Job.objects.count() == jobs

    def test_touches_only_what_differs(self) -> None:
        made = delivery(
            sent(lambda: VirtualService.objects.create(label="new", address=VIP, ports="18490", check_type="none"))
        )
        with CaptureQueriesContext(connection) as asked:
            taking.take(made)
        touched = {query["sql"].split('"')[1] for query in asked if query["sql"].startswith(("UPDATE", "INSERT"))}
        assert {name for name in touched if name.startswith(("services", "accounts", "certificates"))} == {
            "services_virtualservice"
        }
        changed = [query["sql"] for query in asked if query["sql"].startswith('UPDATE "services_virtualservice"')]
        assert len(changed) <= 1  # the new one itself

    def test_drains_and_halts_without_a_commit(self) -> None:
        jobs = Job.objects.count()
        follows(lambda: RealServer.objects.filter(label="two").update(state=State.DRAIN))
        assert told("web")["two"] == "DRAIN"
        follows(lambda: RealServer.objects.filter(label="two").update(state=State.HALT))
        assert told("web")["two"] == "MAINT"
        assert told("web")["one"] != told("web")["two"]
        follows(lambda: RealServer.objects.update(state=State.ONLINE))
        assert told("web")["two"] == told("web")["one"]
        assert Job.objects.count() == jobs

    def test_brings_users_and_passwords_without_a_commit(self) -> None:
        jobs = Job.objects.count()
        follows(lambda: User.objects.filter(username="alice").update(password="!new"))
        assert User.objects.get(username="alice").password == "!new"
        follows(lambda: User.objects.filter(username="alice").delete())
        assert Job.objects.count() == jobs

    def test_brings_all_that_can_be_configured_and_takes_it_away_again(self) -> None:
        before = sent()
        for change in CHANGES:
            follows(change)
            assert deliver(before).state == TAKEN
            assert sent().digest == before.digest

    def test_brings_terminations_and_takes_them_away_again(self) -> None:
        def change() -> None:
            termination = ended(Certificate.objects.get(label="site"), service=web())
            sni(termination, "a.example", Certificate.objects.get(label="server"), service=web())

        follows(change)
        assert (SslTermination.objects.count(), SniRule.objects.count()) == (1, 1)
        assert Client().seen() == Certificate.objects.get(label="site").fingerprint
        assert Client("a.example").seen() == Certificate.objects.get(label="server").fingerprint
        follows(lambda: SslTermination.objects.all().delete())

    def test_takes_services_away(self) -> None:
        follows(lambda: VirtualService.objects.all().delete())
        assert get() == "refused"

    def test_is_nobodys_once_the_pair_is_broken(self) -> None:
        made = delivery(sent())
        Peer.objects.all().delete()
        taking.take(made)
        assert not Delivery.objects.exists()

    @pytest.mark.parametrize("keep", [True, False])
    def test_is_the_last_when_the_unit_leaves_the_pair(self, keep: bool) -> None:
        users = list(User.objects.values())
        certificate("another")
        Heartbeat(pk=1, keepalive="1000").save()
        taking.clear(keep=keep)
        assert not Peer.objects.exists()
        assert not Delivery.objects.exists()
        assert list(User.objects.values()) == users
        assert get() == ("hello" if keep else "refused")
        assert VirtualService.objects.exists() == Heartbeat.objects.exists() == keep
        assert set(Certificate.objects.values_list("label", flat=True)) == (
            {"site", "another", "server"} if keep else {"server"}
        )
