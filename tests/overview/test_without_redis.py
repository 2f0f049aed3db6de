"""Redis is away, and with it the collector's snapshot and the worker's queue. No test here starts it."""

from django.conf import settings
from django.test import Client

from apps.services.models import RealServer
from tests.overview.reading import rows, text
from tests.overview.test_bulk import AVS, SERVERS, ask, confirm, said_after, states


def test_the_configuration_is_still_shown(viewer: Client, brief: None) -> None:
    assert not settings.PATHS.redis_socket.exists()
    page = viewer.get("/lbadmin/", {"open": "2"})
    assert "Error: No states: the collector does not answer." in text(page)
    assert rows(page)["vs-2"][0][:4] == ["Unknown", "AVS", "10.10.40.217", "443"]
    assert rows(page)["vs-2"][2][:2] == ["Unknown", "SERVER1"]


def test_a_state_is_saved_and_the_page_says_what_is_missing(operator: Client, brief: None) -> None:
    answer = operator.post("/lbadmin/overview/22/drain/", {"open": "2"}, headers={"hx-request": "true"})
    assert RealServer.objects.get(pk=22).state == "drain"
    assert "Error: The state of SERVER2 is saved, but the worker cannot be reached" in text(answer)
    assert rows(answer)["vs-2"][3][0] == "Draining"


def test_without_script_it_says_the_same(operator: Client, brief: None) -> None:
    answer = operator.post("/lbadmin/overview/22/halt/")
    assert "The state is applied as soon as the worker is back." in text(operator.get(answer["Location"]))


def test_many_states_are_saved_and_the_page_says_what_is_missing(operator: Client, brief: None) -> None:
    answer = confirm(operator, ask(operator, f"{SERVERS}drain/", *AVS))
    assert states()[21] == "drain"
    assert "The state of 2 Real Servers is saved, but the worker cannot be reached" in said_after(operator, answer)
