"""The worker is killed at every step of a commit, in turn, under traffic."""

import json
import os
import subprocess
import sys
from pathlib import Path

from apps.system import home
from apps.system.paths import Paths


def test_after_each_kill_the_next_start_leaves_everything_in_order() -> None:
    place = Path(os.environ["LBADMIN_HOME"]) / "crash"
    home.prepare(Paths(place))
    environment = os.environ | {"LBADMIN_HOME": str(place), "LBADMIN_PEERS_PORT": "17790"}
    words = [sys.executable, "-m", "tests.changes.crash"]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    *steps, traffic = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(steps) > 20
    assert sum(step["killed"] for step in steps) > 0.9 * len(steps)
    for step in steps:
        assert step["final"], step
        assert step["same_as_revision"], step
        assert step["runs_what_is_on_disk"], step
        assert not step["killed"] or step["sentence"], step
    told = {step["name"]: step["sentence"] for step in steps}
    assert "before anything was changed" in told["stage"]
    assert "stopped half way" in told["make_current"]
    assert "runs the saved configuration" in told["prune"]
    assert traffic["lost"] == []
    assert traffic["answered"] > 200
