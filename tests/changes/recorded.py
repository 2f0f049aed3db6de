"""Commits as the worker leaves them behind, without one: what is saved becomes what runs."""

from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

from django.test import Client
from django.utils import timezone

from apps.certificates.models import Certificate
from apps.changes import candidate, engine
from apps.changes.models import Job, JobState, Kind, Running
from apps.common.models import Generation
from apps.haproxy.render import render

SERVICES = "/lbadmin/cluster/virtual-services/"
SERVERS = "/lbadmin/cluster/real-servers/"
WEB = {"label": "web", "address": "192.0.2.10", "ports": "80", "protocol": "http"}
WEB_MODIFIED = WEB | {
    "balance": "leastconn",
    "persistence": "http",
    "check_type": "connect",
    "redirect_code": "302",
    "forward_for": "on",
    "redispatch": "on",
    "request_timeout": "on",
}


def commit(state: JobState = JobState.DONE, **fields: Any) -> Job:
    start = timezone.now()
    times = {"asked": start, "started": start, "finished": start + timedelta(milliseconds=420)}
    job = Job.objects.create(**{"kind": Kind.RELOAD, "user": "loadbalancer", "state": state} | times | fields)
    config = candidate.load()
    revision = engine.record(job, config, render(config))
    if job.is_good:
        Running.record(revision)
    return job


def certificate(label: str = "site", chain: str = "one") -> Certificate:
    times: dict[str, Any] = {"valid_from": "2026-01-01T00:00Z", "valid_to": "2036-01-01T00:00Z"}
    return Certificate.objects.create(label=label, chain=chain, domain="web.example", **times)


def touched() -> None:
    """After something was saved past the pages."""
    Generation.touch()


class Words(HTMLParser):
    """The text of a page's main part, single blanks between its pieces."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self.feed(html.partition("<main")[2].partition("</main>")[0])

    def handle_data(self, data: str) -> None:
        self.pieces.append(data)

    def __str__(self) -> str:
        return " ".join(" ".join(self.pieces).split()).replace(" , ", ", ")


def text(browser: Client, url: str, **parameters: str) -> str:
    return str(Words(browser.get(url, parameters).content.decode()))
