"""The view functions every page shares. A view calls them; nothing inherits."""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import messages
from django.db import models, transaction
from django.db.models import ProtectedError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string

from apps.common.forms import OptionForm
from apps.common.models import Edit, Generation, Refused

REFUSED = 422


def edit(
    request: HttpRequest,
    form: OptionForm,
    *,
    title: str,
    saved: str,
    done: str,
    context: dict[str, Any] | None = None,
    touch: bool = True,
    template: str = "common/edit.html",
    also: Callable[[Any], None] = lambda saved_object: None,
) -> HttpResponse:
    """Show a form; on a good POST save it and go to `done`. `saved` says what happened, with the object as `{}`.

    Traffic is untouched: it changes on commit. `touch` is off for what is never committed. What somebody else saved
    meanwhile is never overwritten silently: both versions are shown, and a second Update decides. `also` is done with
    what was saved, in the same transaction.
    """
    if request.method == "POST" and form.is_valid() and not form.meet(request.POST.get("stamp", "")):
        what = "changed" if form.instance.pk else "added"
        try:
            with transaction.atomic():
                saved_object = form.save()
                Edit.record(request.user.get_username(), saved_object, what)
                also(saved_object)
                if touch:
                    Generation.touch()
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, saved.format(saved_object))
            return redirect(done)
    status = REFUSED if form.errors or form.conflicts else 200
    page = {"form": form, "title": title, "cancel": done, **(context or {})}
    return render(request, template, page, status=status)


def delete(
    request: HttpRequest,
    instance: models.Model,
    *,
    loss: str,
    done: str,
    touch: bool = True,
    protect: Callable[[Sequence[models.Model]], None] = lambda items: None,
    choice: str = "",
    chosen: Callable[[], None] = lambda: None,
) -> HttpResponse:
    """Ask, then delete. `loss` says what goes; an object still in use is kept, and the message says who uses it.

    `protect` raises ProtectedError for a use that the database does not know. `choice` is offered beside, as a tick:
    with it `chosen` is done in the same transaction.
    """
    name = f"{instance._meta.verbose_name} {instance}"
    if request.method == "POST":
        try:
            with transaction.atomic():
                protect([instance])
                Edit.record(request.user.get_username(), instance, "removed")
                instance.delete()
                if choice and request.POST.get("choice"):
                    chosen()
                if touch:
                    Generation.touch()
        except ProtectedError as error:
            messages.error(request, f"{name} is used by {users(error)}. Choose something else there, then delete it.")
        else:
            messages.success(request, f"{name} deleted.")
        return redirect(done)
    return confirm(request, title=f"Delete {name}", loss=loss, button="Delete", cancel=done, choice=choice)


def users(error: ProtectedError) -> str:
    """Who uses what cannot be deleted."""
    return ", ".join(sorted(f"{user._meta.verbose_name} {user}" for user in error.protected_objects))


def confirm(
    request: HttpRequest,
    *,
    title: str,
    loss: str,
    button: str,
    cancel: str,
    hidden: dict[str, str] | None = None,
    choice: str = "",
) -> HttpResponse:
    """Ask before something is lost: the same address, posted once more with `hidden`, does it. `choice` is a tick."""
    page = {"title": title, "loss": loss, "button": button, "cancel": cancel, "hidden": hidden or {}, "choice": choice}
    return render(request, "common/confirm.html", page)


def attachment(text: str, name: str, kind: str) -> HttpResponse:
    """A text as a file to keep."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(text, content_type=f"{kind}; charset=utf-8", headers=headers)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The page's form was too old, or came from elsewhere."""
    explanation = (
        "This form was opened before you logged in, or by another site. Go back, reload the page and try again."
    )
    return problem(request, 403, "Nothing was changed", explanation)


def problem(request: HttpRequest, status: int, title: str, explanation: str) -> HttpResponse:
    return render(request, "problem.html", {"title": title, "explanation": explanation}, status=status)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problem(
        request, 403, "Not allowed", str(exception) or "Your group may not do this. Ask a user in group config."
    )


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problem(request, 404, "Not found", "This page does not exist, or the object was deleted meanwhile.")


def server_error(request: HttpRequest) -> HttpResponse:
    """Without the frame: whatever broke may be what the frame needs."""
    return HttpResponse(render_to_string("500.html"), status=500)
