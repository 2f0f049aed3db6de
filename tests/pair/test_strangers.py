"""Who asks below /lbadmin/pair/ and is not the peer learns nothing, and changes nothing."""

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.core.cache import cache
from redis import Redis

from apps.accounts.models import User
from apps.pair import signing
from apps.pair.peer_views import INVITATIONS
from apps.pair.receiving import LARGEST, SMALL
from apps.unit.models import Peer, Role
from tests.accounts.test_throttling import log_in
from tests.conftest import PASSWORD, Browser
from tests.pair.other import OTHERS, QUESTIONS, ROOT, Other, stored_password

AXES = "axes"  # counts wrong passwords, so that is what may change
JUNK = [b"", b"null", b"[]", b"{", b"\xff\xfe", b"[" * 60_000, b'"' + b"x" * 60_000, b'{"key": {"a": []}}']

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unit")]


def everything() -> dict[str, list[Any]]:
    models = [model for model in apps.get_models() if model._meta.app_label != AXES and model._meta.managed]
    return {model._meta.label: list(model._default_manager.order_by("pk").values()) for model in models}


@pytest.fixture(autouse=True)
def nothing_changes(unit: None, request: pytest.FixtureRequest) -> Iterator[None]:
    """Once the test has done what it may: `settled()`. Else from its first line on."""
    found = [everything()]
    request.node.settled = lambda: found.append(everything())
    with Redis(unix_socket_path=str(settings.PATHS.redis_socket)) as broker:
        yield
        assert everything() == found[-1]
        assert broker.llen("apply") == broker.llen("jobs") == 0


@pytest.fixture
def peer(other: Other, request: pytest.FixtureRequest) -> Other:
    """The other one is this unit's Primary, with a session."""
    other.become_peer().open()
    request.node.settled()
    return other


def refused(answer: Any) -> str:
    assert answer.status_code == 401, answer.content
    assert answer.json() == {"problem": "This unit does not know who asks."}
    return str(answer.json()["problem"])


@pytest.mark.parametrize("what", QUESTIONS)
def test_no_question_is_answered_without_credentials(peer: Other, what: str) -> None:
    refused(peer.post(what, b"{}"))
    assert peer.browser.get(f"{ROOT}{what}/").status_code == 405


@pytest.mark.parametrize("what", QUESTIONS)
def test_no_question_is_answered_on_a_single_unit(other: Other, what: str) -> None:
    other.session = "1" * 32
    refused(other.ask(what))


class TestAQuestionIsNotAnswered:
    def test_with_another_key(self, peer: Other) -> None:
        refused(Other(session=peer.session).ask("do"))

    @pytest.mark.parametrize("part", ["what", "session", "number", "digest", "key"])
    def test_with_a_signature_over_another(self, peer: Other, part: str) -> None:
        refused(peer.post("do", b"{}", **peer.headers("do", b"{}", **{part: "7" * 64})))

    def test_with_another_body(self, peer: Other) -> None:
        refused(peer.post("do", b'{"what": "clear"}', **peer.headers("do", b"{}")))

    def test_with_another_digest_than_was_signed(self, peer: Other) -> None:
        other_body = peer.headers("do", b'{"what": "clear"}')["X-Lbadmin-Digest"]
        refused(peer.post("do", b'{"what": "clear"}', **peer.headers("do", b"{}") | {"X-Lbadmin-Digest": other_body}))

    def test_with_a_number_that_was_not_next(self, peer: Other) -> None:
        peer.number += 1
        refused(peer.ask("do"))

    @pytest.mark.parametrize("number", ["", "-1", "1.0", "one", "0", "9" * 5000])
    def test_with_a_number_that_is_none(self, peer: Other, number: str) -> None:
        refused(peer.post("do", b"{}", **peer.headers("do", b"{}", number=number) | {"X-Lbadmin-Number": number}))

    def test_in_a_session_that_was_invented(self, peer: Other) -> None:
        peer.session = "1" * 32
        refused(peer.ask("do"))

    def test_in_a_session_that_is_over(self, peer: Other) -> None:
        cache.delete(f"pair:session:{peer.session}")
        refused(peer.ask("do"))

    def test_of_a_peer_that_was_replaced(self, peer: Other, request: pytest.FixtureRequest) -> None:
        successor = Other(session=peer.session).become_peer()
        request.node.settled()
        refused(peer.ask("do"))
        assert successor.key == Peer.objects.get().key

    def test_before_more_than_its_head_was_read(self, peer: Other) -> None:
        """A body may be large, and so may the number of strangers."""
        body = Endless()
        told: dict[str, Any] = {"wsgi.input": body, "CONTENT_LENGTH": "99999999"}
        refused(peer.browser.generic("POST", f"{ROOT}do/", b"", "application/octet-stream", **told))
        assert not body.was_read


