"""Makes the machine match the database: candidate → check → swap → activate → verify, or back to the last good one.

The live files are never touched before the new ones have passed. Runs in the worker of the queue `apply` only, so
there is never more than one.
"""

from django.conf import settings
from django.db import transaction

from apps.changes import activate, candidate, proof, states, versions
from apps.changes.document import Document, document, services_of
from apps.changes.models import FINAL, Check, Job, JobState, Kind, Revision, Running, prune_jobs
from apps.changes.versions import CommitRefused
from apps.changes.xml import from_xml, to_xml
from apps.common.models import Generation
from apps.haproxy.config import Config
from apps.haproxy.plan import GENERAL, Plan, plan
from apps.haproxy.render import Rendering, render
from apps.system import network

CHECKED = "checked"  # a version that is only read, never made current
BROKEN = (
    "The commit ended with an error that was not expected: the log of the worker says more. HAProxy goes on serving."
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
        rendering = render(config)
        revision = record(job, config, rendering)
    version = versions.stage(versions.name_of(revision.pk), rendering)
    versions.check(version)
    old = running_config()
    job.enter(JobState.APPLYING)
    warnings = network.keep(version.addresses | versions.current_addresses())
    proof.before(old.services, config.services)
    sentence = activate.swap(version, Kind(job.kind), _plan(old, config))
    job.enter(JobState.VERIFYING)
    _verify(config, revision)
    Running.record(revision)
    network.keep(version.addresses)
    versions.prune()
    prune_jobs()
    return sentence, warnings


def _plan(old: Config, new: Config) -> Plan:
    """What the document does not hold, an update of the product may have changed: it needs a reload."""
    running = Running.get()
    if running and render(old).files == running.revision.files:
        return plan(old, new)
    return Plan(steps=(), reasons=(GENERAL,))


def _verify(config: Config, revision: Revision) -> None:
    running = Running.get()
    before = running.revision.parts if running else {}
    changed = {label for label, part in revision.parts.items() if before.get(label) != part}
    try:
        proof.after(config.services, changed)
    except CommitRefused:
        activate.back_to(versions.name_of(running.revision.pk) if running else "")
        raise
    states.apply()


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
    certificates = {item.pk: item for item in candidate.certificates_in_use()}
    values = {
        "document": to_xml(document(config.services, certificates)),
        "files": rendering.files,
        "parts": candidate.part_fingerprints(rendering),
        "fingerprint": candidate.fingerprint(rendering),
    }
    return Revision.objects.update_or_create(job=job, defaults=values)[0]


def running_document() -> Document:
    running = Running.get()
    return from_xml(running.revision.document) if running else Document()


def running_config() -> Config:
    """What runs, as far as the plan needs it."""
    found = running_document()
    return Config(candidate.host(), *services_of(found))


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
    Running.record(record(job, config, rendering))


def reconcile() -> None:
    """What a commit installed is still there: a state told while the worker was away, an address somebody removed."""
    network.keep(versions.current_addresses())
    states.apply()


def recover() -> None:
    """After a start of the worker: what was cut off is undone, so that disk, HAProxy and database agree again.

    Jobs that nobody began are done now: their message may have died with the worker.
    """
    cut_off = list(Job.objects.exclude(state__in=[*FINAL, JobState.QUEUED]))
    running = Running.get()
    good = versions.name_of(running.revision.pk) if running else versions.current()
    begun = [job for job in cut_off if job.state != JobState.CHECKING]
    if begun or versions.current() != good:
        activate.back_to(good)
    reconcile()
    for job in cut_off:
        if running and running.revision.pk == job.pk:
            job.enter(JobState.DONE, sentence=PROVEN)
        else:
            job.enter(JobState.ROLLED_BACK, sentence=CUT_OFF if job in begun else NOT_BEGUN)
    for job in Job.objects.filter(state=JobState.QUEUED).order_by("pk"):
        commit(job)
