"""Gives the tests an LBADMIN_HOME of their own. Loaded with `-p`, because Django's settings need it at once."""

import os
import shutil
import tempfile
from pathlib import Path

from apps.system import environment, home
from apps.system.paths import Paths

HOME = Path(tempfile.mkdtemp(prefix="lbadmin-"))
HOME.chmod(0o755)
os.environ["LBADMIN_HOME"] = str(HOME)
home.prepare(Paths(environment.read().home))


def pytest_unconfigure() -> None:
    shutil.rmtree(HOME, ignore_errors=True)
