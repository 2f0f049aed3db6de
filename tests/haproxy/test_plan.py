"""The plan as a table: these two configurations → these steps, or these reasons for a reload. No database."""

from dataclasses import replace
from typing import Any

import pytest

from apps.haproxy.config import Config, Service
from apps.haproxy.plan import GENERAL, AddServer, Plan, RemoveServer, ReplaceCertificate, SetWeight, Step, plan
from apps.services.models import HealthCheckScript, RealServer, State
from tests.haproxy.test_render import HOST, rip, vip

CERTIFICATES = {1: "one", 2: "two", 3: "three"}
KEEPS_NOBODY = {"persistence": "none"}
TLS = {"protocol": "http2", "certificate_id": 1}
NOTHING = Plan()
DEFAULTS = "inter 4000ms rise 2 fall 2 slowstart 8000ms agent-inter 4000ms on-marked-down shutdown-sessions"
SCRIPTS = tuple(HealthCheckScript(pk=pk, label=f"s{pk}", content="#!/bin/true\n") for pk in (1, 2))
KEPT = "pool-max-conn -1 pool-purge-delay 5s"


def config(*services: Service, certificates: dict[int, str] | None = None) -> Config:
    return Config(HOST, services, certificates or CERTIFICATES, scripts=SCRIPTS)


def changed(old: dict[str, Any], new: dict[str, Any], *servers: RealServer) -> Plan:
    """Of one service with these servers."""
    return plan(config(Service(vip(**old), servers or (rip(),))), config(Service(vip(**new), servers or (rip(),))))


def served(old: list[RealServer], new: list[RealServer], **fields: Any) -> Plan:
    """Of the servers of one service."""
    service = vip(**KEEPS_NOBODY | fields)
    return plan(config(Service(service, tuple(old))), config(Service(service, tuple(new))))


def test_nothing_changed() -> None:
    service = Service(vip(**TLS), (rip(), rip(pk=4, label="two")))
    assert plan(config(service), config(service)) == NOTHING
    assert plan(config(), config()) == NOTHING


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"label": "other"}, "Label changed on other of web"),
        ({"address": "192.0.2.2"}, "Real Server IP Address changed on one of web"),
        ({"port": 81}, "Real Server Port changed on one of web"),
        ({"port": None}, "Real Server Port changed on one of web"),
        ({"encrypted": True}, "Re-Encrypt to Backend changed on one of web"),
        ({"redirect_url": "https://x"}, "Redirect URL changed on one of web"),
        ({"port": 81, "encrypted": True}, "Real Server Port and Re-Encrypt to Backend changed on one of web"),
    ],
)
def test_an_option_of_a_real_server_needs_a_reload(fields: dict[str, Any], words: str) -> None:
    assert served([rip()], [rip(**fields)]) == Plan((), (words,))


@pytest.mark.parametrize("fields", [{}, TLS, {"persistence": "http"}, {"persistence": "ip"}, {"protocol": "tcp"}])
def test_a_weight_is_set_at_run_time(fields: dict[str, Any]) -> None:
    weight = SetWeight("web", "one", 0)
    assert served([rip()], [rip(weight=0)], **fields) == Plan((weight,), ())


def test_a_weight_counts_for_nothing_where_every_request_is_redirected() -> None:
    assert served([rip()], [rip(weight=0), rip(pk=4, label="two")], force_https=True) == NOTHING


@pytest.mark.parametrize("state", State)
def test_the_state_of_a_real_server_is_no_part_of_the_plan(state: State) -> None:
    assert served([rip()], [rip(state=state)]) == NOTHING


@pytest.mark.parametrize(
    ("service", "fields", "words"),
    [
        ({}, {}, f"192.0.2.1:8080 {DEFAULTS} id 5 weight 100 check {KEPT}"),
        ({"persistence": "ip"}, {}, f"192.0.2.1:8080 {DEFAULTS} id 5 weight 100 check {KEPT}"),
        ({"check_type": "none"}, {"weight": 7}, f"192.0.2.1:8080 {DEFAULTS} id 5 weight 7 {KEPT}"),
        ({}, {"port": None}, f"192.0.2.1 {DEFAULTS} id 5 weight 100 check port 80 {KEPT}"),
        ({}, {"address": "2001:db8::2"}, f"[2001:db8::2]:8080 {DEFAULTS} id 5 weight 100 check {KEPT}"),
        (
            {},
            {"encrypted": True},
            f"192.0.2.1:8080 {DEFAULTS} id 5 weight 100 ssl verify none check check-ssl {KEPT}",
        ),
        (
            {},
            {"encrypted": True, "port": None},
            f"192.0.2.1 {DEFAULTS} id 5 weight 100 ssl verify none check port 80 {KEPT}",
        ),
        ({"protocol": "tcp", "persistence": "http"}, {}, f"192.0.2.1:8080 {DEFAULTS} id 5 weight 100 check {KEPT}"),
    ],
)
def test_a_real_server_is_added_at_run_time(service: dict[str, Any], fields: dict[str, Any], words: str) -> None:
    added = rip(pk=4, label="two", state="drain", **fields)
    step = AddServer("web", "two", tuple(words.split()), added.weight, State.DRAIN)
    assert served([rip()], [rip(), added], **service) == Plan((step,), ())


