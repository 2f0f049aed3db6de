"""What happens in the running HAProxy, without a reload: the same worker goes on all the time."""

import http.client
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from apps.certificates.models import Certificate
from apps.certificates.vault import pem, seal
from apps.changes import candidate, states
from apps.changes.runtime import RuntimeRefused, carry_out
from apps.haproxy.listen import pem_file
from apps.haproxy.plan import AddServer, Plan, RemoveServer, ReplaceCertificate, SetWeight, Step, plan
from apps.services.models import RealServer, State, VirtualService
from apps.system import haproxy, tls
from tests.certificates.openssl import Issued, Workshop
from tests.changes.conftest import PORT
from tests.changes.server import Answer, served

VIP, SECURE_PORT = "127.0.0.9", PORT + 1

pytestmark = pytest.mark.usefixtures("running")


class Slow(Answer):
    def do_GET(self) -> None:
        time.sleep(0.5)
        super().do_GET()


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)


@pytest.fixture
def service(service: VirtualService, workshop: Workshop) -> VirtualService:
    """It keeps no clients. Beside it is one that ends TLS."""
    VirtualService.objects.update(persistence="none")
    VirtualService.objects.create(
        label="secure",
        address=VIP,
        ports=str(SECURE_PORT),
        protocol="http2",
        certificate=stored(workshop.issue("web.example")),
    )
    return service


def stored(issued: Issued, *chain: Issued) -> Certificate:
    now = timezone.now()
    return Certificate.objects.create(
        label=f"site{Certificate.objects.count()}",
        chain=b"".join(item.certificate for item in (issued, *chain)).decode(),
        encrypted_key=seal(issued.key.decode()),
        valid_from=now,
        valid_to=now,
    )


@contextmanager
def carried_out() -> Iterator[None]:
    """What is edited inside is done at run time."""
    before, worker = candidate.load(), running_worker()
    yield
    planned = plan(before, candidate.load())
    assert planned.reasons == ()
    assert planned.steps
    carry_out(planned, {item.pk: pem(item) for item in Certificate.objects.all()})
    assert running_worker() == worker


def running_worker() -> int:
    return haproxy.processes(settings.PATHS.haproxy_master_socket).worker


def reload() -> None:
    states.write()
    haproxy.reload(settings.PATHS.haproxy_master_socket, settings.PATHS.haproxy_admin_socket)


def ask(command: str) -> str:
    return haproxy.ask(settings.PATHS.haproxy_admin_socket, command).strip()


def told(server: str) -> dict[str, str]:
    """What HAProxy tells of a server; nothing when it has none of that name."""
    head, *rows = [line.split(",") for line in ask("show stat web 4 -1").splitlines()]
    return next((dict(zip(head, row, strict=True)) for row in rows if row[1] == server), {})


