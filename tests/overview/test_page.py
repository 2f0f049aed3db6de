"""System Overview: what the page shows to whom, with and without services, filters, HAProxy and collector."""

import re
import time

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from apps.common.models import Generation
from apps.overview import store, table
from apps.overview.snapshot import Snapshot
from apps.services.models import Protocol, RealServer, VirtualService
from tests.overview.conftest import Says, add, lines, one_down
from tests.overview.reading import rows, text
from tests.overview.stats import frontend, refused, server

PAGE = "/lbadmin/"


def test_without_services_it_says_so_and_shows_the_way(admin: Client) -> None:
    page = admin.get(PAGE)
    said = text(page)
    assert "State Virtual Service IP Ports Conns Protocol Method Mode" in said
    assert "No Virtual Services configured." in said
    assert 'href="/lbadmin/cluster/virtual-services/add/">Add a new Virtual Service</a>' in page.content.decode()
    assert "Error:" not in said


def test_who_may_not_add_a_service_is_not_led_there(viewer: Client) -> None:
    assert "Add a new Virtual Service" not in text(viewer.get(PAGE))


def test_the_brief_is_all_green(viewer: Client, brief: None, says: Says) -> None:
    says(*lines())
    page = viewer.get(PAGE)
    assert rows(page) == {
        "vs-1": [["Redirect", "AVS-Redirect to HTTPS, 301", "10.10.40.217", "80", "0", "HTTP", "Layer 7", "Proxy"]],
        "vs-2": [["Healthy", "AVS", "10.10.40.217", "443", "128", "HTTP", "Layer 7", "Proxy"]],
        "vs-3": [["Healthy", "AVS-AQI", "10.10.40.217", "1200", "41", "TCP", "Layer 7", "Proxy"]],
    }
    assert "3 Virtual Services: 2 healthy, 1 redirect" in text(page)
    assert "<title>System Overview – lbadmin</title>" in page.content.decode()


def test_a_failed_server_is_red_and_its_service_yellow(viewer: Client, brief: None, says: Says) -> None:
    says(*one_down())
    page = viewer.get(PAGE, {"open": "2"})
    service, heads, up, down, why = rows(page)["vs-2"]
    assert service[:2] == ["Degraded", "AVS 1 of 2 real servers down"]
    assert heads == ["State", "Real Server", "IP", "Ports", "Weight", "Conns", "Last check", "Actions"]
    assert up == ["Up", "SERVER1", "10.10.40.6", "443", "100", "128", "Connect to Port, 2 ms", ""]
    assert down == ["Down", "SERVER2", "10.10.40.7", "443", "100", "0", "Connect to Port, refused", ""]
    assert re.fullmatch(r"down for 4 min: connection refused on 10\.10\.40\.7:443 · since [\d :-]+", why[1])
    assert "<title>1 problem: System Overview – lbadmin</title>" in page.content.decode()


def test_the_clock_is_the_appliances(viewer: Client) -> None:
    assert re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", text(viewer.get(PAGE)))


@pytest.mark.parametrize(
    ("opened", "expanded"),
    [
        ("", set()),
        ("3", {3}),
        ("2,3", {2, 3}),
        ("all", {2, 3}),
        ("all,2", {3}),
        ("1", set()),
        ("x,99999999999,-3", set()),
    ],
)
def test_what_is_expanded_stands_in_the_address(
    viewer: Client, brief: None, says: Says, opened: str, expanded: set[int]
) -> None:
    says(*lines())
    found = rows(viewer.get(PAGE, {"open": opened}))
    assert {int(name.removeprefix("vs-")) for name, own in found.items() if len(own) > 1} == expanded


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"q": "aqi"}, {"vs-3"}),
        ({"q": "10.10.40.217"}, {"vs-1", "vs-2", "vs-3"}),
        ({"q": "443"}, {"vs-2"}),
        ({"problems": "on"}, {"vs-2"}),
        ({"problems": "on", "q": "AQI"}, set()),
    ],
)
def test_search_and_only_problems_choose_rows(
    viewer: Client, brief: None, says: Says, asked: dict[str, str], found: set[str]
) -> None:
    says(*one_down())
    page = viewer.get(PAGE, asked)
    assert set(rows(page)) == found
    assert ("No Virtual Service matches." in text(page)) == (not found)


def test_expand_all_leads_to_an_address_and_back(viewer: Client, brief: None) -> None:
    assert viewer.get(PAGE, {"expand": "all", "q": "AVS", "open": "3"})["Location"] == "/lbadmin/?open=all&q=AVS"
    assert viewer.get(PAGE, {"expand": "none", "open": "all,3"})["Location"] == "/lbadmin/"
    assert "Expand all" in text(viewer.get(PAGE))
    assert "Collapse all" in text(viewer.get(PAGE, {"open": "all"}))


