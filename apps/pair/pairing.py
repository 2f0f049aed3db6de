"""The Primary's side of Add new node. Every failure leaves both units as they were."""

import time
from contextlib import suppress

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from apps.accounts.models import FIRST_USER
from apps.certificates.vault import unseal
from apps.common.models import Edit, Generation
from apps.pair import signing
from apps.pair.joining import Introduction
from apps.pair.link import PeerRefuses, Stranger, Unreachable, ask_unknown, connected, introduced
from apps.pair.models import Step, Undertaking, What
from apps.pair.pushing import NotTaken, push
from apps.services.models import Layer7
from apps.system import host, webui
from apps.unit.models import Peer, Role

PATIENCE = 60.0  # seconds without an answer from a unit that is acquainted already
FORGOTTEN = "The worker stopped before the pairing had begun. Enter the password again."
NO_PROOF = "{} does not know the password of its user {} either: somebody may stand between. Nothing was changed."
TAKEN_ALREADY = "This unit is {} of a pair with {} already."
AS_BEFORE = "Both units are as they were before."
NOT_TOLD = (
    "This unit is as it was before. {} could not be told: it goes back by itself within minutes, unless it had taken "
    "the configuration. Then press Break Clustered Pair there."
)
DONE = (
    "{} is the Secondary now. To finish, press Restart Heartbeat, and Reload HAProxy, in the Commit changes box. "
    "Then set what is not copied: Compare the units."
)


class NotPaired(Exception):
    """The units are as they were; the message says why."""


def pair(undertaking: Undertaking) -> None:
    """From the press of the button to its final step; one that was cut off goes on. Raises NotPaired."""
    peer = _acquainted(undertaking) or _acquaint(undertaking)
    undertaking.enter(Step.COPYING, hostname=peer.hostname, fingerprint=peer.fingerprint)
    try:
        _push(peer)
    except NotTaken as problem:
        then = AS_BEFORE if _forget(peer) else NOT_TOLD.format(peer)
        raise NotPaired(f"{problem} {then}") from problem
    undertaking.enter(Step.VERIFYING)
    _finish(peer, undertaking.user)
    undertaking.enter(Step.DONE, sentence=DONE.format(peer.hostname))


def _acquainted(undertaking: Undertaking) -> Peer | None:
    """Who was found before it was cut off. Somebody else may have added this unit meanwhile. Raises NotPaired."""
    peer = Peer.get()
    if peer and not (peer.is_primary and peer.address == undertaking.address):
        raise NotPaired(TAKEN_ALREADY.format(Role(peer.role).label, peer))
    return peer


def _push(peer: Peer) -> None:
    """One that does not answer for a moment may have taken it already: only it can tell. Raises NotTaken."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            push(peer)
        except NotTaken as problem:
            if not isinstance(problem.__cause__, Unreachable) or time.monotonic() > deadline:
                raise
            time.sleep(1)
        else:
            return


def _acquaint(undertaking: Undertaking) -> Peer:
    password = _password(undertaking)
    undertaking.enter(Step.ASKING)
    address = str(undertaking.address)
    try:
        with introduced(address, undertaking.port) as (connection, fingerprint):
            undertaking.enter(Step.PROVING, fingerprint=fingerprint)
            invited = ask_unknown(connection, "invite")
            given = _introduction(undertaking, str(invited["nonce"]))
            secret, key = signing.hashed(password, str(invited["recipe"])), str(invited["key"])
            proof = given.proof(Role.PRIMARY, secret, key, fingerprint)
            joined = ask_unknown(connection, "join", **vars(given), proof=proof)
    except (KeyError, signing.BadRecipe) as problem:
        raise NotPaired(f"{address} answers, but not as a unit of this version does.") from problem
    except (Unreachable, PeerRefuses, Stranger) as problem:
        raise NotPaired(str(problem)) from problem
    if not given.is_proven(str(joined.get("proof")), Role.SECONDARY, secret, key, fingerprint):
        raise NotPaired(NO_PROOF.format(address, FIRST_USER))
    return _remember(undertaking, key, str(joined.get("hostname"))[:64], fingerprint)


def _password(undertaking: Undertaking) -> str:
    name = f"pairing:{undertaking.pk}"
    sealed = cache.get(name)
    cache.delete(name)
    if not sealed:
        raise NotPaired(FORGOTTEN)
    return unseal(sealed)


def _introduction(undertaking: Undertaking, nonce: str) -> Introduction:
    return Introduction(
        nonce=nonce,
        key=signing.own_key(),
        hostname=host.hostname()[:64],
        version=settings.VERSION,
        own_address=str(undertaking.own_address),
        address=str(undertaking.address),
        port=webui.listens(settings.PATHS, settings.ENVIRONMENT).port,
        clock=time.time(),
    )


def _remember(undertaking: Undertaking, key: str, hostname: str, fingerprint: str) -> Peer:
    return Peer.objects.create(
        pk=1,
        role=Role.PRIMARY,
        own_address=str(undertaking.own_address),
        address=str(undertaking.address),
        port=undertaking.port,
        hostname=hostname,
        key=key,
        fingerprint=fingerprint,
        since=timezone.now(),
    )


def _finish(peer: Peer, user: str) -> None:
    """Both know each other. Persistence tables are copied from now on, so that a failover keeps clients' servers."""
    with transaction.atomic():
        Peer.objects.filter(pk=peer.pk).update(is_paired=True)
        layer7 = Layer7.get()
        if not layer7.replicate:
            layer7.replicate = True
            layer7.save()
            Edit.record(user, layer7, "changed")
        Generation.touch()


def _forget(peer: Peer) -> bool:
    """Have both units be as they were, and say whether the other one was told; else it sees to it by itself."""
    is_told = False
    with suppress(Unreachable, Stranger, PeerRefuses), connected(peer) as link:
        link.ask("do", what=What.CLEAR)
        is_told = True
    Peer.objects.filter(pk=peer.pk, is_paired=False).delete()
    return is_told
