"""Beginning an undertaking. Called by the web process, which only writes the row; `tasks` does the rest."""

from celery import current_app
from django.core.cache import cache
from django.db import transaction
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from apps.certificates.vault import seal
from apps.pair.models import Undertaking, What
from apps.unit.models import WEBUI_PORT

TASK = "apps.pair.tasks.undertake"
REMEMBERED = 120  # seconds, in memory only: for the worker to read a password


class AnotherRuns(Exception):
    """Only one undertaking can be under way at a time; the message says which one is."""


def begin(what: What, user: str, *, keep: bool = False) -> Undertaking:
    """Queue an undertaking other than pairing. Raises AnotherRuns (apps.pair.actions), OperationalError when the worker
    cannot be reached; nothing is begun then.
    """
    undertaking = _record(what=what, user=user, keep=keep)
    _send(undertaking)
    return undertaking


def add_node(own_address: str, address: str, password: str, user: str, *, port: int = WEBUI_PORT) -> Undertaking:
    """Queue a pairing; the password is left to the worker in memory only. Raises like begin."""
    undertaking = _record(what=What.PAIR, user=user, own_address=own_address, address=address, port=port)
    _send(undertaking, password)
    return undertaking


def _record(**fields: object) -> Undertaking:
    with transaction.atomic():  # writers wait for each other from its beginning
        if running := Undertaking.running():
            raise AnotherRuns(
                f"{running.get_what_display()}, which {running.user} asked for, is under way just now, so nothing was "
                "begun. Wait until it has ended, then try again."
            )
        return Undertaking.objects.create(**fields)


def _send(undertaking: Undertaking, password: str = "") -> None:
    try:
        if password:
            cache.set(f"pairing:{undertaking.pk}", seal(password), REMEMBERED)
        current_app.send_task(TASK, [undertaking.pk])
    except (OperationalError, RedisError) as error:
        undertaking.delete()
        raise OperationalError("The worker cannot be reached.") from error
