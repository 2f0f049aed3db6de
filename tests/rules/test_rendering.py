"""Rules as a table: one like this → exactly these lines, in their order. No database."""

from typing import Any

import pytest

from apps.haproxy.config import Config, Service
from apps.haproxy.render import CONFIG_FILE, render
from apps.services.conditions import Match
from apps.services.models import AclAction, AclRule, HeaderRule, HeaderSide
from apps.services.models.rules import HeaderOption
from tests.haproxy.test_render import CERTIFICATES, HOST, rip, vip
from tests.rules.making import Term, acl, header

OURS = ("acl ", "http-request ", "http-response ", "use_backend ", "use-server ", "tcp-request ")


def lines(*rules: AclRule | HeaderRule, **fields: Any) -> list[str]:
    """What the rules make of a service, without its own lines."""
    acls = tuple(rule for rule in rules if isinstance(rule, AclRule))
    headers = tuple(rule for rule in rules if isinstance(rule, HeaderRule))
    text = render(Config(HOST, (Service(vip(**fields), (rip(),), acls, headers),), CERTIFICATES)).files[CONFIG_FILE]
    _, _, section = text.partition(" web\n")
    return [line.strip() for line in section.splitlines() if line.strip().startswith(OURS)]


MATCHES: list[tuple[Term, str]] = [
    (("path", "/a"), "path -- /a"),
    (("path_beg", "/a b"), "path_beg -- '/a b'"),
    (("path_end", ".php"), "path_end -- .php"),
    (("path_sub", "-f"), "path_sub -- -f"),
    (("path_reg", r"^/[a-z]+\.php$"), r"path_reg -- '^/[a-z]+\.php$'"),
    (("hdr_host", "www.example.com"), "hdr(host) -i -- www.example.com"),
    (("hdr_beg", "www."), "hdr_beg(host) -i -- www."),
    (("query", "a=1"), "query -m sub -- a=1"),
    (("header", "curl", "User-Agent"), "req.hdr(User-Agent) -i -m sub -- curl"),
    (("method", "GET HEAD"), "method -- GET HEAD"),
    (("src_blk", "10.0.0.0/8 2001:db8::1"), "src -- 10.0.0.0/8 2001:db8::1"),
    (("flag", "old"), "var(txn.flag_old) -m bool"),
]


@pytest.mark.parametrize(("term", "expected"), MATCHES, ids=str)
def test_a_condition_gives_one_acl(term: Term, expected: str) -> None:
    assert lines(acl(5, "deny", "", term)) == [f"acl rule5.1 {expected}", "http-request deny if rule5.1"]


def test_every_match_is_shown() -> None:
    assert {term[0] for term, _ in MATCHES} == set(Match) - {Match.SNI}


@pytest.mark.parametrize(
    ("fields", "fetch"),
    [({"protocol": "http2", "certificate_id": 1}, "ssl_fc_sni"), ({"protocol": "tcp"}, "req.ssl_sni")],
)
def test_the_name_in_the_handshake_is_where_the_handshake_is(fields: dict[str, Any], fetch: str) -> None:
    assert lines(acl(5, "deny", "", ("sni", "a.example")), **fields)[0] == f"acl rule5.1 {fetch} -i -- a.example"


ACTIONS = [
    ("url_loc", "https://x.example/100%", "http-request redirect location https://x.example/100%%"),
    ("url_pre", "https://x.example", "http-request redirect prefix https://x.example"),
    ("backend", "other", "use_backend other"),
    ("use_server", "one", "use-server one"),
    ("deny", "", "http-request deny"),
    ("tarpit", "", "http-request tarpit"),
    ("flag", "old", "http-request set-var(txn.flag_old) bool(true)"),
    ("set_path", "/new%20x", "http-request set-path /new%%20x"),
]


@pytest.mark.parametrize(("action", "value", "expected"), ACTIONS)
def test_an_action_gives_one_line(action: str, value: str, expected: str) -> None:
    assert lines(acl(5, action, value))[1:] == [f"{expected} if rule5.1"]


