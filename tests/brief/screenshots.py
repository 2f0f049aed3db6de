"""The README's pictures: kept in the directory LBADMIN_SCREENSHOTS names, else only made."""

import os
import tempfile
from pathlib import Path

from playwright.sync_api import Page


def picture(page: Page, name: str) -> None:
    directory = Path(os.environ.get("LBADMIN_SCREENSHOTS") or tempfile.gettempdir())
    page.screenshot(path=directory / f"{name}.png", animations="disabled")
