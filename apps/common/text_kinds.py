"""Kinds of options that are texts: names, paths, hosts, addresses of pages, lines, scripts."""

import ipaddress
import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models

from apps.common.option_kinds import TextOption
from apps.common.options import Option


class PatternOption(TextOption):
    """A text that matches the pattern of its kind; `wrong` says what to enter instead."""

    pattern = re.compile("")
    wrong = ""

    def __init__(self, label: str, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 255)
        super().__init__(label, **kwargs)

    def validate(self, value: Any, model_instance: models.Model | None) -> None:
        super().validate(value, model_instance)
        if value and not self.pattern.match(value):
            raise ValidationError(self.wrong)


class UrlOption(PatternOption):
    """A URL prefix that fits on HAProxy's server line."""

    pattern = re.compile(r"\Ahttps?://[A-Za-z0-9.\[\]:_-]+(/[!-~]*)?\Z")
    wrong = "Enter an address that begins with http:// or https://, without blanks."


class TokenOption(PatternOption):
    """A word as HTTP allows it for cookies and headers."""

    pattern = re.compile(r"\A[A-Za-z0-9!#$&*+.^_|~-]{1,64}\Z")
    wrong = "Use letters, digits, dash, dot and underscore only, without blanks."


class PathOption(PatternOption):
    """What is asked for on a server: it begins with a slash, which is put there when it was left out."""

    pattern = re.compile(r"\A/[!-~]*\Z")
    wrong = "Enter a path without blanks, for example /check.txt."

    def to_python(self, value: Any) -> Any:
        text = str(value or "").strip()
        return text if not text or text[0] == "/" else f"/{text}"


class LineOption(PatternOption):
    """One line of any text that XML can hold."""

    pattern = re.compile(r"\A[^\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]*\Z")
    wrong = "Remove the line breaks and control characters."


class ExpressionOption(LineOption):
    """A regular expression in one line, within what Python and PCRE both understand."""

    def validate(self, value: Any, model_instance: models.Model | None) -> None:
        super().validate(value, model_instance)
        check_expression(value)


# What Python reads and HAProxy's PCRE does not, or, as a number of a group, only where it keeps groups.
PYTHON_ONLY = re.compile(
    r"""\\[1-9uU] | \\N\{ | \(\?\(\d+\)     # \1 \u00e9 \N{...} (?(1)...)
    | \(\?[a-zA-Z]*[auL][a-zA-Z-]*[:)]         # (?a)
    | \(\?P<(?![A-Za-z0-9_]{1,32}>)[^>]*>       # names of groups are short and plain
    | \{\d*,?\d{5,}\}                          # {70000}
    | \[([.=])[^]]*\1\]                         # [=a=]
    | (?<!\[)(?<!\[\^)\[:[^]]*:\]               # [:alpha:] without its own brackets
    | \[:\^?(?!(?:alnum|alpha|ascii|blank|cntrl|digit|graph|lower|print|punct|space|upper|word|xdigit):)[^]]*:\]""",
    re.VERBOSE,
)


def check_expression(value: str) -> None:
    try:
        re.compile(value)
    except re.error as error:
        said = f"This is no regular expression: {error.msg}. Put a backslash before characters that mean themselves."
        raise ValidationError(said) from error
    if found := PYTHON_ONLY.search(value.replace(r"\\", "")):
        raise ValidationError(f"HAProxy does not understand {found[0]} in a regular expression. Write it another way.")


class NameOption(PatternOption):
    """A host's name, in small letters."""

    pattern = re.compile(r"\A(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*\Z")
    wrong = "Enter a name such as www.example.com."

    def to_python(self, value: Any) -> Any:
        return str(value or "").strip().lower()


class HostOption(PatternOption):
    """An address or a name (FQDN). An address is kept in its shortest form."""

    wrong = "Enter an IPv4 or IPv6 address, or a full name such as mail.example.com."

    def to_python(self, value: Any) -> Any:
        text = str(value or "").strip().lower()
        try:
            return str(ipaddress.ip_address(text))
        except ValueError:
            return text

    def validate(self, value: Any, model_instance: models.Model | None) -> None:
        super().validate(value, model_instance)
        if not value:
            return
        if not is_address(value):
            if not NameOption.pattern.match(value) or "." not in value:
                raise ValidationError(self.wrong)
            return
        try:
            address = ipaddress.ip_address(value)
        except ValueError as error:
            raise ValidationError(self.wrong) from error
        if address.is_unspecified or address.is_multicast or address.is_link_local or "%" in value:
            raise ValidationError(f"{value} is not the address of one host. Enter an address that one host can have.")


def is_address(host: str) -> bool:
    """An address and no name, of a value that was accepted: no name ends in a digit."""
    return ":" in host or host[-1:].isdigit()


class MailOption(TextOption):
    """An e-mail address."""

    def validate(self, value: Any, model_instance: models.Model | None) -> None:
        super().validate(value, model_instance)
        if value:
            validate_email(value)


class ProgramOption(Option, models.TextField[str, str]):
    """Many lines: a script, or a part of a configuration file. Line ends are those of Unix."""

    MOST = 256 * 1024

    def to_python(self, value: Any) -> Any:
        text = str(value or "").replace("\r\n", "\n").replace("\r", "\n").rstrip()
        return f"{text}\n" if text else ""

    def formfield(self, **kwargs: Any) -> Any:
        attrs = {"rows": 24, "spellcheck": "false", "autocapitalize": "off", "wrap": "off"}
        return super().formfield(**{"widget": forms.Textarea(attrs=attrs), "strip": False, **kwargs})

    def validate(self, value: Any, model_instance: models.Model | None) -> None:
        super().validate(value, model_instance)
        if len(value) > self.MOST:
            raise ValidationError(f"This is longer than {self.MOST // 1024} kB. Shorten it.")
        if found := re.search(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]", value):
            line = value.count("\n", 0, found.start()) + 1
            raise ValidationError(f"Line {line} holds a control character. Remove it.")

    def words(self, value: Any) -> str:
        """Too long for one line of a page: how much it is, and which."""
        lines = str(value or "").count("\n")
        return f"{lines} line{'s' * (lines != 1)}" if lines else super().words("")
