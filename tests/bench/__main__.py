"""`./appliance bench [--json]`: what the product costs at 10, 100 and 1,000 virtual services of 4 real servers.

Each size is a process with an LBADMIN_HOME of its own. Times are compared within one run; none of them fails it.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from apps.system import home
from apps.system.paths import Paths
from tests.bench import pairing
from tests.bench.row import Row, table
from tests.changes.load import free_port

SIZES = [10, 100, 1000]


def main() -> None:
    parser = argparse.ArgumentParser(prog="./appliance bench", description="Measure the product against its budgets.")
    parser.add_argument("--json", action="store_true", help="print one list of objects")
    parser.add_argument("--vips", type=int, nargs="+", default=SIZES, metavar="N", help="how many virtual services")
    asked = parser.parse_args()
    rows = [row for vips in asked.vips for row in (*measured(vips), *pairing.measure(vips))]
    print(json.dumps([row.as_dict() for row in rows], indent=1) if asked.json else table(rows))


def measured(vips: int) -> Iterator[Row]:
    print(f"Measuring with {vips} virtual services.", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory(prefix="lbadmin-bench-") as place:
        Path(place).chmod(0o755)
        home.prepare(Paths(Path(place)))
        ports = {f"LBADMIN_{name}_PORT": str(free_port()) for name in ("FALLBACK", "PEERS", "WEBUI")}
        words = [sys.executable, "-m", "tests.bench.measure", str(vips)]
        done = subprocess.run(
            words, env=os.environ | ports | {"LBADMIN_HOME": place}, stdout=subprocess.PIPE, check=True
        )
    for line in done.stdout.decode().splitlines():
        found = json.loads(line)
        del found["ok"]
        yield Row(**found)


if __name__ == "__main__":
    main()
