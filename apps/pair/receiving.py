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
from apps.pair.link import NUMBER, SESSION, SIGNATURE, UNKNOWN
from apps.system import webui
from apps.unit.models import Peer

LARGEST = 64 * 1024 * 1024  # bytes of a question
SMALL = 64 * 1024  # of one that a stranger may ask
LASTS = 600  # seconds of a session
Answer = dict[str, Any]


class Refuse(Exception):
    """The question is not answered; the message says why to the administrator of the other unit."""


def open_session() -> str:
    session = secrets.token_hex(16)
    cache.set(_name(session), 0, LASTS)
    return session


def own_fingerprint() -> str:
    """Of the certificate that this unit's WebUI shows."""
    shown = x509.load_pem_x509_certificate(webui.shown(settings.PATHS).encode())
    return shown.fingerprint(hashes.SHA256()).hex()


def from_peer(what: str) -> Callable[[Callable[[Peer, bytes], Answer]], Callable[..., HttpResponseBase]]:
    """Declare a view that answers the peer's question of this name, and nobody else's."""

    def declare(work: Callable[[Peer, bytes], Answer]) -> Callable[..., HttpResponseBase]:
        @by_itself
        @csrf_exempt
        @require_POST
        def view(request: HttpRequest) -> HttpResponse:
            body = request.read(LARGEST + 1)
            peer = _asking(request, what, body)
            if peer is None:
                return JsonResponse({"problem": "This unit does not know who asks."}, status=UNKNOWN)
            return _answered(lambda: work(peer, body))

        return view

    return declare


def from_anybody(work: Callable[[HttpRequest, bytes], Answer]) -> Callable[..., HttpResponseBase]:
    """Declare a view that has to find out by itself who asks."""

    @by_itself
    @csrf_exempt
    @require_POST
    def view(request: HttpRequest) -> HttpResponse:
        body = request.read(SMALL + 1)
        if len(body) > SMALL:
            return JsonResponse({"problem": "The question is too long."}, status=413)
        return _answered(lambda: work(request, body))

    return view


def _answered(work: Callable[[], Answer]) -> HttpResponse:
    try:
        return JsonResponse(work())
    except Refuse as refuse:
        return JsonResponse({"problem": str(refuse)}, status=409)


def _asking(request: HttpRequest, what: str, body: bytes) -> Peer | None:
    peer, session, number = Peer.get(), request.headers.get(SESSION, ""), request.headers.get(NUMBER, "")
    if peer is None or len(body) > LARGEST or not number.isdecimal():
        return None
    signed = (what, session, number, hashlib.sha256(body).digest(), signing.own_key())
    if not signing.is_signed(peer.key, request.headers.get(SIGNATURE, ""), *signed):
        return None
    return peer if _is_next(session, int(number)) else None


def _is_next(session: str, number: int) -> bool:
    """Counts, so that no question is answered twice."""
    try:
        return bool(cache.incr(_name(session)) == number)
    except ValueError:  # no such session, or it is over
        return False


def _name(session: str) -> str:
    return f"pair:session:{session[:64]}"
