"""Notes when this unit has a floating IP and when not, run by the host's own python3: `owners.py ADDRESS FILE`."""

import socket
import sys
import time
from pathlib import Path

PAUSE = 0.004


def has(address: str) -> bool:
    """As the kernel routes to it: what is local needs no neighbour."""
    table = Path("/proc/net/fib_trie").read_text()
    lines = [line.strip() for line in table.splitlines()]
    return any(line == f"|-- {address}" and "host LOCAL" in lines[at + 1] for at, line in enumerate(lines[:-1]))


def main(address: str, file: str) -> None:
    socket.inet_aton(address)
    before = None
    with open(file, "a", buffering=1) as owned:  # noqa: PTH123 - the host's own python3 runs this
        while True:
            now = has(address)
            if now != before:
                owned.write(f"{time.monotonic():.4f} {now:d}\n")
                before = now
            time.sleep(PAUSE)


if __name__ == "__main__":
    main(*sys.argv[1:])