def test_every_action_is_shown() -> None:
    assert {action for action, _, _ in ACTIONS} == set(AclAction)


def test_and_or_and_not() -> None:
    found = lines(acl(5, "deny", "", ("path", "/a"), ("path", "/b", "or", "not"), ("src_blk", "192.0.2.1", "not")))
    assert found[-1] == "http-request deny if rule5.1 or !rule5.2 !rule5.3"


def test_rules_stand_in_their_order() -> None:
    found = lines(acl(9, "deny"), acl(2, "url_loc", "/x"), acl(7, "tarpit"))
    assert [line.rpartition(" ")[2] for line in found[3:]] == ["rule9.1", "rule2.1", "rule7.1"]


@pytest.mark.parametrize("later", [acl(6, "set_path", "/x"), acl(6, "flag", "f"), header(6, "set", "Host", "x")])
def test_a_server_is_chosen_by_the_request_as_it_was_at_the_rules_place(later: AclRule | HeaderRule) -> None:
    """HAProxy itself chooses last, when rules and headers have changed the request."""
    found = lines(acl(5, "backend", "other"), later)
    assert "http-request set-var(txn.rule_5) bool(true) if rule5.1" in found
    assert found[-1] == "use_backend other if { var(txn.rule_5) -m bool }"


@pytest.mark.parametrize("other", [acl(6, "deny"), header(6, "set", "X", "x", side="response")])
def test_what_changes_no_request_needs_no_such_memory(other: AclRule | HeaderRule) -> None:
    assert lines(acl(4, "set_path", "/x"), acl(5, "backend", "other"), other)[-1] == "use_backend other if rule5.1"


@pytest.mark.parametrize("side", HeaderSide)
@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("add", "add-header X-A '100%% of %[src]'"),
        ("set", "set-header X-A '100%% of %[src]'"),
        ("del", "del-header X-A"),
        ("replace", "replace-header X-A '(.*)\"' '100%% of %[src]'"),
    ],
)
def test_a_header_rule_gives_one_line(side: str, option: str, words: str) -> None:
    rule = header(5, option, "X-A", "100%% of %[src]", side, '(.*)"')
    assert lines(rule) == [f"http-{side} {words}"]


def test_every_header_option_is_shown() -> None:
    assert {"add", "set", "del", "replace"} == set(HeaderOption)


def test_header_rules_do_not_count_in_tcp_mode() -> None:
    assert lines(header(5, "set", "X-A", "b"), protocol="tcp") == []


def test_tcp_mode_rejects_and_waits_for_the_handshake_only_when_asked_for_its_name() -> None:
    assert lines(acl(5, "deny", "", ("src_blk", "192.0.2.1")), protocol="tcp") == [
        "acl rule5.1 src -- 192.0.2.1",
        "tcp-request content reject if rule5.1",
    ]
    assert lines(acl(5, "backend", "other", ("sni", "a.example")), protocol="tcp")[1:] == [
        "tcp-request inspect-delay 5s",
        "tcp-request content accept if { req.ssl_hello_type 1 }",
        "use_backend other if rule5.1",
    ]


def test_a_backend_passes_nothing_on() -> None:
    assert lines(acl(5, "backend", "other"), backend_only=True) == ["acl rule5.1 path_beg -- /"]


def test_every_line_leads_to_its_rule() -> None:
    rendering = render(Config(HOST, (Service(vip(), (rip(),), (acl(5, "deny"),), (header(6, "del", "X"),)),)))
    owners = {(owner.kind, owner.pk, owner.option, owner.label) for owner in rendering.owners if owner}
    assert ("AclRule", 5, "conditions", "ACL Rule 5 of web") in owners
    assert ("AclRule", 5, "value", "ACL Rule 5 of web") in owners
    assert ("HeaderRule", 6, "value", "Header Rule 6 of web") in owners
