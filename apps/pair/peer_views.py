"""What this unit answers the other one."""

import json
import secrets
from dataclasses import asdict
from typing import Any

from axes.handlers.proxy import AxesProxyHandler
from django.conf import settings
from django.contrib.auth.signals import user_login_failed
from django.core.cache import cache
from django.http import HttpRequest

from apps.accounts.models import FIRST_USER, User
from apps.certificates.vault import seal
from apps.pair import bundle, joining, local_facts, signing
from apps.pair.models import Delivery, What
from apps.pair.receiving import LARGEST, Answer, Refuse, from_anybody, from_peer, open_session, own_fingerprint
from apps.pair.taking import NEWER
from apps.pair.working import NotDone, done_here, start
from apps.system import heartbeat, host, keepalived, network
from apps.unit.models import Peer, Role

INVITED = 120  # seconds between invitation and joining
INVITATIONS = 64  # at a time; anybody may ask for one, so the oldest goes
PAUSED = "Log in is paused on {} after too many wrong passwords. Try again in a few minutes."
WRONG = "The password of the user {} on {} is another one. Nothing was changed on either unit."
STRANGER = "This unit is not paired with the one that asks."
NOT_YET = "The units are not paired yet."
ALLOWED = {What.HOLD, What.RESTART, What.RELEASE, What.TAKE_OVER, What.CLEAR}  # of what the other unit may ask for


def _given(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
        json.dumps(found, ensure_ascii=False).encode()  # half characters are in no text that can be kept
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Refuse("The question cannot be read.")
    return found


@from_anybody
def hello(request: HttpRequest, body: bytes) -> Answer:
    """Begin a session with whoever has the peer's key."""
    given, peer = _given(body), Peer.get()
    nonce, signature = str(given.get("nonce")), str(given.get("signature"))
    if peer is None or not signing.is_signed(peer.key, signature, "hello?", nonce, signing.own_key()):
        raise Refuse(STRANGER)
    session, fingerprint = open_session(), own_fingerprint()
    signature = signing.sign("hello", nonce, session, fingerprint)
    return {"session": session, "signature": signature}


@from_anybody
def invite(request: HttpRequest, body: bytes) -> Answer:
    """How the password of this unit's first user is to be proven."""
    user = User.objects.filter(username=FIRST_USER).first()
    try:
        recipe = signing.recipe(user.password if user else "")
    except signing.BadRecipe:
        raise Refuse(f"The user {FIRST_USER} has no password there.") from None
    return {"nonce": _invitation(), "recipe": recipe, "key": signing.own_key()}


def _invitation() -> str:
    cache.add("pair:invitations", 0, None)
    number = cache.incr("pair:invitations") % INVITATIONS
    nonce = f"{number}-{secrets.token_hex(16)}"
    cache.set(f"pair:invited:{number}", nonce, INVITED)
    return nonce


def _is_invited(nonce: str) -> bool:
    """Once."""
    name = f"pair:invited:{nonce.partition('-')[0][:8]}"
    return bool(cache.get(name) == nonce and cache.delete(name))


@from_anybody
def join(request: HttpRequest, body: bytes) -> Answer:
    """The Primary has proven the password: become acquainted, unless something is in the way."""
    asked = _given(body)
    given, credentials = joining.Introduction.of(asked), {"username": FIRST_USER}
    if not AxesProxyHandler.is_allowed(request, credentials):
        raise Refuse(PAUSED.format(host.hostname()))
    secret = User.objects.values_list("password", flat=True).filter(username=FIRST_USER).first()
    said = (secret or "", signing.own_key(), own_fingerprint())
    is_proven = given.is_proven(str(asked.get("proof")), Role.PRIMARY, *said)
    if not (_is_invited(given.nonce) and secret and is_proven):
        user_login_failed.send(__name__, credentials=credentials, request=request)
        request.axes_locked_out = False  # type: ignore[attr-defined]  # else browsers' page of the pause is the answer
        raise Refuse(WRONG.format(FIRST_USER, host.hostname()))
    joining.accept(given)
    return {"proof": given.proof(Role.SECONDARY, *said), "hostname": host.hostname()}


@from_peer("state")
def state(peer: Peer, body: bytes) -> Answer:
    """What this unit is and runs."""
    delivery = Delivery.objects.first()
    return {
        "role": peer.role,
        "paired": peer.is_paired,
        "active": network.is_active(),
        "held": heartbeat.is_held(settings.PATHS),
        "beats": bool(keepalived.pid(settings.PATHS)),
        "document": bundle.running_digest(),
        "delivery": {"digest": delivery.digest, "state": delivery.state, "sentence": delivery.sentence}
        if delivery
        else None,
    }


@from_peer("push", LARGEST)
def push(peer: Peer, body: bytes) -> Answer:
    """Leave what the Primary sent to the worker."""
    if peer.is_primary:
        raise Refuse("This unit is a Primary itself.")
    digest, packed = body[:64].decode(errors="replace"), body[64:]
    delivery = Delivery.objects.create(digest=digest, sealed=seal(packed.hex()))
    Delivery.objects.filter(pk__lt=delivery.pk, state=Delivery.State.WAITING).update(
        state=Delivery.State.REFUSED, sealed="", sentence=NEWER
    )
    start("apps.pair.tasks.take", delivery.pk, queue="apply")
    return {"delivery": delivery.pk}


@from_peer("facts")
def facts(peer: Peer, body: bytes) -> Answer:
    """The settings that are not replicated."""
    if not peer.is_paired:
        raise Refuse(NOT_YET)
    return {"facts": [asdict(fact) for fact in local_facts.facts()]}


@from_peer("do")
def do(peer: Peer, body: bytes) -> Answer:
    """An undertaking of the administrator of the other unit, or a part of one."""
    what = str(_given(body).get("what"))
    if what not in ALLOWED:
        raise Refuse("The other unit cannot ask for that.")
    if not peer.is_paired and what != What.CLEAR:
        raise Refuse(NOT_YET)
    try:
        return {"sentence": done_here(What(what), peer.others_role.label)}
    except NotDone as problem:
        raise Refuse(str(problem)) from problem
