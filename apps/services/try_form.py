"""What *Try a request* asks for, and how a client would say it."""

import ipaddress
import re
from typing import Any
from urllib.parse import quote, urlsplit

from django import forms
from django.core.exceptions import ValidationError

from apps.common.text_kinds import NameOption, TokenOption
from apps.services.models import Protocol, VirtualService

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
OWN = {"host", "connection", "content-length", "transfer-encoding", "upgrade", "expect"}
MOST_HEADERS = 50
VISIBLE = "".join(map(chr, range(0x21, 0x7F)))


class TryForm(forms.Form):
    """In TCP Mode there is no request, only who connects and the name in the TLS handshake."""

    method = forms.ChoiceField(label="Method", choices=[(name, name) for name in METHODS])
    url = forms.CharField(label="URL", max_length=4096)
    headers = forms.CharField(label="Headers", required=False, max_length=8192, widget=forms.Textarea({"rows": 3}))
    sni = forms.CharField(label="SNI", required=False, max_length=255)
    source = forms.CharField(label="Source IP Address", max_length=45, initial="192.0.2.1")

    def __init__(self, *args: Any, service: VirtualService, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        self.service = service
        for name in ("method", "url", "headers") if service.protocol == Protocol.TCP else ("sni",):
            del self.fields[name]
        if "url" in self.fields:
            scheme = "https" if service.protocol == Protocol.HTTP2 else "http"
            self.fields["url"].initial = f"{scheme}://www.example.com/"
        for name, field in self.fields.items():
            field.widget.attrs |= {
                "class": "form-select" if name == "method" else "form-control",
                "autocomplete": "off",
            }
            field.error_messages["required"] = f"Enter {field.label}."

    def clean_url(self) -> str:
        """`host/path?query`, with or without a scheme in front."""
        text = str(self.cleaned_data["url"]).strip()
        try:
            found = urlsplit(text if "://" in text else f"//{text}")
            host = found.hostname or ""
            _ = found.port
        except ValueError as error:
            raise ValidationError("Enter an address such as https://www.example.com/path?query.") from error
        if not re.match(r"\A[A-Za-z0-9._:-]+\Z", host) or "@" in found.netloc:
            raise ValidationError("Enter an address such as https://www.example.com/path?query.")
        path = quote(found.path or "/", safe=VISIBLE)
        return f"{found.netloc}{path}" + (f"?{quote(found.query, safe=VISIBLE)}" if found.query else "")

    def clean_headers(self) -> list[list[str]]:
        lines = [line for line in str(self.cleaned_data["headers"]).splitlines() if line.strip()]
        if len(lines) > MOST_HEADERS:
            raise ValidationError(f"Use at most {MOST_HEADERS} headers.")
        return [_header(line) for line in lines]

    def clean_sni(self) -> str:
        name = str(self.cleaned_data["sni"]).strip().lower()
        if name and not NameOption.pattern.match(name):
            raise ValidationError("Enter a name such as www.example.com, or leave it blank.")
        return name

    def clean_source(self) -> str:
        try:
            return str(ipaddress.ip_address(str(self.cleaned_data["source"]).strip()))
        except ValueError as error:
            raise ValidationError("Enter the IPv4 or IPv6 address of a client, for example 192.0.2.1.") from error


def _header(line: str) -> list[str]:
    name, colon, value = (part.strip() for part in line.partition(":"))
    if not colon or not TokenOption.pattern.match(name):
        raise ValidationError(f"{line.strip()[:60]} is no header. Enter one a line, for example Accept: text/html.")
    if name.lower() in OWN:
        raise ValidationError(f"{name} is set from the URL and the method. Remove it here.")
    if not re.match(r"\A[ -~]*\Z", value):
        raise ValidationError(f"The value of {name} has characters that a header cannot have. Remove them.")
    return [name, value]
