"""Reading the table out of a page."""

import re
from html.parser import HTMLParser
from typing import Any


class Rows(HTMLParser):
    """Every row as the list of its cells' texts, by the id of its tbody."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: dict[str, list[list[str]]] = {}
        self.body = ""
        self.cell = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tbody":
            self.body = dict(attrs).get("id") or ""
            self.found[self.body] = []
        elif tag == "tr" and self.body:
            self.found[self.body].append([])
        elif tag in {"td", "th"} and self.body:
            self.found[self.body][-1].append("")
            self.cell = True

    def handle_endtag(self, tag: str) -> None:
        self.cell = self.cell and tag not in {"td", "th"}
        if tag == "tbody":
            self.body = ""

    def handle_data(self, data: str) -> None:
        if self.cell:
            cells = self.found[self.body][-1]
            cells[-1] = " ".join(f"{cells[-1]} {data}".split())


def rows(answer: Any) -> dict[str, list[list[str]]]:
    return Rows(answer.content.decode()).found


def text(answer: Any) -> str:
    """Everything visible, as one line."""
    html = re.sub(r"<(script|svg|title).*?</\1>", " ", answer.content.decode(), flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def seen(answer: Any) -> str:
    """What the page would send with its next poll."""
    match = re.search(r'name="seen" value="([^"]*)"', answer.content.decode())
    assert match
    return match[1]
