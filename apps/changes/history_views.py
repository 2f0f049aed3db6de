"""Maintenance > Configuration History."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse, reverse_lazy
from kombu.exceptions import OperationalError

from apps.accounts.models import Group
from apps.accounts.roles import needs
from apps.changes import history
from apps.changes.candidate import fingerprints
from apps.changes.models import Job, Revision
from apps.changes.review import NOTHING, Configuration, beside, configuration, cost, get_running
from apps.changes.xml import DocumentRefused
from apps.common.views import attachment
from apps.haproxy.render import CONFIG_FILE

TITLE = "Configuration History"
CRUMBS = [("Maintenance", ""), (TITLE, reverse_lazy("history"))]


@needs(Group.REPORT)
def list_jobs(request: HttpRequest) -> HttpResponse:
    page = Paginator(history.jobs(), history.PER_PAGE).get_page(request.GET.get("page"))
    choices = history.choices()
    before, after = history.usual_pair(choices)
    context: dict[str, Any] = {"title": TITLE, "page": page, "records": history.records(page)}
    context |= {"choices": choices, "before": before, "after": after}
    return render(request, "changes/history.html", context)


@needs(Group.REPORT)
def revision(request: HttpRequest, pk: int) -> HttpResponse:
    """One job: what it set out to run, compared with what ran before, and how it ended."""
    job = get_object_or_404(Job.objects.select_related("revision"), pk=pk)
    own = getattr(job, "revision", None)
    page = {
        "title": f"Revision {pk}",
        "crumbs": CRUMBS,
        "record": history.Record(job, "", pk == history.running_number()),
        "own": own,
        "config": own.files[CONFIG_FILE] if own else "",
        "comparison": _since_before(request, own) if own else None,
    }
    return render(request, "changes/revision.html", page)


def _since_before(request: HttpRequest, own: Revision) -> Any:
    before = history.previous(own)
    heading = f"Revision {before.pk}" if before else "Before"
    old = configuration(before) if before else NOTHING
    return beside(heading, old, f"Revision {own.pk}", configuration(own), whole="all" in request.GET)


@needs(Group.REPORT)
def compare(request: HttpRequest) -> HttpResponse:
    """Any two revisions."""
    choices = history.choices()
    before, after = history.usual_pair(choices)
    before, after = _chosen(request, "before", choices, before), _chosen(request, "after", choices, after)
    found = Revision.objects.in_bulk({before, after})
    page: dict[str, Any] = {"title": "Compare", "crumbs": CRUMBS, "choices": choices, "before": before, "after": after}
    if found:
        old, new = configuration(found[before]), configuration(found[after])
        headings = f"Revision {before}", f"Revision {after}"
        page["comparison"] = beside(headings[0], old, headings[1], new, whole="all" in request.GET)
        page["whole_query"] = f"before={before}&after={after}&all"
    return render(request, "changes/compare.html", page)


def _chosen(request: HttpRequest, name: str, choices: list[history.Choice], otherwise: int) -> int:
    asked = request.GET.get(name, "")
    return next((choice.number for choice in choices if str(choice.number) == asked), otherwise)


@needs(Group.CONFIG)
def roll_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what it would change; posted, it is saved and committed."""
    own = get_object_or_404(Revision.objects.select_related("job"), pk=pk)
    if request.method == "POST":
        problem = history.objection(request.POST.get("seen", ""))
        if not problem:
            return _roll_back(request, own)
        messages.warning(request, problem)
    return _preview(request, own)


def _roll_back(request: HttpRequest, own: Revision) -> HttpResponse:
    try:
        job = history.roll_back(request, own, configuration(own).document)
    except DocumentRefused as refused:
        messages.error(request, f"Nothing was changed. {refused}")
        return redirect("roll-back", own.pk)
    except OperationalError:
        messages.error(
            request,
            f"The worker cannot be reached. Revision {own.pk} is saved, but does not run yet: "
            "press Reload HAProxy in a minute.",
        )
        return redirect("history")
    return redirect(f"{reverse('history')}?job={job.pk}")


def _preview(request: HttpRequest, own: Revision) -> HttpResponse:
    running, seen, target = get_running(), fingerprints()[0], configuration(own)
    old: Configuration = configuration(running.revision) if running else NOTHING
    page = {
        "title": f"Roll back to revision {own.pk}",
        "button": "Roll back",
        "crumbs": [*CRUMBS, (str(own), reverse("revision", args=[own.pk]))],
        "cancel": reverse("revision", args=[own.pk]),
        "loss": f"The configuration becomes that of revision {own.pk}, and HAProxy takes it over at once, "
        "after the same checks as with every commit. Drain, halt and online stay as they are.",
        "comparison": beside("Running", old, f"Revision {own.pk}", target, whole="all" in request.GET),
        "cost": cost(old, target),
        "is_pending": seen != old.fingerprint,
        "job": own.job,
        "seen": seen,
    }
    return render(request, "changes/go_back.html", page)


@needs(Group.REPORT)
def download_xml(request: HttpRequest, pk: int) -> HttpResponse:
    own = get_object_or_404(Revision, pk=pk)
    return attachment(own.document, f"lb_config-{pk}.xml", "application/xml")


@needs(Group.REPORT)
def download_config(request: HttpRequest, pk: int) -> HttpResponse:
    own = get_object_or_404(Revision, pk=pk)
    return attachment(own.files[CONFIG_FILE], CONFIG_FILE, "text/plain")
