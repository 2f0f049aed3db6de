"""Makes the machine match the database: candidate → check → swap → activate → verify, or back to the last good one.

The live files are never touched before the new ones have passed. Every version has its own directory; `current` is a
link that is moved at once. Runs in the worker of the queue `apply` only, so there is never more than one.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings

from apps.certificates.models import Certificate
from apps.certificates.vault import KeyUnreadable, pem
from apps.changes import candidate, states
from apps.changes.explain import explain
from apps.changes.models import Job, JobState, Kind, Running
from apps.haproxy.render import ADDRESSES_FILE, CONFIG_FILE, Rendering, render
from apps.system import files, haproxy, network, supervisor

VERSIONS_KEPT = 10


class CommitRefused(Exception):
    """The commit did not happen; what ran goes on running."""

    def __init__(self, sentence: str, said: str = "", state: JobState = JobState.REFUSED) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.said = said
        self.state = state


@dataclass(frozen=True)
class Version:
    name: str
    rendering: Rendering

    @property
    def addresses(self) -> set[str]:
        return set(self.rendering.files[ADDRESSES_FILE].split())


def commit(job: Job) -> None:
    """Run one job to its final state."""
    try:
        warnings = _commit(job)
    except CommitRefused as refused:
        job.enter(refused.state, sentence=refused.sentence, said=refused.said)
    else:
        job.enter(JobState.DONE, sentence=DONE[Kind(job.kind)], warnings=warnings)
    finally:
        if not job.is_final:  # a defect of ours goes on to the worker's log; the job must not seem to run for ever
            job.enter(JobState.ROLLED_BACK, sentence=BROKEN)


DONE = {
    Kind.RELOAD: "HAProxy was reloaded and runs the saved configuration. No connection was cut.",
    Kind.RESTART: "HAProxy was restarted and runs the saved configuration.",
}

BROKEN = (
    "The commit ended with an error that was not expected: the log of the worker says more. HAProxy goes on serving."
)


def _commit(job: Job) -> list[str]:
    job.enter(JobState.CHECKING)
    version = stage()
    check(version)
    job.enter(JobState.APPLYING)
    warnings = network.keep(version.addresses | running_addresses())
    swap(version, ACTIVATE[Kind(job.kind)])
    job.enter(JobState.VERIFYING)
    states.apply()
    network.keep(version.addresses)
    Running.record(candidate.fingerprint(version.rendering), candidate.part_fingerprints(version.rendering))
    prune()
    return warnings


def stage() -> Version:
    """Write the candidate's files into a directory of their own."""
    rendering = render(candidate.load())
    version = Version(candidate.fingerprint(rendering)[:16], rendering)
    try:
        pems = {path: pem(Certificate.objects.get(pk=pk)) for path, pk in rendering.certificates.items()}
    except KeyUnreadable as error:
        raise CommitRefused(str(error)) from error
    with writing():
        files.write_tree(settings.PATHS.haproxy / version.name, rendering.files | pems)
    return version


@contextmanager
def writing() -> Iterator[None]:
    """A disk that is full or read-only refuses the commit."""
    try:
        yield
    except OSError as error:
        said = f"The new configuration could not be written: {error.strerror}. Nothing was changed."
        raise CommitRefused(said) from error


def check(version: Version) -> None:
    """Have HAProxy itself check the candidate."""
    try:
        haproxy.check(settings.PATHS.haproxy / version.name / CONFIG_FILE)
    except haproxy.Refused as refused:
        sentence = explain(refused.said, version.rendering.owners)
        raise CommitRefused(f"{sentence} The previous configuration goes on serving.", refused.said) from refused


def swap(version: Version, activate: Callable[[], None]) -> None:
    """Make the version the current one and have HAProxy take it, or bring the previous one back."""
    current = settings.PATHS.haproxy_current
    previous = current.readlink().name if current.is_symlink() else ""
    with writing():
        states.write()
        files.point(current, version.name)
    try:
        activate()
    except (haproxy.Refused, haproxy.NoAnswer, supervisor.NotSupervised) as error:
        said = f"{error}\n{haproxy_log()}"
        if previous:
            files.point(current, previous)
            _bring_back(activate)
        sentence = f"{_reason(said) or error} The previous configuration is back."
        raise CommitRefused(sentence, said, JobState.ROLLED_BACK) from error


def _reason(said: str) -> str:
    """The first complaint of a worker that could not start, such as a port that is taken."""
    complaints = [line.partition(" : ")[2] for line in said.splitlines() if line.startswith("[ALERT]")]
    return f"HAProxy could not start: {complaints[0].strip()}." if complaints else ""


def _bring_back(activate: Callable[[], None]) -> None:
    """After a failed reload the master waits, its old worker serving; a good reload ends that."""
    try:
        activate()
    except (haproxy.Refused, haproxy.NoAnswer, supervisor.NotSupervised):
        supervisor.restart(settings.PATHS, "haproxy")


def _reload() -> None:
    """Seamless; when HAProxy does not run there is nothing to keep, and it is started."""
    paths = settings.PATHS
    try:
        haproxy.processes(paths.haproxy_master_socket)
    except haproxy.NoAnswer:
        _restart()
        return
    haproxy.reload(paths.haproxy_master_socket, paths.haproxy_admin_socket)


def _restart() -> None:
    supervisor.restart(settings.PATHS, "haproxy")
    haproxy.wait(settings.PATHS.haproxy_admin_socket)


ACTIVATE: dict[Kind, Callable[[], None]] = {Kind.RELOAD: _reload, Kind.RESTART: _restart}


def haproxy_log() -> str:
    """The newest lines of what HAProxy printed."""
    return "\n".join(files.read(settings.PATHS.log / "haproxy.log").splitlines()[-20:])


def running_addresses() -> set[str]:
    return set(files.read(settings.PATHS.haproxy_current / ADDRESSES_FILE).split())


def prune() -> None:
    """Keep the newest versions, and always the current one."""
    current = settings.PATHS.haproxy_current.readlink().name
    versions = [
        path for path in settings.PATHS.haproxy.iterdir() if (path / CONFIG_FILE).is_file() and not path.is_symlink()
    ]
    for path in sorted(versions, key=lambda path: path.stat().st_mtime)[:-VERSIONS_KEPT]:
        if path.name != current:
            files.remove_tree(path)


def prepare_first_start() -> None:
    """HAProxy starts with what ran last; on a new host that is the configuration as it is, so without services."""
    if settings.PATHS.haproxy_current.is_symlink():
        return
    version = stage()
    check(version)
    states.write()
    files.point(settings.PATHS.haproxy_current, version.name)
    Running.record(candidate.fingerprint(version.rendering), candidate.part_fingerprints(version.rendering))
