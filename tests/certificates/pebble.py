"""Debian's pebble: a certificate authority that speaks ACME, checks names for real, and forgets all when it ends."""

import json
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.certificates.openssl import Issued, Workshop

QUICK = {"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "20", "PATH": "/usr/bin"}
DNS, DNS_MANAGEMENT = "127.0.0.1:18053", "127.0.0.1:18055"


@dataclass(frozen=True)
class Pebble:
    url: str
    root: str  # PEM: who vouches for the directory


@contextmanager
def pebble(
    workshop: Workshop, root: Issued, *, port: int = 18140, keys: Mapping[str, str] | None = None, http: int = 80
) -> Iterator[Pebble]:
    """`keys`: those that accounts have to be bound to, by their IDs."""
    own = workshop.issue("localhost", by=root, names="DNS:localhost,IP:127.0.0.1")
    directory = workshop.path
    (directory / "pebble.pem").write_bytes(own.certificate)
    (directory / "pebble.key").write_bytes(own.key)
    told = {
        "listenAddress": f"127.0.0.1:{port}",
        "managementListenAddress": "",
        "certificate": str(directory / "pebble.pem"),
        "privateKey": str(directory / "pebble.key"),
        "httpPort": http,
        "tlsPort": 5001,
        "externalAccountBindingRequired": bool(keys),
        "externalAccountMACKeys": keys or {},
    }
    file = directory / f"pebble-{port}.json"
    file.write_text(json.dumps({"pebble": told}))
    words = ["pebble", "-config", str(file), "-dnsserver", DNS, "-strict"]
    with _started(words, directory / f"pebble-{port}.log"):
        yield Pebble(f"https://localhost:{port}/dir", root.certificate.decode())


@contextmanager
def names(address: str, directory: Path) -> Iterator[None]:
    """DNS for pebble: every name leads to this address."""
    nothing = ["-http01", "", "-https01", "", "-tlsalpn01", ""]
    words = ["pebble-challtestsrv", *nothing, "-dns01", DNS, "-management", DNS_MANAGEMENT]
    with _started([*words, "-defaultIPv4", address, "-defaultIPv6", ""], directory / "dns.log"):
        yield


def lead(name: str, address: str) -> None:
    """One name leads somewhere else."""
    body = json.dumps({"host": name, "addresses": [address]}).encode()
    for what in ("clear-a", "add-a"):
        with urllib.request.urlopen(f"http://{DNS_MANAGEMENT}/{what}", body, timeout=5) as answer:
            answer.read()


@contextmanager
def _started(words: list[str], log: Path) -> Iterator[None]:
    """Until it says that it listens."""
    with log.open("wb") as file, subprocess.Popen(words, stdout=file, stderr=file, env=QUICK) as process:
        try:
            deadline = time.monotonic() + 10
            while "istening on" not in log.read_text() and "Starting management" not in log.read_text():
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.05)
            time.sleep(0.1)
            yield
        finally:
            process.terminate()
