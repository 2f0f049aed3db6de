"""High-Availability Configuration: single, pairing, failed, paired; its buttons and who may press them."""

import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db.models import Model
from django.test import Client
from pyroute2 import IPRoute
from redis import Redis

from apps.certificates.vault import unseal
from apps.pair import actions
from apps.pair.models import Step, Undertaking, What
from apps.services.models import FloatingIP, VirtualService
from apps.system import network
from apps.unit.models import Role
from tests.changes.recorded import Words, commit, touched
from tests.pair.rows import FINGERPRINT, OWN, PAGE, PEER, pair, sees, undertaking

ADD = f"{PAGE}add/"
TYPED = {"own_address": "127.0.0.1", "address": PEER, "password": "correct horse battery"}
single = pytest.mark.usefixtures("committed")


def text(browser: Client, page: str = PAGE) -> str:
    return " ".join(" ".join(Words(browser.get(page).content.decode()).pieces).split())


@pytest.fixture
def address() -> Iterator[str]:
    """An address of this host's own that another unit could reach."""
    with IPRoute() as netlink:
        index = netlink.link_lookup(ifname="lo")[0]
        netlink.addr("add", index=index, address=OWN, prefixlen=24)
        yield OWN
        netlink.addr("del", index=index, address=OWN, prefixlen=24)


# --- single ---------------------------------------------------------------------------------------


@single
def test_a_single_unit_offers_to_create_a_pair(admin: Client, address: str) -> None:
    html = admin.get(PAGE).content.decode()
    assert re.findall(r"<label [^>]*>(.*?)</label>", html) == [
        "Local IP address",
        "IP address of new peer",
        "Password for loadbalancer user on peer",
    ]
    assert f'<option value="{address}">' in html
    assert '<option value="127.0.0.1">' not in html
    said = text(admin)
    assert "Before you start This unit is Primary and not paired All changes are committed" in said
    assert said.endswith("Users and passwords of this unit replace those of the peer. Add new node")


@single
def test_the_address_of_the_browsers_bar_is_chosen(admin: Client, address: str) -> None:
    with IPRoute() as netlink:
        index = netlink.link_lookup(ifname="lo")[0]
        netlink.addr("add", index=index, address="10.11.40.57", prefixlen=24)
        html = admin.get(PAGE, headers={"host": f"{address}:9443"}).content.decode()
        netlink.addr("del", index=index, address="10.11.40.57", prefixlen=24)
    assert f'<option value="{address}" selected>' in html


@single
@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"address": ""}, "Enter IP address of new peer."),
        ({"address": "lb2"}, "Enter an IPv4 or IPv6 address"),
        ({"address": OWN}, f"{OWN} is an address of this unit. Enter one of the other unit."),
        ({"address": "127.0.0.9"}, "127.0.0.9 is an address of this unit."),
        ({"address": "192.0.2.250"}, "192.0.2.250 is a floating IP"),
        ({"address": "2001:db8::2"}, "choose two IPv4 or two IPv6 addresses"),
        ({"password": ""}, "Enter the password that the user loadbalancer has on the peer."),
        ({"own_address": "10.9.9.9"}, "10.9.9.9"),
    ],
)
def test_what_is_wrong_is_said_at_the_field_and_nothing_is_begun(
    admin: Client, address: str, typed: dict[str, str], words: str
) -> None:
    FloatingIP.objects.create(address="192.0.2.250")
    touched()
    commit(pk=9)
    answer = admin.post(ADD, TYPED | {"own_address": address} | typed)
    assert answer.status_code == 422
    html = answer.content.decode()
    assert words in unescape(" ".join(re.findall(r'class="lb-err"[^>]*>(.*?)</div>', html)))
    assert TYPED["password"] not in html
    assert not Undertaking.objects.exists()


@single
def test_what_waits_has_to_be_committed_first(admin: Client, address: str) -> None:
    VirtualService.objects.create(label="web", address="192.0.2.10", ports="80")
    touched()
    assert "Changes wait to be committed : commit or discard them first" in text(admin)
    answer = admin.post(ADD, TYPED | {"own_address": address})
    assert '<a href="#commit-box">Changes wait to be committed</a>' in answer.content.decode()
    assert answer.status_code == 422


@single
def test_without_a_worker_nothing_is_begun_and_the_message_says_so(admin: Client, address: str) -> None:
    answer = admin.post(ADD, TYPED | {"own_address": address}, follow=True)
    assert "The worker cannot be reached, so nothing was begun." in answer.content.decode()
    assert not Undertaking.objects.exists()


