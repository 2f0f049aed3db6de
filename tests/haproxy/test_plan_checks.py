"""What changed health checks cost."""

from dataclasses import replace
from typing import Any

import pytest

from apps.haproxy.config import Config, Service
from apps.haproxy.plan import AddServer, Plan, plan
from apps.services.models import Check, HealthCheckScript
from tests.haproxy.test_plan import DEFAULTS, KEPT, SCRIPTS, config, served
from tests.haproxy.test_render import rip, vip

EXTERNAL = {"check_type": "external", "check_script_id": 1}


def checked(*scripts: HealthCheckScript, **fields: Any) -> Config:
    service = Service(vip(**{"persistence": "none"} | EXTERNAL | fields), (rip(),))
    return replace(config(service), scripts=scripts or SCRIPTS)


@pytest.mark.parametrize("fields", [{"content": "#!/bin/false\n"}, {"label": "other"}])
def test_a_changed_script_needs_a_reload(fields: dict[str, str]) -> None:
    """HAProxy has its name, which is another one then: the one that runs is never overwritten."""
    script = HealthCheckScript(**{"pk": 1, "label": "s1", "content": "#!/bin/true\n"} | fields)
    words = f"the Health Check Script {script.label} changed"
    assert plan(checked(), checked(script)) == Plan((), (words,))


def test_a_script_that_nobody_uses_changes_nothing() -> None:
    other = HealthCheckScript(pk=2, label="s2", content="#!/bin/false\n")
    assert plan(checked(), checked(SCRIPTS[0], other)) == Plan()
    assert plan(checked(check_type="connect"), checked(other, check_type="connect")) == Plan()


def test_another_script_in_the_place_of_one_that_is_deleted() -> None:
    found = plan(checked(SCRIPTS[0]), checked(SCRIPTS[1], check_script_id=2))
    assert found == Plan((), ("External Script changed on web",))


def test_another_check_port_of_a_script() -> None:
    assert plan(checked(), checked(check_port=81)) == Plan((), ("Check Port changed on web",))


@pytest.mark.parametrize("check", [Check.HTTP_GET, Check.HTTP_HEAD, Check.HTTP_OPTIONS])
def test_an_added_server_that_speaks_tls_but_is_asked_without(check: str) -> None:
    """Of an added server HAProxy assumes nothing, and refuses the word that says so."""
    step = served([rip()], [rip(), rip(pk=4, label="two", encrypted=True)], check_type=check).steps[0]
    assert isinstance(step, AddServer)
    assert step.words == tuple(f"192.0.2.1:8080 {DEFAULTS} id 5 weight 100 ssl verify none check {KEPT}".split())


@pytest.mark.parametrize("check", [Check.HTTPS_GET, Check.HTTPS_HEAD, Check.HTTPS_OPTIONS])
def test_an_added_server_that_is_asked_by_https(check: str) -> None:
    found = served([rip()], [rip(), rip(pk=4, label="two")], check_type=check, check_host="a.example")
    words = f"192.0.2.1:8080 {DEFAULTS} id 5 weight 100 check check-ssl verify none check-sni a.example {KEPT}"
    assert found.steps == (AddServer("web", "two", tuple(words.split()), 100, "online"),)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (EXTERNAL, "two of web was added and web is checked by External script"),
        ({"feedback": "agent"}, "two of web was added and web is checked by Agent"),
        ({"feedback": "agent", "check_type": "none"}, "two of web was added and web is checked by Agent"),
    ],
)
def test_a_check_that_haproxy_cannot_give_to_an_added_server(fields: dict[str, Any], words: str) -> None:
    assert served([rip()], [rip(), rip(pk=4, label="two")], **fields) == Plan((), (words,))


def test_a_weight_that_an_agent_takes_its_percentages_of() -> None:
    """What is set at run time is not what HAProxy computes percentages of."""
    found = served([rip()], [rip(weight=7)], feedback="agent")
    assert found == Plan((), ("Weight changed on one of web",))
