"""What people type into the form of an option, drawn from its kind: a new option is covered without a line here."""

import string
from collections.abc import Callable
from random import Random
from typing import Any

from apps.common import option_kinds as kinds
from apps.common import text_kinds as texts
from apps.common.forms import Draft
from apps.common.options import Option
from apps.common.secret_kinds import SecretOption
from apps.services.conditions import Condition, ConditionsOption, Match, write
from apps.services.models import (
    AclAction,
    AclRule,
    HeaderRule,
    HealthCheckScript,
    ManualConfiguration,
    RealServer,
    VirtualService,
)

NASTY = [
    "AVS\n  stats enable",
    "a\r\nlisten x",
    "a b",
    "a#b",
    "a'b",
    "' stats enable",
    'a"b',
    "a\\b",
    "a\\",
    "a\x00b",
    "a\tb",
    "a\u2028b",
    "a\ufffeb",
    "${HOME}",
    "$HOME",
    "%[src]",
    "%",
    "{ }",
    "if TRUE",
    "-f /etc/passwd",
    "--",
    "#",
    "é ü €",
    "]]>",
    "<a>&amp;",
]
PRINTABLE = string.ascii_letters + string.digits + string.punctuation + " éß€漢"
WORD = string.ascii_letters + string.digits
LABELS = ["web", "mail", "pacs", "vdi", "SERVER1", "SERVER2", "a", "default", "listen", "server", "if"]
FLAGS = ["seen", "slow"]
SPECIAL = "()[]{}*+?.^$|\\-:,=!<>'\"# abcdnswzAZ019"
EXPRESSIONS = [
    "ok",
    r"^HTTP/1\.[01] 200$",
    "(?i)status=(up|ready)",
    r"(?P<n>x)(?P=n)",
    "[[:alpha:]-]+",
    "[[:foo:]]",
    "[:alpha:]",
    "[.a.]",
    r"(a)\1",
    "(?(1)a|b)(c)",
    r"\u00e9",
    r"\\u",
    r"\N{DIGIT ONE}",
    "(?a)x",
    "(?u:x)",
    "x{70000}",
    "x{,9999}",
    "(?P<" + "n" * 33 + ">x)",
]
KNOWN = ["%[src]", "%ci", "%%", "%[ssl_fc_sni]", "%[date,http_date]", "%Ts", "%cc", "%ciX"]
HASH = f"$6$saltsalt${'8RWsOfwR6M6Ppnoe':.<86}"
BLANK = 0.3
RARE = {"manual", "backend_only", "force_https"}  # leave most other options out

Draw = Callable[[Random, Any], str]


def typed(random: Random, option: Option, draft: Draft) -> str:
    """As the browser sends it: mostly what an administrator types, sometimes what an attacker would.

    `draft` is what stands in the other fields.
    """
    if isinstance(option, texts.PatternOption | kinds.TextOption) and random.random() < 0.02:
        return random.choice([*NASTY, line(random, option)])
    if option.blank and not isinstance(option, kinds.FlagOption) and random.random() < BLANK:
        return ""
    if option.flatchoices:
        return str(random.choice([value for value, _ in option.flatchoices if option.allows(value, draft)]))
    if (option.model, option.name) == (AclRule, "value"):
        return rule_value(random, option, draft.action)
    named = OF.get((option.model, option.name))
    return named(random, option) if named else by_kind(option)(random, option)


def by_kind(option: Option) -> Draw:
    """A kind that is new has to be told of in KINDS."""
    return next(KINDS[kind] for kind in type(option).__mro__ if kind in KINDS)


def word(random: Random, alphabet: str = WORD, most: int = 12) -> str:
    return "".join(random.choices(alphabet, k=random.randint(1, most)))


def flag(random: Random, option: Option) -> str:
    return "on" if random.random() < (0.08 if option.name in RARE else 0.5) else ""


def relation(random: Random, option: kinds.RelationOption) -> str:
    found = option.related_model._default_manager.complex_filter(option.get_limit_choices_to())
    keys = list(found.values_list("pk", flat=True))
    return str(random.choice(keys)) if keys else ""


def whole(random: Random, option: kinds.Whole) -> str:
    edges = [option.least, option.most, option.least - 1, option.most + 1]
    return str(random.choice(edges) if random.random() < 0.1 else random.randint(option.least, option.most))


def label(random: Random, option: Option) -> str:
    return random.choice(LABELS) if random.random() < 0.7 else word(random, WORD + "._-")


def address(random: Random, option: Option) -> str:
    if random.random() < 0.7:
        return f"10.{random.randint(0, 255)}.{random.randint(0, 255)}.{random.randint(1, 254)}"
    return f"2001:db8::{random.randint(1, 0xFFFF):x}"


def host(random: Random, option: Option) -> str:
    return address(random, option) if random.random() < 0.8 else name(random, option)


def name(random: Random, option: Option) -> str:
    return f"{word(random)}.{word(random, WORD + '-')}.example"


