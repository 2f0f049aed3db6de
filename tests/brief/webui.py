"""What a user does with the WebUI, in the user's words: everything is found by its visible label, role or name."""

from collections.abc import Mapping

from playwright.sync_api import Locator, Page, expect


def open_page(page: Page, *path: str) -> None:
    """Go there by the main menu: `open_page(page, "Maintenance", "Restart Services")`."""
    menu = page.get_by_role("navigation", name="Main menu", exact=True)
    link = menu.get_by_role("link", name=path[-1], exact=True)
    for group in path[:-1]:
        if not link.is_visible():
            menu.get_by_text(group, exact=True).click()
    link.click()
    expect(title(page)).to_have_text(path[-1])


def title(page: Page) -> Locator:
    return page.get_by_role("heading", level=1)


def follow(place: Page | Locator, name: str) -> None:
    place.get_by_role("link", name=name, exact=True).click()


def press(place: Page | Locator, name: str) -> None:
    place.get_by_role("button", name=name, exact=True).click()


def row(place: Page | Locator, name: str) -> Locator:
    """The row of a table that shows this name."""
    page = place.page if isinstance(place, Locator) else place
    return place.get_by_role("row").filter(has=page.get_by_text(name, exact=True))


def fill_in(page: Page, values: Mapping[str, str | bool]) -> None:
    """Set controls by their labels; drop-downs by the words of the choice."""
    for label, value in values.items():
        control = page.get_by_label(label, exact=True)
        if isinstance(value, bool):
            control.set_checked(value)
        elif control.evaluate("control => control.matches('select')"):
            control.select_option(label=value)
        else:
            control.fill(value)


def section(page: Page, name: str) -> Locator:
    """A section of a form, by its heading."""
    return page.locator("section").filter(has=page.get_by_role("heading", name=name, exact=True))


def expect_information(page: Page, words: str) -> None:
    expect(page.get_by_role("status").filter(has_text="Information:").filter(has_text=words)).to_be_visible()
