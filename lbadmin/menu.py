"""The main menu: one nested structure, in the reference's order. A page that does not exist yet is not in it."""

from dataclasses import dataclass, field
from functools import cached_property

from django.http import HttpRequest
from django.urls import resolve, reverse

from apps.accounts.models import Group
from apps.accounts.roles import needed_group


@dataclass(frozen=True)
class Page:
    label: str
    url_name: str
    icon: str = ""

    @cached_property
    def url(self) -> str:
        return reverse(self.url_name)

    @cached_property
    def needed(self) -> Group | str | None:
        return needed_group(resolve(self.url).func)


@dataclass(frozen=True)
class Menu:
    label: str
    icon: str
    pages: list[Page] = field(default_factory=list)


MENU: list[Page | Menu] = [
    Page("System Overview", "overview", "layout-dashboard"),
    Menu(
        "Local Configuration",
        "server-cog",
        [
            Page("Security", "security"),
            Page("Service Socket Addresses", "service-sockets"),
        ],
    ),
    Menu(
        "Cluster Configuration",
        "sitemap",
        [
            Page("Layer 7 – Virtual Services", "virtual-services"),
            Page("Layer 7 – Real Servers", "real-servers"),
            Page("SSL Certificate", "certificates"),
            Page("SSL Termination", "ssl-terminations"),
            Page("Layer 7 – Manual Configuration", "layer-7-manual"),
            Page("Layer 7 – Advanced Configuration", "layer-7-advanced"),
            Page("Heartbeat Configuration", "heartbeat"),
            Page("High-Availability Configuration", "high-availability"),
            Page("Floating IPs", "floating-ips"),
            Page("Health Check Scripts", "health-check-scripts"),
        ],
    ),
    Menu(
        "Maintenance",
        "tool",
        [
            Page("Restart Services", "restart-services"),
            Page("Configuration History", "history"),
            Page("Passwords", "passwords"),
        ],
    ),
    Menu(
        "View Configuration",
        "file-code",
        [
            Page("XML", "view-xml"),
            Page("Layer 7", "view-layer-7"),
        ],
    ),
]


@dataclass
class Entry:
    """A menu entry as one request sees it."""

    label: str
    icon: str
    url: str = ""
    current: bool = False
    entries: list["Entry"] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        return any(entry.current for entry in self.entries)


def entries(request: HttpRequest) -> list[Entry]:
    """What this user may open, with the page they are on marked."""
    shown = []
    for item in MENU:
        if isinstance(item, Page):
            shown += _pages([item], request)
        elif pages := _pages(item.pages, request):
            shown.append(Entry(item.label, item.icon, entries=pages))
    return shown


def _pages(pages: list[Page], request: HttpRequest) -> list[Entry]:
    return [
        Entry(page.label, page.icon, page.url, current=_is_current(page.url, request.path))
        for page in pages
        if isinstance(page.needed, Group) and request.user.is_authenticated and request.user.may(page.needed)
    ]


def _is_current(url: str, path: str) -> bool:
    return path == url or (url != reverse("overview") and path.startswith(url))
