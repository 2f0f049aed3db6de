"""What an ACL rule asks of a request: conditions joined by AND and OR, kept as one text."""

import ipaddress
import json
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from django import forms
from django.core.exceptions import ValidationError
from django.db import models

from apps.common.options import Condition as When
from apps.common.options import Option, holds
from apps.common.text_kinds import LineOption, TokenOption, check_expression
from apps.services.models.choices import WEB, Protocol

FLAG = re.compile(r"\A[A-Za-z0-9_]{1,32}\Z")
MOST = 20
LONGEST = 1024  # characters of one text


class Match(models.TextChoices):
    PATH = "path", "path"
    PATH_BEG = "path_beg", "path_beg"
    PATH_END = "path_end", "path_end"
    PATH_SUB = "path_sub", "path_sub"
    PATH_REG = "path_reg", "path_reg"
    HOST = "hdr_host", "hdr_host"
    HOST_BEG = "hdr_beg", "hdr_beg"
    QUERY = "query", "query"
    HEADER = "header", "header"
    METHOD = "method", "method"
    SOURCE = "src_blk", "src_blk"
    SNI = "sni", "SNI"
    FLAG = "flag", "flag"


MATCH_HELP: dict[str, str] = {
    Match.PATH: "the path is exactly this",
    Match.PATH_BEG: "the path begins with this",
    Match.PATH_END: "the path ends with this",
    Match.PATH_SUB: "the path contains this",
    Match.PATH_REG: "the path matches this regular expression",
    Match.HOST: "the client asked for exactly this host",
    Match.HOST_BEG: "the host begins with this",
    Match.QUERY: "the part behind the question mark contains this",
    Match.HEADER: "the named header contains this",
    Match.METHOD: "the method is one of these, separated by blanks",
    Match.SOURCE: "the client's address is in this list of addresses and networks, separated by blanks",
    Match.SNI: "the client named this server in its TLS handshake",
    Match.FLAG: "an earlier rule has set this flag",
}
MATCH_WHEN: dict[str, When] = {
    **dict.fromkeys(Match, WEB),  # the others look at a request that HAProxy reads
    Match.SOURCE: {},
    Match.SNI: {"protocol": {Protocol.HTTP2, Protocol.TCP}},
}


class Condition(NamedTuple):
    """`join` ties it to the one before; AND binds tighter than OR. `name` is that of the header."""

    join: str  # "and" or "or"
    negate: bool
    match: str
    name: str
    text: str

    @property
    def is_blank(self) -> bool:
        """A row of the form that nobody filled in."""
        return not (self.match or self.name.strip() or self.text.strip())

    @property
    def words(self) -> str:
        what = f"{Match(self.match).label} {self.name}".strip()
        return f"{what} {'Not equal' if self.negate else 'Equals'} {self.text}"


def read(text: str) -> list[Condition]:
    """Raises ValidationError for what is no list of conditions."""
    try:
        found = [Condition(*item) for item in json.loads(text or "[]")]
    except (TypeError, ValueError) as error:
        raise ValidationError("These are no conditions that can be read.") from error
    shapes = [list(map(type, item)) for item in found]
    if any(shape != [str, bool, str, str, str] for shape in shapes):
        raise ValidationError("These are no conditions that can be read.")
    return found


def write(conditions: Iterable[Condition]) -> str:
    return json.dumps([list(item) for item in conditions], ensure_ascii=False, separators=(",", ":"))


def problems(condition: Condition, service: object = None) -> dict[str, str]:
    """What is wrong with its parts, and what to enter instead. With a virtual service: whether it applies there."""
    found = {}
    if condition.match not in Match.values or condition.join not in {"and", "or"}:
        found["match"] = "Choose a Type."
    elif service and not holds(MATCH_WHEN[condition.match], service):
        found["match"] = f"{Match(condition.match).label} does not apply to {service}. Choose another Type."
    if condition.match == Match.HEADER and not TokenOption.pattern.match(condition.name):
        found["name"] = "Enter the header's name: letters, digits and dashes."
    try:
        _check_text(condition)
    except ValidationError as error:
        found["text"] = " ".join(error.messages)
    return found


def _check_text(condition: Condition) -> None:
    if not condition.text.strip() or not LineOption.pattern.match(condition.text):
        raise ValidationError("Enter a text to compare with.")
    if len(condition.text) > LONGEST:
        raise ValidationError(f"Use at most {LONGEST} characters.")
    CHECKS.get(condition.match, lambda text: None)(condition.text)


def _sources(text: str) -> None:
    for word in text.split():
        try:
            ipaddress.ip_network(word, strict=False)
        except ValueError as error:
            said = f"{word} is no address and no network. Enter for example 10.0.0.0/8 or 192.0.2.7."
            raise ValidationError(said) from error


def _methods(text: str) -> None:
    if not re.match(r"\A[A-Z]{1,16}( [A-Z]{1,16})*\Z", text):
        raise ValidationError("Enter methods in capitals, for example GET HEAD.")


def _flag(text: str) -> None:
    if not FLAG.match(text):
        raise ValidationError("A flag's name has letters, digits and underscores only.")


CHECKS: dict[str, Any] = {
    Match.PATH_REG: check_expression,
    Match.SOURCE: _sources,
    Match.METHOD: _methods,
    Match.FLAG: _flag,
}


class ConditionsWidget(forms.Widget):
    """Puts the form's rows together to the text that is kept; each control is named alike in every row.

    templates/services/_conditions.html shows them.
    """

    def value_from_datadict(self, data: Any, files: Any, name: str) -> str:
        if name in data:
            return str(data[name])
        found = [condition for condition in sent(data) if not condition.is_blank]
        return write([found[0]._replace(join="and"), *found[1:]]) if found else ""

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return name not in data and "match" not in data


def sent(data: Any) -> list[Condition]:
    """The rows as they were sent, blank ones too; what lacks a control is no row."""
    columns = [data.getlist(name) for name in ("join", "negate", "match", "name", "text")]
    rows = zip(*columns, strict=False)
    return [Condition(join, negate == "notequal", match, name, text) for join, negate, match, name, text in rows]


class ConditionsOption(Option, models.TextField[str, str]):
    def formfield(self, **kwargs: Any) -> Any:
        return super().formfield(**{"widget": ConditionsWidget, **kwargs})

    def validate(self, value: Any, model_instance: models.Model | None) -> None:
        super().validate(value, model_instance)
        conditions = read(value)
        if not conditions:
            raise ValidationError("Enter at least one condition.")
        if len(conditions) > MOST:
            raise ValidationError(f"Use at most {MOST} conditions; a flag carries what one rule found to the next.")
        if wrong := [said for item in conditions for said in problems(item).values()]:
            raise ValidationError(wrong)

    def words(self, value: Any) -> str:
        try:
            conditions = read(value)
        except ValidationError:
            return str(value)
        joined = [f"{item.join.upper()} {item.words}" for item in conditions]
        return " ".join(joined).partition(" ")[2] or super().words("")
