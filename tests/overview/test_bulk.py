"""One action on many: chosen on a list, shown once, confirmed once, done in one transaction."""

import html
import re
from typing import Any

import pytest
from django.test import Client

from apps.common.models import Edit, Generation
from apps.services.models import RealServer, VirtualService
from tests.overview import many
from tests.overview.conftest import Says, lines, told
from tests.overview.reading import text

SERVICES = "/lbadmin/cluster/virtual-services/"
SERVERS = "/lbadmin/cluster/real-servers/"
AVS = ["21 SERVER1 in AVS", "22 SERVER2 in AVS"]


def states() -> dict[int, str]:
    return dict(RealServer.objects.values_list("pk", "state"))


def ask(client: Client, url: str, *items: str, **also: str) -> Any:
    return client.post(url, {"item": list(items), **also})


def confirm(client: Client, page: Any, **also: str) -> Any:
    """Press the button of the page that asks: what it lists is what is sent."""
    said = page.content.decode()
    action = re.search(r'<form method="post" action="([^"]+)" class="card', said)
    assert action, said
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', said))
    sent = {name: html.unescape(value) for name, value in hidden.items()}
    return client.post(action[1], sent | also)


def said_after(client: Client, answer: Any) -> str:
    return text(client.get(answer["Location"]))


# --- drain, halt, online -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "state", "words"),
    [
        ("drain", "drain", "2 Real Servers are draining: no new connections go there"),
        ("halt", "halt", "2 Real Servers are halted: no traffic goes there, their connections were cut."),
    ],
)
def test_a_state_is_changed_once_after_one_question(
    operator: Client, brief: None, says: Says, broker: Any, action: str, state: str, words: str
) -> None:
    says(*lines())
    page = ask(operator, f"{SERVERS}{action}/", *AVS, back="?q=AVS")
    assert set(states().values()) == {"online"}
    assert f"{action.title()}: 2 Real Servers" in text(page)
    assert "AVS: SERVER1, SERVER2 – 128 connections" in text(page)
    assert "No Real Server is left for AVS: the fallback page answers there." in text(page)
    answer = confirm(operator, page)
    assert states() == {21: state, 22: state, 31: "online", 32: "online"}
    assert told(broker) == ["apps.changes.tasks.apply_server_states"]
    assert answer["Location"] == f"{SERVERS}?q=AVS"
    assert words in said_after(operator, answer)


def test_halt_says_how_many_connections_it_cuts(operator: Client, brief: None, says: Says) -> None:
    says(*lines())
    everything = ask(operator, f"{SERVERS}halt/", *AVS, "31 SERVER1 in AVS-AQI")
    assert "169 connections will be cut. Drain lets them finish." in text(everything)
    assert "They have no connections now." in text(ask(operator, f"{SERVERS}halt/", "22 SERVER2 in AVS"))
    assert "connections will be cut" not in text(ask(operator, f"{SERVERS}drain/", *AVS))


def test_without_states_the_loss_is_not_known(operator: Client, brief: None, redis: object) -> None:
    assert "How many connections that cuts is not known" in text(ask(operator, f"{SERVERS}halt/", *AVS))


def test_online_takes_only_those_that_are_not(operator: Client, brief: None, broker: Any) -> None:
    RealServer.objects.filter(pk=22).update(state="halt")
    page = ask(operator, f"{SERVERS}online/", *AVS)
    assert "Online: 1 Real Server" in text(page)
    assert "AVS: SERVER2" in text(page)
    assert "1 Real Server is online again. SERVER2 in AVS." in said_after(operator, confirm(operator, page))
    again = ask(operator, f"{SERVERS}online/", *AVS)
    assert "Nothing to do: 2 Real Servers chosen, and online already." in said_after(operator, again)


def test_a_state_of_many_is_never_pending(operator: Client, brief: None, broker: Any) -> None:
    before = Generation.current()
    confirm(operator, ask(operator, f"{SERVERS}drain/", *AVS))
    assert (Generation.current(), Edit.objects.count()) == (before, 0)


