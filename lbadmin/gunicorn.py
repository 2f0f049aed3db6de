"""How gunicorn serves the WebUI: TLS itself, threads (sync workers have no keep-alive), no control socket."""

import ssl
from collections.abc import Callable
from typing import Any

from apps.system import bell, webui
from apps.system.environment import read
from apps.system.paths import Paths

_environment = read()
_paths = Paths(_environment.home)

bind = str(webui.listens(_paths, _environment))
certfile = keyfile = str(_paths.webui_certificate)
worker_class = "gthread"
workers = 1
threads = 8 + bell.STREAMS
timeout = 60
graceful_timeout = 1  # browsers keep connections open; nobody waits for them at a stop
keepalive = 30
limit_request_line = 8190
limit_request_fields = 60
worker_tmp_dir = "/dev/shm"  # noqa: S108 - gunicorn's heartbeat file, in memory
control_socket_disable = True
forwarded_allow_ips = ""
errorlog = "-"
loglevel = "warning"


def ssl_context(config: Any, default_ssl_context_factory: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
    context = default_ssl_context_factory()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
