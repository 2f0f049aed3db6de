"""Health Checks and Feedback Method as a table: an option like this → exactly these lines. No database."""

from typing import Any

import pytest

from apps.common.options import options
from apps.haproxy.config import Config, Service
from apps.haproxy.external import CALLER
from apps.haproxy.render import CONFIG_FILE, render
from apps.services.models import Check, HealthCheckScript, Layer7, VirtualService
from apps.system.scripts import PATH
from tests.haproxy.test_render import HOST, rip, vip

SCRIPTS = (HealthCheckScript(pk=5, label="ldap", content="#!/bin/true\n"),)
HASH = "1b577383bcfb"
GET, MYSQL, EXTERNAL = ({"check_type": check} for check in (Check.HTTP_GET, Check.MYSQL, Check.EXTERNAL))
SECURE, NONE = ({"check_type": check} for check in (Check.HTTPS_GET, Check.NONE))
AGENT = {"feedback": "agent"}
SCRIPT = EXTERNAL | {"check_script_id": 5}
ENCRYPTED = {"encrypted": True}
NAMED = {"address": "one.example"}
BEGIN = ("server ", "http-check ", "external-check ", "option httpchk", "option mysql", "option external")
STATUS = "http-check expect status 200-399"
ASK = "http-check send meth GET uri / ver HTTP/1.0"
WHOLE = {"persistence": "none", "fallback_address": ""}  # so that the server's line is short
CHECKED = "server one 192.0.2.1:8080 id 4 weight 100 check"


def config(fields: dict[str, Any], server: dict[str, Any]) -> Config:
    service = Service(vip(**WHOLE | fields), (rip(**server),))
    return Config(HOST, (service,), scripts=SCRIPTS)


def lines(fields: dict[str, Any], server: dict[str, Any]) -> list[str]:
    """What is said of checks and of the real server: the end of the service's section."""
    text = render(config(fields, server)).files[CONFIG_FILE]
    section = [line.strip() for line in text.partition("listen web\n")[2].strip().splitlines()]
    return [line for line in section if line.startswith(BEGIN)]


def asks(method: str) -> str:
    return f"http-check send meth {method} uri / ver HTTP/1.0"


@pytest.mark.parametrize(
    ("fields", "server", "expected"),
    [
        ({}, {}, [CHECKED]),
        (GET, {}, ["option httpchk", ASK, STATUS, CHECKED]),
        ({"check_type": Check.HTTP_HEAD}, {}, ["option httpchk", asks("HEAD"), STATUS, CHECKED]),
        ({"check_type": Check.HTTP_OPTIONS}, {}, ["option httpchk", asks("OPTIONS"), STATUS, CHECKED]),
        (SECURE, {}, ["option httpchk", ASK, STATUS, f"{CHECKED} check-ssl verify none"]),
        (
            {"check_type": Check.HTTPS_HEAD},
            {},
            ["option httpchk", asks("HEAD"), STATUS, f"{CHECKED} check-ssl verify none"],
        ),
        (
            {"check_type": Check.HTTPS_OPTIONS},
            {},
            ["option httpchk", asks("OPTIONS"), STATUS, f"{CHECKED} check-ssl verify none"],
        ),
        (MYSQL, {}, ["option mysql-check user mysql", CHECKED]),
        (
            SCRIPT,
            {},
            [
                "option external-check",
                f"external-check path {PATH}",
                f"external-check command /scripts/ldap-{HASH}-port-0",
                CHECKED,
            ],
        ),
        (NONE, {}, [CHECKED.removesuffix(" check")]),
    ],
)
def test_a_type_of_check(fields: dict[str, Any], server: dict[str, Any], expected: list[str]) -> None:
    assert lines(fields, server) == expected
    assert lines({"protocol": "tcp"} | fields, server) == expected


