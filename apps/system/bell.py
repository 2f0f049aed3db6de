"""Tells other processes at once that something happened, over Redis. Whoever misses it finds out later by asking."""

import select
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from redis import Redis
from redis.backoff import NoBackoff
from redis.client import PubSub
from redis.exceptions import RedisError
from redis.retry import Retry

STREAMS = 16  # browsers that one web process tells at once; each costs it a thread
PATIENCE = 0.3  # seconds: whoever rings has something better to do


class NoBell(Exception):
    """Redis does not answer."""


class Listener:
    """Hears every word that is rung from now on."""

    def __init__(self, channel: PubSub) -> None:
        self._channel = channel

    def hear(self, timeout: float) -> str | None:
        """The next word; None when there is none in time. Raises NoBell."""
        try:
            message = self._channel.get_message(ignore_subscribe_messages=True, timeout=timeout)
        except RedisError as error:
            raise NoBell(str(error)) from error
        return str(message["data"]) if message else None


def ring(redis: Path, channel: str, word: str) -> None:
    """Tell whoever listens. Never fails: Redis may be away, and what happened has happened all the same."""
    with suppress(RedisError), _link(redis) as link:
        link.publish(channel, word)


@contextmanager
def listen(redis: Path, channel: str) -> Iterator[Listener]:
    """Raises NoBell."""
    with _link(redis) as link, link.pubsub() as subscription:
        try:
            subscription.subscribe(channel)
            confirmed = subscription.get_message(timeout=PATIENCE)
        except RedisError as error:
            raise NoBell(str(error)) from error
        if not confirmed:
            raise NoBell("Redis does not answer.")
        yield Listener(subscription)


def has_left(client: socket.socket | None) -> bool:
    """Whether a browser with nothing more to say closed its connection: that is all that can arrive from it."""
    if client is None:
        return False  # not told by this web server
    poll = select.poll()
    poll.register(client, select.POLLIN)
    return bool(poll.poll(0))


def _link(redis: Path) -> Redis:
    return Redis(
        unix_socket_path=str(redis),
        socket_timeout=PATIENCE,
        retry=Retry(NoBackoff(), 0),
        decode_responses=True,
        driver_info=None,  # saying which library this is takes longer than what there is to say
    )