def test_without_script_a_click_on_a_name_leads_to_an_address(viewer: Client, brief: None) -> None:
    click = {"toggle": "3", "back": "?open=2&q=AVS"}
    assert viewer.post("/lbadmin/overview/toggle/", click)["Location"] == "/lbadmin/?open=2,3&q=AVS#vs-3"
    again = {"toggle": "3", "back": "?open=2,3"}
    assert viewer.post("/lbadmin/overview/toggle/", again)["Location"] == "/lbadmin/?open=2#vs-3"


def test_buttons_and_links_are_for_those_who_may(
    viewer: Client, operator: Client, admin: Client, brief: None, says: Says
) -> None:
    says(*lines())
    words = {name: text(browser.get(PAGE, {"open": "2"})) for name, browser in
             {"viewer": viewer, "operator": operator, "admin": admin}.items()}  # fmt: skip
    assert {name for name in words if "Drain Halt" in words[name]} == {"operator", "admin"}
    assert {name for name in words if "Modify Add a new Real Server" in words[name]} == {"admin"}


def test_a_service_that_is_saved_only_is_grey(viewer: Client, brief: None, says: Says) -> None:
    add(4, "PACS-ARCHIVE", "8443", Protocol.HTTP)
    says(*lines())
    assert rows(viewer.get(PAGE))["vs-4"][0][:5] == [
        "Not running", "PACS-ARCHIVE saved, waits for Commit changes", "10.10.40.217", "8443", "–",
    ]  # fmt: skip


def test_names_cannot_become_markup(viewer: Client, brief: None, says: Says) -> None:
    RealServer.objects.filter(pk=22).update(label="<b>&'\"")
    for pk in (1, 2):
        VirtualService.objects.filter(pk=pk).update(label=f"<script>alert({pk})</script>")
    says(*lines(s22=refused(2, 22, last_chk='"<i>so, said"')))
    html = viewer.get(PAGE, {"open": "all", "q": '"><u>'}).content.decode()
    html += viewer.get(PAGE, {"open": "all"}).content.decode()
    for piece in ("<b>&", "<script>alert", "<i>so", "<u>"):
        assert piece not in html


# --- no states -----------------------------------------------------------------------------------


def test_without_haproxy_it_says_so_loudly(viewer: Client, brief: None, says: Says) -> None:
    says()
    page = viewer.get(PAGE)
    assert "Error: HAProxy does not run. No Virtual Service takes connections." in text(page)
    assert [own[0][0] for own in rows(page).values()] == ["Not running"] * 3
    assert {own[0][4] for own in rows(page).values()} == {"–"}


def test_without_a_collector_it_says_since_when(viewer: Client, brief: None, redis: object) -> None:
    long_ago = Snapshot(version=5, reset=5, at=time.time() - 11, runs=True)
    store.write(cache, long_ago, body_too=True)
    said = text(viewer.get(PAGE, {"open": "2"}))
    assert re.search(r"No fresh states since [\d-]+ [\d:]+ UTC: the collector does not answer\.", said)
    assert "128" not in said
    store.write(cache, Snapshot(version=5, reset=5, at=time.time(), runs=True), body_too=True)
    assert "Error:" not in text(viewer.get(PAGE))


# --- many ----------------------------------------------------------------------------------------


def test_three_hundred_services_cost_three_queries_and_then_two(
    db: None, says: Says, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    said = []
    for pk in range(1, 301):
        add(pk, f"SERVICE-{pk}", "443", Protocol.TCP, *(f"10.9.0.{number}:443" for number in range(1, 5)))
        said += [frontend(pk, conns=pk), *(server(pk, pk * 10 + number) for number in range(1, 5))]
    Generation.touch()
    says(*said)
    with django_assert_num_queries(3):
        cold = table.current()
    with django_assert_num_queries(2):
        assert table.current() is cold
    assert len(cold.rows) == 300
    assert {row.mark.word for row in cold.rows.values()} == {"Healthy"}
    says(frontend(1, conns=7), *said[1:])
    warm = table.current()
    assert [pk for pk in warm.rows if warm.rows[pk] is not cold.rows[pk]] == [1]
    assert warm.rows[1].conns == "7"


def test_an_edit_is_seen_at_once(viewer: Client, brief: None, says: Says) -> None:
    says(*lines())
    viewer.get(PAGE)
    VirtualService.objects.filter(pk=3).update(label="AQI")
    Generation.touch()
    assert rows(viewer.get(PAGE))["vs-3"][0][1] == "AQI"
