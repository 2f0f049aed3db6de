"""A browser without script: it sends every control of the page's form, the hidden and the not applying ones too."""

from html.parser import HTMLParser

Attributes = list[tuple[str, str | None]]


class PlainForm(HTMLParser):
    """`sent` are the controls with what stands in them, as the browser would send them; `names` all there are."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.sent: dict[str, str] = {}
        self.select = ""
        self.feed(page.partition("<main")[2].partition("data-options")[2].partition("</form>")[0])

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "option":
            if "selected" in given or self.select not in self.sent:
                self.sent[self.select] = given["value"]
        elif tag in {"input", "select", "textarea"} and "disabled" not in given:
            self.names.add(given["name"])
            if tag == "select":
                self.select = given["name"]
            elif given.get("type") != "checkbox":
                self.sent[given["name"]] = given.get("value", "")
            elif "checked" in given:
                self.sent[given["name"]] = "on"

    def fill_in(self, name: str, value: object) -> None:
        """As a person does: a tick is set or taken away, all else is typed or chosen."""
        assert name in self.names, f"The page has no control {name}."
        if value is False:
            self.sent.pop(name, None)
        else:
            self.sent[name] = "on" if value is True else "" if value is None else str(value)