class Endless(io.RawIOBase):
    was_read = False

    def read(self, size: int = -1) -> bytes:
        self.was_read = True
        return b"x" * max(size, 0)


def test_a_question_is_answered_once(peer: Other) -> None:
    headers = peer.headers("state", b"{}")
    assert peer.post("state", b"{}", **headers).json()["role"] == Role.SECONDARY
    refused(peer.post("state", b"{}", **headers))


@pytest.mark.parametrize("what", ["state", "facts", "do"])
def test_what_needs_few_words_takes_no_more(peer: Other, what: str) -> None:
    answer = peer.ask(what, b" " * (SMALL + 1))
    assert (answer.status_code, answer.json()) == (413, {"problem": "The question is too long."})


def test_a_configuration_of_any_size_is_not_taken(peer: Other) -> None:
    answer = peer.post("push", b"x", **peer.headers("push", b"x") | {"Content-Length": str(LARGEST + 1)})
    assert answer.status_code == 413


@pytest.mark.parametrize("body", JUNK, ids=range(len(JUNK)))
def test_the_peer_itself_asks_for_nothing_with_junk(peer: Other, body: bytes) -> None:
    answer = peer.ask("do", body)
    assert answer.status_code == 409
    assert answer.json()["problem"] in {"The question cannot be read.", "The other unit cannot ask for that."}


@pytest.mark.parametrize("what", ["facts", "do hold", "do restart", "do release", "do take-over"])
@pytest.mark.parametrize("role", Role)
def test_who_is_only_acquainted_is_not_answered_what_a_peer_may_ask(
    other: Other, what: str, role: Role, request: pytest.FixtureRequest
) -> None:
    other.become_peer(role, paired=False).open()
    request.node.settled()
    name, _, wanted = what.partition(" ")
    answer = other.ask(name, json.dumps({"what": wanted}).encode())
    assert (answer.status_code, answer.json()) == (409, {"problem": "The units are not paired yet."})


def test_a_primary_takes_nothing_from_its_secondary(other: Other, request: pytest.FixtureRequest) -> None:
    other.become_peer(Role.PRIMARY).open()
    request.node.settled()
    answer = other.ask("push", b"0" * 64)
    assert (answer.status_code, answer.json()) == (409, {"problem": "This unit is a Primary itself."})


class TestNoSessionIsOpened:
    def test_for_who_is_not_known(self, peer: Other) -> None:
        answer = Other().greet()
        assert (answer.status_code, list(answer.json())) == (409, ["problem"])

    def test_for_who_only_knows_the_peers_key(self, peer: Other) -> None:
        """It is no secret."""
        answer = Other().greet(key=peer.key)
        assert (answer.status_code, list(answer.json())) == (409, ["problem"])

    def test_for_what_the_peer_said_to_somebody_else(self, peer: Other) -> None:
        answer = peer.greet(signature=peer.sign("hello?", "1" * 32, Other().key))
        assert answer.status_code == 409

    def test_on_a_single_unit(self, other: Other) -> None:
        assert other.greet().status_code == 409


@pytest.mark.parametrize("body", JUNK, ids=range(len(JUNK)))
@pytest.mark.parametrize("what", ["hello", "join"])
def test_junk_is_refused_in_a_sentence(other: Other, what: str, body: bytes) -> None:
    answer = other.post(what, body)
    assert answer.status_code == 409
    assert str(answer.json()["problem"]).endswith(".")


@pytest.mark.parametrize("what", ["hello", "invite", "join"])
def test_a_stranger_cannot_say_much(other: Other, what: str) -> None:
    assert other.post(what, b"x" * (SMALL + 1)).status_code == 413
    assert other.browser.get(f"{ROOT}{what}/").status_code == 405


def wrong(answer: Any) -> None:
    assert answer.status_code == 409, answer.content
    assert str(answer.json()["problem"]).startswith("The password of the user loadbalancer on ")