def eventually(is_so: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def get() -> str:
    link = http.client.HTTPConnection(VIP, PORT, timeout=5)
    link.request("GET", "/")
    answer = link.getresponse()
    return f"{answer.status} {answer.read().decode()}"


def add(port: int | None, state: State = State.ONLINE, **fields: object) -> None:
    service = VirtualService.objects.get(label="web")
    RealServer.objects.create(service=service, label="new", address="127.0.0.1", port=port, state=state, **fields)


def leave_only(label: str) -> None:
    RealServer.objects.exclude(label=label).update(state=State.HALT)
    states.apply()


def test_a_weight() -> None:
    with carried_out():
        RealServer.objects.filter(label="two").update(weight=7)
    assert (told("one")["uweight"], told("two")["uweight"]) == ("100", "7")


def test_an_added_server_takes_traffic_and_follows_its_checks() -> None:
    with served() as port:
        with carried_out():
            add(port)
        leave_only("new")
        assert [get() for _ in range(3)] == ["200 hello"] * 3
        assert told("new")["stot"] == "3"
    eventually(lambda: told("new")["status"] == "DOWN")
    with served(port=port):
        eventually(lambda: told("new")["status"] == "UP")
        assert get() == "200 hello"


def test_an_added_server_is_set_up_as_one_from_the_file(server_port: int) -> None:
    with carried_out():
        add(server_port)
    assert int(told("new")["throttle"]) < 100  # slowstart
    same = ("check_rise", "check_fall", "uweight", "check_desc", "addr")
    eventually(lambda: [told("new")[name] for name in same] == [told("one")[name] for name in same])
    rows = [line.split() for line in ask("show servers conn web").splitlines() if "/one " in line or "/new " in line]
    kept = [(row[5], row[11]) for row in rows]  # for how long idle connections are kept, and how many
    assert kept == [("5000", "-1")] * 2


def test_an_added_server_without_a_port_gets_the_clients_port() -> None:
    with served(port=PORT):
        with carried_out():
            add(None)
        leave_only("new")
        assert get() == "200 hello"


def test_an_added_server_that_speaks_tls_is_checked_by_tls(workshop: Workshop) -> None:
    (workshop.path / "server.pem").write_bytes(workshop.issue("one.example").pem)
    with served(certificate=workshop.path / "server.pem") as port:
        with carried_out():
            add(port, encrypted=True)
        eventually(lambda: told("new")["check_status"] == "L6OK")
        leave_only("new")
        assert get() == "200 hello"


@pytest.mark.parametrize(("state", "status"), [(State.DRAIN, "DRAIN"), (State.HALT, "MAINT")])
def test_an_added_server_begins_in_its_state(server_port: int, state: State, status: str) -> None:
    with carried_out():
        add(server_port, state)
    assert told("new")["status"].startswith(status)
    assert get() == "200 hello"
    assert told("new")["stot"] == "0"


def test_an_added_server_without_checks(server_port: int) -> None:
    VirtualService.objects.filter(label="web").update(check_type="none")
    with carried_out():
        add(server_port)
    assert told("new")["status"] == "no check"


@pytest.mark.parametrize("state", State)
def test_a_server_is_removed(state: State) -> None:
    RealServer.objects.filter(label="one").update(state=state)
    states.apply()
    assert [get() for _ in range(4)] == ["200 hello"] * 4
    with carried_out():
        RealServer.objects.filter(label="one").delete()
    assert told("one") == {}
    assert [get() for _ in range(4)] == ["200 hello"] * 4


def test_a_halted_server_is_removed_without_a_moment_of_drain_in_which_clients_come_back() -> None:
    RealServer.objects.filter(label="one").update(state=State.HALT)
    states.apply()
    with carried_out():
        RealServer.objects.filter(label="one").delete()
    assert "drain" not in (settings.PATHS.log / "haproxy.log").read_text()


def test_a_server_that_is_removed_answers_its_last_request() -> None:
    with served(Slow) as port, ThreadPoolExecutor() as clients:
        with carried_out():
            add(port)
        leave_only("new")
        answer = clients.submit(get)
        eventually(lambda: told("new")["scur"] == "1")
        RealServer.objects.update(state=State.ONLINE)
        states.apply()
        with carried_out():
            RealServer.objects.filter(label="new").delete()
        assert answer.result() == "200 hello"
    assert told("new") == {}


def test_a_server_with_a_long_connection_is_left_to_a_reload_which_does_not_cut_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        add(server.getsockname()[1])
        number = RealServer.objects.get(label="new").pk
        new = ("id", str(number + 1), "weight", "100")
        carry_out(Plan((AddServer("web", "new", (f"127.0.0.1:{server.getsockname()[1]}", *new), 100, "online"),)), {})
        leave_only("new")
        with socket.create_connection((VIP, PORT)) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: web\r\n\r\n")
            link, _ = server.accept()
            with link:
                assert link.recv(1000)
                with pytest.raises(RuntimeRefused, match="new of web still has connections"):
                    carry_out(Plan((RemoveServer("web", "new"),)), {})
                reload()
                assert told("new") == {}
                link.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate")
                assert client.recv(1000).endswith(b"late")


def served_certificate() -> str:
    return tls.served_fingerprint(VIP, SECURE_PORT)


def renew(certificate: Certificate, by: Certificate) -> None:
    Certificate.objects.filter(pk=certificate.pk).update(chain=by.chain, encrypted_key=by.encrypted_key)


def test_a_certificate_is_replaced(workshop: Workshop) -> None:
    certificate = Certificate.objects.get()
    before = served_certificate()
    authority = workshop.issue("Example CA", ca=True)
    renewed = stored(workshop.issue("web.example", by=authority), authority)
    with carried_out():
        renew(certificate, renewed)
    assert served_certificate() not in {"", before}
    shown = ask(f"show ssl cert {pem_file(certificate.pk)}")
    assert "Issuer: /CN=Example CA" in shown
    assert "Chain Subject: /CN=Example CA" in shown


@pytest.mark.parametrize("spoil", ["cut", "key", "size"])
def test_a_certificate_that_haproxy_refuses_changes_nothing(workshop: Workshop, spoil: str) -> None:
    certificate = Certificate.objects.get()
    before = served_certificate()
    other = workshop.issue("web.example")
    content = {
        "cut": pem(certificate)[:-100],
        "key": workshop.key().decode() + other.certificate.decode(),
        "size": (other.pem + other.certificate * 60).decode(),  # more than HAProxy's buffer
    }[spoil]
    with pytest.raises(RuntimeRefused):
        carry_out(Plan((ReplaceCertificate(certificate.pk, pem_file(certificate.pk)),)), {certificate.pk: content})
    assert served_certificate() == before
    assert get() == "200 hello"


def test_an_empty_line_in_a_certificate_begins_no_command() -> None:
    certificate = Certificate.objects.get()
    content = pem(certificate).replace("-----BEGIN CERT", "\n \nset server web/one weight 3\n\n-----BEGIN CERT")
    carry_out(Plan((ReplaceCertificate(certificate.pk, pem_file(certificate.pk)),)), {certificate.pk: content})
    assert told("one")["uweight"] == "100"


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (SetWeight("web", "nobody", 5), "No such server"),
        (SetWeight("web", "one", 257), "between 0 and 256"),
        (RemoveServer("web", "nobody"), "No such server"),
        (AddServer("web", "one", ("127.0.0.1:1",), 1, "online"), "Already exists"),
        (AddServer("web", "other", ("127.0.0.1:1", "cookie", "other"), 1, "online"), "'cookie' option is not accepted"),
        (AddServer("web", "other", ("127.0.0.1:1;set", "weight"), 1, "online"), "cannot be said"),
        (SetWeight("web", "one two", 5), "cannot be said"),
        # What is read back is not what was asked for.
        (AddServer("web", "other", ("127.0.0.1:1", "weight", "2"), 1, "online"), "other of web"),
    ],
)
def test_what_haproxy_refuses_in_the_middle_a_reload_repairs(step: Step, words: str) -> None:
    before = ask("show servers state web").splitlines()[1:]
    with pytest.raises(RuntimeRefused, match=words):
        carry_out(Plan((SetWeight("web", "two", 9), RemoveServer("web", "one"), step)), {})
    reload()
    after = ask("show servers state web").splitlines()[1:]
    columns = (0, 1, 2, 3, 4, 6, 7, 8, 13)  # who it is, administrative state, weights, whether it is checked
    assert [[row.split()[at] for at in columns] for row in after] == [
        [row.split()[at] for at in columns] for row in before
    ]
    assert get() == "200 hello"


def test_haproxy_does_not_run(running: object) -> None:
    settings.PATHS.haproxy_admin_socket.rename(settings.PATHS.run / "away")
    try:
        with pytest.raises(RuntimeRefused, match="does not answer"):
            carry_out(Plan((SetWeight("web", "one", 5),)), {})
    finally:
        (settings.PATHS.run / "away").rename(settings.PATHS.haproxy_admin_socket)
