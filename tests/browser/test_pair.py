"""The clustered pair in a browser: its states without barriers, a header that follows, a Secondary that only shows."""

from collections.abc import Callable, Iterator

import pytest
from django.core.cache import cache
from django.utils import timezone
from playwright.sync_api import Page, expect

from apps.pair.models import Step, What
from apps.unit.models import Heartbeat, Role
from tests.browser.conftest import Visit
from tests.browser.test_axe import HEIGHT, THEMES, WIDTHS, Complaints, overhang, violations
from tests.browser.world import World, take_snapshot
from tests.changes.recorded import commit
from tests.pair.rows import PAGE, PEER, pair, sees, undertaking

HEARTBEAT, QUIET = "/lbadmin/cluster/heartbeat/", "/lbadmin/maintenance/passwords/"
LONG = "HAProxy of the Secondary refused it: cannot find certificate /run/lbadmin/haproxy/versions/42/12.pem. " * 3


@pytest.fixture(autouse=True)
def _empty(cached: None) -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def paired() -> None:
    pair()
    sees()


def secondary() -> None:
    pair(Role.SECONDARY)
    sees(active=False, peer_active=True)


def split() -> None:
    pair(problem=LONG)
    sees(link=False, peer_active=True, tables="not connected")


def failover() -> None:
    pair()
    sees(active=False, peer_active=True)


def away() -> None:
    pair(unreachable=timezone.now())
    sees(link=False, peer_active=None, tables="not connected")


def unknown() -> None:
    pair()


def pairing() -> None:
    undertaking()


def failed() -> None:
    undertaking(step=Step.FAILED, sentence=LONG)


STATES: list[Callable[[], object]] = [pairing, failed, paired, secondary, split, failover, away, unknown]
PAGES = [PAGE, f"{PAGE}compare/", f"{PAGE}break/", HEARTBEAT, QUIET, "/lbadmin/?open=all"]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_no_state_has_a_barrier(
    visit: Visit, world: World, state: Callable[[], object], theme: str, width: int
) -> None:
    state()
    page = visit(world.administrator, color_scheme=theme, viewport={"width": width, "height": HEIGHT}).new_page()
    complaints = Complaints()
    complaints.listen(page)
    for url in PAGES if state in (paired, secondary) else [PAGE]:
        take_snapshot()
        page.set_viewport_size({"width": width, "height": HEIGHT})
        page.goto(url)
        assert (url, violations(page), overhang(page), complaints) == (url, [], 0, [])


@pytest.fixture
def page(visit: Visit, world: World) -> Page:
    commit(pk=4)
    return visit(world.administrator).new_page()


def refresh(page: Page) -> None:
    """What the seconds do when they are over."""
    page.evaluate("document.body.dispatchEvent(new CustomEvent('refresh'))")


@pytest.mark.parametrize("url", [QUIET, "/lbadmin/", PAGE])
def test_the_header_follows_what_happens(page: Page, url: str) -> None:
    pair()
    sees()
    page.goto(url)
    status = page.get_by_role("list", name="State of this unit")
    expect(status.locator("[aria-current]")).to_have_text(["Primary", "Active", "Link"])
    sees(link=False, peer_active=True)
    refresh(page)
    expect(status.locator("[aria-current]")).to_have_text(["Primary", "Active"])
    expect(page.get_by_text("Both units are active: this one and lb2")).to_be_visible()
    sees(active=False, peer_active=True)
    refresh(page)
    expect(status.locator("[aria-current]")).to_have_text(["Primary", "Passive", "Link"])
    expect(page.get_by_text("Both units are active: this one and lb2")).to_have_count(0)
    expect(status.get_by_text("Seconds")).to_have_count(1)
    before = status.get_by_text("Seconds").inner_text()
    expect(status.get_by_text("Seconds")).not_to_have_text(before)  # it is still counted down