@pytest.mark.django_db
def test_a_pairing_is_queued_with_its_password_in_memory_only(admin: Client, redis: Path, address: str) -> None:
    commit(pk=1)
    broker = Redis(unix_socket_path=str(redis))
    broker.delete("jobs")
    answer = admin.post(ADD, TYPED | {"own_address": address})
    row = Undertaking.objects.get()
    assert answer["Location"] == f"{PAGE}?undertaking={row.pk}"
    assert (row.what, row.own_address, row.address, row.port) == (What.PAIR, OWN, PEER, 9443)
    [message] = [json.loads(found) for found in broker.lrange("jobs", 0, -1)]
    assert message["headers"]["task"] == actions.TASK
    sealed = cache.get(f"pairing:{row.pk}")
    assert unseal(sealed) == TYPED["password"]
    assert TYPED["password"] not in sealed
    broker.delete("jobs")
    broker.close()


# --- pairing --------------------------------------------------------------------------------------


@single
def test_a_pairing_is_shown_as_it_goes_on(admin: Client) -> None:
    row = undertaking()
    said = text(admin)
    assert re.search(rf"Ready Primary IP: {OWN}", said)
    assert f"Attempting to pair.. LB2 Answers Secondary IP: {PEER}" in said
    assert "Peer answers Password accepted Copying users and configuration … Verifying both units" in said
    assert said.endswith("configuring")
    html = admin.get(PAGE).content.decode()
    assert "<fieldset disabled>" in html
    assert f'value="{PEER}"' in html
    assert 'hx-trigger="every 1s, rung from:body"' in html
    assert f"?undertaking={row.pk}" in html  # whoever looks without having asked is told the end, too


@single
def test_a_pairing_that_failed_says_why_and_keeps_what_was_typed(admin: Client) -> None:
    row = undertaking(step=Step.FAILED, sentence="lb2 has 2 Virtual Services; a new peer must have none.")
    html = admin.get(f"{PAGE}?undertaking={row.pk}").content.decode()
    assert "<strong>Error:</strong><p>lb2 has 2 Virtual Services; a new peer must have none.</p>" in html
    assert f'value="{PEER}"' in html
    assert "Add new node" in html


@single
@pytest.mark.parametrize(("step", "status", "words"), [("working", 200, "is under way"), ("done", 286, "Information:")])
def test_a_page_follows_an_undertaking_to_its_end(viewer: Client, step: str, status: int, words: str) -> None:
    row = undertaking(What.HEARTBEAT, Step(step), sentence="Heartbeat was restarted.")
    answer = viewer.get(f"{PAGE}undertaking/{row.pk}/")
    assert answer.status_code == status
    assert words in answer.content.decode()
    assert ("hx-get" in answer.content.decode()) == (status == 200)
    elsewhere = viewer.get(f"/lbadmin/maintenance/passwords/?undertaking={row.pk}").content.decode()
    assert words in elsewhere


# --- paired ---------------------------------------------------------------------------------------


@single
def test_a_primary_shows_both_units_and_what_connects_them(admin: Client) -> None:
    pair()
    sees()
    said = text(admin)
    assert "High Availability Configuration - primary Give away Break Clustered Pair" in said
    assert re.search(rf"Active Primary IP: {OWN} holds no floating IPs · revision 1 In sync LB2 Passive", said)
    assert f"Secondary IP: {PEER} holds no floating IPs · revision 1 · 9c41 e7d2 fingerprint 4F:A2:09:C1 … " in said
    lines = re.split("Heartbeat, UDP 6694|Replicated configuration|Persistence tables, TCP 7778|Settings that", said)
    assert [line.split(" ", 3)[1] for line in lines[1:]] == ["Link", "In", "Not", "are"]
    assert "both run 9c41 e7d2; accepted by the HAProxy of the Secondary" in said
    shown = admin.get(PAGE).content.decode()
    assert ":".join(FINGERPRINT[at : at + 2].upper() for at in range(0, 64, 2)) in shown


@single
def test_a_secondary_shows_the_same_the_other_way_round(admin: Client) -> None:
    pair(Role.SECONDARY)
    sees(active=False, peer_active=True)
    said = text(admin)
    assert "High Availability Configuration - secondary Take over Break Clustered Pair" in said
    assert said.index("LB2 Active Primary IP") < said.index("Passive Secondary IP")
    assert "ready to take over" in said


