"""Asks a virtual service again and again, run by the host's own python3: `probe.py ADDRESS PORT FILE`.

A request begins every 20 ms, whatever became of those before; each has a connection of its own. FILE gets a line for
each: the moment it began, by the clock that all nodes of the lab share, and 1 if it was answered.
"""

import socket
import sys
import threading
import time

PATIENCE, PERIOD = 0.3, 0.02
REQUEST = b"GET / HTTP/1.0\r\nHost: probe\r\n\r\n"


def ask(address: str, port: int) -> bool:
    try:
        with socket.create_connection((address, port), PATIENCE) as link:
            link.settimeout(PATIENCE)
            link.sendall(REQUEST)
            return b" 200 " in link.recv(200)
    except OSError:
        return False


def main(address: str, port: str, file: str) -> None:
    with open(file, "a", buffering=1) as answers:  # noqa: PTH123 - the host's own python3 runs this

        def once() -> None:
            begun = time.monotonic()
            answers.write(f"{begun:.4f} {ask(address, int(port)):d}\n")

        due = time.monotonic()
        while True:
            threading.Thread(target=once, daemon=True).start()
            due = max(due + PERIOD, time.monotonic())
            time.sleep(max(0.0, due - time.monotonic()))


if __name__ == "__main__":
    main(*sys.argv[1:])