def ports(random: Random, option: Option) -> str:
    found = []
    for _ in range(random.randint(1, 4)):
        first = random.randint(1, 65000)
        found.append(str(first) if random.random() < 0.6 else f"{first}-{first + random.randint(0, 40)}")
    return ", ".join(found)


def duration(random: Random, option: Option) -> str:
    unit, length = random.choice([*kinds.DurationOption.UNITS.items()])
    return f"{random.randint(1, min(2000, kinds.DurationOption.MOST // length + 1))}{unit}"


def url(random: Random, option: Option) -> str:
    return f"{random.choice(['http', 'https'])}://{name(random, option)}{random.choice(['', ':8443'])}{path(random)}"


def path(random: Random, option: Option | None = None) -> str:
    return f"/{word(random, string.ascii_letters + string.digits + string.punctuation, 20)}"


def token(random: Random, option: Option) -> str:
    return word(random, WORD + "!#$&*+.^_|~-")


def line(random: Random, option: Option) -> str:
    return word(random, PRINTABLE, 40)


def expression(random: Random, option: Option) -> str:
    return random.choice([*EXPRESSIONS, word(random, SPECIAL, 16), word(random, SPECIAL, 16)])


def conditions(random: Random, option: Option) -> str:
    return write(condition(random, option) for _ in range(random.randint(1, 4)))


def condition(random: Random, option: Option) -> Condition:
    match = random.choice(Match.values)
    texts: dict[str, Draw] = {
        Match.PATH_REG: expression,
        Match.SOURCE: lambda random, option: " ".join(network(random, option) for _ in range(random.randint(1, 4))),
        Match.METHOD: lambda random, option: " ".join(random.sample(["GET", "POST", "PUT", "PURGE"], 2)),
        Match.FLAG: lambda random, option: random.choice(FLAGS),
        Match.SNI: name,
    }
    text = texts.get(match, line)(random, option)
    return Condition(random.choice(["and", "or"]), random.random() < 0.3, match, token(random, option), text)


def network(random: Random, option: Option) -> str:
    found = address(random, option)
    return found if random.random() < 0.5 else f"{found}/{random.randint(8, 32)}"


def rule_value(random: Random, option: Option, action: str) -> str:
    if action in {AclAction.BACKEND, AclAction.SERVER}:
        named = VirtualService if action == AclAction.BACKEND else RealServer
        labels: list[str] = list(named._default_manager.values_list("label", flat=True))
        return random.choice([*labels, *LABELS[:1]])
    if action == AclAction.FLAG:
        return random.choice(FLAGS)
    return path(random) if action == AclAction.PATH else random.choice([url(random, option), path(random)])


def header_value(random: Random, option: Option) -> str:
    """%[…] is HAProxy's own language: here it only says what HAProxy knows."""
    return f"{line(random, option).replace('%', '')}{random.choice(['', *KNOWN])}"


def script(random: Random, option: Option) -> str:
    return f"#!/bin/sh\n# {line(random, option)}\nexit {random.randint(0, 1)}\n"


def sections(random: Random, option: Option) -> str:
    """What an administrator writes under Manual Configuration; each by hand, one for each service that wants it."""
    wanted = VirtualService.objects.filter(manual=True).values_list("label", "protocol")
    parts = [
        f"listen {label}\n    mode {'tcp' if protocol == 'tcp' else 'http'}\n    server SERVER1 192.0.2.9:80\n"
        for label, protocol in wanted
    ]
    others = [
        "frontend by-hand:in\n    bind 127.0.0.1:18080\n    mode http\n    default_backend by-hand:out\n"
        "backend by-hand:out\n    mode http\n    server one 192.0.2.1:80 check # the old one\n",
        "ring by-hand:log\n    format rfc5424\n    size 32764\n",
        f"# {line(random, option)}\n",
        'userlist by-hand:users\n    user "bob" insecure-password "#secret\' \\"x\\""\n',
    ]
    return "\n".join(parts + random.sample(others, random.randint(0, len(others))))


KINDS: dict[type, Draw] = {
    kinds.FlagOption: flag,
    kinds.RelationOption: relation,
    kinds.Whole: whole,
    kinds.LabelOption: label,
    kinds.AddressOption: address,
    kinds.PortsOption: ports,
    kinds.DurationOption: duration,
    kinds.TextOption: line,
    texts.UrlOption: url,
    texts.TokenOption: token,
    texts.PathOption: path,
    texts.LineOption: line,
    texts.ExpressionOption: expression,
    texts.NameOption: name,
    texts.HostOption: host,
    SecretOption: lambda random, option: HASH,
    ConditionsOption: conditions,
}
# What the kind alone does not tell.
OF: dict[tuple[type, str], Draw] = {
    (HeaderRule, "value"): header_value,
    (HealthCheckScript, "content"): script,
    (ManualConfiguration, "text"): sections,
}
