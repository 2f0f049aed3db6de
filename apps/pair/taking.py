"""The Secondary makes itself what the Primary sent: in the database, then by a commit of its own, checked by its own
HAProxy. A delivery that was cut off is simply taken again.
"""

import json
import logging

from cryptography.fernet import InvalidToken
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction

from apps.certificates.models import AcmeAccount, AcmeOrder, Certificate
from apps.certificates.vault import unseal
from apps.changes import candidate, engine, restore
from apps.changes import states as administrative
from apps.changes.document import FLOATING, KINDS, LAYER7, MANUAL, VIRTUAL, Document, Kind, document
from apps.changes.models import Job, Running, prune_jobs
from apps.changes.models import Kind as JobKind
from apps.changes.xml import DocumentRefused, from_xml, item_of, texts, to_xml, without_states
from apps.common.models import Generation
from apps.pair import bundle, tables
from apps.pair.bundle import Bundle
from apps.pair.models import Delivery
from apps.services.models import RealServer, State
from apps.system import files, heartbeat
from apps.unit.models import Heartbeat, Peer

logger = logging.getLogger(__name__)
ALONE = frozenset({VIRTUAL, FLOATING, LAYER7, MANUAL})  # kinds whose objects nothing else names by a key
BY = "Primary"  # who, in the history of the Secondary
BROKEN = "Taking it ended with an error that was not expected: the log of the worker says more."
UNSEALED = "What the Primary sent could not be decrypted."
NEWER = "A newer one came."
KNOWN: dict[int, str] = {}  # what is configured, by the generation: to find it out takes longer than all the rest


class Refused(Exception):
    """This unit cannot run what came; the message says why. It goes on running what it ran."""


def take(delivery: Delivery) -> None:
    """To its final state. The first one also ends the acquaintance: it makes this unit the Secondary, or undoes all."""
    peer = Peer.get()
    if peer is None or peer.is_primary:
        Delivery.objects.all().delete()  # nobody's any more, and there are private keys in it
    elif delivery.state == Delivery.State.WAITING:
        try:
            _take(delivery, is_first=not peer.is_paired)
        except (Refused, DocumentRefused, bundle.Unreadable, InvalidToken) as problem:
            _refuse(delivery, str(problem) or UNSEALED)
        finally:
            if delivery.state == Delivery.State.WAITING:  # a defect of ours; the Primary must not wait for ever
                _refuse(delivery, BROKEN)


def _take(delivery: Delivery, *, is_first: bool) -> None:
    found = bundle.unpack(bytes.fromhex(unseal(delivery.sealed)))
    if is_first:
        heartbeat.hold(settings.PATHS)  # the Primary holds the floating IPs
    _run(found, is_new=_write(delivery, found, is_first=is_first))
    _prove(found)
    _finish(delivery, Delivery.State.TAKEN, "")
    if is_first:
        _settle()


def _refuse(delivery: Delivery, sentence: str) -> None:
    _finish(delivery, Delivery.State.REFUSED, sentence)
    if Peer.paired() is None:
        undo_first()


def _settle() -> None:
    """Of a pair HAProxy knows both units. If it does not want to, the Primary's next delivery tells."""
    try:
        if not _is_told():
            _commit("Clustered pair created")
    except Refused as problem:
        logger.warning("%s", problem)


def resume() -> None:
    """What was cut off goes on, to its end."""
    for delivery in Delivery.objects.filter(state=Delivery.State.WAITING).order_by("pk"):
        take(delivery)
    peer, last = Peer.get(), Delivery.objects.first()
    if peer and peer.is_paired and not peer.is_primary and last and last.state == Delivery.State.TAKEN:
        _settle()
    elif peer and not peer.is_paired and last and last.state == Delivery.State.REFUSED:
        undo_first()


def _write(delivery: Delivery, found: Bundle, *, is_first: bool) -> bool:
    """Whether what is configured is another one now."""
    with transaction.atomic():
        if is_first and not Delivery.objects.exclude(before="").exists():
            delivery.before = json.dumps(_before())
            delivery.save(update_fields=["before"])
        has_other_rows = tables.write(found.tables)
        is_new = _write_document(found.document)
        if _write_states(found.states) or is_new or has_other_rows:
            Generation.touch()
    _write_fallback(found.fallback)
    return is_new


def _before() -> dict[str, object]:
    """All that the first delivery replaces."""
    page = files.read(settings.PATHS.fallback_page)
    return {"tables": tables.whole(), "document": _candidate(), "fallback": page}


def _write_fallback(page: str) -> None:
    if page and files.read(settings.PATHS.fallback_page) != page:
        files.write(settings.PATHS.fallback_page, page, mode=0o644)


