"""Tells the worker that the Secondary has something to learn. A look every few seconds finds what nobody told."""

from contextlib import suppress

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

from apps.unit.models import Peer, Role

PUSH = "apps.pair.tasks.push"  # its app stands above those that call this


def follow() -> None:
    """Once others can read what was saved."""
    if Peer.objects.filter(pk=1, is_paired=True, role=Role.PRIMARY).exists():
        transaction.on_commit(_send)


def _send() -> None:
    with suppress(OperationalError):
        current_app.send_task(PUSH)