@single
def test_who_is_active_is_offered_to_give_away_the_other_one_to_take_over(operator: Client) -> None:
    pair()
    sees()
    assert "Give away" in text(operator)
    assert "Take over" not in text(operator)
    sees(active=False, peer_active=True)
    assert "Take over" in text(operator)
    assert "Give away" not in text(operator)
    assert "Break Clustered Pair" not in text(operator)


@single
def test_a_viewer_sees_no_button(viewer: Client) -> None:
    said = text(viewer)
    assert "Only a user in group config can do this." in said
    assert "Add new node" not in said.partition("Create a Clustered Pair")[2]
    pair()
    sees()
    assert not {"Give away", "Take over", "Break Clustered Pair"} & set(re.findall(r"[A-Z]\w+ \w+", text(viewer)))


@single
def test_while_one_is_under_way_nothing_else_is_begun(admin: Client) -> None:
    pair()
    sees()
    undertaking(What.HEARTBEAT, Step.WORKING)
    assert "Restart Heartbeat is under way." in text(admin)
    assert "Give away" not in text(admin)
    answer = admin.post(f"{PAGE}heartbeat/", {"origin": PAGE}, follow=True)
    assert "Restart Heartbeat, which loadbalancer asked for, is under way just now" in answer.content.decode()
    assert Undertaking.objects.count() == 1


@single
@pytest.mark.parametrize("what", ["take-over", "give-away"])
def test_what_cuts_connections_asks_first(operator: Client, what: str, cached: None) -> None:
    pair()
    said = " ".join(Words(operator.post(f"{PAGE}{what}/", {"origin": PAGE}).content.decode()).pieces)
    assert "are cut; clients connect anew" in said
    assert not Undertaking.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("url", "given", "what"),
    [
        ("take-over", {"sure": "yes"}, What.TAKE_OVER),
        ("give-away", {"sure": "yes"}, What.GIVE_AWAY),
        ("heartbeat", {}, What.HEARTBEAT),
        ("break", {}, What.BREAK),
    ],
)
def test_a_button_begins_its_undertaking(
    admin: Client, redis: Path, url: str, given: dict[str, str], what: What
) -> None:
    pair()
    answer = admin.post(f"{PAGE}{url}/", {"origin": PAGE} | given)
    row = Undertaking.objects.get()
    assert (row.what, row.user, row.keep) == (what, "config-user", False)
    assert answer["Location"] == f"{PAGE}?undertaking={row.pk}"


# --- breaking -------------------------------------------------------------------------------------


@single
def test_breaking_says_exactly_what_is_lost(admin: Client) -> None:
    pair()
    said = text(admin, f"{PAGE}break/")
    assert "This unit keeps its whole configuration, and its floating IPs." in said
    assert f"lb2 ({PEER}) becomes a Primary of its own without cluster configuration" in said
    assert "Keep the configuration" not in said


@pytest.mark.django_db
def test_a_secondary_whose_primary_is_gone_may_keep_what_it_has(admin: Client, redis: Path) -> None:
    pair(Role.SECONDARY)
    said = text(admin, f"{PAGE}break/")
    assert "This unit becomes a Primary of its own without cluster configuration" in said
    assert "Keep the configuration on this unit" in said
    admin.post(f"{PAGE}break/", {"choice": "on"})
    assert Undertaking.objects.get().keep


@pytest.mark.django_db
def test_a_primary_is_not_asked_whether_it_keeps_what_it_has(admin: Client, redis: Path) -> None:
    pair()
    admin.post(f"{PAGE}break/", {"choice": "on"})
    assert not Undertaking.objects.get().keep


@single
def test_a_single_unit_has_nothing_to_break(admin: Client) -> None:
    answer = admin.get(f"{PAGE}break/", follow=True)
    assert "there is no pair to break" in answer.content.decode()


def test_own_addresses_are_those_that_stay(db: None) -> None:
    assert all(not item.ours for item in network.addresses())
    assert settings.PATHS.heartbeat_told.exists() is False


def test_rows_tell_their_steps(db: None) -> None:
    found: list[Model] = [undertaking(step=step) for step in (Step.WAITING, Step.COPYING, Step.DONE)]
    assert [[state for _, state in row.steps] for row in found if isinstance(row, Undertaking)] == [
        ["", "", "", ""],
        ["done", "done", "current", ""],
        ["done"] * 4,
    ]
