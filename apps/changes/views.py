"""The buttons of the Commit changes box, and how their job goes on."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST
from kombu.exceptions import OperationalError

from apps.accounts.models import Group
from apps.accounts.roles import needs
from apps.changes import tasks
from apps.changes.models import Job, Kind
from apps.changes.pending import commit_box
from apps.common.views import confirm

STOP_POLLING = 286


@needs(Group.MAINT)
@require_POST
def start(request: HttpRequest, kind: str) -> HttpResponse:
    """Queue a job and go back to where the button was; the page follows the job from there."""
    if kind == Kind.RESTART and not request.POST.get("sure"):
        return _ask_before_restart(request)
    job = Job.objects.create(kind=Kind(kind), user=request.user.get_username())
    try:
        tasks.commit.delay(job.pk)
    except OperationalError:
        job.delete()
        messages.error(request, "The worker cannot be reached, so nothing was changed. Try again in a minute.")
        return redirect(_origin(request))
    return redirect(f"{_origin(request)}?job={job.pk}")


def _ask_before_restart(request: HttpRequest) -> HttpResponse:
    return confirm(
        request,
        title=Kind.RESTART.label,
        loss="Every connection through this unit will be cut. A reload takes the saved configuration without that.",
        button=Kind.RESTART.label,
        cancel=_origin(request),
        hidden={"sure": "yes", "origin": _origin(request)},
    )


@needs(Group.REPORT)
@require_GET
def follow(request: HttpRequest, pk: int) -> HttpResponse:
    """The box while a job is under way, for htmx; the last answer ends the polling."""
    job = get_object_or_404(Job, pk=pk)
    box = commit_box(request)
    status = STOP_POLLING if job.is_final else 200
    return render(request, "changes/_box.html", {"commit": box, "job": job, "is_update": True}, status=status)


def _origin(request: HttpRequest) -> str:
    """The page of the button, without its parameters; never another site."""
    origin = request.POST.get("origin", "")
    safe = url_has_allowed_host_and_scheme(origin, allowed_hosts=None) and origin.startswith("/lbadmin/")
    return origin if safe else "/lbadmin/"
