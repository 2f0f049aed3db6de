"""What changed health checks cost."""

from dataclasses import replace
from typing import Any

import pytest

from apps.haproxy.config import Config, Service
from apps.haproxy.plan import Plan, plan
from apps.services.models import HealthCheckScript
from tests.haproxy.test_plan import SCRIPTS, config
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
