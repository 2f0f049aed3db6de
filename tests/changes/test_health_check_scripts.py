"""Cluster Configuration > Health Check Scripts: add, modify, delete, and test against a real server."""

import re
import socket
from collections.abc import Iterator
from contextlib import closing, nullcontext

import pytest
from django.conf import settings
from django.test import Client
from django.utils.html import escape

from apps.changes import script_views
from apps.changes.models import Errand
from apps.common.models import Edit, Generation
from apps.services.models import Check, HealthCheckScript, RealServer, VirtualService
from apps.services.script_templates import TEMPLATES
from tests.changes.load import free_port
from tests.changes.recorded import Words, text
from tests.haproxy.far_ends import FarEnd, Port, Web

PAGE = "/lbadmin/cluster/health-check-scripts/"
ADD = f"{PAGE}add/"
GOOD = "#!/bin/sh\nexit 0\n"
HTMX = {"HX-Request": "true"}

pytestmark = pytest.mark.django_db


@pytest.fixture
def script(db: None) -> HealthCheckScript:
    return HealthCheckScript.objects.create(label="ldap", content=GOOD)


@pytest.fixture
def service(db: None) -> VirtualService:
    return VirtualService.objects.create(label="AVS", address="10.10.40.217", ports="8443,443")


@pytest.fixture
def worker(at_once: None) -> Iterator[None]:
    """It runs scripts from here."""
    assert (settings.PATHS.run.stat().st_mode & 0o777) == 0o755
    yield
    assert not list(settings.PATHS.run.glob("trial-*"))


def page_of(script: HealthCheckScript) -> str:
    return f"{PAGE}{script.pk}/"


def test_the_list_says_who_uses_a_script_and_who_changed_it(
    admin: Client, viewer: Client, service: VirtualService, worker: None
) -> None:
    assert "No Health Check Scripts configured." in text(viewer, PAGE)
    admin.post(ADD, {"label": "ldap", "content": GOOD})
    service.check_script = HealthCheckScript.objects.get()
    service.save()
    assert "ldap not used" in text(viewer, PAGE)  # chosen, but another type of check counts
    VirtualService.objects.update(check_type=Check.EXTERNAL)
    assert re.search(r"ldap AVS \d{4}-\d\d-\d\d \d\d:\d\d by config-user", text(viewer, PAGE))
    assert "Modify" not in text(viewer, PAGE)
    assert "Modify Delete" in text(admin, PAGE)


def test_a_script_of_many_services(viewer: Client, script: HealthCheckScript) -> None:
    for number in range(12):
        VirtualService.objects.create(
            label=f"s{number}", ports=f"{number + 1}", check_type=Check.EXTERNAL, check_script=script
        )
    assert "s9 + 2 more" in text(viewer, PAGE)


def test_an_administrator_adds_a_script_and_can_test_it_at_once(admin: Client, worker: None) -> None:
    answer = admin.post(ADD, {"label": "ldap", "content": GOOD.replace("\n", "\r\n")}, follow=True)
    script = HealthCheckScript.objects.get()
    assert script.content == GOOD
    assert answer.redirect_chain == [(page_of(script), 302)]
    assert "Health Check Script ldap added." in answer.content.decode()
    assert ">Test</button>" in answer.content.decode()


def test_a_changed_script_waits_for_a_commit(admin: Client, script: HealthCheckScript, worker: None) -> None:
    before = Generation.current()
    answer = admin.post(page_of(script), {"label": "ldap", "content": "#!/bin/sh\nexit 1\n"}, follow=True)
    assert "until you press Reload HAProxy" in answer.content.decode()
    assert "not checked" not in answer.content.decode()
    assert Generation.current() > before
    assert Edit.objects.get().label == "ldap"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "Enter Script."),
        ("exit 0", "Begin the first line with #!"),
        ("#!/bin/sh\nif true; then\n exit 0\n", "Line 4: sh says: Syntax error: end of file unexpected"),
        ("#!/bin/bash\ncase x in\n", "Line 3: bash says: syntax error: unexpected end of file."),
        ("#!/usr/bin/python3\n\nprint(\n", "Line 3: python3 says: SyntaxError: '(' was never closed."),
        ("#!/usr/bin/nothing\n", "/usr/bin/nothing is not installed here, so HAProxy could not run this."),
    ],
)
def test_a_script_that_cannot_work_is_refused(admin: Client, worker: None, content: str, words: str) -> None:
    answer = admin.post(ADD, {"label": "ldap", "content": content})
    assert answer.status_code == 422
    assert words in " ".join(answer.context["form"].errors["content"])
    assert escape(content) in answer.content.decode()
    assert not HealthCheckScript.objects.exists()


