"""Commit changes > Review, and Discard changes."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from apps.accounts.models import Group
from apps.accounts.roles import needs
from apps.changes import history
from apps.changes.candidate import fingerprints
from apps.changes.review import NOTHING, beside, configuration, get_running, saved
from apps.changes.review import review as load
from apps.changes.views import LONGEST_REASON
from apps.changes.xml import DocumentRefused


@needs(Group.REPORT)
def review(request: HttpRequest) -> HttpResponse:
    """What a commit would change and cost."""
    found = load(whole="all" in request.GET)
    page = {"title": "Review", "review": found, "longest_reason": LONGEST_REASON}
    return render(request, "changes/review.html", page)


@needs(Group.CONFIG)
def discard(request: HttpRequest) -> HttpResponse:
    """Show what would be lost; posted, it is lost."""
    if request.method == "POST":
        problem = history.objection(request.POST.get("seen", ""))
        if not problem:
            return _discard(request)
        messages.warning(request, problem)
    return _preview(request)


def _discard(request: HttpRequest) -> HttpResponse:
    running = get_running()
    target = configuration(running.revision) if running else NOTHING
    try:
        history.go_back(request.user.get_username(), target.document)
    except DocumentRefused as refused:
        messages.error(request, f"Nothing was discarded. {refused}")
    else:
        is_all = fingerprints()[0] == target.fingerprint
        left = "What is saved is what runs." if is_all else "What is left below cannot be taken back this way."
        messages.success(request, f"The changes were discarded. {left}")
    return redirect("review")


def _preview(request: HttpRequest) -> HttpResponse:
    new, running = saved(), get_running()
    old = configuration(running.revision) if running else NOTHING
    if new.fingerprint == old.fingerprint:
        messages.info(request, "Nothing is discarded: what is saved is what runs.")
        return redirect("review")
    comparison = beside("Saved", new, "Running", old, whole="all" in request.GET)
    page = {
        "title": "Discard changes",
        "button": "Discard changes",
        "crumbs": [("Commit changes", ""), ("Review", reverse("review"))],
        "cancel": reverse("review"),
        "loss": "Everything that was saved since the last commit goes back to what runs, whoever changed it. "
        "Traffic is not touched. Drain, halt and online stay as they are, and so does Heartbeat Configuration.",
        "comparison": comparison,
        "seen": new.fingerprint,
    }
    return render(request, "changes/go_back.html", page)