def test_a_pairing_is_followed_to_its_end(page: Page) -> None:
    row = undertaking(step=Step.ASKING)
    page.goto(f"{PAGE}?undertaking={row.pk}")
    expect(page.get_by_role("button", name="configuring")).to_be_visible()
    expect(page.get_by_label("IP address of new peer")).to_be_disabled()
    expect(page.get_by_label("IP address of new peer")).to_have_value(PEER)
    row.enter(Step.VERIFYING)
    expect(page.get_by_text("Verifying both units …")).to_be_visible()
    paired()
    row.enter(Step.DONE, sentence="lb2 is the Secondary now.")
    expect(page.get_by_role("heading", name="High Availability Configuration - primary")).to_be_visible()
    expect(page.get_by_role("status").get_by_text("lb2 is the Secondary now.")).to_be_visible()


def test_what_was_typed_for_a_pairing_that_failed_is_there_again(page: Page) -> None:
    row = undertaking()
    page.goto(f"{PAGE}?undertaking={row.pk}")
    row.enter(Step.FAILED, sentence="The password of the user is another one.")
    expect(page.get_by_role("alert")).to_contain_text("The password of the user is another one.")
    expect(page.get_by_label("IP address of new peer")).to_have_value(PEER)
    expect(page.get_by_label("Password for loadbalancer user on peer")).to_have_value("")
    expect(page.get_by_role("button", name="Add new node")).to_be_enabled()


def test_restart_heartbeat_is_followed_where_it_was_pressed(page: Page) -> None:
    paired()
    row = undertaking(What.HEARTBEAT, Step.WORKING)
    page.goto(f"{QUIET}?undertaking={row.pk}")
    expect(page.get_by_text("Restart Heartbeat is under way.")).to_be_visible()
    row.enter(Step.DONE, sentence="Heartbeat was restarted on both units.")
    expect(page.get_by_text("Heartbeat was restarted on both units.")).to_be_visible()


def test_a_secondarys_forms_cannot_be_filled_in(page: Page) -> None:
    secondary()
    page.goto(HEARTBEAT)
    expect(page.get_by_text("This unit is the Secondary: it has a copy")).to_be_visible()
    expect(page.get_by_label("UDP Unicast Port")).to_be_disabled()
    expect(page.get_by_role("button", name="Modify Heartbeat Configuration")).to_be_disabled()
    page.goto("/lbadmin/cluster/virtual-services/")
    expect(page.get_by_label("Search")).to_be_enabled()
    expect(page.get_by_role("button", name="Delete")).to_have_count(0)
    page.goto(f"{PAGE}break/")
    expect(page.get_by_role("button", name="Break Clustered Pair")).to_be_enabled()


def test_the_dead_time_follows_the_choice(page: Page) -> None:
    page.goto(HEARTBEAT)
    expect(page.get_by_label("Dead time")).to_have_count(0)  # an output beside its words
    expect(page.locator("#dead-time")).to_have_text("0.92")
    page.get_by_label("Keepalive (s)", exact=True).select_option("1")
    expect(page.locator("#dead-time")).to_have_text("3.06")


def test_without_script_everything_can_be_done(visit: Visit, world: World) -> None:
    commit(pk=4)
    row = undertaking(What.HEARTBEAT, Step.WORKING)
    page = visit(world.administrator, java_script_enabled=False).new_page()
    page.goto(PAGE)
    page.get_by_role("link", name="Look again").click()
    row.enter(Step.DONE, sentence="Heartbeat was restarted.")
    page.reload()
    expect(page.get_by_text("Heartbeat was restarted.")).to_be_visible()
    page.goto(HEARTBEAT)
    page.get_by_label("UDP Unicast Port", exact=True).fill("6700")
    page.get_by_role("button", name="Modify Heartbeat Configuration").click()
    expect(page.get_by_text("Heartbeat Configuration updated.")).to_be_visible()
    assert Heartbeat.get().port == 6700
