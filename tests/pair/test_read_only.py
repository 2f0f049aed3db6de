"""A Secondary only shows: every form that is not declared is refused, and its page says so before."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.changes.models import Job
from apps.common.models import Generation
from apps.pair.models import Undertaking
from apps.services.models import VirtualService
from apps.unit.guard import READ_ONLY
from apps.unit.models import Peer, Role
from tests.conftest import Browser
from tests.pair.rows import PAGE, pair, sees
from tests.test_roles import BETWEEN_UNITS, GUARDED, PUBLIC_ROUTES, ROUTES, Route

pytestmark = pytest.mark.usefixtures("committed")

# What a Secondary takes: who is logged in, what runs on this unit, what only looks, this unit's own settings.
TAKEN = {
    *("logout", "overview-toggle", "try-request"),
    *("commit", "fix-floating-ip", "undertake", "break-pair"),
    *("security", "service-sockets", "keep-trial", "return-trial"),
}
SERVICES, PASSWORDS = "/lbadmin/cluster/virtual-services/", "/lbadmin/maintenance/passwords/"


@pytest.fixture
def secondary(db: None) -> Peer:
    sees(active=False, peer_active=True)
    return pair(Role.SECONDARY)


@pytest.fixture
def bold(admin: Client) -> Client:
    """Of what is taken, not everything can be done with what is sent here."""
    admin.raise_request_exception = False
    return admin


@pytest.mark.parametrize("route", GUARDED, ids=lambda route: route.route)
def test_every_form_is_refused_but_the_declared_ones(route: Route, bold: Client, secondary: Peer) -> None:
    before = Generation.current(), Job.objects.count(), User.objects.count()
    answer = bold.post(route.url)
    assert (answer.status_code == READ_ONLY) == (route.name not in TAKEN), answer.status_code
    assert (Generation.current(), Job.objects.count(), User.objects.count()) == before
    assert not Undertaking.objects.exists()


def test_what_is_taken_exists() -> None:
    assert {route.name for route in GUARDED} >= TAKEN


def test_the_primary_and_whoever_logs_in_are_heard(secondary: Peer) -> None:
    assert Browser().post(reverse("login"), {"username": "x", "password": "y"}).status_code == 422
    for route in BETWEEN_UNITS:
        assert Browser().post(route.url).status_code != READ_ONLY, route.route
    assert {route.route for route in ROUTES} == {route.route for route in (*GUARDED, *BETWEEN_UNITS)} | PUBLIC_ROUTES


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_no_other_method_gets_through(admin: Client, secondary: Peer, method: str) -> None:
    assert getattr(admin, method)(f"{SERVICES}add/").status_code == READ_ONLY


@pytest.mark.parametrize("route", GUARDED, ids=lambda route: route.route)
def test_a_primary_and_a_single_unit_take_every_form(route: Route, bold: Client) -> None:
    assert bold.post(route.url).status_code != READ_ONLY
    if route.name != "logout":
        pair()
        assert bold.post(route.url).status_code != READ_ONLY


def test_the_refusal_names_the_primary(admin: Client, secondary: Peer) -> None:
    said = admin.post(f"{SERVICES}add/", {"label": "web"}).content.decode()
    assert "Nothing was changed" in said
    assert "Change them on the Primary, lb2 (10.11.40.56); this unit follows by itself." in said
    assert not VirtualService.objects.exists()


def test_a_part_of_a_page_that_is_refused_has_the_page_say_why(admin: Client, secondary: Peer) -> None:
    answer = admin.post(reverse("drain", args=[1]), headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Refresh"]) == (READ_ONLY, "true")
    assert "Change them on the Primary" in admin.get("/lbadmin/").content.decode()


def notice(browser: Client, page: str) -> bool:
    return "data-read-only" in browser.get(page).content.decode()


@pytest.mark.parametrize(
    ("page", "is_noticed"),
    [
        (SERVICES, True),
        ("/lbadmin/cluster/heartbeat/", True),
        ("/lbadmin/cluster/layer-7-advanced/", True),
        (PASSWORDS, True),
        ("/lbadmin/maintenance/configuration-history/", True),
        (PAGE, False),
        ("/lbadmin/", False),
        ("/lbadmin/local/security/", False),
    ],
)
def test_pages_say_so_before(admin: Client, page: str, is_noticed: bool) -> None:
    assert not notice(admin, page)
    pair(Role.SECONDARY)
    assert notice(admin, page) == is_noticed


def test_the_overview_offers_no_action(admin: Client, secondary: Peer) -> None:
    service = VirtualService.objects.create(label="web", address="192.0.2.10", ports="80")
    service.servers.create(label="one", address="192.0.2.20", port=80)
    Generation.touch()
    shown = admin.get("/lbadmin/?open=all").content.decode()
    assert "one" in shown
    assert not re.search(r">(Drain|Halt|Modify|Add a new Real Server)<", shown)
    Peer.objects.all().delete()
    assert re.search(r">(Drain|Halt)<", admin.get("/lbadmin/?open=all").content.decode())


def test_nothing_is_discarded_on_a_secondary(admin: Client) -> None:
    VirtualService.objects.create(label="web", address="192.0.2.10", ports="80")
    Generation.touch()
    assert "Discard changes" in admin.get(PASSWORDS).content.decode()
    pair(Role.SECONDARY)
    shown = admin.get(PASSWORDS).content.decode()
    assert ("Discard changes" in shown, "Reload HAProxy" in shown) == (False, True)
