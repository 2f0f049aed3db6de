"""lbadmin running on a node of the lab, started and stopped as an administrator does it."""

import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from apps.system.paths import Paths
from tests.lab.node import LabError, Node, Program

REPOSITORY = Path(__file__).resolve().parents[2]
PASSWORD = "correct horse battery staple"


class Appliance:
    """`./appliance run` on a node."""

    def __init__(self, node: Node, home: Path) -> None:
        self.node = node
        self.paths = Paths(home)
        self.url = f"https://{node.addresses[0]}:9443/lbadmin/"
        environment = {"LBADMIN_HOME": str(home), "LBADMIN_PASSWORD": PASSWORD}
        self._program: Program = node.popen([str(REPOSITORY / "appliance"), "run"], cwd=REPOSITORY, env=environment)

    def wait_until_it_answers(self, client: Node, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        words = [
            "curl",
            "--silent",
            "--insecure",
            "--fail",
            "--location",
            "--max-time",
            "5",
            "--output",
            "/dev/null",
            self.url,
        ]
        while client.run(words, check=False).returncode:
            if not self._program.running or time.monotonic() > deadline:
                raise LabError(f"lbadmin does not answer at {self.url}.\n{self.log()}")
            time.sleep(0.1)

    def stop(self) -> None:
        """Ctrl-C. Nothing may survive it."""
        try:
            self._program.stop(signal.SIGINT)
        except subprocess.TimeoutExpired as error:
            raise LabError(f"lbadmin does not end: {self.node.processes()}\n{self.log()}") from error
        if left := self.node.processes():
            raise LabError(f"These programs survived the end of lbadmin: {left}\n{self.log()}")

    def log(self, lines: int = 15) -> str:
        """The end of everything it said, and of its log files."""
        files = [self._program.log, *sorted(path for path in self.paths.log.rglob("*") if path.is_file())]
        return "\n".join(f"--- {path.name}\n{tail(path, lines)}" for path in files if path.stat().st_size)


@contextmanager
def running_appliance(node: Node, client: Node) -> Iterator[Appliance]:
    """An appliance with a home of its own that answers the client; stopped and removed at the end."""
    # Not pytest's directory: that one is closed to the web process, which is not root.
    home = Path(tempfile.mkdtemp(prefix="lbadmin-"))
    home.chmod(0o755)
    try:
        appliance = Appliance(node, home)
        appliance.wait_until_it_answers(client)
        yield appliance
        appliance.stop()
    finally:
        shutil.rmtree(home, ignore_errors=True)


def tail(path: Path, lines: int) -> str:
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
