"""What the header says of a pair: every combination, and what is loud."""

import re
import time
from dataclasses import replace
from html import unescape
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client, override_settings
from django.utils import timezone

from apps.pair import seen
from apps.pair.models import Delivery
from apps.unit.models import Peer, Role
from tests.changes.recorded import commit
from tests.pair.rows import PAGE, pair, sees

pytestmark = pytest.mark.usefixtures("committed")
QUIET, OVERVIEW = "/lbadmin/maintenance/passwords/", "/lbadmin/"
STATUS = f"{PAGE}status/"


def strip(browser: Client, page: str = QUIET) -> str:
    return browser.get(page).content.decode().partition('class="lb-status"')[2].partition("</ul>")[0]


def lit(html: str) -> list[str]:
    """The words that are lit; one that is down stands with its mark."""
    found = re.findall(r'<span aria-current="true">(\w+)</span>|<span class="st (\w+) plain">([\w ]+)</span>', html)
    return [word or f"{style}: {other}" for word, style, other in found]


def alarm(browser: Client, page: str = QUIET) -> str:
    html = browser.get(page).content.decode().partition('id="pair-alarm"')[2].partition("<main")[0]
    html = re.split(r'<div class="lb-title">|<div id="commit-box"', html)[0]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html.partition(">")[2])).split())


PRIMARY, SECONDARY = Role.PRIMARY, Role.SECONDARY
SYNC = "ok: In sync"
COMBINATIONS = [
    # role, what is seen beside that all is well on a Primary → what is lit; what it means
    (PRIMARY, {}, ["Primary", "Active", "Link", SYNC], "Normal state of the Primary."),
    (
        SECONDARY,
        {"active": False, "peer_active": True},
        ["Secondary", "Passive", "Link", SYNC],
        "Normal state of the S",
    ),
    (PRIMARY, {"link": False}, ["Primary", "Active", "down: Link", SYNC], "No heartbeat from lb2"),
    (PRIMARY, {"active": False, "peer_active": True}, ["Primary", "Passive", "Link", SYNC], "Take over when"),
    (SECONDARY, {"active": True}, ["Secondary", "Active", "Link", SYNC], "this unit serves in place of lb2"),
    (
        SECONDARY,
        {"link": False, "peer_active": None},
        ["Secondary", "Active", "down: Link", "warn: Not reachable"],
        "This unit serves.",
    ),
    (
        PRIMARY,
        {"link": False, "peer_active": True},
        ["Primary", "Active", "down: Link", SYNC],
        "Both units are active: each believes that it is alone.",
    ),
    (PRIMARY, {"beats": False, "active": False}, ["Link", SYNC], "Heartbeat does not run on this unit"),
    (PRIMARY, {"link": None}, ["Primary", "Active", SYNC], "press Restart Heartbeat."),
    (
        SECONDARY,
        {"active": False, "peer_active": True, "held": True, "link": None},
        ["Secondary", "Passive", SYNC],
        "This unit stands by: press Restart Heartbeat on the Primary.",
    ),
    (PRIMARY, {"active": False}, ["Primary", "Passive", "Link", SYNC], "No unit holds the floating IPs."),
    (PRIMARY, {"peer_active": True}, ["Primary", "Active", "Link", SYNC], "they settle it between themselves"),
    (
        PRIMARY,
        {"link": False, "active": False, "peer_active": True},
        ["Primary", "Passive", "down: Link", SYNC],
        "it is not able to serve itself.",
    ),
]


@pytest.mark.parametrize(("role", "found", "words", "meaning"), COMBINATIONS)
def test_every_combination_is_lit_and_explained(
    viewer: Client, role: Role, found: dict[str, object], words: list[str], meaning: str
) -> None:
    pair(role)
    sees(**found)
    html = strip(viewer)
    assert lit(html) == words
    [spoken] = re.findall(r'Passive</span><span class="visually-hidden">(.*?)</span>', html)
    assert meaning in spoken
    assert f'title="{spoken.strip()}"' in html


def test_a_single_unit_is_primary_and_active(viewer: Client) -> None:
    html = strip(viewer)
    assert lit(html) == ["Primary", "Active"]
    assert "not in use: no Secondary is defined" in html
    sees(active=False, link=None, peer_active=None)  # without root nobody holds floating IPs
    assert lit(strip(viewer)) == ["Primary", "Active"]
    sees(beats=False)
    assert lit(strip(viewer)) == []
    assert "Heartbeat does not run on this unit" in alarm(viewer)


def test_without_the_collector_nobody_knows_who_is_active(viewer: Client) -> None:
    pair()
    html = strip(viewer)
    assert lit(html) == ["Primary", SYNC]
    assert "Whether this unit holds the floating IPs is not known" in html
    assert (alarm(viewer), "collector does not answer" in alarm(viewer, OVERVIEW)) == ("", True)


