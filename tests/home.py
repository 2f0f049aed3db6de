"""Gives the tests a network and an LBADMIN_HOME of their own.

Loaded with `-p`, because Django's settings need the home at once, and a process changes its network before it has
threads. With a network namespace no port of a test can meet one of the host, or of another run of the tests.
"""

import ctypes
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from apps.system import environment, home
from apps.system.paths import Paths

CLONE_NEWNET = 0x40000000

if os.geteuid() == 0:
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "the tests could not get a network of their own")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)

HOME = Path(tempfile.mkdtemp(prefix="lbadmin-"))
HOME.chmod(0o755)
os.environ["LBADMIN_HOME"] = str(HOME)
home.prepare(Paths(environment.read().home))


def pytest_unconfigure() -> None:
    shutil.rmtree(HOME, ignore_errors=True)