def _write_document(text: str) -> bool:
    """Whether anything differed. Only what did is touched: a thousand services take long to read."""
    wanted, there = _configured(text), _there()
    if wanted == there:
        return False
    new, old = texts(wanted), texts(there)
    differing = {key: chunk for key, chunk in new.items() if old.get(key) != chunk}
    gone = old.keys() - new.keys()
    if not {kind for kind, _ in [*differing, *gone]} <= ALONE:
        restore.restore(from_xml(text), states=True)
        return True
    removed: dict[Kind, set[int]] = {kind: set() for kind in KINDS}
    for kind, number in gone:
        removed[kind].add(number)
    restore.restore_some([item_of(chunk, kind) for (kind, _), chunk in differing.items()], removed)
    return True


def _there() -> str:
    return KNOWN.get(Generation.current()) or _configured(_candidate())


def _candidate() -> str:
    return to_xml(document(candidate.load()))


def _configured(text: str) -> str:
    """Without states, which change more often, and without the list of certificates in use, which follows."""
    return without_states(text).partition("    <sslcerts>")[0]


def _write_states(states: dict[str, str]) -> bool:
    """Administrative states, by primary key; all others are online."""
    wanted = {int(pk): state for pk, state in states.items()}
    differing = [
        (pk, wanted.get(pk, State.ONLINE))
        for pk, state in RealServer.objects.values_list("pk", "state")
        if state != wanted.get(pk, State.ONLINE)
    ]
    for state in State:
        RealServer.objects.filter(pk__in=[pk for pk, found in differing if found == state]).update(state=state)
    return bool(differing)


def _run(found: Bundle, *, is_new: bool) -> None:
    """Have HAProxy run what is saved. Raises Refused with its reason."""
    # Not all that is configured reaches HAProxy's files, such as a script that nobody uses: the revision knows it.
    if is_new or bundle.running_digest() != bundle.configured_digest(found.document) or not _is_told():
        _commit(f"Revision {found.revision} of the Primary")
    administrative.apply()


def _is_told() -> bool:
    """Whether HAProxy runs what is saved."""
    running = Running.get()
    return running is not None and running.revision.fingerprint == candidate.fingerprints()[0]


def _commit(reason: str) -> None:
    job = Job.objects.create(kind=JobKind.RELOAD, user=BY, reason=reason)
    engine.commit(job)
    if not job.is_good:
        prune_jobs()
        raise Refused(job.sentence)


def _prove(found: Bundle) -> None:
    """What runs is the Primary's, to the letter; else all of it is written anew, once. Raises Refused."""
    wanted = bundle.configured_digest(found.document)
    KNOWN.clear()
    if bundle.running_digest() != wanted:
        with transaction.atomic():
            restore.restore(from_xml(found.document), states=True)
            _write_states(found.states)
        _run(found, is_new=True)
    if bundle.running_digest() != wanted:
        raise Refused("This unit cannot hold what the Primary sent. Look whether both run the same version.")
    KNOWN[Generation.current()] = _configured(found.document)


def _finish(delivery: Delivery, state: Delivery.State, sentence: str) -> None:
    with transaction.atomic():
        if state == Delivery.State.TAKEN and Peer.objects.filter(pk=1, is_paired=False).update(is_paired=True):
            Session.objects.all().delete()  # users are the Primary's now
            Generation.touch()
        if state == Delivery.State.TAKEN:
            Delivery.objects.update(before="")
            delivery.before = ""
        delivery.state, delivery.sentence, delivery.sealed = state, sentence, ""
        delivery.save()
        earlier = Delivery.objects.filter(pk__lt=delivery.pk)
        earlier.filter(before="").delete()
        earlier.update(state=Delivery.State.REFUSED, sentence=NEWER, sealed="")


def undo_first() -> None:
    """A pairing that came to nothing: everything is as it was before. Safe to repeat.

    The Primary is still known, so that it can be told why.
    """
    delivery = Delivery.objects.exclude(before="").first()
    if delivery:
        before = json.loads(delivery.before)
        with transaction.atomic():
            tables.put_back(before["tables"])
            restore.restore(from_xml(before["document"]), states=True)
        _write_fallback(before["fallback"])
        commit_own("Pairing undone")
        Delivery.objects.update(before="")
    heartbeat.release(settings.PATHS)


def forget_acquaintance() -> None:
    """The Primary gave up, or never came back."""
    undo_first()
    Peer.objects.filter(pk=1, is_paired=False).delete()
    Delivery.objects.all().delete()


def clear(*, keep: bool) -> None:
    """This unit is no Secondary any more: a stand-alone Primary, without the other one's configuration unless it is
    kept. Users stay, so that somebody can log in.
    """
    with transaction.atomic():
        Peer.objects.all().delete()
        Delivery.objects.all().delete()
        if not keep:
            restore.restore(Document(), states=True)
            AcmeOrder.objects.all().delete()
            AcmeAccount.objects.all().delete()
            Certificate.objects.filter(is_built_in=False).delete()
            Heartbeat.objects.all().delete()
        Generation.touch()
    commit_own("Clustered pair broken")


def commit_own(reason: str) -> None:
    engine.commit(Job.objects.create(kind=JobKind.RELOAD, reason=reason))
