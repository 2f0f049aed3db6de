"""Makes LBADMIN_HOME: directories, owners and secrets. Runs before Django can, so it imports no Django.

`python -m apps.system.home`; any number of times.
"""

import grp
import os
import pwd
import secrets
import sys
from dataclasses import dataclass
from pathlib import Path

from apps.system import environment
from apps.system.paths import Paths

WEB_USER = "lbadmin"
# A unix socket's path may have 107 characters; the longest of ours below the home has 33.
LONGEST_HOME = 107 - 33


@dataclass(frozen=True)
class Directory:
    path: Path
    owner: str
    group: str
    mode: int


def directories(paths: Paths) -> list[Directory]:
    """Who may do what where. Sockets get their group from the set-group-id bit of their directory."""
    return [
        Directory(paths.home, "root", "root", 0o755),
        Directory(paths.database.parent, WEB_USER, WEB_USER, 0o700),
        Directory(paths.secrets, "root", WEB_USER, 0o750),
        Directory(paths.webui_certificate.parent, "root", WEB_USER, 0o750),
        Directory(paths.haproxy, "root", "root", 0o700),
        Directory(paths.server_state.parent, "root", "root", 0o700),
        Directory(paths.scripts, "root", "root", 0o755),
        Directory(paths.heartbeat, "root", "root", 0o755),
        Directory(paths.heartbeat_watch, WEB_USER, WEB_USER, 0o755),
        Directory(paths.run, "root", "root", 0o755),
        Directory(paths.haproxy_admin_socket.parent, "root", "root", 0o700),
        Directory(paths.haproxy_stats_socket.parent, "root", WEB_USER, 0o2750),
        Directory(paths.redis_socket.parent, "redis", WEB_USER, 0o2750),
        Directory(paths.home / "nginx", "root", "root", 0o755),
        Directory(paths.home / "beat", WEB_USER, WEB_USER, 0o700),
        Directory(paths.log, "root", "root", 0o750),
    ]


def prepare(paths: Paths) -> None:
    if len(str(paths.home)) > LONGEST_HOME:
        raise environment.EnvironmentProblem(
            f"LBADMIN_HOME={paths.home} is too long for unix sockets. Use at most {LONGEST_HOME} characters."
        )
    for directory in directories(paths):
        directory.path.mkdir(parents=True, exist_ok=True)
        own(directory.path, directory.owner, directory.group)
        directory.path.chmod(directory.mode)
    for name in ("django.key", "data.key", "supervisor.key", "node.key"):
        _secret(paths.secrets / name)


def own_database(paths: Paths) -> None:
    """The web process writes it, whoever made it."""
    for path in paths.database.parent.iterdir():
        own(path, WEB_USER, WEB_USER)


def _secret(path: Path) -> None:
    if path.exists():
        return
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640), "w") as file:
        file.write(secrets.token_hex(32))
    own(fresh, "root", WEB_USER)
    fresh.rename(path)


def own(path: Path, owner: str, group: str) -> None:
    """Without root there is one user, and everything is theirs already."""
    if os.geteuid() == 0:
        os.chown(path, pwd.getpwnam(owner).pw_uid, grp.getgrnam(group).gr_gid)


if __name__ == "__main__":
    try:
        prepare(Paths(environment.read().home))
    except environment.EnvironmentProblem as problem:
        sys.exit(f"lbadmin: {problem}")
