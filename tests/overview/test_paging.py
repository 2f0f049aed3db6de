"""System Overview with more virtual services than a page shows: pages, filters, and polls that carry only the page."""

import re
from typing import Any

import pytest
from django.test import Client

from apps.common.models import Generation
from apps.services.models import VirtualService
from tests.overview import many
from tests.overview.conftest import Says, lines
from tests.overview.reading import rows, seen, text
from tests.overview.stats import frontend, refused

PAGE = "/lbadmin/"
POLL = "/lbadmin/overview/changes/"
HTMX = {"hx-request": "true"}
COLLAPSED, EXPANDED = 10_000, 40_000  # elements, by budget


@pytest.fixture
def services(db: None, says: Says) -> None:
    """250, all well."""
    many.make(250)
    says(*many.lines(250))


def span(answer: Any) -> str:
    match = re.search(r'id="range"[^>]*>([^<]*)<', answer.content.decode())
    return match[1] if match else ""


def first_and_last(answer: Any) -> tuple[str, str, int]:
    found = list(rows(answer))
    return found[0], found[-1], len(found)


def hidden(answer: Any) -> dict[str, str]:
    """What the page says with every poll."""
    told = re.search(r'<div id="told".*?</div>', answer.content.decode())
    assert told
    return dict(re.findall(r'name="(\w+)" value="([^"]*)"', told[0]))


def poll(client: Client, page: Any) -> Any:
    return client.get(POLL, hidden(page), headers=HTMX)


def test_a_hundred_stand_on_a_page(viewer: Client, services: None) -> None:
    page = viewer.get(PAGE)
    assert (first_and_last(page), span(page)) == (("vs-1", "vs-100", 100), "1–100 of 250")
    assert "250 Virtual Services: 250 healthy" in text(page)
    last = viewer.get(PAGE, {"page": "3"})
    assert (first_and_last(last), span(last)) == (("vs-201", "vs-250", 50), "201–250 of 250")
    assert first_and_last(viewer.get(PAGE, {"page": "77"})) == first_and_last(last)


def test_links_lead_to_the_other_pages_and_keep_the_rest(viewer: Client, services: None) -> None:
    html = viewer.get(PAGE, {"page": "2", "protocol": "", "open": "3,all"}).content.decode()
    assert 'id="page-next" href="?open=all,3&amp;page=3" hx-get="?page=3">Next</a>' in html
    assert 'id="page-previous" href="?open=all,3" hx-get="?page=1">Previous</a>' in html
    assert 'id="page-2" href="?open=all,3&amp;page=2" aria-current="page">2</a>' in html


def test_few_services_have_neither_pages_nor_drop_downs(viewer: Client, brief: None, says: Says) -> None:
    says(*lines())
    html = viewer.get(PAGE).content.decode()
    assert (span(viewer.get(PAGE)), "<select" in html, 'aria-label="Pages"' in html) == ("", False, False)


@pytest.mark.parametrize(
    ("asked", "found", "said"),
    [
        ({"q": "SERVICE-24"}, ("vs-24", "vs-249", 11), "1–11 of 11"),
        ({"protocol": "tcp"}, ("vs-1", "vs-199", 100), "1–100 of 125"),
        ({"state": "Degraded"}, ("vs-7", "vs-9", 2), "1–2 of 2"),
        ({"problems": "on"}, ("vs-7", "vs-9", 2), "1–2 of 2"),
    ],
)
def test_filters_choose_from_all(
    viewer: Client, services: None, says: Says, asked: dict[str, str], found: tuple[str, str, int], said: str
) -> None:
    says(*many.lines(250, s71=refused(7, 71), s91=refused(9, 91)))
    page = viewer.get(PAGE, asked)
    assert (first_and_last(page), span(page)) == (found, said)
    assert "250 Virtual Services: 2 degraded, 248 healthy" in text(page)


def test_nothing_that_matches_is_said(viewer: Client, services: None) -> None:
    assert "No Virtual Service matches. None has all that was asked for." in text(viewer.get(PAGE, {"state": "Down"}))


def test_refresh_and_expand_all_stay_on_the_page(viewer: Client, services: None) -> None:
    assert first_and_last(viewer.get(PAGE, {"from": "2", "refresh": ""}))[0] == "vs-101"
    assert viewer.get(PAGE, {"from": "2", "expand": "all"})["Location"] == "/lbadmin/?open=all&page=2"
    assert viewer.get(PAGE, {"from": "2", "q": "x"}, headers=HTMX)["HX-Replace-Url"] == "/lbadmin/?q=x"


def test_another_page_is_a_step_that_the_browser_can_go_back(viewer: Client, services: None) -> None:
    answer = viewer.get(PAGE, {"page": "2", "open": "103"}, headers=HTMX)
    assert answer["HX-Push-Url"] == "/lbadmin/?open=103&page=2"
    assert '<div id="pager"' in answer.content.decode()
    assert len(rows(answer)["vs-103"]) == 4
    assert viewer.get(PAGE, {"page": "1"}, headers=HTMX)["HX-Push-Url"] == "/lbadmin/"


# --- polls ---------------------------------------------------------------------------------------


def test_a_poll_carries_only_rows_of_the_page(viewer: Client, services: None, says: Says) -> None:
    page = viewer.get(PAGE, {"page": "2"})
    says(*many.lines(250, f5=frontend(5, conns=9999), f105=frontend(105, conns=8888)))
    answer = poll(viewer, page)
    assert {pk: own[0][4] for pk, own in rows(answer).items()} == {"vs-105": "8888"}
    assert seen(answer) != seen(page)
    says(*many.lines(250, f5=frontend(5, conns=1), f105=frontend(105, conns=8888)))
    assert rows(poll(viewer, answer)) == {}


def test_an_edit_sends_the_page_and_no_more(viewer: Client, services: None) -> None:
    page = viewer.get(PAGE, {"page": "2"})
    VirtualService.objects.filter(pk=3).delete()
    Generation.touch()
    answer = poll(viewer, page)
    assert (first_and_last(answer), span(answer)) == (("vs-102", "vs-201", 100), "101–200 of 249")


def test_rows_come_and_go_only_when_they_must(viewer: Client, services: None, says: Says) -> None:
    says(*many.lines(250, s71=refused(7, 71)))
    page = viewer.get(PAGE, {"state": "Degraded"})
    says(*many.lines(250, s71=refused(7, 71), f7=frontend(7, conns=4321)))
    answer = poll(viewer, page)
    assert 'id="table"' not in answer.content.decode()
    assert rows(answer)["vs-7"][0][4] == "4321"
    says(*many.lines(250))
    answer = poll(viewer, answer)
    assert 'id="table"' in answer.content.decode()
    assert rows(answer) == {}


# --- the budget ----------------------------------------------------------------------------------


def test_a_thousand_services_stay_within_the_budget_of_elements(admin: Client, db: None, says: Says) -> None:
    many.make(1000)
    says(*many.lines(1000))
    assert admin.get(PAGE).content.count(b"</") < COLLAPSED
    assert admin.get(PAGE, {"open": "all"}).content.count(b"</") < EXPANDED
