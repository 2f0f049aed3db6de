"""Everything between an installed checkout and a running appliance; any number of times."""

import getpass
import os
import secrets
import sys
from typing import Any

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from apps.accounts.actions import create_first_user
from apps.accounts.models import FIRST_USER, User
from apps.certificates import built_in
from apps.changes import engine, versions
from apps.system import files, heartbeat, home, host, network, processes, scripts, tls, webui


class Command(BaseCommand):
    help = (
        "Make the database, keys, certificate and first user, write every program's configuration, print the address."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        self._refuse_what_cannot_start()
        call_command("migrate", verbosity=0, interactive=False)
        home.own_database(settings.PATHS)
        self._make_certificate()
        password = self._make_first_user()
        engine.prepare_first_start()
        processes.write(settings.PATHS, settings.ENVIRONMENT, host.python())
        scripts.allow_ping()
        self._prepare_heartbeat()
        self._greet(password)

    def _prepare_heartbeat(self) -> None:
        """The WebUI is served without it, too: whoever reads this needs that."""
        try:
            heartbeat.prepare(settings.PATHS, versions.current_addresses())
        except heartbeat.HeartbeatProblem as problem:
            self.stderr.write(f"Floating IPs are left out: {problem}")

    def _refuse_what_cannot_start(self) -> None:
        if missing := processes.missing():
            names = ", ".join(path.name for path in missing)
            raise CommandError(f"Not installed: {names}. Run ./appliance run as root once: it installs them.")
        if host.answers(settings.PATHS.supervisor_socket):
            raise CommandError(f"lbadmin already runs with LBADMIN_HOME={settings.PATHS.home}. Stop it first.")
        own = webui.listens(settings.PATHS, settings.ENVIRONMENT)
        chosen = settings.PATHS.webui_socket
        move_webui = f"delete {chosen}" if chosen.exists() else "set LBADMIN_WEBUI_PORT to another port"
        wanted = {
            move_webui: (own.address, own.port),
            "set LBADMIN_FALLBACK_PORT to another port": ("0.0.0.0", settings.ENVIRONMENT.fallback_port),  # noqa: S104 - where nginx listens
            "set LBADMIN_PEERS_PORT to another port": ("127.0.0.1", settings.ENVIRONMENT.peers_port),
        }
        for advice, (address, port) in wanted.items():
            if not host.is_free(address, port):
                raise CommandError(f"Port {port} on {address} is used by another program. Stop that, or {advice}.")

    def _make_certificate(self) -> None:
        path = settings.PATHS.webui_certificate
        if not path.exists():
            files.write(path, tls.self_signed(), mode=0o640)
            home.own(path, "root", home.WEB_USER)
        built_in.ensure(path.read_text())

    def _make_first_user(self) -> str:
        """Return the password if it was made up here, so that it can be shown once."""
        if User.objects.exists():
            return ""
        given = os.environ.get("LBADMIN_PASSWORD", "")
        password = given or (self._ask() if sys.stdin.isatty() else secrets.token_urlsafe(12))
        try:
            validate_password(password, User(username=FIRST_USER))
        except ValidationError as error:
            raise CommandError(f"LBADMIN_PASSWORD cannot be used: {' '.join(error.messages)}") from error
        create_first_user(password)
        return "" if given or sys.stdin.isatty() else password

    def _ask(self) -> str:
        while True:
            password = getpass.getpass(f"Password for the user {FIRST_USER}: ")
            try:
                validate_password(password, User(username=FIRST_USER))
            except ValidationError as error:
                self.stdout.write(" ".join(error.messages))
            else:
                if password == getpass.getpass("Once more: "):
                    return password
                self.stdout.write("The two differ. Try again.")

    def _greet(self, password: str) -> None:
        own = webui.listens(settings.PATHS, settings.ENVIRONMENT)
        reachable = [
            item.address for item in network.addresses() if item.interface != network.LOOPBACK and "." in item.address
        ]
        addresses = (reachable or ["127.0.0.1"]) if own.is_everywhere else [own.address]
        for address in addresses:
            self.stdout.write(f"lbadmin: https://{webui.Socket(address, own.port)}/lbadmin/")
        if password:
            self.stdout.write(
                f"User {FIRST_USER}, password {password} - shown only now; change it under Maintenance > Passwords."
            )
        if os.geteuid():
            self.stdout.write(
                "Not root: floating IPs and ports below 1024 are left out; use addresses this host already has."
            )
        self.stdout.write("Ctrl-C stops everything.")
