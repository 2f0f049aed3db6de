"""Makes the machine match the database: candidate → check → swap → activate → verify, or back to the last good one.

The live files are never touched before the new ones have passed. Runs in the worker of the queue `apply` only, so
there is never more than one.
"""

import logging
from concurrent.futures import ThreadPoolExecutor

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from apps.changes import activate, candidate, proof, running, stapling, states, versions
from apps.changes.document import document
from apps.changes.models import FINAL, Check, Job, JobState, Kind, Revision, prune_jobs
from apps.changes.versions import CommitRefused
from apps.changes.xml import to_xml
from apps.common.models import Generation
from apps.haproxy.config import Config
from apps.haproxy.render import Rendering, render
from apps.system import haproxy, heartbeat, transparency
from apps.system.transparency import Family, NotTransparent

logger = logging.getLogger(__name__)
CHECKED = "checked"  # a version that is only read, never made current
BROKEN = (
    "The commit ended with an error that was not expected: the log of the worker says more. HAProxy goes on serving."
)
LOCKED = (
    "HAProxy's configuration is locked, so nothing was committed. Turn Lock HAProxy Configuration off first. "
    "The previous configuration goes on serving."
)
CUT_OFF = "The worker stopped half way. HAProxy runs the previous configuration. Press the button again."
PROVEN = "HAProxy runs the saved configuration. The worker stopped just after that was proven."
NOT_BEGUN = "The worker stopped before anything was changed. Press the button again."


def commit(job: Job) -> None:
    """Run one job to its final state; one that is final already is left alone."""
    if job.is_final:
        return
    try:
        sentence, warnings = _commit(job)
    except CommitRefused as refused:
        job.enter(refused.state, sentence=refused.sentence, said=refused.said, place=refused.place)
    else:
        job.enter(JobState.DONE, sentence=sentence, warnings=warnings)
    finally:
        if not job.is_final:  # a defect of ours goes on to the worker's log; the job must not seem to run for ever
            job.enter(JobState.ROLLED_BACK, sentence=BROKEN)


def _commit(job: Job) -> tuple[str, list[str]]:
    job.enter(JobState.CHECKING)
    with transaction.atomic():  # one moment of the database: somebody may be saving
        config = candidate.load()
    if config.layer7.locked:
        raise CommitRefused(LOCKED, place=f"{reverse('layer-7-advanced')}#id_locked")
    rendering = render(config)
    version = versions.stage(versions.name_of(job.pk), rendering)
    with ThreadPoolExecutor(1) as beside:
        checked = beside.submit(versions.check, version)
        revision = record(job, config, rendering)
        before = running.current()
        planned = before.plan(config)
        known = states.as_text(config.services, config.manual.text)
    checked.result()
    job.enter(JobState.APPLYING)
    meanwhile = version.addresses | versions.current_addresses()
    warnings = _keep_addresses(meanwhile)
    proof.before(before.config, config, version.addresses)
    if version.transparent and (problem := _keep_transparent(version.transparent | versions.currently_transparent())):
        raise CommitRefused(f"{problem} The previous configuration goes on serving.")
    sentence = activate.swap(version, Kind(job.kind), known, planned)
    job.enter(JobState.VERIFYING)
    _verify(config, revision, before)
    running.record(revision, config)
    if meanwhile != version.addresses:
        _keep_addresses(version.addresses)
    warnings += filter(None, [_keep_transparent(version.transparent)])
    versions.prune()
    prune_jobs()
    return sentence, warnings


def _verify(config: Config, revision: Revision, before: running.Run) -> None:
    try:
        proof.after(config, before.changed(revision.parts))
    except CommitRefused:
        activate.back_to(before.version)
        raise
    if states.tell():  # somebody drained or halted meanwhile
        states.write(config.services, config.manual.text)


def _keep_addresses(wanted: set[str]) -> list[str]:
    """Warnings. Raises CommitRefused."""
    try:
        return heartbeat.keep(settings.PATHS, wanted)
    except heartbeat.HeartbeatProblem as problem:
        raise CommitRefused(f"{problem} The previous configuration goes on serving.") from problem


def _keep_transparent(wanted: set[Family]) -> str:
    """Why the host cannot be made so; blank when it is. Workers that still serve their last connections keep theirs."""
    try:
        last = transparency.kept(settings.PATHS) if _has_old_workers() else set()
        transparency.keep(wanted | last, settings.PATHS)
    except NotTransparent as error:
        logger.warning("%s", error)
        return str(error)
    return ""


def _has_old_workers() -> bool:
    try:
        return bool(haproxy.processes(settings.PATHS.haproxy_master_socket).old)
    except haproxy.NoAnswer:
        return False


def check_candidate() -> None:
    """Have HAProxy read what is saved, before anybody commits it; keep what it said."""
    generation = Generation.current()
    found: dict[str, object] = {"generation": generation, "passed": True, "sentence": "", "said": "", "place": ""}
    try:
        versions.check(versions.stage(CHECKED, render(candidate.load())))
    except CommitRefused as refused:
        found |= {"passed": False, "sentence": refused.sentence, "said": refused.said, "place": refused.place}
    Check.objects.update_or_create(pk=1, defaults=found)


def record(job: Job, config: Config, rendering: Rendering) -> Revision:
    values = {
        "document": to_xml(document(config)),
        "files": rendering.files,
        "parts": candidate.part_fingerprints(config, rendering),
        "fingerprint": candidate.fingerprint(rendering),
    }
    return Revision.objects.update_or_create(job=job, defaults=values)[0]


def prepare_first_start() -> None:
    """HAProxy starts with what ran last; on a new host that is the configuration as it is, so without services."""
    if settings.PATHS.haproxy_current.is_symlink():
        return
    job = Job.objects.create(kind=Kind.RELOAD, state=JobState.DONE, reason="First start")
    config = candidate.load()
    rendering = render(config)
    version = versions.stage(versions.name_of(job.pk), rendering)
    versions.check(version)
    states.write()
    versions.make_current(version.name)
    running.record(record(job, config, rendering), config)


def reconcile() -> None:
    """What a commit installed is still there: a state told while the worker was away, an address somebody removed,
    an OCSP response of a HAProxy that was started anew.
    """
    heartbeat.keep(settings.PATHS, versions.current_addresses())
    states.apply()
    _keep_transparent(versions.currently_transparent())
    stapling.apply()


def fix_addresses() -> None:
    """Where interfaces and their subnets have changed, floating IPs follow."""
    heartbeat.keep(settings.PATHS, versions.current_addresses())


def recover() -> None:
    """After a start of the worker: what was cut off is undone, so that disk, HAProxy and database agree again.

    Jobs that nobody began are done now: their message may have died with the worker.
    """
    cut_off = list(Job.objects.exclude(state__in=[*FINAL, JobState.QUEUED]))
    proven = running.current().version
    good = proven or versions.current()
    begun = [job for job in cut_off if job.state != JobState.CHECKING]
    if begun or versions.current() != good:
        activate.back_to(good)
    reconcile()
    for job in cut_off:
        if versions.name_of(job.pk) == proven:
            job.enter(JobState.DONE, sentence=PROVEN)
        else:
            job.enter(JobState.ROLLED_BACK, sentence=CUT_OFF if job in begun else NOT_BEGUN)
    for job in Job.objects.filter(state=JobState.QUEUED).order_by("pk"):
        commit(job)
