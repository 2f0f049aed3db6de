"""Drain, Halt and Online of a real server."""

from typing import Any

import pytest
from django.test import Client

from apps.common.models import Generation
from apps.services.models import RealServer
from tests.overview.conftest import Says, lines, told
from tests.overview.reading import rows, text
from tests.overview.stats import server

HTMX = {"hx-request": "true"}


def state(pk: int) -> str:
    return RealServer.objects.get(pk=pk).state


def press(client: Client, pk: int, action: str, **sent: str) -> Any:
    return client.post(f"/lbadmin/overview/{pk}/{action}/", {"open": "2", **sent}, headers=HTMX)


@pytest.mark.parametrize(
    ("action", "saved", "word", "button"),
    [("drain", "drain", "Draining", "Online (Drain)"), ("halt", "halt", "Halted", "Online (Halt)")],
)
def test_a_click_acts_at_once_and_offers_the_way_back(
    operator: Client, brief: None, says: Says, broker: Any, action: str, saved: str, word: str, button: str
) -> None:
    says(*lines())
    answer = press(operator, 22, action)
    assert (state(22), told(broker)) == (saved, ["apps.changes.tasks.apply_server_states"])
    service, _, first, second = rows(answer)["vs-2"]
    assert service[0] == "Degraded"
    assert (first[0], first[-1]) == ("Up", "Drain Halt")
    assert (second[0], second[-1]) == (word, button)
    answer = press(operator, 22, "online")
    assert (state(22), len(told(broker))) == ("online", 2)
    assert rows(answer)["vs-2"][3][-1] == "Drain Halt"


def test_the_row_is_blue_once_haproxy_has_done_it(operator: Client, brief: None, says: Says, broker: Any) -> None:
    says(*lines())
    press(operator, 22, "halt")
    says(*lines(s22=server(2, 22, "MAINT", check_status="", check_duration="")))
    page = operator.get("/lbadmin/", {"open": "2"})
    assert rows(page)["vs-2"][3][:1] + rows(page)["vs-2"][3][6:7] == ["Halted", "no traffic, no checks"]


def test_a_state_is_never_pending(operator: Client, brief: None, broker: Any) -> None:
    before = Generation.current()
    press(operator, 22, "drain")
    assert Generation.current() == before


def test_without_script_the_page_comes_back_as_it_was(operator: Client, brief: None, broker: Any) -> None:
    answer = operator.post("/lbadmin/overview/22/drain/", {"back": "?open=3&q=AVS"})
    assert answer["Location"] == "/lbadmin/?open=2,3&q=AVS#vs-2"
    assert "SERVER2 is draining in AVS: no new connections go there" in text(operator.get(answer["Location"]))


def test_back_leads_nowhere_else(operator: Client, brief: None, broker: Any) -> None:
    answer = operator.post("/lbadmin/overview/22/drain/", {"back": "https://evil.example/?open=3"})
    assert answer["Location"].startswith("/lbadmin/?")


# --- the same machine elsewhere ------------------------------------------------------------------


def test_the_same_machine_elsewhere_is_left_alone_but_offered(
    operator: Client, brief: None, says: Says, broker: Any
) -> None:
    says(*lines())
    answer = press(operator, 21, "drain")
    assert (state(21), state(31)) == ("drain", "online")
    assert 'formaction="/lbadmin/overview/21/drain/" name="scope" value="all">Also in AVS-AQI</button>' in (
        answer.content.decode()
    )
    answer = press(operator, 21, "drain", scope="all")
    assert (state(21), state(31)) == ("drain", "drain")
    assert set(rows(answer)) == {"vs-2", "vs-3"}
    assert "SERVER1 is draining in AVS and AVS-AQI" in text(answer)
    assert "Also in" not in text(answer)


def test_a_machine_of_another_name_is_no_twin(operator: Client, brief: None, says: Says, broker: Any) -> None:
    says(*lines())
    RealServer.objects.filter(pk=32).update(label="OTHER")
    answer = press(operator, 22, "drain", scope="all")
    assert state(32) == "online"
    assert "Also in" not in text(answer)


# --- Halt cuts connections -----------------------------------------------------------------------


def test_halt_asks_first_if_connections_would_be_cut(operator: Client, brief: None, says: Says, broker: Any) -> None:
    says(*lines())
    page = operator.get("/lbadmin/", {"open": "2"}).content.decode()
    assert page.count("data-confirm=") == 1
    assert 'data-confirm="SERVER1 has 128 connections, which Halt cuts at once. Drain lets them finish."' in page
    question = operator.post("/lbadmin/overview/21/halt/", {"back": "?open=2"})
    assert "SERVER1 has 128 connections, which Halt cuts at once." in text(question)
    assert (state(21), told(broker)) == ("online", [])
    answer = operator.post("/lbadmin/overview/21/halt/", {"back": "?open=2", "sure": "yes"})
    assert (state(21), answer["Location"]) == ("halt", "/lbadmin/?open=2#vs-2")


def test_halt_of_an_idle_server_asks_nothing(operator: Client, brief: None, says: Says, broker: Any) -> None:
    says(*lines())
    assert operator.post("/lbadmin/overview/22/halt/").status_code == 302
    assert state(22) == "halt"


# --- who may -------------------------------------------------------------------------------------


@pytest.mark.parametrize("action", ["drain", "halt", "online"])
def test_it_needs_the_right_group_and_a_click(
    viewer: Client, operator: Client, brief: None, broker: Any, action: str
) -> None:
    assert press(viewer, 22, action).status_code == 403
    assert operator.get(f"/lbadmin/overview/22/{action}/").status_code == 405
    assert press(operator, 999, action).status_code == 404
    assert told(broker) == []