def test_a_service_stands_for_all_its_servers(operator: Client, brief: None, says: Says, broker: Any) -> None:
    says(*lines())
    page = ask(operator, f"{SERVICES}drain/", "1 AVS-Redirect", "2 AVS", "3 AVS-AQI", back="?sort=label")
    assert "Drain: 4 Real Servers" in text(page)
    answer = confirm(operator, page)
    assert set(states().values()) == {"drain"}
    assert answer["Location"] == f"{SERVICES}?sort=label"


# --- weight --------------------------------------------------------------------------------------


def test_a_weight_is_asked_for_and_waits_for_commit(admin: Client, brief: None) -> None:
    RealServer.objects.filter(pk=22).update(weight=7)
    before = Generation.current()
    page = ask(admin, f"{SERVERS}weight/", *AVS)
    assert "Weight: 2 Real Servers" in text(page)
    answer = confirm(admin, page, weight="7")
    assert [server.weight for server in RealServer.objects.all()] == [7, 7, 100, 100]
    assert Generation.current() == before + 1
    assert [(edit.user, str(edit)) for edit in Edit.objects.all()] == [
        ("config-user", "Real Server SERVER1 changed by config-user")
    ]
    assert "1 Real Server got weight 7. 1 Real Server had it already." in said_after(admin, answer)


@pytest.mark.parametrize(
    ("weight", "words"),
    [("", "Enter Weight."), ("257", "Use a number from 0 to 256."), ("many", "Use a number from 0 to 256.")],
)
def test_a_wrong_weight_is_asked_for_again(admin: Client, brief: None, weight: str, words: str) -> None:
    answer = confirm(admin, ask(admin, f"{SERVERS}weight/", *AVS), weight=weight)
    assert answer.status_code == 422
    assert words in text(answer)
    assert confirm(admin, answer, weight="0").status_code == 302
    assert RealServer.objects.filter(weight=0).count() == 2


# --- delete --------------------------------------------------------------------------------------


def test_servers_are_deleted_in_one_go(admin: Client, brief: None) -> None:
    before = Generation.current()
    page = ask(admin, f"{SERVERS}delete/", *AVS)
    assert "They are used until you press Reload HAProxy." in text(page)
    assert "No Real Server is left for AVS" in text(page)
    answer = confirm(admin, page)
    assert set(states()) == {31, 32}
    assert Generation.current() == before + 1
    assert {str(edit) for edit in Edit.objects.all()} == {
        "Real Server SERVER1 removed by config-user",
        "Real Server SERVER2 removed by config-user",
    }
    assert "2 Real Servers deleted." in said_after(admin, answer)


def test_services_take_their_servers_along(admin: Client, brief: None) -> None:
    page = ask(admin, f"{SERVICES}delete/", "1 AVS-Redirect", "2 AVS")
    said = text(page)
    assert "Delete 2 Virtual Services" in said
    assert "removed from the configuration, and their 2 Real Servers." in said
    assert "AVS-Redirect on 10.10.40.217, ports 80 AVS on 10.10.40.217, ports 443, 2 Real Servers" in said
    answer = confirm(admin, page)
    assert (VirtualService.objects.count(), set(states())) == (1, {31, 32})
    assert Edit.objects.filter(kind="Virtual Service", what="removed").count() == 2
    assert "2 Virtual Services deleted." in said_after(admin, answer)


# --- what was deleted meanwhile, and nothing -----------------------------------------------------


@pytest.mark.parametrize("action", ["halt", "delete", "weight"])
def test_what_was_deleted_meanwhile_is_named(admin: Client, brief: None, broker: Any, action: str) -> None:
    page = ask(admin, f"{SERVERS}{action}/", *AVS, "99 SERVER9 in OLD")
    assert "Deleted meanwhile and left out: SERVER9 in OLD." in text(page)
    RealServer.objects.filter(pk=22).delete()
    said = said_after(admin, confirm(admin, page, weight="5"))
    assert "Deleted meanwhile and left out: SERVER2 in AVS." in said
    assert re.search(r"1 Real Server (is halted|deleted|got weight 5)", said)


