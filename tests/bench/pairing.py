"""A pair: how long after a commit of the Primary is done the Secondary is known to run the same."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from tests.bench.row import Row, row
from tests.pair.units import Unit, make_pair, two_units

ROUNDS = 5
RIPS = 4  # as elsewhere in the bench; this process has no settings of Django
BUDGET = 2000  # milliseconds


def measure(vips: int) -> Iterator[Row]:
    """Two whole appliances, each on a node of its own; both share the processor here."""
    with tempfile.TemporaryDirectory(prefix="lbadmin-bench-") as place, two_units(Path(place)) as (_, primary, _):
        primary.do("services", [_service(number) for number in range(vips)])
        _commit(primary)
        make_pair(primary)
        times = [_round(primary, turn) for turn in range(ROUNDS)]
    yield row("pair, commit", vips, median(took for took, _ in times), "ms")
    yield row("pair, in sync after the commit is done", vips, median(after for _, after in times), "ms", BUDGET)


def _service(number: int) -> dict[str, object]:
    servers = [{"label": f"SERVER{rip}", "address": "10.11.40.6", "port": 8080 + rip} for rip in range(RIPS)]
    address = f"127.77.{number // 250}.{number % 250 + 1}"
    return {"label": f"VIP-{number}", "address": address, "ports": "80", "check_type": "none", "servers": servers}


def _commit(primary: Unit) -> None:
    done = primary.do("commit")
    if not done["good"]:
        raise RuntimeError(done["sentence"])


def _round(primary: Unit, turn: int) -> tuple[float, float]:
    primary.do("change", {"label": "VIP-0", "balance": "roundrobin" if turn % 2 else "leastconn"})
    found = primary.do("commit_and_follow")
    return found["commit"], found["sync"]