@pytest.mark.parametrize(
    ("fields", "server", "expected"),
    [
        (GET | {"check_request": "/a?b=c"}, {}, "http-check send meth GET uri /a?b=c ver HTTP/1.0"),
        (GET | {"check_request": "/a#'b"}, {}, "http-check send meth GET uri '/a#'\\''b' ver HTTP/1.0"),
        (GET | {"check_response": "all is (well|up)"}, {}, "http-check expect rstring 'all is (well|up)'"),
        (GET | {"check_host": "a.example"}, {}, "http-check send meth GET uri / ver HTTP/1.1 hdr Host a.example"),
        (GET, ENCRYPTED, "server one 192.0.2.1:8080 id 4 weight 100 ssl verify none check no-check-ssl"),
        (SECURE, ENCRYPTED, "server one 192.0.2.1:8080 id 4 weight 100 ssl verify none check check-ssl"),
        (SECURE | {"check_host": "a.example"}, {}, f"{CHECKED} check-ssl verify none check-sni a.example"),
        (
            SECURE | {"check_host": "a.example"},
            ENCRYPTED,
            "server one 192.0.2.1:8080 id 4 weight 100 ssl verify none check check-ssl check-sni a.example",
        ),
        ({"check_port": 81}, {}, f"{CHECKED} port 81"),
        ({"check_port": 81}, {"port": None}, "server one 192.0.2.1 id 4 weight 100 check port 81"),
        ({}, {"port": None}, "server one 192.0.2.1 id 4 weight 100 check port 80"),
        ({"check_port": 81} | SCRIPT, {}, f"external-check command /scripts/ldap-{HASH}-port-81"),
        (MYSQL | {"check_user": "probe"}, {}, "option mysql-check user probe"),
        ({"check_source": "192.0.2.77"}, {}, f"{CHECKED} source 192.0.2.77"),
        ({"check_interval": "1s"}, {}, f"{CHECKED} inter 1s"),
        ({"check_rise": 3}, {}, f"{CHECKED} rise 3"),
        ({"check_fall": 4}, {}, f"{CHECKED} fall 4"),
        ({"slow_start": "5s"}, {}, f"{CHECKED} slowstart 5s"),
        (AGENT, {}, f"{CHECKED} agent-check agent-port 3333"),
        (AGENT | {"feedback_port": 3334}, {}, f"{CHECKED} agent-check agent-port 3334"),
        (AGENT | NONE, {}, "server one 192.0.2.1:8080 id 4 weight 100 agent-check agent-port 3333"),
        (
            SECURE,
            NAMED,
            "server one one.example:8080 id 4 weight 100 check check-ssl verify none "
            "resolve-prefer ipv4 resolvers lbadmin:dns init-addr last,none",
        ),
    ],
)
def test_an_option_gives_its_line(fields: dict[str, Any], server: dict[str, Any], expected: str) -> None:
    assert expected in lines(fields, server)


@pytest.mark.parametrize(
    "fields",
    [
        {"check_request": "/a", "check_response": "b", "check_host": "c.example"},
        {"check_user": "probe"},
        {"check_script_id": 5},
        {"feedback_port": 3334},
    ],
)
def test_an_option_that_does_not_apply_gives_no_line(fields: dict[str, Any]) -> None:
    assert lines(fields, {}) == lines({}, {})


def test_nothing_of_a_check_applies_without_checks() -> None:
    fields = {"check_port": 81, "check_source": "192.0.2.77", "check_interval": "1s", "check_rise": 3, "check_fall": 4}
    assert lines(NONE | fields | {"slow_start": "5s"}, {}) == lines(NONE, {})


def test_an_answer_to_head_has_no_text() -> None:
    head = {"check_type": Check.HTTP_HEAD}
    assert lines(head | {"check_response": "a"}, {}) == lines(head, {})


def test_every_option_of_the_sections_has_its_lines() -> None:
    tables = (test_a_type_of_check, test_an_option_gives_its_line, test_an_option_that_does_not_apply_gives_no_line)
    rows = [row for table in tables for row in table.pytestmark[0].args[1]]
    tried = {name for row in rows for name in (row[0] if isinstance(row, tuple) else row)}
    sections = {"Health Checks", "Feedback Method"}
    declared = {option.attname for option in options(VirtualService) if option.section in sections}
    assert declared - tried == set()


def test_what_counts_for_all_services_stands_in_the_defaults() -> None:
    layer7 = Layer7(interval="1s", rise=3, fall=4, slow_start="5s", agent_interval="6s")
    text = render(Config(HOST, (), layer7=layer7)).files[CONFIG_FILE]
    expected = "default-server inter 1s rise 3 fall 4 slowstart 5s agent-inter 6s on-marked-down shutdown-sessions"
    assert expected in text


def test_scripts_are_allowed_only_while_one_is_used() -> None:
    with_script, without = (render(config(fields, {})).files[CONFIG_FILE] for fields in (SCRIPT, {}))
    for line in ("    external-check\n", "    insecure-fork-wanted\n"):
        assert line in with_script
        assert line not in without


def test_a_script_and_what_calls_it_for_each_check_port() -> None:
    services = [
        vip(**WHOLE | SCRIPT | {"pk": pk, "label": f"s{pk}", "check_port": port})
        for pk, port in enumerate([None, 81, 81])
    ]
    files = render(Config(HOST, tuple(map(Service, services)), scripts=SCRIPTS)).files
    scripts = {name: text for name, text in files.items() if name.startswith("scripts/")}
    name = f"scripts/ldap-{HASH}"
    assert scripts == {name: "#!/bin/true\n", f"{name}-port-0": CALLER, f"{name}-port-81": CALLER}


@pytest.mark.parametrize(
    ("fields", "line", "option"),
    [
        (GET | {"check_response": "x"}, "http-check expect rstring x", "check_response"),
        (GET, ASK, "check_request"),
        (MYSQL, "option mysql-check user mysql", "check_user"),
        (SCRIPT, f"external-check command /scripts/ldap-{HASH}-port-0", "check_script"),
        (SCRIPT, "option external-check", "check_type"),
    ],
)
def test_a_line_leads_to_its_field(fields: dict[str, Any], line: str, option: str) -> None:
    rendering = render(config(fields, {}))
    owners = dict(zip(rendering.files[CONFIG_FILE].splitlines(), rendering.owners, strict=True))
    owner = owners[f"    {line}"]
    assert owner is not None
    assert (owner.kind, owner.pk, owner.option) == ("VirtualService", 7, option)
