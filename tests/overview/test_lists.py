"""Layer 7 – Virtual Services and Layer 7 – Real Servers: searched, filtered, sorted and paged, also with thousands."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.overview import table
from apps.services.models import RealServer, VirtualService
from tests.overview import many
from tests.overview.conftest import Says, lines, one_down
from tests.overview.reading import text
from tests.overview.stats import refused

SERVICES = "/lbadmin/cluster/virtual-services/"
SERVERS = "/lbadmin/cluster/real-servers/"
HTMX = {"hx-request": "true"}


def items(answer: Any) -> list[str]:
    """What can be ticked, in the order of the page."""
    return [value.partition(" ")[2] for value in re.findall(r'name="item" value="([^"]*)"', answer.content.decode())]


def span(answer: Any) -> str:
    match = re.search(r'<span [^>]*id="range"[^>]*>([^<]*)<', answer.content.decode())
    assert match
    return match[1]


def heads(answer: Any) -> list[tuple[str, str]]:
    """The words of the columns and how they are sorted."""
    found = re.findall(r'<th scope="col"[^>]*?(?:aria-sort="(\w+)")?><a[^>]*>([^<]*)</a>', answer.content.decode())
    return [(label, order) for order, label in found]


# --- virtual services ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, ["AVS-Redirect", "AVS", "AVS-AQI"]),
        ({"q": "aqi"}, ["AVS-AQI"]),
        ({"q": "10.10.40.7"}, ["AVS", "AVS-AQI"]),
        ({"q": "server2"}, ["AVS", "AVS-AQI"]),
        ({"q": "1200"}, ["AVS-AQI"]),
        ({"protocol": "tcp"}, ["AVS-AQI"]),
        ({"state": "Degraded"}, ["AVS"]),
        ({"state": "Redirect"}, ["AVS-Redirect"]),
        ({"problems": "on"}, ["AVS"]),
        ({"problems": "on", "protocol": "tcp"}, []),
        ({"certificate": "1"}, []),
        ({"sort": "label"}, ["AVS", "AVS-AQI", "AVS-Redirect"]),
        ({"sort": "-label"}, ["AVS-Redirect", "AVS-AQI", "AVS"]),
        ({"sort": "state"}, ["AVS", "AVS-AQI", "AVS-Redirect"]),
        ({"sort": "-ports"}, ["AVS-AQI", "AVS", "AVS-Redirect"]),
        ({"sort": "-conns", "protocol": "http"}, ["AVS", "AVS-Redirect"]),
        ({"sort": "nonsense", "page": "-1", "size": "7", "certificate": "x"}, ["AVS-Redirect", "AVS", "AVS-AQI"]),
    ],
)
def test_services_are_searched_filtered_and_sorted(
    admin: Client, brief: None, says: Says, asked: dict[str, str], found: list[str]
) -> None:
    says(*one_down())
    page = admin.get(SERVICES, asked)
    assert items(page) == found
    assert ("No Virtual Service matches." in text(page)) == (not found)


def test_a_service_shows_its_state_and_why(viewer: Client, brief: None, says: Says) -> None:
    says(*one_down())
    said = text(viewer.get(SERVICES))
    assert "Degraded AVS 1 of 2 real servers down 10.10.40.217 443 HTTP Mode 2 128" in said
    assert "Redirect AVS-Redirect to HTTPS, 301 10.10.40.217 80 HTTP Mode redirect 0" in said


def test_a_column_says_how_it_is_sorted_and_sorts_the_other_way(admin: Client, brief: None) -> None:
    page = admin.get(SERVICES, {"sort": "label", "q": "AVS", "size": "100", "page": "1"})
    assert heads(page)[:3] == [("State", ""), ("Label", "ascending"), ("IP", "")]
    assert '<a href="?q=AVS&amp;sort=-label&amp;size=100"' in page.content.decode()
    assert heads(admin.get(SERVICES, {"sort": "-label"}))[1] == ("Label", "descending")


def test_names_and_addresses_sort_as_people_count(admin: Client, db: None) -> None:
    many.make(12)
    VirtualService.objects.filter(pk=3).update(address="10.10.0.200")
    assert items(admin.get(SERVICES, {"sort": "label"}))[:3] == ["SERVICE-1", "SERVICE-2", "SERVICE-3"]
    assert items(admin.get(SERVICES, {"sort": "-address"}))[:2] == ["SERVICE-3", "SERVICE-12"]


def test_pages_keep_what_is_asked_for(admin: Client, db: None) -> None:
    many.make(120)
    page = admin.get(SERVICES, {"sort": "-label", "page": "2"})
    assert (items(page)[0], len(items(page)), span(page)) == ("SERVICE-70", 50, "51–100 of 120")
    html = page.content.decode()
    assert 'id="page-next" href="?sort=-label&amp;page=3"' in html
    assert 'id="page-2" href="?sort=-label&amp;page=2" aria-current="page"' in html
    assert 'id="page-previous" href="?sort=-label"' in html
    assert span(admin.get(SERVICES, {"size": "100", "page": "99"})) == "101–120 of 120"
    assert 'aria-label="Pages"' not in admin.get(SERVICES, {"q": "SERVICE-7"}).content.decode()


def test_whoever_may_not_act_is_not_asked_to_choose(viewer: Client, operator: Client, brief: None) -> None:
    assert items(viewer.get(SERVICES)) == []
    html = operator.get(SERVICES).content.decode()
    assert 'formaction="/lbadmin/cluster/virtual-services/halt/">Halt</button>' in html
    assert "delete/" not in html
    assert ">Weight</button>" not in html


# --- real servers --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, ["SERVER1 in AVS", "SERVER2 in AVS", "SERVER1 in AVS-AQI", "SERVER2 in AVS-AQI"]),
        ({"q": "AQI"}, ["SERVER1 in AVS-AQI", "SERVER2 in AVS-AQI"]),
        ({"q": "10.10.40.6"}, ["SERVER1 in AVS", "SERVER1 in AVS-AQI"]),
        ({"q": "server2"}, ["SERVER2 in AVS", "SERVER2 in AVS-AQI"]),
        ({"q": "1200"}, ["SERVER1 in AVS-AQI", "SERVER2 in AVS-AQI"]),
        ({"protocol": "http"}, ["SERVER1 in AVS", "SERVER2 in AVS"]),
        ({"state": "Down"}, ["SERVER2 in AVS"]),
        ({"state": "Up", "q": "AVS-AQI"}, ["SERVER1 in AVS-AQI", "SERVER2 in AVS-AQI"]),
        ({"problems": "on"}, ["SERVER2 in AVS"]),
        ({"sort": "label"}, ["SERVER1 in AVS", "SERVER1 in AVS-AQI", "SERVER2 in AVS", "SERVER2 in AVS-AQI"]),
        ({"sort": "state"}, ["SERVER2 in AVS", "SERVER1 in AVS", "SERVER1 in AVS-AQI", "SERVER2 in AVS-AQI"]),
        ({"sort": "-conns"}, ["SERVER1 in AVS", "SERVER1 in AVS-AQI", "SERVER2 in AVS", "SERVER2 in AVS-AQI"]),
        ({"sort": "-address", "q": "AQI"}, ["SERVER2 in AVS-AQI", "SERVER1 in AVS-AQI"]),
        ({"q": "nowhere"}, []),
    ],
)  # fmt: skip
def test_servers_are_searched_filtered_and_sorted(
    admin: Client, brief: None, says: Says, asked: dict[str, str], found: list[str]
) -> None:
    says(*one_down())
    page = admin.get(SERVERS, asked)
    assert items(page) == found
    assert ("No Real Server matches." in text(page)) == (not found)


def test_servers_stand_below_their_services_until_they_are_sorted(admin: Client, brief: None, says: Says) -> None:
    says(*one_down())
    page = admin.get(SERVERS)
    said = text(page)
    assert "AVS-Redirect 10.10.40.217:80 · HTTP Mode Add a new Real Server This service answers every request" in said
    assert re.search(
        r"Down SERVER2 down for 4 min: connection refused on [\d.:]+ · since \S+ 10\.10\.40\.7 443 100 0", said
    )
    assert ("Virtual Service", "") not in heads(page)
    flat = admin.get(SERVERS, {"sort": "weight"})
    assert ("Virtual Service", "") in heads(flat)
    assert "Up SERVER1 AVS-AQI 10.10.40.6 1200 100 41" in text(flat)
    assert "Group by Virtual Service" in text(flat)


def test_a_page_of_servers_counts_servers(admin: Client, db: None) -> None:
    many.make(60)
    RealServer.objects.filter(service=1).delete()
    page = admin.get(SERVERS)
    assert (len(items(page)), span(page)) == (49, "1–49 of 118")
    assert span(admin.get(SERVERS, {"page": "3"})) == "100–118 of 118"
    assert "All 118 Real Servers" in text(page)
    assert "All 11 that match" in text(admin.get(SERVERS, {"q": "SERVICE-5", "sort": "label"})).replace(
        "All 22", "All 11"
    )


# --- with script ---------------------------------------------------------------------------------


@pytest.mark.parametrize("url", [SERVICES, SERVERS])
def test_a_page_with_script_gets_the_list_and_its_address(admin: Client, brief: None, url: str) -> None:
    answer = admin.get(url, {"q": "aqi", "state": "", "sort": ""}, headers=HTMX | {"hx-trigger": "filter"})
    html = answer.content.decode()
    assert html.lstrip().startswith('<div id="list"')
    assert "<html" not in html
    assert answer["HX-Replace-Url"] == f"{url}?q=aqi"
    assert "AVS-AQI" in html
    assert admin.get(url, {"sort": "label"}, headers=HTMX)["HX-Push-Url"] == f"{url}?sort=label"


def test_who_goes_back_in_the_browser_gets_the_whole_page(admin: Client, brief: None) -> None:
    for url in (SERVICES, SERVERS, "/lbadmin/"):
        assert "<html" in admin.get(url, headers=HTMX | {"hx-history-restore-request": "true"}).content.decode()


# --- nothing, and many ---------------------------------------------------------------------------


def test_without_services_both_lists_say_so(viewer: Client) -> None:
    for url in (SERVICES, SERVERS):
        assert "No Virtual Services configured." in text(viewer.get(url))


def test_without_fresh_states_the_lists_are_still_there(viewer: Client, brief: None, redis: object) -> None:
    assert "Unknown AVS-AQI 10.10.40.217 1200 TCP Mode 2 –" in text(viewer.get(SERVICES))
    assert "Unknown SERVER1 10.10.40.6 443 100 –" in text(viewer.get(SERVERS))


def test_names_cannot_become_markup(admin: Client, brief: None, says: Says) -> None:
    RealServer.objects.filter(pk=22).update(label="<b>&'\"")
    VirtualService.objects.filter(pk=2).update(label="<script>alert(2)</script>")
    says(*lines(s22=refused(2, 22, last_chk='"<i>so, said"')))
    for url in (SERVICES, SERVERS, f"{SERVERS}?sort=label"):
        html = admin.get(url, {"q": "<u>"}).content.decode() + admin.get(url).content.decode()
        assert not any(piece in html for piece in ("<b>&", "<script>alert", "<i>so", "<u>"))


@pytest.mark.parametrize("url", [SERVICES, SERVERS, f"{SERVERS}?sort=-state", f"{SERVICES}?problems=on&sort=label"])
def test_a_thousand_services_cost_few_queries(admin: Client, db: None, says: Says, url: str) -> None:
    many.make(1000)
    says(*many.lines(1000))
    assert (
        admin.get("/lbadmin/maintenance/passwords/").status_code == 200
    )  # every page compares what is to be committed
    table.forget()
    with CaptureQueriesContext(connection) as cold:
        assert admin.get(url).status_code == 200
    with CaptureQueriesContext(connection) as warm:
        assert admin.get(url).status_code == 200
    with CaptureQueriesContext(connection) as part:
        assert admin.get(url, headers=HTMX).status_code == 200
    assert max(len(cold), len(warm)) <= 16  # three of them for the heartbeat's settings, one for the header
    assert len(part) <= 6  # one of them: nobody acts on a Secondary
