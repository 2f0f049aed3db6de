"""Tests get an LBADMIN_HOME of their own, before Django reads its settings."""

import os
import shutil
import tempfile
from pathlib import Path

HOME = Path(tempfile.mkdtemp(prefix="lbadmin-", dir="/tmp"))
HOME.chmod(0o755)
os.environ["LBADMIN_HOME"] = str(HOME)


def pytest_configure() -> None:
    from apps.system import environment, home  # noqa: PLC0415 - after LBADMIN_HOME is set
    from apps.system.paths import Paths  # noqa: PLC0415

    home.prepare(Paths(environment.read().home))


def pytest_unconfigure() -> None:
    shutil.rmtree(HOME, ignore_errors=True)
