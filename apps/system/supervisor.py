"""The process supervisor: which programs it keeps, and telling it to restart one."""

import xmlrpc.client
from typing import Any, cast

from supervisor.xmlrpc import SupervisorTransport

from apps.system.paths import Paths

USER = "lbadmin"
GROUP = "lbadmin"


class NotSupervised(Exception):
    """The supervisor does not answer or does not know the program."""


def restart(paths: Paths, program: str) -> None:
    """Stop and start one program; returns when it runs. Raises NotSupervised."""
    supervisor = _connect(paths)
    name = f"{GROUP}:{program}"
    try:
        if supervisor.getProcessInfo(name)["statename"] in {"RUNNING", "STARTING", "BACKOFF"}:
            supervisor.stopProcess(name, True)
        supervisor.startProcess(name, True)
    except (xmlrpc.client.Fault, OSError) as error:
        raise NotSupervised(f"{program} could not be restarted: {error}.") from error


def _connect(paths: Paths) -> Any:
    key = paths.supervisor_key.read_text()
    transport = SupervisorTransport(USER, key, serverurl=f"unix://{paths.supervisor_socket}")
    return cast(Any, xmlrpc.client.ServerProxy("http://localhost", transport)).supervisor