class TestNobodyJoins:
    def test_with_a_wrong_password(self, other: Other) -> None:
        wrong(other.join(other.introduction(), secret=stored_password()[:-1] + "_"))

    @pytest.mark.parametrize("proof", ["", "é", "0" * 64, None, ["x"]])
    def test_with_something_that_is_no_proof(self, other: Other, proof: object) -> None:
        wrong(other.join(other.introduction(), proof=proof))

    def test_without_an_invitation(self, other: Other) -> None:
        wrong(other.join(other.introduction(nonce="2" * 32)))

    def test_with_an_invitation_that_was_used(self, other: Other, request: pytest.FixtureRequest) -> None:
        given = other.introduction()
        wrong(other.join(given, secret="x"))
        wrong(other.join(given))

    def test_through_a_connection_with_another_certificate(self, other: Other) -> None:
        wrong(other.join(other.introduction(), fingerprint="0" * 64))

    @pytest.mark.parametrize(
        "changed",
        [{"own_address": "10.10.40.13"}, {"address": "127.0.0.2"}, {"key": "0" * 64}, {"port": 9444}, {"clock": 0}],
        ids=str,
    )
    def test_with_something_changed_on_the_way(self, other: Other, changed: dict[str, Any]) -> None:
        wrong(other.join(other.introduction(), **changed))

    def test_by_sending_back_the_proof_of_this_unit(self, other: Other) -> None:
        """What the Secondary says has another role in it."""
        given = other.introduction()
        said = [*map(str, given.values()), signing.own_key()]
        wrong(other.join(given, proof=signing.proof(stored_password(), Role.SECONDARY, *said)))

    @pytest.mark.parametrize(
        "changed",
        [{"port": float("inf")}, {"clock": "soon"}, {"port": []}, {"hostname": "\ud800"}, {"nonce": "\ud800"}],
        ids=str,
    )
    def test_with_words_that_are_none(self, other: Other, changed: dict[str, Any]) -> None:
        assert other.post("join", other.introduction() | changed).status_code == 409

    @pytest.mark.parametrize("changed", [{"own_address": "lb2"}, {"address": "x; y"}, {"key": "none"}, {"port": 0}])
    def test_whose_introduction_could_not_be_used(self, other: Other, changed: dict[str, Any]) -> None:
        answer = other.join(other.introduction(**changed))
        assert answer.status_code == 409
        assert "cannot be read" in answer.json()["problem"]

    def test_where_there_is_no_first_user(self, other: Other, request: pytest.FixtureRequest) -> None:
        given = other.introduction()
        User.objects.all().delete()
        request.node.settled()
        assert other.post("invite", {}).status_code == 409
        wrong(other.join(given))


class TestTooManyTries:
    def test_pause_joining(self, other: Other) -> None:
        for _ in range(5):
            answer = other.join(other.introduction(), secret="x")
        assert answer.status_code == 409
        again = other.join(other.introduction())
        assert again.status_code == 409
        assert again.json()["problem"].startswith("Log in is paused on ")

    def test_pause_the_log_in_as_well(self, other: Other) -> None:
        for _ in range(5):
            other.join(other.introduction(), secret="x")
        assert log_in(Browser(), PASSWORD, address=OTHERS).status_code == 429

    def test_of_the_log_in_pause_joining_as_well(self, other: Other) -> None:
        for _ in range(5):
            log_in(Browser(), "wrong", address=OTHERS)
        assert other.join(other.introduction()).json()["problem"].startswith("Log in is paused on ")


def test_nothing_secret_is_in_any_answer(other: Other, request: pytest.FixtureRequest) -> None:
    answers = [other.post("invite", {}), other.join(other.introduction())]
    other.become_peer().open()
    answers += [other.greet(), other.ask("state"), other.ask("facts"), other.ask("push", b"0" * 70)]
    assert {answer.status_code for answer in answers[:-1]} <= {200, 409}
    told = b"".join(answer.content for answer in answers).decode()
    node = (settings.PATHS.secrets / "node.key").read_text()
    for secret in (stored_password().rpartition("$")[2], PASSWORD, node, settings.SECRET_KEY, "PRIVATE"):
        assert secret not in told
    request.node.settled()
    with Redis(unix_socket_path=str(settings.PATHS.redis_socket)) as broker:
        broker.delete("apply")


def test_an_invitation_tells_nothing_but_how_the_password_is_hashed(other: Other) -> None:
    told = other.post("invite", {}).json()
    assert set(told) == {"nonce", "recipe", "key"}
    assert stored_password() == f"{told['recipe']}${stored_password().rpartition('$')[2]}"


def test_invitations_do_not_pile_up(other: Other) -> None:
    """Everybody may ask for one, and Redis has room for the worker's messages only as long as nobody fills it."""
    for _ in range(INVITATIONS + 3):
        other.post("invite", {})
    with Redis(unix_socket_path=str(settings.PATHS.redis_socket), db=2) as kept:
        assert len(kept.keys("*pair:invited:*")) == INVITATIONS
