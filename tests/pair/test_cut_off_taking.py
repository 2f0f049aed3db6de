"""The worker is killed at every step of taking the first delivery: the next start ends as if it had not been."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from apps.system import home
from apps.system.paths import Paths

Found = dict[str, Any]


def said() -> tuple[list[Found], list[Found]]:
    """Of a delivery that is taken, and of one that is refused: what was there before, then each step."""
    place = Path(os.environ["LBADMIN_HOME"]) / "cut"
    home.prepare(Paths(place))
    environment = os.environ | {"LBADMIN_HOME": str(place), "LBADMIN_PEERS_PORT": "17790"}
    words = [sys.executable, "-m", "tests.pair.cut_off"]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    second = max(number for number, line in enumerate(lines) if "before" in line)
    return lines[:second], lines[second:]


def test_after_each_kill_the_next_start_ends_as_if_it_had_not_been() -> None:
    taken, refused = said()
    for found, least in ((taken, 9), (refused, 2)):
        before, whole, *steps = found
        assert len(steps) > least
        assert all(step["killed"] for step in steps)
        for step in steps:
            differing = {name for name, value in step["found"].items() if value != whole["found"][name]}
            assert not differing, step["step"]
        assert whole["found"]["runs"]
        assert whole["found"]["told"]
    assert (taken[1]["found"]["paired"], taken[1]["found"]["held"], taken[1]["found"]["sessions"]) == (True, True, 0)
    before, after = refused[0]["before"], refused[1]["found"]
    assert [after[name] for name in ("paired", "tables", "rest", "held", "sessions")] == [
        before[name] for name in ("paired", "tables", "rest", "held", "sessions")
    ]
