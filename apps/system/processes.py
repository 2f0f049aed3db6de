"""The programs that make up the product, and the files that tell them how to run. Text, but for `write`."""

import os
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

from apps.system import files
from apps.system.environment import BASE, Environment
from apps.system.haproxy import BINARY as HAPROXY
from apps.system.home import WEB_USER
from apps.system.keepalived import BINARY as KEEPALIVED
from apps.system.paths import Paths
from apps.system.supervisor import GROUP
from apps.system.supervisor import USER as SUPERVISOR_USER

REDIS = "/usr/bin/redis-server"
REDIS_PROGRAM = "redis"
NGINX = "/usr/sbin/nginx"
FALLBACK_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Service unavailable</title></head>
<body><h1>The service is unavailable</h1>
<p>None of its servers can answer at the moment. Try again in a few minutes.</p></body></html>
"""


@dataclass(frozen=True)
class Program:
    """A program the supervisor keeps. `user` is whom it runs as when lbadmin runs as root."""

    name: str
    command: str
    user: str = "root"
    priority: int = 50
    stop: str = "TERM"
    stop_seconds: int = 10


def programs(paths: Paths, python: str) -> list[Program]:
    manage = f"{python} {BASE / 'manage.py'}"
    celery = f"{python} -m celery -A lbadmin"
    worker = f"{celery} worker --pool solo --without-gossip --without-mingle --loglevel INFO --hostname"
    found = [
        Program(REDIS_PROGRAM, f"{REDIS} {paths.home / 'redis.conf'}", user="redis", priority=10),
        Program(
            "haproxy",
            f"{HAPROXY} -W -S {paths.haproxy_master_socket},mode,600 -f {paths.haproxy_config}",
            priority=20,
        ),
        Program(
            "heartbeat",
            f"{KEEPALIVED} -n -l --vrrp -f {paths.keepalived_config} -p {paths.keepalived_pid} -r {paths.vrrp_pid}",
            priority=20,
        ),
        Program("fallback", f"{NGINX} -c {paths.home / 'nginx' / 'nginx.conf'}", priority=20, stop="QUIT"),
        Program("web", f"{python} -m gunicorn -c python:lbadmin.gunicorn lbadmin.wsgi", user=WEB_USER, priority=30),
        Program("apply", f"{worker} apply -Q apply", priority=40, stop_seconds=60),
        Program("jobs", f"{worker} jobs -Q jobs", priority=40, stop_seconds=60),
        Program("beat", f"{celery} beat --schedule {paths.home / 'beat' / 'schedule'}", user=WEB_USER, priority=50),
        Program("collect", f"{manage} collect", user=WEB_USER, priority=50),
    ]
    # Only root may give the host an address.
    return [program for program in found if _is_root() or program.name != "heartbeat"]


def supervisor_text(paths: Paths, python: str) -> str:
    head = f"""\
        [supervisord]
        nodaemon=true
        silent=false
        loglevel=warn
        logfile={paths.log / "supervisord.log"}
        logfile_maxbytes=5MB
        pidfile={paths.run / "supervisord.pid"}
        directory={BASE}
        {"user=root" if _is_root() else ""}

        [unix_http_server]
        file={paths.supervisor_socket}
        chmod=0700
        username={SUPERVISOR_USER}
        password={paths.supervisor_key.read_text()}

        [rpcinterface:supervisor]
        supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
        """
    kept = programs(paths, python)
    # The supervisor stops one group after the other, a second each: all but Redis, which the others need, are one.
    members = ",".join(program.name for program in kept if program.name != REDIS_PROGRAM)
    group = f"\n[group:{GROUP}]\nprograms={members}\npriority=20\n"
    return dedent(head) + "".join(_program_text(program, paths) for program in kept) + group


def _program_text(program: Program, paths: Paths) -> str:
    user = f"user={program.user}\n" if _is_root() else ""
    return (
        f"\n[program:{program.name}]\ncommand={program.command}\n{user}directory={BASE}\npriority={program.priority}\n"
        f"stopsignal={program.stop}\nstopwaitsecs={program.stop_seconds}\nkillasgroup=true\nstartsecs=1\nstartretries=10\n"
        f"autorestart=true\nredirect_stderr=true\nstdout_logfile={paths.log / (program.name + '.log')}\n"
        "stdout_logfile_maxbytes=10MB\nstdout_logfile_backups=3\n"
    )


def redis_text(paths: Paths) -> str:
    """A unix socket only; nothing is kept on disk: what matters is in the database."""
    return dedent(f"""\
        port 0
        unixsocket {paths.redis_socket}
        unixsocketperm 660
        save ""
        appendonly no
        daemonize no
        dir {paths.redis_socket.parent}
        maxmemory 64mb
        maxmemory-policy noeviction
        """)


def nginx_text(paths: Paths, port: int) -> str:
    """The fallback page, with status 503 so that nobody keeps it for the real answer."""
    home = paths.home / "nginx"
    return dedent(f"""\
        daemon off;
        {"user www-data;" if _is_root() else ""}
        worker_processes 1;
        pid {paths.run / "nginx.pid"};
        error_log stderr warn;
        events {{ worker_connections 1024; }}
        http {{
            access_log off;
            server_tokens off;
            default_type text/html;
            client_body_temp_path {home / "body"};
            proxy_temp_path {home / "proxy"};
            fastcgi_temp_path {home / "fastcgi"};
            uwsgi_temp_path {home / "uwsgi"};
            scgi_temp_path {home / "scgi"};
            server {{
                listen {port} backlog=1024;
                root {paths.fallback_page.parent};
                error_page 503 /fallback.html;
                location = /fallback.html {{
                    internal;
                    add_header Cache-Control no-store always;
                    add_header Retry-After 30 always;
                }}
                location / {{ return 503; }}
            }}
        }}
        """)


def write(paths: Paths, environment: Environment, python: str) -> None:
    """Every program's configuration, anew at every start."""
    paths.fallback_page.parent.mkdir(exist_ok=True)
    if not paths.fallback_page.exists():
        files.write(paths.fallback_page, FALLBACK_PAGE, mode=0o644)
    files.write(paths.home / "nginx" / "nginx.conf", nginx_text(paths, environment.fallback_port), mode=0o644)
    files.write(paths.home / "redis.conf", redis_text(paths), mode=0o644)
    files.write(paths.supervisor_config, supervisor_text(paths, python))


def missing() -> list[Path]:
    """Programs that are not installed."""
    return [Path(program) for program in (HAPROXY, REDIS, NGINX, KEEPALIVED) if not Path(program).exists()]


def _is_root() -> bool:
    return os.geteuid() == 0
