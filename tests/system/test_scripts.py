"""Health check scripts are run without rights, with limits, and to an end: a script may do whatever it likes."""

import pwd
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.system import scripts
from apps.system.scripts import Outcome

SECONDS = 0.5


@pytest.fixture
def place() -> Iterator[Path]:
    """In everybody's reach, as the appliance's own directory is, and those of pytest are not."""
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        yield Path(directory)


def run(place: Path, lines: str, *arguments: str, **environment: str) -> Outcome:
    return scripts.try_out(f"#!/bin/sh\n{lines}\n", arguments, environment, place, SECONDS)


def test_it_gets_its_arguments_and_tells_by_its_exit_code(place: Path) -> None:
    outcome = run(place, 'echo "$# $1 $4 $NAME" >&2; exit 3', "a", "b", "c", "d e", NAME="x y")
    assert (outcome.code, outcome.output, outcome.is_cut) == (3, "4 a d e x y\n", False)
    assert outcome.seconds < SECONDS


def test_it_is_not_root_and_cannot_become_it(place: Path) -> None:
    outcome = run(place, "id -u; id -G; grep -E '^(CapEff|NoNewPrivs)' /proc/self/status; env | grep -c SECRET; pwd")
    user = pwd.getpwnam(scripts.HAPROXY_USER)
    words = outcome.output.split()
    assert words == [str(user.pw_uid), str(user.pw_gid), "CapEff:", "0" * 16, "NoNewPrivs:", "1", "0", "/"]


def test_it_learns_nothing_of_our_environment(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "x")
    assert "SECRET" not in run(place, "env").output


def test_it_is_ended_with_all_that_it_started(place: Path) -> None:
    outcome = run(place, f"echo begun; (sleep 1; touch {place}/late) & sleep 60")
    assert (outcome.code, outcome.output) == (None, "begun\n")
    assert SECONDS <= outcome.seconds < SECONDS + 0.4
    assert not _runs("sleep 60")


def test_nobody_waits_for_what_it_leaves_behind(place: Path) -> None:
    outcome = run(place, "sleep 61 & echo done")
    assert (outcome.code, outcome.output) == (0, "done\n")
    assert outcome.seconds < SECONDS
    assert not _runs("sleep 61")


def test_only_the_beginning_of_what_it_says_is_kept(place: Path) -> None:
    outcome = run(place, "yes")
    assert (outcome.code, len(outcome.output), outcome.is_cut) == (None, scripts.MOST_OUTPUT, True)


def test_it_may_be_silent_and_slow(place: Path) -> None:
    outcome = run(place, "exec >/dev/null 2>&1; sleep 0.2; exit 1")
    assert (outcome.code, outcome.output) == (1, "")


def test_it_fills_neither_disk_nor_memory(place: Path) -> None:
    place.chmod(0o777)
    assert "limit exceeded" in run(place, f"head -c 50000000 /dev/zero > {place}/big").output
    assert (place / "big").stat().st_size <= 1024 * 1024
    assert "MemoryError" in run(place, "python3 -c 'bytes(5_000_000_000)'").output


def test_nothing_of_it_stays(place: Path) -> None:
    run(place, "exit 0")
    assert list(place.iterdir()) == []


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("#!/bin/sh\nif true; then\n", "Syntax error"),
        ("#! /bin/sh -e\nif true; then\n", "Syntax error"),
        ("#!/bin/bash\ncase x in\n", "syntax error"),
        ("#!/usr/bin/env bash\nx=(1\n", "unexpected"),
        ("#!/usr/bin/python3\nprint(\n", "never closed"),
        ("#!/usr/bin/env python3.11\n import os\n", "unexpected indent"),
    ],
)
def test_wrong_syntax_is_found(script: str, words: str) -> None:
    outcome = scripts.check_syntax(script)
    assert outcome.code
    assert words in outcome.output


@pytest.mark.parametrize("interpreter", ["/bin/sh", "/bin/bash", "/usr/bin/python3"])
def test_the_check_runs_nothing_of_the_script(interpreter: str, place: Path) -> None:
    place.chmod(0o777)
    touch = f"open('{place}/run', 'w')" if "python" in interpreter else f"touch {place}/run"
    assert scripts.check_syntax(f"#!{interpreter}\n{touch}\n").code == 0
    assert not (place / "run").exists()


def test_a_script_made_to_keep_the_check_busy_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scripts, "SYNTAX_SECONDS", SECONDS)
    begun = time.monotonic()
    assert scripts.check_syntax("#!/usr/bin/python3\n" + "-" * 30_000 + "1\n").code != 0
    assert time.monotonic() - begun < 3


@pytest.mark.parametrize(
    ("line", "is_installed", "is_checked"),
    [
        ("#!/bin/sh", True, True),
        ("#!/usr/bin/env python3", True, True),
        ("#!/usr/bin/perl -w", True, False),
        ("#!/usr/bin/nothing", False, False),
        ("#!/usr/bin/env nothing", False, False),
        ("#!/bin/", False, False),
        ("echo", False, False),
    ],
)
def test_interpreters(line: str, is_installed: bool, is_checked: bool) -> None:
    found = scripts.interpreter(f"{line}\n")
    assert (found.is_installed, bool(found.checker)) == (is_installed, is_checked)


def test_a_script_may_ping(place: Path) -> None:
    scripts.PING_GROUPS.write_text("1 0")  # of nobody, as a kernel begins
    assert run(place, "ping -c 1 127.0.0.1").code
    scripts.allow_ping()
    assert run(place, "exec ping -c 1 127.0.0.1").code == 0
    kept = scripts.PING_GROUPS.read_text()
    scripts.allow_ping()
    assert scripts.PING_GROUPS.read_text() == kept


def _runs(words: str) -> bool:
    found = [path for path in Path("/proc").glob("[0-9]*/cmdline") if _words(path) == words]
    return bool(found)


def _words(path: Path) -> str:
    try:
        return path.read_text().replace("\0", " ").strip()
    except OSError:
        return ""
