"""Running health check scripts, which are anybody's programs: as a user without rights, with limits, and to an end."""

import grp
import os
import re
import selectors
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from apps.system import files

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
HAPROXY_USER = "haproxy"
NOBODY = "nobody"
SETPRIV = "/usr/bin/setpriv"
PRLIMIT = "/usr/bin/prlimit"
LIMITS = ("--cpu=10", "--as=4294967296", "--fsize=1048576", "--nofile=256", "--core=0")
PING_GROUPS = Path("/proc/sys/net/ipv4/ping_group_range")
EVERYBODY = "0 2147483647"
MOST_OUTPUT = 16 * 1024
SYNTAX_SECONDS = 5.0
SHEBANG = re.compile(r"\A#![ \t]*(\S+)(?:[ \t]+(\S+))?")
COMPILE = "import sys; compile(sys.stdin.buffer.read(), 'script', 'exec')"
CHECKERS = {
    "sh": ("/bin/sh", "-n"),
    "dash": ("/bin/sh", "-n"),
    "bash": ("/bin/bash", "-n"),
    "python3": ("/usr/bin/python3", "-I", "-c", COMPILE),
}


@dataclass(frozen=True)
class Outcome:
    """How a program ended. `code` is None when it had to be ended, negative when a signal ended it."""

    code: int | None
    output: str
    seconds: float
    is_cut: bool = False  # it said more than is kept


@dataclass(frozen=True)
class Interpreter:
    """The program that a script's first line names."""

    program: str  # absolute
    name: str  # of what it runs in the end: bash of "/usr/bin/env bash"

    @property
    def checker(self) -> tuple[str, ...]:
        """The words that read a script from standard input and run nothing of it; empty for a language unknown here."""
        return CHECKERS.get(re.sub(r"\Apython3[.\d]*\Z", "python3", self.name), ())

    @property
    def is_installed(self) -> bool:
        places = [Path(self.program)] if not self.is_found_by_env else [Path(d, self.name) for d in PATH.split(":")]
        return any(place.is_file() and os.access(place, os.X_OK) for place in places)

    @property
    def is_found_by_env(self) -> bool:
        return Path(self.program).name == "env"


def interpreter(script: str) -> Interpreter:
    match = SHEBANG.match(script)
    program, argument = (match[1], match[2] or "") if match else ("", "")
    name = Path(program).name
    return Interpreter(program, Path(argument).name if name == "env" else name)


def check_syntax(script: str) -> Outcome:
    """Have the script's interpreter read it, as nobody. The interpreter must have a `checker`."""
    return _run(interpreter(script).checker, {}, NOBODY, SYNTAX_SECONDS, script)


def try_out(
    script: str, arguments: Sequence[str], environment: Mapping[str, str], beside: Path, seconds: float
) -> Outcome:
    """Run the script as HAProxy does: as its user, who gains no rights by it, with nothing else in the environment.

    The file lies in a directory of its own in `beside`, which HAProxy's user can reach, until the script has ended.
    """
    with tempfile.TemporaryDirectory(dir=beside, prefix="trial-") as directory:
        Path(directory).chmod(0o755)
        file = Path(directory) / "script"
        files.write(file, script, mode=0o755)
        return _run((str(file), *arguments), environment, HAPROXY_USER, seconds)


def allow_ping() -> None:
    """To HAProxy's user, whose scripts gain no rights by a program's file. Where systemd runs everybody may already."""
    with suppress(OSError, KeyError):  # not root, a kernel that is not ours to change, or no such user
        group = grp.getgrnam(HAPROXY_USER).gr_gid
        first, last = map(int, PING_GROUPS.read_text().split())
        if not first <= group <= last:
            PING_GROUPS.write_text(EVERYBODY)


def _run(words: Sequence[str], environment: Mapping[str, str], user: str, seconds: float, given: str = "") -> Outcome:
    begun = time.monotonic()
    with tempfile.TemporaryFile() as source:
        source.write(given.encode())
        source.seek(0)
        process = subprocess.Popen(
            [*_as(user), PRLIMIT, *LIMITS, *words],
            stdin=source,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={"PATH": PATH, **environment},
            cwd="/",
            start_new_session=True,
        )
    try:
        output, is_cut = _read(process, begun + seconds)
        code = process.poll()
    finally:
        _end(process)
    return Outcome(code, output.decode(errors="replace"), time.monotonic() - begun, is_cut)


def _as(user: str) -> tuple[str, ...]:
    """Without root there is one user only."""
    rights = ("--no-new-privs", "--inh-caps=-all")
    if os.geteuid():
        return (SETPRIV, *rights)
    group = "nogroup" if user == NOBODY else user
    return (SETPRIV, f"--reuid={user}", f"--regid={group}", "--clear-groups", *rights)


def _read(process: subprocess.Popen[bytes], deadline: float) -> tuple[bytes, bool]:
    """What it says until it ends, or until the deadline. What it left behind may hold the pipe open for ever."""
    assert process.stdout is not None  # a pipe
    kept, is_cut = b"", False
    end = os.pidfd_open(process.pid)
    try:
        with selectors.DefaultSelector() as waiting:
            waiting.register(process.stdout, selectors.EVENT_READ)
            waiting.register(end, selectors.EVENT_READ)
            while ready := [key.fd for key, _ in waiting.select(max(0.0, deadline - time.monotonic()))]:
                said = os.read(process.stdout.fileno(), 65536) if process.stdout.fileno() in ready else b""
                is_cut = is_cut or len(kept) + len(said) > MOST_OUTPUT
                kept = (kept + said)[:MOST_OUTPUT]
                if not said and end in ready:
                    break
                if not said:
                    waiting.unregister(process.stdout)
                if time.monotonic() > deadline:
                    break
    finally:
        os.close(end)
    return kept, is_cut


def _end(process: subprocess.Popen[bytes]) -> None:
    """It, and whatever it started and left behind."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdout:
        process.stdout.close()
