"""A small appliance in use: whatever a page can show is there, and each kind of object has one with the key 1."""

import time
from dataclasses import dataclass

from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.accounts.models import Group, User
from apps.certificates.models import Certificate
from apps.changes.models import JobState
from apps.common.models import Generation
from apps.overview import store
from apps.overview.snapshot import Key, Server, Service, Snapshot
from apps.services.conditions import Condition, write
from apps.services.models import (
    AclRule,
    FloatingIP,
    HeaderRule,
    HealthCheckScript,
    Layer7,
    Persistence,
    Protocol,
    RealServer,
    SniRule,
    SslTermination,
    State,
    VirtualService,
)
from apps.system.passwords import hashed
from tests.changes.recorded import commit
from tests.conftest import Browser

ADDRESS = "10.10.40.217"
FINE = Server("UP", 12, "L4OK", took="1")
LOST = Server("DOWN", 0, "L4CON", "Connection refused", since=int(time.time()) - 240, age="4 min")


@dataclass(frozen=True)
class World:
    administrator: User


def make(administrator: User, certificate: bytes) -> World:
    User.objects.create(pk=1, username="bob", password="!", group=Group.MAINT)
    _upload(administrator, certificate)
    commit(pk=1, user="bob", sentence="HAProxy was reloaded.")
    _add_services()
    HealthCheckScript.objects.create(pk=1, label="ldap", content="#!/bin/sh\nexit 0\n")
    FloatingIP.objects.create(pk=1, address="10.10.40.250")
    Layer7(pk=1, stats_password=hashed("correct horse battery")).save()
    commit(pk=2, reason="CHG-4711")
    VirtualService.objects.filter(pk=2).update(timeout=True, client_timeout="92s")
    commit(JobState.REFUSED, pk=3, sentence="HAProxy refused AVS-AQI.", said="[ALERT] parsing [haproxy.cfg:64]")
    # Pages keep what they made of a generation: no two worlds share one.
    Generation.objects.update_or_create(pk=1, defaults={"number": time.time_ns() // 1_000_000 % 2_000_000_000})
    return World(administrator)


def _upload(administrator: User, certificate: bytes) -> None:
    browser = Browser()
    browser.force_login(administrator, backend="django.contrib.auth.backends.ModelBackend")
    file = SimpleUploadedFile("webui.pem", certificate)
    browser.post("/lbadmin/cluster/ssl-certificate/add/", {"how": "upload", "label": "intuition-cert", "file": file})
    Certificate.objects.update(id=1)


def _add_services() -> None:
    VirtualService.objects.create(pk=3, label="AVS-Redirect", address=ADDRESS, ports="80", force_https=True)
    avs = VirtualService.objects.create(
        pk=1, label="AVS", address=ADDRESS, ports="443", protocol=Protocol.HTTP2, certificate_id=1
    )
    RealServer.objects.create(pk=1, service=avs, label="SERVER1", address="10.10.40.6", port=443)
    RealServer.objects.create(pk=2, service=avs, label="SERVER2", address="10.10.40.7", port=443)
    asked = write([Condition("and", False, "path_beg", "", "/old"), Condition("or", True, "hdr_host", "", "a.example")])
    AclRule.objects.create(pk=1, service=avs, position=1, conditions=asked, value="https://www.example.com/")
    AclRule.objects.create(pk=2, service=avs, position=2, conditions=asked, action="deny")
    HeaderRule.objects.create(pk=1, service=avs, position=1, name="X-Frame-Options", value="DENY", side="response")
    HeaderRule.objects.create(pk=2, service=avs, position=2, name="X-From", match="(.*)", value="a", option="replace")
    aqi = VirtualService.objects.create(
        pk=2, label="AVS-AQI", address=ADDRESS, ports="1200", protocol=Protocol.TCP, persistence=Persistence.SOURCE
    )
    RealServer.objects.create(pk=3, service=aqi, label="SERVER1", address="10.10.40.6", port=1200, state=State.DRAIN)
    RealServer.objects.create(pk=4, service=aqi, label="SERVER2", address="10.10.40.7", port=1200, state=State.HALT)
    _add_terminations()


def _add_terminations() -> None:
    """In front of a server of their own and of AVS."""
    backend: dict[str, object] = {"backend_address": "10.10.40.9", "backend_port": 8080}
    ended = SslTermination.objects.create(
        pk=1, label="SSL-pacs", address=ADDRESS, port=8443, certificate_id=1, mode="custom", **backend
    )
    rules: dict[str, dict[str, object]] = {
        "avs": {"service": VirtualService.objects.get(pk=1)},
        "images": backend,
    }
    for position, (name, fields) in enumerate(rules.items(), 1):
        known: dict[str, object] = {
            "termination": ended,
            "position": position,
            "name": name,
            "host": f"{name}.hospital.example",
        }
        SniRule.objects.create(pk=position, certificate_id=1, **known | fields)


def take_snapshot() -> None:
    """As the collector does every second; pages show no old one."""
    services: dict[Key, Service] = {
        1: Service("OPEN", 12, {1: FINE, 2: LOST}),
        2: Service("OPEN", 3, {3: FINE._replace(status="DRAIN"), 4: Server("MAINT", 0)}),
        3: Service("OPEN", 0, {}),
    }
    store.write(cache, Snapshot(int(time.time() * 1000), 1, time.time(), True, services), body_too=True)
