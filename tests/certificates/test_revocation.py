"""Revocation lists of certificate authorities: uploaded, checked to be theirs, and obeyed by HAProxy."""

import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client

from apps.certificates import revocation
from apps.certificates.models import Certificate
from apps.common.models import Generation
from tests.certificates.openssl import Issued, Workshop, openssl
from tests.certificates.pages import errors, page_of, send, upload, words

CONFIG = """
global
    stats timeout 1s
defaults
    mode http
    timeout connect 1s
    timeout client 2s
    timeout server 1s
frontend f
    bind 127.0.0.1:{port} ssl crt site.pem ca-file ca.pem crl-file crl.pem verify required
    http-request return status 200
"""


@pytest.fixture
def authority(admin: Client, root: Issued, intermediate: Issued) -> str:
    """The address for its lists."""
    upload(admin, root.certificate + intermediate.certificate, label="clients")
    return f"{page_of('clients')}revocation-list/"


@pytest.fixture
def lists(workshop: Workshop, root: Issued, intermediate: Issued) -> list[bytes]:
    return [workshop.revocation_list(root), workshop.revocation_list(intermediate)]


@pytest.mark.parametrize("shape", ["one file", "two files", "DER", "CRLF"])
def test_the_lists_are_taken(admin: Client, workshop: Workshop, authority: str, lists: list[bytes], shape: str) -> None:
    before, content = Generation.current(), Certificate.objects.get().content
    files = {
        "one file": [b"".join(lists)],
        "two files": lists,
        "DER": [openssl("crl", "-outform", "DER", cwd=workshop.path, stdin=one) for one in lists],
        "CRLF": [b"".join(lists).replace(b"\n", b"\r\n")],
    }[shape]
    assert send(admin, authority, *files).status_code == 302
    stored = Certificate.objects.get()
    assert stored.revocation_list == b"".join(lists).decode()
    assert stored.revocation_until
    assert stored.content != content
    assert Generation.current() == before + 1
    shown = words(admin, page_of("clients"))
    assert "Revocation list of clients uploaded, to be renewed by" in shown
    assert "Authority Updated Next update Revoked Example Root CA" in shown
    assert "There is no list for" not in shown


def test_an_authority_without_a_list_is_told(admin: Client, authority: str, lists: list[bytes]) -> None:
    send(admin, authority, lists[1])
    shown = words(admin, page_of("clients"))
    assert "There is no list for Example Root CA: HAProxy turns away clients" in shown


def test_what_cannot_be_used_is_refused(
    admin: Client, workshop: Workshop, authority: str, lists: list[bytes], site: Issued, intermediate: Issued
) -> None:
    stranger = workshop.issue("Other CA", ca=True)
    namesake = workshop.issue("Example TLS CA 3", ca=True)
    for content, message in [
        (b"", "The file is empty."),
        (b"noise", "This is no certificate revocation list (CRL)."),
        (site.pem, "This is no certificate revocation list (CRL)."),
        (bytes(1024 * 1024 + 1), "larger than 1 MB"),
        (lists[1][:-20], "The file ends too early"),
        (lists[1].replace(b"\nM", b"\nN", 1), "cannot be read"),
        (workshop.revocation_list(stranger), "of Other CA was not signed by Example Root CA, Example TLS CA 3"),
        (workshop.revocation_list(namesake), "of Example TLS CA 3 was not signed by"),
        (workshop.revocation_list(intermediate, lasts=timedelta(days=-1)), "HAProxy turns every client away"),
    ]:
        refused = errors(send(admin, authority, content))
        assert list(refused) == ["file"]
        assert message in refused["file"][0]
    assert "Choose the file of the revocation list." in errors(admin.post(authority, {"stamp": ""}))["file"][0]
    assert Certificate.objects.get().revocation_list == ""


def test_of_two_lists_the_newer_counts(
    admin: Client, workshop: Workshop, authority: str, lists: list[bytes], intermediate: Issued
) -> None:
    newer = workshop.revocation_list(intermediate, lasts=timedelta(days=40))
    send(admin, authority, newer, *lists)
    assert Certificate.objects.get().revocation_list.encode() == newer + lists[0]


def test_it_is_removed_after_a_question(admin: Client, authority: str, lists: list[bytes]) -> None:
    send(admin, authority, *lists)
    assert "will no longer be checked for revocation" in words(admin, f"{authority}remove/")
    admin.post(f"{authority}remove/")
    stored = Certificate.objects.get()
    assert (stored.revocation_list, stored.revocation_until) == ("", None)


def test_only_authorities_have_them(admin: Client, site: Issued, viewer: Client) -> None:
    upload(admin, site.pem)
    assert admin.get(f"{page_of()}revocation-list/").status_code == 404
    assert viewer.get(f"{page_of()}revocation-list/").status_code == 403


def test_haproxy_turns_revoked_clients_away(
    admin: Client, workshop: Workshop, authority: str, site: Issued, root: Issued, intermediate: Issued, tmp_path: Path
) -> None:
    good, bad = (workshop.issue(name, by=intermediate) for name in ("good", "bad"))
    send(admin, authority, workshop.revocation_list(root), workshop.revocation_list(intermediate, bad))
    stored = Certificate.objects.get()
    assert [found.revoked for found in revocation.facts(stored.revocation_list)] == [0, 1]
    with listening(tmp_path, site, stored.chain, stored.revocation_list) as port:
        assert is_let_in(tmp_path, port, good)
        assert not is_let_in(tmp_path, port, bad)


def test_haproxy_wants_a_list_of_each_authority(
    admin: Client, workshop: Workshop, authority: str, site: Issued, intermediate: Issued, tmp_path: Path
) -> None:
    """What the warning about a missing list says."""
    good = workshop.issue("good", by=intermediate)
    send(admin, authority, workshop.revocation_list(intermediate))
    stored = Certificate.objects.get()
    with listening(tmp_path, site, stored.chain, stored.revocation_list) as port:
        assert not is_let_in(tmp_path, port, good)


@contextmanager
def listening(directory: Path, site: Issued, chain: str, revocation_list: str) -> Iterator[int]:
    """A real HAProxy that checks its clients."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    for name, content in {"site": site.pem.decode(), "ca": chain, "crl": revocation_list}.items():
        (directory / f"{name}.pem").write_text(content)
    config = directory / "haproxy.cfg"
    config.write_text(CONFIG.format(port=port))
    process = subprocess.Popen(["haproxy", "-db", "-f", config], cwd=directory, stderr=subprocess.PIPE)
    try:
        _wait(port)
        yield port
    finally:
        process.terminate()
        process.communicate(timeout=10)


def _wait(port: int) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        else:
            return


def is_let_in(directory: Path, port: int, client: Issued) -> bool:
    own = directory / "client.pem"
    own.write_bytes(client.pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.load_cert_chain(own)
    try:
        with socket.create_connection(("127.0.0.1", port), 5) as link, context.wrap_socket(link) as secure:
            secure.sendall(b"GET / HTTP/1.0\r\n\r\n")
            return secure.recv(100).startswith(b"HTTP/1.1 200")
    except OSError:
        return False
