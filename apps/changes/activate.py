"""Having HAProxy take the current version, and bringing the previous one back when it cannot."""

from collections.abc import Callable

from django.conf import settings

from apps.changes import stapling, versions
from apps.changes.models import JobState, Kind
from apps.changes.runtime import RuntimeRefused, carry_out
from apps.changes.versions import CommitRefused, Version, writing
from apps.haproxy.plan import Plan
from apps.system import files, haproxy, supervisor

RELOAD = Plan(steps=(), reasons=("asked for",))
AT_RUN_TIME = "The changes were made in the running HAProxy. Nothing was reloaded and no connection was cut."
ON_THE_HOST = "The floating IPs of this host were changed. Nothing was reloaded and no connection was cut."
DONE = {
    Kind.RELOAD: "HAProxy was reloaded and runs the saved configuration. No connection was cut.",
    Kind.RESTART: "HAProxy was restarted and runs the saved configuration.",
}
TROUBLE = (haproxy.Refused, haproxy.NoAnswer, supervisor.NotSupervised)


def swap(version: Version, kind: Kind, known: str, planned: Plan = RELOAD) -> str:
    """Make the version the current one, have HAProxy take it, and say how. `known` is the state file for it.

    Raises CommitRefused, the previous version being back.
    """
    previous = versions.current()
    with writing():
        files.write(settings.PATHS.server_state, known)
        versions.make_current(version.name)
    try:
        if kind == Kind.RELOAD and _at_run_time(version, planned):
            return ON_THE_HOST if planned.is_about_addresses else AT_RUN_TIME
        ACTIVATE[kind]()
    except TROUBLE as error:
        said = f"{error}\n{_log()}"
        back_to(previous)
        sentence = f"{_reason(said) or error} The previous configuration is back."
        raise CommitRefused(sentence, said, JobState.ROLLED_BACK) from error
    return DONE[kind]


def _at_run_time(version: Version, planned: Plan) -> bool:
    """Whether the running HAProxy took every change. What was half done, a reload makes whole."""
    if planned.reasons or not planned.steps or not running_version():
        return False
    try:
        carry_out(planned, version.pems, version.staples)
    except RuntimeRefused:
        return False
    return True


def back_to(name: str) -> None:
    """Run a version that has run before. After a failed reload the master only waits, its old worker serving."""
    if not name:
        return
    stapling.refresh(settings.PATHS.haproxy / name)
    versions.make_current(name)
    try:
        reload()
    except TROUBLE:
        supervisor.restart(settings.PATHS, "haproxy")


def reload() -> None:
    """Seamless; when HAProxy does not run there is nothing to keep, and it is started."""
    paths = settings.PATHS
    try:
        haproxy.processes(paths.haproxy_master_socket)
    except haproxy.NoAnswer:
        restart()
        return
    haproxy.reload(paths.haproxy_master_socket, paths.haproxy_admin_socket)


def restart() -> None:
    supervisor.restart(settings.PATHS, "haproxy")
    haproxy.wait(settings.PATHS.haproxy_admin_socket, settings.PATHS.haproxy_master_socket)


ACTIVATE: dict[Kind, Callable[[], None]] = {Kind.RELOAD: reload, Kind.RESTART: restart}


def running_version() -> str:
    """The name of the version that the running HAProxy was started from; blank when it does not run."""
    try:
        return haproxy.info(settings.PATHS.haproxy_admin_socket).get("description", "")
    except haproxy.NoAnswer:
        return ""


def _log() -> str:
    """The newest lines of what HAProxy printed."""
    return "\n".join(files.read(settings.PATHS.log / "haproxy.log").splitlines()[-20:])


def _reason(said: str) -> str:
    """The first complaint of a worker that could not start, such as a port that is taken."""
    complaints = [line.partition(" : ")[2] for line in said.splitlines() if line.startswith("[ALERT]")]
    return f"HAProxy could not start: {complaints[0].strip()}." if complaints else ""
