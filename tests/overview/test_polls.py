"""What an open page gets every two seconds: nothing, the rows that changed, or everything."""

from typing import Any

import pytest
from django.test import Client

from apps.common.models import Generation
from apps.services.models import RealServer, VirtualService
from tests.overview.conftest import Says, lines, one_down
from tests.overview.reading import rows, seen, text
from tests.overview.stats import frontend, server

POLL = "/lbadmin/overview/changes/"
HTMX = {"hx-request": "true"}


class Page:
    """An open page: it says with every poll what it was told last."""

    def __init__(self, client: Client, **shown: str) -> None:
        self.client = client
        self.shown = shown
        self.seen = seen(client.get("/lbadmin/", shown))

    def poll(self) -> Any:
        answer = self.client.get(POLL, {"seen": self.seen, **self.shown}, headers=HTMX)
        if answer.status_code == 200:
            self.seen = seen(answer)
        return answer


@pytest.fixture
def page(viewer: Client, brief: None, says: Says) -> Page:
    says(*lines())
    return Page(viewer)


def test_nothing_new_is_no_content(page: Page, says: Says) -> None:
    says(*lines())
    answer = page.poll()
    assert (answer.status_code, answer.content) == (204, b"")


def test_only_what_changed_is_sent(page: Page, says: Says) -> None:
    says(*lines(f3=frontend(3, conns=42)))
    answer = page.poll()
    assert rows(answer) == {"vs-3": [["Healthy", "AVS-AQI", "10.10.40.217", "1200", "42", "TCP", "Layer 7", "Proxy"]]}
    assert '<template><tbody id="vs-3" hx-swap-oob="true">' in answer.content.decode()
    assert page.poll().status_code == 204


def test_counts_problems_and_title_follow(page: Page, says: Says) -> None:
    says(*one_down())
    answer = page.poll()
    assert "3 Virtual Services: 1 degraded, 1 healthy, 1 redirect" in text(answer)
    assert "<title>1 problem: System Overview – lbadmin</title>" in answer.content.decode()
    assert '<span id="problems" class="lb-count" hx-swap-oob="true">1</span>' in answer.content.decode()


def test_what_is_expanded_stays_expanded(viewer: Client, brief: None, says: Says) -> None:
    says(*lines())
    page = Page(viewer, open="2")
    says(*one_down())
    answer = page.poll()
    assert [own[0] for own in rows(answer)["vs-2"]] == ["Degraded", "State", "Up", "Down", ""]
    assert 'name="open"' not in answer.content.decode()  # the browser says what is expanded, not the poll


def test_a_change_that_the_filter_hides_sends_no_row(viewer: Client, brief: None, says: Says) -> None:
    says(*lines())
    page = Page(viewer, q="AVS-AQI")
    says(*lines(f2=frontend(2, conns=1)))
    answer = page.poll()
    assert (answer.status_code, rows(answer)) == (200, {})


def test_only_problems_lets_rows_come_and_go(viewer: Client, brief: None, says: Says) -> None:
    says(*lines())
    page = Page(viewer, problems="on")
    says(*one_down())
    answer = page.poll()
    assert 'id="table" hx-swap-oob="true"' in answer.content.decode()
    assert set(rows(answer)) == {"vs-2"}
    says(*lines())
    assert "None has a problem." in text(page.poll())


def is_whole(answer: Any) -> bool:
    return answer.status_code == 200 and b'<div id="table" hx-swap-oob="true">' in answer.content


def test_an_edit_sends_everything(page: Page) -> None:
    VirtualService.objects.filter(pk=3).delete()
    Generation.touch()
    answer = page.poll()
    assert is_whole(answer)
    assert set(rows(answer)) == {"vs-1", "vs-2"}
    assert page.poll().status_code == 204


def test_a_drain_by_somebody_else_is_seen(page: Page) -> None:
    RealServer.objects.filter(pk=22).update(state="drain")
    answer = page.poll()
    assert is_whole(answer)
    assert rows(answer)["vs-2"][0][:2] == ["Degraded", "AVS 1 of 2 real servers draining"]
    RealServer.objects.filter(pk=22).update(state="online")
    assert rows(page.poll())["vs-2"][0][0] == "Healthy"


def test_haproxy_and_the_collector_may_come_and_go(page: Page, says: Says) -> None:
    says()
    answer = page.poll()
    assert is_whole(answer)
    assert "HAProxy does not run." in text(answer)
    says(*lines())
    answer = page.poll()
    assert is_whole(answer)
    assert "Error:" not in text(answer)


def test_a_service_that_is_saved_only_waits_for_no_commit_while_haproxy_is_away(
    viewer: Client, brief: None, says: Says
) -> None:
    says(*lines()[:5])
    page = Page(viewer)
    says()
    assert rows(page.poll())["vs-3"][0][1] == "AVS-AQI"
    says(*lines()[:5])
    assert rows(page.poll())["vs-3"][0][1] == "AVS-AQI saved, waits for Commit changes"


def test_a_service_that_begins_to_run_turns_green(viewer: Client, brief: None, says: Says) -> None:
    says(*lines()[:5])
    page = Page(viewer)
    says(*lines())
    assert rows(page.poll())["vs-3"][0][0] == "Healthy"


def test_a_service_that_haproxy_lost_turns_grey(page: Page, says: Says) -> None:
    says(frontend(2), server(2, 21), server(2, 22))
    answer = page.poll()
    assert is_whole(answer)
    assert rows(answer)["vs-3"][0][0] == "Not running"


@pytest.mark.parametrize("told", ["", "x", "1-2", "999999999999-abc-1", "1--99999999999999"])
def test_a_page_that_says_nonsense_gets_everything(page: Page, told: str) -> None:
    page.seen = told
    assert is_whole(page.poll())


def test_a_page_of_somebody_logged_out_goes_to_log_in(page: Page, says: Says) -> None:
    page.client.logout()
    answer = page.client.get(POLL, {"seen": page.seen}, headers=HTMX)
    assert answer["HX-Redirect"] == "/lbadmin/login/"


# --- a page with script asks for its parts at the same addresses ---------------------------------


def test_a_click_on_a_name_sends_its_row_and_the_new_address(viewer: Client, brief: None, says: Says) -> None:
    says(*lines())
    click = {"toggle": "3", "open": "2", "q": "", "problems": ""}
    answer = viewer.post("/lbadmin/overview/toggle/", click, headers=HTMX)
    assert set(rows(answer)) == {"vs-3"}
    assert [own[1] for own in rows(answer)["vs-3"][2:]] == ["SERVER1", "SERVER2"]
    assert '<input type="hidden" id="opened" name="open" value="2,3" hx-swap-oob="true">' in answer.content.decode()
    assert answer["HX-Replace-Url"] == "/lbadmin/?open=2,3"


def test_the_filter_and_expand_all_send_the_table(viewer: Client, brief: None, says: Says) -> None:
    says(*lines())
    answer = viewer.get("/lbadmin/", {"q": "AQI", "expand": "all", "open": "2"}, headers=HTMX)
    assert is_whole(answer)
    assert (set(rows(answer)), len(rows(answer)["vs-3"])) == ({"vs-3"}, 4)
    assert "Collapse all" in text(answer)
    assert answer["HX-Replace-Url"] == "/lbadmin/?open=all&q=AQI"


def test_answers_are_compressed(viewer: Client, brief: None, says: Says) -> None:
    says(*lines())
    answer = viewer.get("/lbadmin/", headers={"accept-encoding": "gzip"})
    assert answer["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in answer["Vary"]
    assert answer["Cache-Control"] == "no-store"
