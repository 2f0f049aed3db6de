"""Whatever the forms accept, HAProxy accepts; rules keep their order; XML tells all of it; no text adds a word.

A configuration is a virtual service with everything that belongs to it: up to three real servers, four ACL rules, four
header rules, and each option of all of them, drawn from the option's kind (tests/haproxy/typed.py). A few of them share
a file, as they would: with Layer 7 – Advanced Configuration, health check scripts, floating IPs, SSL terminations and
manual sections, which are drawn too. A file's number alone makes it: what failed fails again, and says which.
"""

import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from shutil import rmtree
from typing import Any

import pytest
from django.db import models

from apps.certificates.models import Certificate
from apps.certificates.vault import seal
from apps.changes import candidate
from apps.changes.document import document
from apps.changes.restore import restore
from apps.changes.xml import from_xml, to_xml
from apps.haproxy.config import Config
from apps.haproxy.render import Rendering, render
from apps.services.models import AclRule, HeaderRule, RealServer, VirtualService
from apps.system import files, haproxy
from tests.haproxy.drawn_site import clear, draw
from tests.haproxy.harmless import harmless, skeleton
from tests.haproxy.test_render import HOST

AMOUNT = 2000
IN_FLIGHT = 8
ACLS, ACTIONS, SERVERS, ANSWERS = (
    {"acl"},
    {"http-request", "tcp-request"},
    {"use_backend", "use-server"},
    {"http-response"},
)


@pytest.fixture(scope="module")
def pem() -> Iterator[tuple[str, str]]:
    """A key and its certificate."""
    with tempfile.TemporaryDirectory() as directory:
        words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=x", "-days", "9"]
        subprocess.run(
            [*words, "-keyout", "key.pem", "-out", "cert.pem"], cwd=directory, check=True, capture_output=True
        )
        yield Path(directory, "key.pem").read_text(), Path(directory, "cert.pem").read_text()


@pytest.fixture
def certificates(db: None, pem: tuple[str, str]) -> str:
    key, chain = pem
    fields: dict[str, Any] = {"valid_from": "2026-01-01T00:00Z", "valid_to": "2036-01-01T00:00Z", "chain": chain}
    Certificate.objects.create(pk=1, label="site", encrypted_key=seal(key), **fields)
    Certificate.objects.create(pk=2, label="ca", is_authority=True, **fields)
    return key + chain


class Checker:
    """HAProxy reads files beside the test, which meanwhile draws the next ones."""

    def __init__(self, directory: Path, pem: str) -> None:
        self.directory, self.pem = directory, pem
        self.pool = ThreadPoolExecutor(2)
        self.running: list[tuple[int, Future[None]]] = []

    def check(self, number: int, rendering: Rendering) -> None:
        while len(self.running) >= IN_FLIGHT:
            self.finish()
        self.running.append((number, self.pool.submit(self._check, self.directory / str(number), rendering)))

    def finish(self) -> None:
        number, check = self.running.pop(0)
        try:
            check.result()
        except haproxy.Refused as error:
            raise AssertionError(f"HAProxy refuses file {number}: {error.said}") from error

    def _check(self, directory: Path, rendering: Rendering) -> None:
        directory.mkdir()
        files.write_tree(directory / "config", rendering.files | dict.fromkeys(rendering.certificates, self.pem))
        haproxy.check(directory / "config" / "haproxy.cfg")
        rmtree(directory)


@pytest.mark.filterwarnings("ignore:Possible")  # Python about drawn regular expressions
@pytest.mark.django_db
def test_2000_random_configurations(certificates: str, tmp_path: Path) -> None:
    made, checker = Counter[type[models.Model]](), Checker(tmp_path, certificates)
    for number in range(AMOUNT):
        made += draw(number)
        config = replace(candidate.load(), host=HOST)
        rendering = render(config)
        checker.check(number, rendering)
        try:
            assert_order_is_kept(config, rendering)
            assert_no_text_adds_a_word(config, rendering)
            assert_xml_tells_all(config)
            if number % 3 == 0:
                assert_all_is_restored(config)
        except AssertionError as error:
            raise AssertionError(f"File {number}: {error}") from error
        if made[VirtualService] >= AMOUNT:
            break
    while checker.running:
        checker.finish()
    # The forms are not so strict that nothing was tried.
    assert made[VirtualService] >= AMOUNT
    assert made[RealServer] > AMOUNT
    assert made[AclRule] > AMOUNT
    assert made[HeaderRule] > AMOUNT


def assert_order_is_kept(config: Config, rendering: Rendering) -> None:
    """Wherever HAProxy goes through lines of rules, it meets the rules in their order."""
    lines = [line.split()[:1] for line in rendering.files["haproxy.cfg"].split("\n")]
    for service in config.services:
        for kind, rules in (("AclRule", service.acl_rules), ("HeaderRule", service.header_rules)):
            order = {rule.pk: (rule.position, rule.pk) for rule in rules}
            told = zip(lines, rendering.owners, strict=False)
            mine = [(line, owner) for line, owner in told if owner and owner.kind == kind and owner.pk in order]
            for words in ACLS, ACTIONS, SERVERS, ANSWERS:
                places = [order[owner.pk] for [word], owner in mine if word in words]
                assert places == sorted(places)


def assert_no_text_adds_a_word(config: Config, rendering: Rendering) -> None:
    assert rendering.files["haproxy.cfg"].count("\n") == len(rendering.owners)
    assert skeleton(rendering) == skeleton(render(harmless(config)))


def assert_xml_tells_all(config: Config) -> None:
    assert from_xml(to_xml(document(config))) == document(config)


def assert_all_is_restored(config: Config) -> None:
    """Over nothing; tests/changes/test_document.py restores over other configurations."""
    clear()
    restore(document(config), states=True)
    assert document(candidate.load()) == document(config)