def test_what_is_old_is_not_shown(viewer: Client) -> None:
    pair()
    old = replace(sees(), at=time.time() - 11)
    cache.set(seen.KEY, vars(old))
    assert lit(strip(viewer)) == ["Primary", SYNC]
    cache.set(seen.KEY, {"at": time.time(), "of another version": True})
    assert lit(strip(viewer)) == ["Primary", SYNC]


def test_without_redis_pages_are_shown(viewer: Client) -> None:
    pair()
    away = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "unix:///nowhere"}
    with override_settings(CACHES={"default": away}):
        assert lit(strip(viewer)) == ["Primary", SYNC]


# --- whether both have the same -------------------------------------------------------------------


def test_a_primary_says_how_far_the_secondary_is_behind(viewer: Client) -> None:
    pair()
    sees()
    commit(pk=5)
    commit(pk=6)
    assert lit(strip(viewer))[-1] == "warn: Behind by 2"


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"problem": "HAProxy refused AVS."}, "down: Refused"),
        ({"unreachable": timezone.now()}, "warn: Not reachable"),
        ({"digest": ""}, "idle: Waiting"),
    ],
)
def test_a_primary_says_what_keeps_them_apart(viewer: Client, fields: dict[str, Any], word: str) -> None:
    peer = pair(**fields)
    sees()
    assert lit(strip(viewer))[-1] == word
    assert peer.problem in strip(viewer)


@pytest.mark.parametrize(("state", "word"), [("refused", "down: Refused"), ("waiting", "warn: Behind by 1")])
def test_a_secondary_says_what_became_of_the_last_delivery(viewer: Client, state: str, word: str) -> None:
    pair(Role.SECONDARY)
    Delivery.objects.create(digest="0", state=state, sentence="There is no space left.")
    sees(active=False, peer_active=True)
    assert lit(strip(viewer))[-1] == word


# --- the message area -----------------------------------------------------------------------------


def test_a_split_brain_is_loud_on_every_page(viewer: Client) -> None:
    pair()
    sees(link=False, peer_active=True)
    said = alarm(viewer)
    assert said.startswith("Error: Both units are active: this one and lb2 (10.11.40.56) hold the same floating IPs")
    assert "Check the network between 10.11.40.55 and 10.11.40.56" in said


def test_a_peer_that_forgot_the_pair_is_loud_on_every_page(viewer: Client) -> None:
    pair()
    sees(peer_role_agrees=False, peer_active=None)
    assert "does not know this pair any more" in alarm(viewer)
    assert "Press Break Clustered Pair on this unit" in alarm(viewer)


def test_a_failover_is_said_quietly_where_states_are_read(viewer: Client) -> None:
    pair()
    sees(active=False, peer_active=True)
    assert alarm(viewer) == ""
    said = "Information: A failover has happened: lb2 (10.11.40.56), the Secondary, is active and serves."
    assert alarm(viewer, OVERVIEW).startswith(said)
    assert alarm(viewer, OVERVIEW).endswith("High-Availability Configuration")  # the way there
    assert alarm(viewer, PAGE).endswith("when this unit is ready.")


def test_a_pair_that_is_well_says_nothing(viewer: Client) -> None:
    pair()
    sees()
    assert [alarm(viewer, page) for page in (QUIET, OVERVIEW, PAGE)] == ["", "", ""]


# --- refreshing -----------------------------------------------------------------------------------


def test_the_header_is_sent_only_when_it_looks_different(viewer: Client) -> None:
    pair()
    now = sees()
    [asked] = re.findall(r'hx-get="([^"]+status/\?seen=\w+)"', viewer.get(QUIET).content.decode())
    assert viewer.get(asked).status_code == 204
    seen.write(cache, replace(now, at=time.time(), link=False, peer_active=True))
    answer = viewer.get(asked, headers={"HX-Request": "true", "HX-Current-URL": f"https://testserver{QUIET}"})
    html = answer.content.decode()
    assert "down: Link" in lit(html)
    assert 'hx-swap-oob="true"' in html.partition("pair-alarm")[2]
    assert "Both units are active" in html


def test_a_quiet_notice_stays_where_it_belongs(viewer: Client) -> None:
    pair()
    sees(active=False, peer_active=True)
    for page, said in ((QUIET, False), (OVERVIEW, True)):
        headers = {"HX-Request": "true", "HX-Current-URL": f"https://testserver{page}"}
        assert ("is active and serves" in viewer.get(STATUS, headers=headers).content.decode()) == said


def test_a_peer_that_is_only_acquainted_is_no_pair(viewer: Client) -> None:
    pair(is_paired=False)
    sees(link=None, peer_active=None)
    assert lit(strip(viewer)) == ["Primary", "Active"]
    assert Peer.get() is not None