@pytest.mark.parametrize(
    ("service", "fields", "words"),
    [
        ({"persistence": "http"}, {}, "two of web was added and web keeps clients by HTTP Cookie"),
        ({}, {"redirect_url": "https://x"}, "two of web was added and has a Redirect URL"),
        ({"balance": "source"}, {}, "two of web was added and web is balanced by source"),
    ],
)
def test_a_real_server_that_haproxy_cannot_add_needs_a_reload(
    service: dict[str, Any], fields: dict[str, Any], words: str
) -> None:
    assert served([rip()], [rip(), rip(pk=4, label="two", **fields)], **service) == Plan((), (words,))


@pytest.mark.parametrize("fields", [{}, {"persistence": "http"}, {"persistence": "ip"}, {"protocol": "tcp"}])
def test_a_real_server_is_removed_at_run_time(fields: dict[str, Any]) -> None:
    removed = RemoveServer("web", "two")
    assert served([rip(), rip(pk=4, label="two")], [rip()], **fields) == Plan((removed,), ())


def test_a_real_server_that_takes_a_removed_ones_label_needs_a_reload() -> None:
    found = served([rip()], [rip(pk=4)])
    assert found.reasons == ("one of web was replaced",)


def test_a_real_server_moves_to_another_service() -> None:
    one, two = vip(**KEEPS_NOBODY), vip(**KEEPS_NOBODY, pk=8, label="shop", ports="81")
    before = config(Service(one, (rip(),)), Service(two))
    after = config(Service(one), Service(two, (rip(),)))
    added, removed = plan(before, after).steps
    assert isinstance(added, AddServer)
    assert (added.service, added.server, removed) == ("shop", "one", RemoveServer("web", "one"))


def test_virtual_services_come_go_and_change_their_names() -> None:
    kept, gone, renamed = Service(vip()), Service(vip(pk=8, label="gone")), Service(vip(pk=9, label="old"))
    new, named = Service(vip(pk=10, label="new")), Service(vip(pk=9, label="name"))
    found = plan(config(kept, gone, renamed), config(kept, named, new))
    assert found.reasons == ("Label changed on name", "new was added", "gone was removed")


def test_labels_that_were_exchanged_need_a_reload() -> None:
    one, two = Service(vip(label="a", pk=1)), Service(vip(label="b", pk=2))
    other, another = Service(vip(label="b", pk=1)), Service(vip(label="a", pk=2))
    assert plan(config(one, two), config(other, another)).reasons == ("Label changed on b", "Label changed on a")


@pytest.mark.parametrize(
    ("fields", "number", "steps", "reasons"),
    [
        (TLS, 1, (ReplaceCertificate(1, "tls/certificate-1.pem"),), ()),
        (TLS | {"authority_id": 2}, 1, (ReplaceCertificate(1, "tls/certificate-1.pem"),), ()),
        (TLS | {"authority_id": 2}, 2, (), ("CA Certificate of web was replaced",)),
        (TLS, 3, (), ()),  # nobody serves it
        ({"certificate_id": 1}, 1, (), ()),  # not in HTTP Mode
    ],
)
def test_the_content_of_a_certificate(
    fields: dict[str, Any], number: int, steps: tuple[Step, ...], reasons: tuple[str, ...]
) -> None:
    service = Service(vip(**fields))
    after = config(service, certificates=CERTIFICATES | {number: "new"})
    assert plan(config(service), after) == Plan(steps, reasons)


def test_a_certificate_of_many_services_is_replaced_once() -> None:
    services = [Service(vip(pk=pk, label=f"s{pk}", **TLS)) for pk in (1, 2, 3)]
    found = plan(config(*services), config(*services, certificates=CERTIFICATES | {1: "new"}))
    assert found == Plan((ReplaceCertificate(1, "tls/certificate-1.pem"),), ())


def test_general_settings_need_a_reload() -> None:
    before = config(Service(vip()))
    assert plan(before, replace(before, host=replace(HOST, fallback_port=9082))) == Plan((), (GENERAL,))


def test_several_steps_add_before_they_remove() -> None:
    service = vip(**KEEPS_NOBODY, **TLS)
    old = Service(service, (rip(), rip(pk=4, label="two")))
    new = Service(service, (rip(weight=5), rip(pk=5, label="three")))
    found = plan(config(old), config(new, certificates=CERTIFICATES | {1: "new"}))
    assert [type(step) for step in found.steps] == [ReplaceCertificate, AddServer, SetWeight, RemoveServer]
    assert found.reasons == ()


def test_one_change_that_needs_a_reload_takes_the_others_with_it() -> None:
    old = [Service(vip(pk=pk, label=f"s{pk}"), (rip(pk=pk),)) for pk in (1, 2, 3)]
    new = [Service(vip(pk=pk, label=f"s{pk}", balance="roundrobin"), (rip(pk=pk, weight=pk),)) for pk in (1, 2)]
    assert plan(config(*old), config(*new, old[2])).reasons == (
        "Balance Mode changed on s1",
        "Balance Mode changed on s2",
    )
