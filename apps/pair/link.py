"""Speaking to the peer: over TLS whose certificate the peer signs with its own key, every question signed with ours.

A session begins with a word of the peer's choice and every question has the next number, so that what somebody
recorded is worth nothing a second time.
"""

import hashlib
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from apps.pair import signing
from apps.pair.local_facts import Fact
from apps.system import peer as door
from apps.unit.models import Peer

ROOT = "/lbadmin/pair/"
SESSION, NUMBER = "X-Lbadmin-Session", "X-Lbadmin-Number"
DIGEST, SIGNATURE = "X-Lbadmin-Digest", "X-Lbadmin-Signature"
UNKNOWN = 401


class Unreachable(Exception):
    """The peer does not answer; the message says how."""


class Stranger(Exception):
    """Whoever answers is not the peer, or does not know this unit any more."""


class PeerRefuses(Exception):
    """The peer answered, but does not do it; the message is its own."""


class Link:
    """An open session. Questions are asked one after the other."""

    def __init__(self, connection: door.Connection, peer: Peer, session: str) -> None:
        self._connection = connection
        self._peer = peer
        self._session = session
        self._number = 0

    def ask(self, what: str, /, **given: Any) -> dict[str, Any]:
        """Raises Unreachable, Stranger, PeerRefuses."""
        return self.send(what, json.dumps(given).encode())

    def send(self, what: str, body: bytes) -> dict[str, Any]:
        self._number += 1
        session, number, digest = self._session, str(self._number), hashlib.sha256(body).hexdigest()
        signature = signing.sign(what, session, number, digest, self._peer.key)
        headers = {SESSION: session, NUMBER: number, DIGEST: digest, SIGNATURE: signature}
        return _post(self._connection, what, body, headers)


@contextmanager
def connected(peer: Peer, *, patience: float = door.ANSWER) -> Iterator[Link]:
    """Each answer may take so many seconds. Raises Unreachable, Stranger, PeerRefuses."""
    try:
        with door.Connection(peer.address, peer.port, patience=patience) as connection:
            nonce = secrets.token_hex(16)
            found = ask_unknown(connection, "hello", nonce=nonce, signature=signing.sign("hello?", nonce, peer.key))
            session, signature = str(found.get("session")), str(found.get("signature"))
            if not signing.is_signed(peer.key, signature, "hello", nonce, session, connection.fingerprint):
                raise Stranger(f"Who answers at {peer.address} is not {peer.hostname}, or somebody stands between.")
            _note(peer, connection.fingerprint)
            yield Link(connection, peer, session)
    except door.NotReached as error:
        raise Unreachable(f"{peer} does not answer: {error}.") from error


def _note(peer: Peer, fingerprint: str) -> None:
    """The peer vouches for its certificate itself, so it may have a new one."""
    if peer.fingerprint != fingerprint:
        peer.fingerprint = fingerprint
        Peer.objects.filter(pk=peer.pk).update(fingerprint=fingerprint)


@contextmanager
def introduced(address: str, port: int) -> Iterator[tuple[door.Connection, str]]:
    """A connection to a unit that is not the peer yet, and its certificate's fingerprint. Raises Unreachable."""
    try:
        with door.Connection(address, port) as connection:
            yield connection, connection.fingerprint
    except door.NotReached as error:
        raise Unreachable(f"{address} does not answer on port {port}: {error}.") from error


def ask_unknown(connection: door.Connection, what: str, /, **given: Any) -> dict[str, Any]:
    """A question that anybody may ask. Raises PeerRefuses, Stranger."""
    return _post(connection, what, json.dumps(given).encode(), {})


def _post(connection: door.Connection, what: str, body: bytes, headers: dict[str, str]) -> dict[str, Any]:
    status, text = connection.post(f"{ROOT}{what}/", body, headers)
    try:
        found = json.loads(text)
    except ValueError:
        raise PeerRefuses("It answers, but not as a unit of this version does.") from None
    if not isinstance(found, dict):
        raise PeerRefuses("It answers, but not as a unit of this version does.")
    if status == UNKNOWN:
        raise Stranger(str(found.get("problem", "")))
    if status != 200:
        raise PeerRefuses(str(found.get("problem", "")) or "It answers, but not as a unit of this version does.")
    return found


def peer_facts() -> list[Fact]:
    """The peer's settings that are not replicated. Raises Unreachable, Stranger, PeerRefuses."""
    peer = Peer.paired()
    if peer is None:
        raise Unreachable("This is a single unit.")
    with connected(peer) as link:
        return [Fact(**fact) for fact in link.ask("facts")["facts"]]
