"""The forms of the clustered pair."""

import ipaddress
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.html import format_html

from apps.accounts.models import FIRST_USER
from apps.changes import candidate, pending
from apps.common.forms import Card, OptionForm
from apps.common.option_kinds import AddressOption
from apps.haproxy.render import addresses
from apps.system import network
from apps.unit.models import Heartbeat

PEER = "IP address of new peer"
UNCOMMITTED = '<a href="{}">Changes wait to be committed</a>. The peer gets what runs, so commit or discard them first.'


def own_addresses() -> list[str]:
    """Those that stay on this unit and that another unit can reach."""
    found = [item.address for item in network.addresses() if not item.ours]
    return [address for address in found if not _is_local(address)]


def _is_local(address: str) -> bool:
    parsed = ipaddress.ip_address(address)
    return parsed.is_loopback or parsed.is_link_local


class NewNode(forms.Form):
    """Create a Clustered Pair. What was typed is kept, but for the password."""

    own_address = forms.ChoiceField(
        label="Local IP address",
        help_text="The address of this unit that the peer can reach. Heartbeat uses it.",
        error_messages={"required": "This unit has no address that another one can reach. Give it one first."},
    )
    address = forms.CharField(
        label=PEER,
        max_length=45,
        help_text="The address of the second unit. Its network must be set up, its WebUI on "
        "port 9443; it must have no services yet.",
        error_messages={"required": f"Enter {PEER}."},
    )
    password = forms.CharField(
        label=f"Password for {FIRST_USER} user on peer",
        strip=False,
        max_length=128,
        widget=forms.PasswordInput({"autocomplete": "off"}),
        help_text="Used once to introduce the units to each other, then forgotten.",
        error_messages={"required": f"Enter the password that the user {FIRST_USER} has on the peer."},
    )

    def __init__(self, request: HttpRequest, data: Any = None, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial, label_suffix="")
        entered = (initial or {}).get("own_address")
        places = [*dict.fromkeys([*own_addresses(), *([entered] if entered else [])])]
        place = self.fields["own_address"]
        assert isinstance(place, forms.ChoiceField)
        place.choices = [(address, address) for address in places]
        place.initial = next((address for address in _reached_by(request) if address in places), None)
        place.widget.attrs["class"] = "form-select"
        for name in ("address", "password"):
            self.fields[name].widget.attrs |= {"class": "form-control", "autocomplete": "off"}

    def clean_address(self) -> str:
        address = str(AddressOption(PEER, section=PEER, help=PEER).clean(self.cleaned_data["address"], None))
        here = {item.address for item in network.addresses() if not item.ours}
        if address in here or network.is_loopback(address):
            raise ValidationError(f"{address} is an address of this unit. Enter one of the other unit.")
        if address in addresses(candidate.load()):
            raise ValidationError(
                f"{address} is a floating IP, which moves between the units. Enter an address of the other unit's own."
            )
        return address

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        own, address = cleaned.get("own_address"), cleaned.get("address")
        if own and address and (":" in own) != (":" in address):
            self.add_error("address", f"{own} cannot reach {address}: choose two IPv4 or two IPv6 addresses.")
        if pending.difference():
            raise ValidationError(format_html(UNCOMMITTED, "#commit-box"))
        return cleaned


def _reached_by(request: HttpRequest) -> list[str]:
    """The addresses by which the browser came: of its address bar, of the WebUI's socket."""
    return [urlsplit(f"//{request.get_host()}").hostname or "", request.META.get("SERVER_NAME", "")]


class HeartbeatForm(OptionForm):
    class Meta:
        model = Heartbeat
        fields = ["port", "keepalive", "auto_failback", "test_address", "mail_to", "mail_from"]

    def cards(self) -> list[Card]:
        """Beside what can be set: what follows from it."""
        first, *others = super().cards()
        first.template = "pair/_communications.html"
        return [first, *others]