def test_a_language_that_cannot_be_checked_is_told_of(admin: Client, worker: None) -> None:
    answer = admin.post(ADD, {"label": "ldap", "content": "#!/usr/bin/perl\nexit(\n"}, follow=True)
    assert "The syntax of perl cannot be checked here." in answer.content.decode()
    assert HealthCheckScript.objects.exists()


def test_saving_does_not_depend_on_the_worker(admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = admin.post(ADD, {"label": "ldap", "content": GOOD}, follow=True)
    assert "not checked, because the worker cannot be reached" in answer.content.decode()
    monkeypatch.setattr(script_views, "PATIENCE", 0.1)
    monkeypatch.setattr("apps.changes.tasks.run_errand.delay", lambda pk: None)  # a worker that is busy elsewhere
    answer = admin.post(ADD, {"label": "ldap2", "content": GOOD}, follow=True)
    assert "not checked, because the worker did not answer in time" in answer.content.decode()
    assert HealthCheckScript.objects.count() == 2


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda item: item.name)
def test_a_template_fills_the_editor(admin: Client, worker: None, template: object) -> None:
    form = admin.get(ADD, {"template": template.name}).context["form"]  # type: ignore[attr-defined]
    content = form["content"].value()
    assert content.startswith("#!/")
    admin.post(ADD, {"label": form["label"].value(), "content": content})
    assert HealthCheckScript.objects.get().content == content


def test_a_script_in_use_is_kept(admin: Client, script: HealthCheckScript, service: VirtualService) -> None:
    VirtualService.objects.update(check_type=Check.EXTERNAL, check_script=script)
    assert "is used by AVS" in text(admin, f"{page_of(script)}delete/")
    answer = admin.post(f"{page_of(script)}delete/", follow=True)
    assert "Health Check Script ldap is used by Virtual Service AVS." in answer.content.decode()
    assert VirtualService.objects.get().check_script == script


def test_a_script_that_is_only_still_chosen_can_be_deleted(
    admin: Client, script: HealthCheckScript, service: VirtualService
) -> None:
    """The drop-down is not shown with another type of check, so nothing else could be chosen there."""
    VirtualService.objects.update(check_script=script)
    answer = admin.post(f"{page_of(script)}delete/", follow=True)
    assert "Health Check Script ldap deleted." in answer.content.decode()
    assert VirtualService.objects.get().check_script is None
    assert not HealthCheckScript.objects.exists()


def tried(admin: Client, script: HealthCheckScript, content: str = "", **fields: object) -> str:
    server = RealServer.objects.get()
    given = {"server": server.pk, "content": content} | fields
    answer = admin.post(f"{page_of(script)}test/", given, headers=HTMX)
    errand = Errand.objects.get()
    assert answer.status_code == 200
    answer = admin.get(f"/lbadmin/commit/errand/{errand.pk}/")
    return str(Words(answer.content.decode()))


def test_a_test_shows_what_the_script_says(
    admin: Client, script: HealthCheckScript, service: VirtualService, worker: None
) -> None:
    RealServer.objects.create(service=service, label="SERVER1", address="127.0.0.1", port=8080)
    VirtualService.objects.update(check_port=81)
    said = tried(admin, script, '#!/bin/sh\necho "<b>$*</b> $HAPROXY_SERVER_PORT $HAPROXY_PROXY_NAME"\nexit 3\n')
    assert "Failed SERVER1 of AVS: exit code 3 after 0.0" in said
    assert "<b>10.10.40.217 8443 127.0.0.1 81</b> 8080 AVS" in said
    script.refresh_from_db()
    assert script.content == GOOD  # a test saves nothing


