"""Debian's Chromium on a node of the lab, driven by Playwright."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

from tests.lab.node import Node

ARGUMENTS = [
    "--no-sandbox",  # it runs as root
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def chromium(node: Node) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=node.script("/usr/bin/chromium"), headless=True, args=ARGUMENTS, timeout=30_000
        )
        yield browser
        browser.close()
