"""Review and Configuration History in a browser: the way of an edit, with and without script."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from apps.accounts.models import User
from apps.changes import candidate, engine
from apps.changes.models import Job, JobState, Kind, Running
from apps.common.models import Generation
from apps.haproxy.render import render
from apps.services.models import VirtualService
from tests.browser.conftest import Visit
from tests.changes.recorded import WEB, commit

REVIEW = "/lbadmin/commit/review/"
HISTORY = "/lbadmin/maintenance/configuration-history/"


@pytest.fixture
def changed(administrator: User, cached: None) -> Iterator[VirtualService]:
    """Committed, then saved with another method."""
    candidate._fingerprints.cache_clear()
    service = VirtualService.objects.create(**WEB)
    commit()
    VirtualService.objects.update(balance="roundrobin")
    Generation.touch()
    yield service
    candidate._fingerprints.cache_clear()


@pytest.fixture
def page(visit: Visit, administrator: User) -> Page:
    return visit(administrator).new_page()


def test_the_page_follows_a_commit_to_its_end(page: Page, changed: VirtualService) -> None:
    job = Job.objects.create(kind=Kind.RELOAD, user="loadbalancer", state=JobState.APPLYING)
    page.goto(f"{REVIEW}?job={job.pk}")
    expect(page.locator("#commit-box")).to_contain_text("Applying")
    expect(page.locator("#review")).to_contain_text("A commit is under way.")
    expect(page.get_by_role("button", name="Commit all")).to_have_count(0)
    config = candidate.load()
    Running.record(engine.record(job, config, render(config)))
    job.enter(JobState.DONE, sentence="HAProxy was reloaded.")
    expect(page.locator("#review")).to_contain_text("Nothing waits to be committed.")
    expect(page.locator("#commit-box")).to_contain_text("HAProxy was reloaded.")


def test_a_second_viewer_sees_a_commit_by_polling_while_redis_is_away(page: Page, changed: VirtualService) -> None:
    with page.expect_response("**/lbadmin/commit/stream/") as answer:
        page.goto(HISTORY)
    assert answer.value.status == 204
    job = Job.objects.create(kind=Kind.RELOAD, user="bob", state=JobState.VERIFYING)
    expect(page.locator("#commit-box")).to_contain_text("Verifying")
    job.enter(JobState.REFUSED, sentence="HAProxy refused web.")
    expect(page.locator("#commit-box")).to_contain_text("HAProxy refused web.")


def test_the_history_shows_a_commit_that_ends_while_one_looks(page: Page, changed: VirtualService) -> None:
    job = Job.objects.create(kind=Kind.RELOAD, user="loadbalancer", state=JobState.APPLYING)
    page.goto(f"{HISTORY}?job={job.pk}")
    row = page.get_by_role("row").filter(has_text=f"Revision {job.pk}")
    expect(row).to_contain_text("Applying")
    job.enter(JobState.REFUSED, sentence="HAProxy refused web.")
    expect(row).to_contain_text("Refused")


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_what_is_saved_is_discarded_after_a_look(
    visit: Visit, administrator: User, changed: VirtualService, script: bool
) -> None:
    page = visit(administrator, java_script_enabled=script).new_page()
    page.goto("/lbadmin/cluster/virtual-services/")
    page.get_by_role("link", name="Review", exact=True).click()
    page.get_by_role("link", name="Discard changes", exact=True).click()
    expect(page.locator("main")).to_contain_text(re.compile(r"Weighted Round Robin\s*Weighted Least Connection"))
    page.get_by_role("button", name="Discard changes", exact=True).click()
    expect(page.locator("main")).to_contain_text("Nothing waits to be committed.")
    assert VirtualService.objects.get().balance == "leastconn"


def test_two_revisions_are_chosen_and_compared(page: Page, changed: VirtualService) -> None:
    newest = commit()
    page.goto(HISTORY)
    page.get_by_label("From", exact=True).select_option(str(newest.pk))
    page.get_by_label("To", exact=True).select_option(str(newest.pk - 1))
    page.get_by_role("button", name="Compare", exact=True).click()
    expect(page.get_by_role("row").filter(has_text="Balance Mode")).to_have_text(
        re.compile(r"Weighted Round Robin\s*Weighted Least Connection")
    )