def test_without_script_in_the_browser_the_saved_one_is_tested(
    admin: Client, script: HealthCheckScript, service: VirtualService, worker: None
) -> None:
    server = RealServer.objects.create(service=service, label="SERVER1", address="127.0.0.1")
    answer = admin.post(f"{page_of(script)}test/", {"server": server.pk}, follow=True)
    said = str(Words(answer.content.decode()))
    assert "Healthy SERVER1 of AVS: exit code 0" in said
    assert "Arguments: 10.10.40.217 8443 127.0.0.1 0 It printed nothing." in said


def test_a_test_says_when_haproxy_would_not_wait_so_long(
    admin: Client, script: HealthCheckScript, service: VirtualService, worker: None
) -> None:
    RealServer.objects.create(service=service, label="SERVER1", address="127.0.0.1")
    VirtualService.objects.update(check_interval="50ms")
    said = tried(admin, script, "#!/bin/sh\nsleep 0.1\n")
    assert "longer than Interval, here 50ms" in said


def test_a_test_ends(
    admin: Client, script: HealthCheckScript, service: VirtualService, worker: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.changes.script_checks.SECONDS", 0.3)
    RealServer.objects.create(service=service, label="SERVER1", address="127.0.0.1")
    assert "no end within 0.3 seconds, so it was ended" in tried(admin, script, "#!/bin/sh\nsleep 60\n")


@pytest.mark.parametrize(
    ("server", "words"), [("", "Choose a Real Server first."), ("x", "Choose a Real Server first."), ("7", "deleted")]
)
def test_a_test_of_nothing(admin: Client, script: HealthCheckScript, worker: None, server: str, words: str) -> None:
    answer = admin.post(f"{page_of(script)}test/", {"server": server}, follow=True)
    assert words in answer.content.decode()


def test_a_test_without_a_worker(admin: Client, script: HealthCheckScript, service: VirtualService) -> None:
    server = RealServer.objects.create(service=service, label="SERVER1", address="127.0.0.1")
    answer = admin.post(f"{page_of(script)}test/", {"server": server.pk}, headers=HTMX)
    assert "The worker cannot be reached" in answer.content.decode()


def test_the_real_server_that_the_script_checks_stands_first(admin: Client, script: HealthCheckScript) -> None:
    for label in ("first", "second"):
        service = VirtualService.objects.create(label=label, address="10.10.40.217", ports="80")
        RealServer.objects.create(service=service, label=f"<{label}>", address="10.10.40.6")
    VirtualService.objects.filter(label="second").update(check_type=Check.EXTERNAL, check_script=script)
    page = admin.get(page_of(script)).content.decode()
    assert page.index("&lt;second&gt; (10.10.40.6)") < page.index("&lt;first&gt; (10.10.40.6)")
    assert '<optgroup label="second">' in page


class Greeter(FarEnd):
    """Says its word to whoever connects; LDAP clients speak first."""

    word = b""

    def serve(self, link: socket.socket) -> None:
        link.sendall(self.word)
        link.recv(1000)


class Smtp(Greeter):
    word = b"220 mail.example ESMTP\r\n"


class Imap(Greeter):
    word = b"* OK ready\r\n"


class Ldap(Greeter):
    word = bytes.fromhex("300c02010161070a010004000400")


class Refusing(Greeter):
    word = b"554 5.3.2 not now \x0a\x01\x35\r\n"


@pytest.mark.parametrize(
    ("name", "kind"), [("tcp", Port), ("http", Web), ("smtp", Smtp), ("imap", Imap), ("ldap", Ldap)]
)
def test_templates_tell_a_server_that_answers_well(
    admin: Client, script: HealthCheckScript, service: VirtualService, worker: None, name: str, kind: type[FarEnd]
) -> None:
    content = next(item.content for item in TEMPLATES if item.name == name)
    for end, verdict in ((kind(), "Healthy"), (Refusing() if issubclass(kind, Greeter) else None, "Failed")):
        port = end.port if end else free_port()
        with closing(end) if end else nullcontext():
            RealServer.objects.all().delete()
            Errand.objects.all().delete()
            RealServer.objects.create(service=service, label="SERVER1", address="127.0.0.1", port=port)
            assert f"{verdict} SERVER1" in tried(admin, script, content)
