"""Health Check Scripts as a person types them: a template, the editor, a test of what is not saved yet."""

from typing import Any

import pytest
from playwright.sync_api import Page

from apps.changes import errands, tasks
from apps.changes.models import Errand
from apps.services.models import HealthCheckScript
from tests.browser.conftest import Visit
from tests.browser.test_axe import violations
from tests.browser.world import World

PAGE = "/lbadmin/cluster/health-check-scripts/"


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """In this process; the database of the tests is in its memory."""
    monkeypatch.setattr(tasks.run_errand, "delay", lambda pk: errands.run(Errand.objects.get(pk=pk)))


def window(visit: Visit, world: World, url: str, **words: Any) -> Page:
    page = visit(world.administrator, **words).new_page()
    page.goto(url)
    return page


@pytest.mark.parametrize("has_script", [True, False])
def test_a_script_begins_with_a_template(visit: Visit, world: World, worker: None, has_script: bool) -> None:
    page = window(visit, world, PAGE, java_script_enabled=has_script)
    page.get_by_role("link", name="Add a new Health Check Script", exact=True).click()
    page.get_by_label("Template", exact=True).select_option(label="Ping: the host answers")
    page.get_by_role("button", name="Use template", exact=True).click()
    assert 'ping -n -c 1 -W 2 "$3"' in page.get_by_label("Script", exact=True).input_value()
    page.get_by_label("Name", exact=True).fill("ping2")
    page.get_by_role("button", name="Update", exact=True).click()
    page.get_by_role("heading", name="Modify ping2", exact=True).wait_for()
    page.get_by_label("Real Server", exact=True).select_option(label="SERVER1 (10.10.40.6)")
    page.get_by_role("button", name="Test", exact=True).click()
    page.get_by_text("Arguments: 10.10.40.217 443 10.10.40.6 0").wait_for()


def test_the_editor_by_keyboard(visit: Visit, world: World) -> None:
    page = window(visit, world, f"{PAGE}1/")
    editor = page.get_by_label("Script", exact=True)
    editor.fill("#!/bin/sh\nif true; then\n    echo a")
    editor.press("Control+End")
    page.keyboard.type("\necho b")
    assert editor.input_value().endswith("\n    echo a\n    echo b")
    assert page.locator(".lb-code pre").inner_text().split() == ["1", "2", "3", "4"]
    page.keyboard.press("Tab")  # no trap
    assert not editor.evaluate("control => control === document.activeElement")


def test_what_is_tested_is_what_stands_in_the_editor(visit: Visit, world: World, worker: None) -> None:
    page = window(visit, world, f"{PAGE}1/")
    editor = page.get_by_label("Script", exact=True)
    editor.fill("#!/bin/sh\necho not saved\nexit 3\n")
    page.get_by_role("button", name="Test", exact=True).click()
    page.get_by_text("Choose a Real Server first.").wait_for()
    page.get_by_label("Real Server", exact=True).select_option("2")
    page.get_by_role("button", name="Test", exact=True).click()
    page.get_by_text("exit code 3").wait_for()
    assert page.get_by_role("region", name="Output", exact=True).inner_text().strip() == "not saved"
    assert violations(page) == []
    editor.fill("#!/bin/sh\nif true\n")
    page.get_by_role("button", name="Update", exact=True).click()
    page.get_by_text("Line 3: sh says: Syntax error").wait_for()
    assert violations(page) == []
    assert HealthCheckScript.objects.get(pk=1).content == "#!/bin/sh\nexit 0\n"
