"""The buttons of the Commit changes box, and how their job goes on."""

from dataclasses import replace

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import trigger_client_event
from kombu.exceptions import OperationalError

from apps.accounts.models import Group
from apps.accounts.roles import needs
from apps.changes import tasks
from apps.changes.candidate import fingerprints
from apps.changes.models import Job, Kind
from apps.changes.pending import CommitBox, commit_box
from apps.common.views import confirm
from apps.unit.guard import on_secondary

STOP_POLLING = 286
LONGEST_REASON = 255


@on_secondary
@needs(Group.MAINT)
@require_POST
def start(request: HttpRequest, kind: str) -> HttpResponse:
    """Queue a job and go back to where the button was; the page follows the job from there."""
    if kind == Kind.RESTART and not request.POST.get("sure"):
        return _ask_before_restart(request)
    reason = " ".join(request.POST.get("reason", "").split())
    if objection := _objection(request, reason):
        messages.warning(request, objection)
        return redirect(origin(request))
    try:
        job = begin(request, Kind(kind), reason)
    except OperationalError:
        messages.error(request, "The worker cannot be reached, so nothing was changed. Try again in a minute.")
        return redirect(origin(request))
    return redirect(f"{origin(request)}?job={job.pk}")


def begin(request: HttpRequest, kind: Kind, reason: str) -> Job:
    """Queue a job. Raises OperationalError when the worker cannot be reached; there is no job then."""
    job = Job.objects.create(kind=kind, user=request.user.get_username(), reason=reason)
    try:
        tasks.commit.delay(job.pk)
    except OperationalError:
        job.delete()
        raise
    return job


def _objection(request: HttpRequest, reason: str) -> str:
    """Why a job is not begun; blank when it is."""
    if len(reason) > LONGEST_REASON:
        return f"The reason has {len(reason)} characters; {LONGEST_REASON} fit. Shorten it, then commit again."
    seen = request.POST.get("seen", "")  # the review says what it showed
    if seen and seen != fingerprints()[0]:
        return "Somebody saved another change meanwhile. Look through the changes again, then commit."
    return ""


def _ask_before_restart(request: HttpRequest) -> HttpResponse:
    return confirm(
        request,
        title=Kind.RESTART.label,
        loss="Every connection through this unit will be cut. A reload takes the saved configuration without that.",
        button=Kind.RESTART.label,
        cancel=origin(request),
        hidden={"sure": "yes", "origin": origin(request)},
    )


@needs(Group.REPORT)
@require_GET
def follow(request: HttpRequest, pk: int) -> HttpResponse:
    """The box while a job is under way, for htmx; the last answer ends the polling."""
    job = get_object_or_404(Job, pk=pk)
    return _show(request, replace(commit_box(request), job=job), STOP_POLLING if job.is_final else 200)


@needs(Group.REPORT)
@require_GET
def box(request: HttpRequest) -> HttpResponse:
    """The box as it is now, for htmx, as others may save or commit too; 204 while the page shows it already."""
    commit = commit_box(request)
    if commit.seen == request.GET.get("seen"):
        return HttpResponse(status=204)
    return _show(request, commit)


def _show(request: HttpRequest, commit: CommitBox, status: int = 200) -> HttpResponse:
    """One reading of the job decides what is shown and what the rest of the page is told: it may end meanwhile."""
    answer = render(request, "changes/_box.html", {"commit": commit}, status=status)
    return trigger_client_event(answer, "jobEnded") if commit.job and commit.job.is_final else answer


def origin(request: HttpRequest) -> str:
    """The page of the button, without its parameters; never another site."""
    asked = request.POST.get("origin", "")
    safe = url_has_allowed_host_and_scheme(asked, allowed_hosts=None) and asked.startswith("/lbadmin/")
    return asked if safe else "/lbadmin/"