def test_when_all_were_deleted_meanwhile_nothing_is_done(admin: Client, brief: None) -> None:
    page = ask(admin, f"{SERVERS}delete/", *AVS)
    RealServer.objects.filter(pk__in=(21, 22)).delete()
    assert "Nothing was changed. Deleted meanwhile and left out: SERVER1 in AVS, SERVER2 in AVS." in said_after(
        admin, confirm(admin, page)
    )
    services = ask(admin, f"{SERVICES}delete/", "77 GONE", "88 ALSO")
    assert "Deleted meanwhile and left out: GONE, ALSO." in said_after(admin, services)


@pytest.mark.parametrize("url", [f"{SERVERS}halt/", f"{SERVERS}weight/", f"{SERVERS}delete/", f"{SERVICES}delete/"])
@pytest.mark.parametrize("items", [[], ["x"], ["99999999999999999999 A"], [""]])
def test_nothing_chosen_is_said(admin: Client, brief: None, url: str, items: list[str]) -> None:
    assert "Nothing was chosen." in said_after(admin, ask(admin, url, *items))
    assert len(states()) == 4


def test_back_leads_to_a_list_only(admin: Client, brief: None) -> None:
    answer = ask(admin, f"{SERVERS}halt/", back="https://evil.example/?q=x", list="https://evil.example/")
    assert answer["Location"] == SERVERS


def test_names_that_were_sent_cannot_become_markup(admin: Client, brief: None) -> None:
    page = ask(admin, f"{SERVERS}halt/", AVS[0], "99 <script>alert(1)</script>")
    assert "<script>alert" not in page.content.decode()


# --- many ----------------------------------------------------------------------------------------


def test_all_that_match_are_meant_wherever_they_stand(operator: Client, db: None, says: Says, broker: Any) -> None:
    many.make(1500)
    says(*many.lines(1500))
    page = ask(operator, f"{SERVERS}halt/", every="on", back="?q=SERVICE-1&page=2")
    matching = [pk for pk in range(1, 1501) if str(pk).startswith("1")]
    assert f"Halt: {2 * len(matching):,} Real Servers" in text(page)
    assert f"Show all {len(matching)} lines" in text(page)
    confirm(operator, page)
    halted = set(RealServer.objects.filter(state="halt").values_list("service_id", flat=True))
    assert halted == set(matching)


def test_thousands_in_one_go(admin: Client, db: None, says: Says) -> None:
    many.make(1500)
    answer = confirm(admin, ask(admin, f"{SERVERS}weight/", every="on"), weight="50")
    assert "3,000 Real Servers got weight 50." in said_after(admin, answer)
    assert Edit.objects.count() == 3000
    confirm(admin, ask(admin, f"{SERVICES}delete/", every="on", back="?protocol=tcp"))
    assert VirtualService.objects.count() == 750
    confirm(admin, ask(admin, f"{SERVERS}delete/", every="on"))
    assert not RealServer.objects.exists()


# --- who may -------------------------------------------------------------------------------------


def test_it_needs_the_right_group_and_a_click(viewer: Client, operator: Client, admin: Client, brief: None) -> None:
    for url in (SERVICES, SERVERS):
        for action in ("drain", "halt", "online", "weight", "delete"):
            assert ask(viewer, f"{url}{action}/", "2 AVS", sure="yes").status_code == 403
            assert admin.get(f"{url}{action}/").status_code == 405
        for action in ("weight", "delete"):
            assert ask(operator, f"{url}{action}/", "2 AVS", sure="yes", weight="1").status_code == 403
    assert set(states().values()) == {"online"}
    assert VirtualService.objects.count() == 3
