"""Whatever rules the models accept, HAProxy accepts; and no text adds a line."""

from collections import Counter
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.haproxy.config import Config, Service
from apps.haproxy.render import render
from apps.services.conditions import Condition, Match, write
from apps.services.models import AclAction, AclRule, HeaderRule, HeaderSide, Protocol, VirtualService
from apps.services.models.rules import HeaderOption
from apps.system import files, haproxy
from tests.haproxy.test_render import HOST

PLAIN = [
    "/a",
    "www.example.com",
    "GET POST",
    "10.0.0.0/8 2001:db8::1",
    "flag",
    "one",
    "images",
    "https://x.example/100%",
]
ODD = [
    "a\n  stats enable",
    "a b",
    "a#b",
    "a'b",
    'a"b',
    "a\\b",
    "a\x00b",
    "${HOME}",
    "",
    "-f",
    "--",
    "%[src] %% %ci",
    "é",
]
EXPRESSIONS = [r"^/(a|b)\d{2,3}$", "(?i)x", "(?P<n>a)(?P=n)", "(?<=a)b", "(?a)x", r"\u0041", "(?x) a # b"]
TEXTS = st.sampled_from([*PLAIN, *ODD, *EXPRESSIONS])
CONDITIONS = st.lists(
    st.builds(
        Condition,
        st.sampled_from(["and", "or"]),
        st.booleans(),
        st.sampled_from(Match.values),
        st.sampled_from(["X-A", "a b", ""]),
        TEXTS,
    ),
    min_size=1,
    max_size=3,
).map(write)
ACLS = st.fixed_dictionaries(
    {
        "conditions": CONDITIONS,
        "action": st.sampled_from(AclAction.values),
        "value": TEXTS,
    }
)
HEADERS = st.fixed_dictionaries(
    {
        "side": st.sampled_from(HeaderSide.values),
        "option": st.sampled_from(HeaderOption.values),
        "name": st.sampled_from(["X-A", "Y", "a b"]),
        "match": TEXTS,
        "value": TEXTS,
    }
)


def accepted(model: Any, service: VirtualService, drawn: list[dict[str, Any]]) -> tuple[Any, ...]:
    found = []
    for number, fields in enumerate(drawn, 1):
        rule = model(pk=number, position=number, service=service, **fields)
        try:
            rule.clean_fields()
            rule.clean()
        except ValidationError:
            continue
        found.append(rule)
    return tuple(found)


def test_random_rules_are_accepted(service: VirtualService, tmp_path: Path) -> None:
    counted = Counter[str]()
    images = VirtualService.objects.get(label="images")
    servers = tuple(service.servers.all())

    @settings(max_examples=40, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(
        st.sampled_from(Protocol.values),
        st.lists(ACLS, min_size=10, max_size=40),
        st.lists(HEADERS, min_size=5, max_size=10),
    )
    def run(protocol: str, acls: list[dict[str, Any]], headers: list[dict[str, Any]]) -> None:
        service.protocol = images.protocol = protocol.replace("http2", "http")
        images.save()
        rules = accepted(AclRule, service, acls), accepted(HeaderRule, service, headers)
        rendering = render(Config(HOST, (Service(service, servers, *rules), Service(images))))
        files.write_tree(tmp_path / "config", rendering.files)
        haproxy.check(tmp_path / "config" / "haproxy.cfg")
        text = rendering.files["haproxy.cfg"]
        assert text.count("\n    acl rule") == sum(len(rule.terms) for rule in rules[0])
        counted.update(acls=len(rules[0]), headers=len(rules[1]))

    run()
    assert counted["acls"] > 20
    assert counted["headers"] > 10
