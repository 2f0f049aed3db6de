"""Takes a heartbeat through its life in a network of its own; prints what was seen as JSON. `beats HOME`."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from apps.system import heartbeat, home, keepalived, network
from apps.system.keepalived import Settings
from apps.system.paths import Paths

THOUSAND = [f"10.10.{41 + number // 250}.{1 + number % 250}" for number in range(1000)]
KEPT = ["10.10.40.217"]
PAIR = Settings(own="10.10.40.11", peer="10.10.40.12")
seen: dict[str, Any] = {}


def found() -> dict[str, str]:
    there = [item for item in network.addresses() if not item.address.startswith(("fe80", "127", "::1"))]
    return {item.address: item.interface for item in there}


def start(paths: Paths) -> subprocess.Popen[bytes]:
    words = [keepalived.BINARY, "-n", "-l", "--vrrp", "-f", str(paths.keepalived_config)]
    words += ["-p", str(paths.keepalived_pid), "-r", str(paths.vrrp_pid)]
    log = (paths.log / "heartbeat.log").open("ab")
    process = subprocess.Popen(words, stdout=log, stderr=log)
    wait(network.is_active)
    return process


def wait(condition: Callable[[], bool], seconds: float = 5) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.01)


def changes(work: Callable[[], object]) -> list[str]:
    """Which addresses came and went meanwhile, as the kernel tells it."""
    words = ["ip", "-4", "-o", "monitor", "address"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as monitor:
        try:
            time.sleep(0.3)
            work()
            time.sleep(0.5)
        finally:
            monitor.terminate()
        told = monitor.communicate()[0].splitlines()
    lines = [line for line in told if " lb:vip" in line]
    return [f"{'-' if line.startswith('Deleted') else '+'} {line.split('inet ')[1].split('/')[0]}" for line in lines]


def away(address: str, work: Callable[[], object]) -> float:
    """The longest time in seconds for which the host did not have the address."""
    gaps, ended = [0.0], threading.Event()

    def watch() -> None:
        last = time.monotonic()
        while not ended.is_set():
            if address in found():
                gaps.append(time.monotonic() - last)
                last = time.monotonic()

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        work()
        time.sleep(0.5)
    finally:
        ended.set()
        watcher.join()
    return max(gaps)


def keep(paths: Paths, name: str, *wanted: str) -> None:
    seen[name] = {"warnings": heartbeat.keep(paths, wanted), "found": found()}


def single(paths: Paths) -> None:
    for family, address in (("4", "10.10.40.217"), ("6", "2001:db8::217")):
        keep(paths, f"added {family}", address)
        keep(paths, f"removed {family}")
    keep(paths, "own", "10.10.40.11")
    keep(paths, "own again")
    keep(paths, "nowhere", "192.0.2.1")
    keep(paths, "nowhere again", "192.0.2.1")
    heartbeat.keep(paths, THOUSAND)
    seen["thousand"] = sum(item.ours for item in network.addresses())
    seen["changed by one more"] = changes(lambda: heartbeat.keep(paths, [*THOUSAND, "10.10.50.1"]))
    heartbeat.keep(paths, THOUSAND)
    seen["changed by one less"] = changes(lambda: heartbeat.keep(paths, THOUSAND[1:]))
    heartbeat.keep(paths, ["10.10.40.217"])


def paired(paths: Paths) -> None:
    seen["changed by a peer"] = changes(lambda: heartbeat.configure(paths, PAIR, KEPT, [7778]))
    slower = replace(PAIR, keepalive=500)
    seen["changed by another pace"] = changes(lambda: heartbeat.configure(paths, slower, KEPT, [7778]))
    other = replace(PAIR, port=6695)
    seen["away for another port"] = away("10.10.40.217", lambda: heartbeat.configure(paths, other, KEPT, [7778]))
    names = [name for name in network.LINKS if network.has_link(name)]
    told = subprocess.run(["ip", "-d", "link", "show", names[0]], capture_output=True, text=True, check=True).stdout
    words = told.split()
    seen["link"] = {"port": words[words.index("dstport") + 1], "remote": words[words.index("remote") + 1]}
    seen["link"]["names"] = names
    seen["changed without a peer"] = changes(lambda: heartbeat.configure(paths, Settings(port=6695), KEPT))


def main() -> None:
    paths = Paths(Path(sys.argv[1]))
    home.prepare(paths)
    heartbeat.prepare(paths, [])
    process = start(paths)
    single(paths)
    paired(paths)
    heartbeat.configure(paths, replace(PAIR, is_primary=False), KEPT)
    heartbeat.configure(paths, PAIR, KEPT)
    heartbeat.hold(paths)
    time.sleep(0.1)
    seen["held"] = found()
    heartbeat.release(paths)
    wait(network.is_active)
    time.sleep(0.1)
    seen["released"] = found()
    child = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    subprocess.run(["kill", "-KILL", str(process.pid), *child], check=True)
    process.wait()
    seen["killed"] = found()
    seen["warnings while it is away"] = heartbeat.keep(paths, ["10.10.40.218"])
    heartbeat.prepare(paths, ["10.10.40.218"])
    process = start(paths)
    wait(lambda: "10.10.40.218" in found())
    seen["started again"] = found()
    process.terminate()
    process.wait()
    seen["ended"] = found()
    print(json.dumps(seen))


if __name__ == "__main__":
    main()
