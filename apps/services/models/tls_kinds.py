"""Kinds of options that only terminations have: lists of ciphers, names that clients ask for."""

import re
import ssl
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from apps.common.text_kinds import NameOption, PatternOption


class CiphersOption(PatternOption):
    """Ciphers as OpenSSL names them, in order."""

    pattern = re.compile(r"\A[A-Za-z0-9:+!@=_-]+\Z")
    wrong = "Enter names of ciphers with colons between them, as OpenSSL writes them."

    def validate(self, value: Any, model_instance: models.Model | None) -> None:
        super().validate(value, model_instance)
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).set_ciphers(value or "DEFAULT")
        except ssl.SSLError as error:
            raise ValidationError("OpenSSL knows none of these ciphers. Enter others, or leave it blank.") from error


class ServerNameOption(NameOption):
    """A host's name, or all names directly below one: *.example.com."""

    pattern = re.compile(NameOption.pattern.pattern.replace(r"\A", r"\A(?:\*\.(?=[^.]+\.))?", 1))
    wrong = "Enter a name such as www.example.com, or *.example.com for all names directly below it."
