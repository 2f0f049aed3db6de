"""Who may ask this unit as its peer. Whoever can sign with the peer's key, in a session that this unit opened, once."""

import hashlib
import secrets
from collections.abc import Callable
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from apps.accounts.roles import by_itself
from apps.pair import signing
from apps.pair.link import DIGEST, NUMBER, SESSION, SIGNATURE, UNKNOWN
from apps.system import webui
from apps.unit.models import Peer

LARGEST = 64 * 1024 * 1024  # bytes of a configuration
SMALL = 64 * 1024  # of any other question
LASTS = 600  # seconds of a session
Answer = dict[str, Any]


class Refuse(Exception):
    """The question is not answered; the message says why to the administrator of the other unit."""

    status = 409


class TooLong(Refuse):
    status = 413


class Unknown(Refuse):
    status = UNKNOWN


def open_session() -> str:
    session = secrets.token_hex(16)
    cache.set(_name(session), 0, LASTS)
    return session


def own_fingerprint() -> str:
    """Of the certificate that this unit's WebUI shows."""
    shown = x509.load_pem_x509_certificate(webui.shown(settings.PATHS).encode())
    return shown.fingerprint(hashes.SHA256()).hex()


def from_peer(
    what: str, largest: int = SMALL
) -> Callable[[Callable[[Peer, bytes], Answer]], Callable[..., HttpResponseBase]]:
    """Declare a view that answers the peer's question of this name, and nobody else's."""

    def declare(work: Callable[[Peer, bytes], Answer]) -> Callable[..., HttpResponseBase]:
        @by_itself
        @csrf_exempt
        @require_POST
        def view(request: HttpRequest) -> HttpResponse:
            return _answered(lambda: work(*_asked(request, what, largest)))

        return view

    return declare


def from_anybody(work: Callable[[HttpRequest, bytes], Answer]) -> Callable[..., HttpResponseBase]:
    """Declare a view that has to find out by itself who asks."""

    @by_itself
    @csrf_exempt
    @require_POST
    def view(request: HttpRequest) -> HttpResponse:
        return _answered(lambda: work(request, _body(request, SMALL)))

    return view


def _answered(work: Callable[[], Answer]) -> HttpResponse:
    try:
        return JsonResponse(work())
    except Refuse as refuse:
        return JsonResponse({"problem": str(refuse)}, status=refuse.status)


def _asked(request: HttpRequest, what: str, largest: int) -> tuple[Peer, bytes]:
    """Who asks is known before the first byte is read: a stranger cannot fill the memory. Raises Unknown, TooLong."""
    peer, digest = Peer.get(), request.headers.get(DIGEST, "")
    if peer and _is_from(peer, request, what, digest):
        body = _body(request, largest)
        if hashlib.sha256(body).hexdigest() == digest:
            return peer, body
    raise Unknown("This unit does not know who asks.")


def _is_from(peer: Peer, request: HttpRequest, what: str, digest: str) -> bool:
    session, number = request.headers.get(SESSION, ""), request.headers.get(NUMBER, "")
    signed = (what, session, number, digest, signing.own_key())
    is_signed = signing.is_signed(peer.key, request.headers.get(SIGNATURE, ""), *signed)
    return is_signed and _is_next(session, number)


def _body(request: HttpRequest, largest: int) -> bytes:
    """Raises TooLong."""
    if int(request.headers.get("Content-Length") or 0) <= largest and len(body := request.read(largest + 1)) <= largest:
        return body
    raise TooLong("The question is too long.")


def _is_next(session: str, number: str) -> bool:
    """Counts, so that no question is answered twice."""
    try:
        return str(cache.incr(_name(session))) == number
    except ValueError:  # no such session, or it is over
        return False


def _name(session: str) -> str:
    return f"pair:session:{session[:64]}"
