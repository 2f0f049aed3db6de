"""Whatever the forms accept, HAProxy accepts; and no text adds a directive."""

import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.certificates.models import Certificate
from apps.certificates.vault import pem, seal
from apps.common.options import options
from apps.haproxy.config import Config, Service
from apps.haproxy.render import render
from apps.services.forms import ModifyVirtualService, RealServerForm
from apps.services.models import Balance, Check, Persistence, Protocol, RealServer, RedirectCode, State, VirtualService
from apps.system import files, haproxy
from tests.haproxy.test_render import HOST

NASTY = [
    "AVS\n  stats enable",
    "a b",
    "a#b",
    "a'b",
    'a"b',
    "a\\b",
    "a\x00b",
    "a\tb",
    "${HOME}",
    "%[src]",
    "a\r\nlisten x",
    "",
]


def texts(good: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Mostly what an administrator types, sometimes what an attacker would."""
    nasty = st.sampled_from(NASTY) | st.text(max_size=12)
    return st.integers(0, 60).flatmap(lambda number: good if number else nasty)


LABELS = texts(st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,20}", fullmatch=True))
V4 = st.ip_addresses(v=4, network="10.0.0.0/8").map(str)
ADDRESSES = texts(V4 | st.ip_addresses(v=6, network="2001:db8::/32").map(str))
SPAN = st.tuples(st.integers(1, 64000), st.integers(0, 40)).map(lambda pair: f"{pair[0]}-{pair[0] + pair[1]}")
PORTS = texts(st.lists(st.integers(1, 65535).map(str) | SPAN, min_size=1, max_size=4).map(",".join))
DURATIONS = texts(
    st.tuples(st.integers(1, 20000), st.sampled_from(["", "ms", "s", "m", "h", "d"])).map("{0[0]}{0[1]}".format)
)
URLS = texts(st.sampled_from(["", "http://one.example", "https://192.0.2.1:8443/a/b?c=d&e='f'", 'http://x/"#;$']))
FLAGS = st.sampled_from(["", "on"])

SERVERS = st.fixed_dictionaries(
    {
        "label": LABELS,
        "address": ADDRESSES,
        "port": texts(st.integers(0, 70000).map(str) | st.just("")),
        "weight": texts(st.integers(0, 260).map(str)),
        "encrypted": FLAGS,
        "redirect_url": URLS,
        "state": st.sampled_from(State.values),
    }
)
SERVICES = st.fixed_dictionaries(
    {
        "label": LABELS,
        "address": ADDRESSES,
        "ports": PORTS,
        "protocol": st.sampled_from(Protocol.values),
        "certificate": st.sampled_from(["1", ""]),
        "authority": st.sampled_from(["2", ""]),
        "verification": st.sampled_from(["required", "optional"]),
        "balance": st.sampled_from(Balance.values),
        "persistence": st.sampled_from(Persistence.values),
        "persistence_timeout": DURATIONS,
        "check_type": st.sampled_from(Check.values),
        "force_https": FLAGS,
        "redirect_code": st.sampled_from(RedirectCode.values),
        "forward_for": FLAGS,
        "timeout": FLAGS,
        "client_timeout": DURATIONS,
        "server_timeout": DURATIONS,
        "servers": st.lists(SERVERS, max_size=3),
    }
)

DEFAULTS = {
    model: {option.name: option.get_default() for option in options(model) if option.has_default()}
    for model in (VirtualService, RealServer)
}
DEFAULTS[VirtualService]["application_cookie"] = "JSESSIONID"


@pytest.fixture(scope="module")
def key_and_certificate() -> Iterator[tuple[str, str]]:
    with tempfile.TemporaryDirectory() as directory:
        words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=x", "-days", "9"]
        subprocess.run(
            [*words, "-keyout", "key.pem", "-out", "cert.pem"], cwd=directory, check=True, capture_output=True
        )
        yield Path(directory, "key.pem").read_text(), Path(directory, "cert.pem").read_text()


@pytest.fixture
def certificates(db: None, key_and_certificate: tuple[str, str]) -> dict[int, str]:
    key, chain = key_and_certificate
    fields: dict[str, Any] = {"valid_from": "2026-01-01T00:00Z", "valid_to": "2036-01-01T00:00Z", "chain": chain}
    site = Certificate.objects.create(pk=1, label="site", encrypted_key=seal(key), **fields)
    authority = Certificate.objects.create(pk=2, label="ca", is_authority=True, **fields)
    return {1: pem(site), 2: pem(authority)}


def saved(service: dict[str, Any]) -> Service | None:
    """What the forms make of it; None when they refuse."""
    form = ModifyVirtualService(DEFAULTS[VirtualService] | service, instance=VirtualService())
    if not form.is_valid():
        return None
    vip = form.save()
    forms = [
        RealServerForm(DEFAULTS[RealServer] | data, instance=RealServer(service=vip, state=data["state"]))
        for data in service["servers"]
    ]
    servers = []
    for server in forms:
        if server.is_valid():  # one after the other: labels are compared with what is saved
            servers.append(server.save())
    return Service(vip, tuple(servers))


@pytest.mark.django_db
def test_500_random_configurations_are_accepted(certificates: dict[int, str], tmp_path: Path) -> None:
    accepted = Counter[str]()

    @settings(max_examples=500, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(SERVICES, min_size=2, max_size=5))
    def run(drawn: list[dict[str, Any]]) -> None:
        VirtualService.objects.all().delete()
        services = tuple(filter(None, map(saved, drawn)))
        rendering = render(Config(HOST, services, certificates))
        pems = {path: certificates[pk] for path, pk in rendering.certificates.items()}
        files.write_tree(tmp_path / "config", rendering.files | pems)
        haproxy.check(tmp_path / "config" / "haproxy.cfg")
        text = rendering.files["haproxy.cfg"]
        assert text.count("\nlisten ") == len(services)
        assert (
            text.count("    server ")
            == sum(
                len(item.servers) + 1 for item in services if not (item.vip.force_https and item.vip.protocol == "http")
            )
            + 1
        )  # the peer
        accepted.update(services=len(services), servers=sum(len(item.servers) for item in services))

    run()
    assert accepted["services"] > 500  # the forms are not so strict that nothing was tried
    assert accepted["servers"] > 200
