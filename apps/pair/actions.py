"""What the pages have the worker do. Only one of these is under way at a time."""

from celery import current_app
from django.core.cache import cache
from django.db import transaction
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from apps.certificates.vault import seal
from apps.pair.models import Undertaking, What

UNDERTAKE = "apps.pair.tasks.undertake"
REMEMBERED = 120  # seconds for the worker to take the password


class AnotherRuns(Exception):
    """Only one undertaking at a time; the message says which is under way."""


def begin(what: What, user: str, *, keep: bool = False) -> Undertaking:
    """Queue an undertaking other than pairing.

    Raises AnotherRuns, OperationalError when the worker cannot be reached; nothing is begun then.
    """
    return _queue(Undertaking(what=what, user=user, keep=keep))


def add_node(own_address: str, address: str, password: str, user: str, *, port: int = 9443) -> Undertaking:
    """Queue a pairing; the password is left to the worker in memory only. Raises like begin."""
    row = Undertaking(what=What.PAIR, user=user, own_address=own_address, address=address, port=port)
    return _queue(row, password)


def _queue(row: Undertaking, password: str = "") -> Undertaking:
    with transaction.atomic():  # writers wait for each other from its beginning
        if running := Undertaking.running():
            raise AnotherRuns(
                f"{running.user} has begun something else: {running.get_what_display()}. Wait for its end."
            )
        row.save()
    try:
        if password:
            cache.set(f"pairing:{row.pk}", seal(password), REMEMBERED)
        current_app.send_task(UNDERTAKE, [row.pk])
    except (OperationalError, RedisError) as error:
        row.delete()
        raise OperationalError(str(error)) from error
    return row
