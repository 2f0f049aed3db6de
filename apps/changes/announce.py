"""Tells every open page that its Commit changes box looks different now."""

from functools import partial

from django.conf import settings
from django.db import transaction
from django.dispatch import receiver

from apps.common.models import touched
from apps.system import bell

CHANNEL = "commit-box"


def announce(word: str) -> None:
    """Once others can read what was saved. The word says what it was; that of a job begins with its number."""
    transaction.on_commit(partial(bell.ring, settings.PATHS.redis_socket, CHANNEL, word))


@receiver(touched)
def announce_edit(sender: object, **kwargs: object) -> None:
    announce("saved")
