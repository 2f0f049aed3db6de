"""What a unit is, and what may be entered as its heartbeat: every refusal stands at its field."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from apps.system.keepalived import Settings
from apps.unit.models import Heartbeat, Peer, Role, is_secondary, own_role

pytestmark = pytest.mark.django_db


def peer(role: Role, *, paired: bool = True) -> Peer:
    known: dict[str, Any] = {"own_address": "10.11.40.55", "address": "10.11.40.56", "hostname": "lb2", "key": "k"}
    return Peer.objects.create(pk=1, role=role, is_paired=paired, fingerprint="f", **known)


def refusals(**fields: Any) -> dict[str, list[str]]:
    try:
        Heartbeat(pk=1, **fields).full_clean()
    except ValidationError as error:
        return error.message_dict
    return {}


def test_a_single_unit_is_a_primary() -> None:
    assert (Peer.get(), Peer.paired(), own_role(), is_secondary()) == (None, None, Role.PRIMARY, False)


@pytest.mark.parametrize("role", Role)
def test_who_is_only_acquainted_has_no_role_yet(role: Role) -> None:
    found = peer(role, paired=False)
    assert (Peer.get(), Peer.paired(), own_role(), is_secondary()) == (found, None, Role.PRIMARY, False)
    assert not Heartbeat().settings().peer


def test_the_two_roles_are_each_others() -> None:
    found = peer(Role.SECONDARY)
    assert (own_role(), is_secondary(), found.others_role, found.is_primary) == (
        Role.SECONDARY,
        True,
        Role.PRIMARY,
        False,
    )
    assert str(found) == "lb2 (10.11.40.56)"


def test_the_defaults_are_accepted_and_are_those_of_keepalived() -> None:
    assert refusals() == {}
    assert Heartbeat().settings() == Settings()


@pytest.mark.parametrize(
    "fields",
    [
        {"port": 1024},
        {"port": 65535},
        {"keepalive": "3000"},
        {"test_address": "10.11.40.1"},
        {"test_address": "2001:db8::1"},
        {"mail_to": "a.b+c_d-e@mail.example.com", "mail_from": "lb@example.com"},
    ],
)
def test_what_is_right_is_accepted(fields: dict[str, Any]) -> None:
    assert refusals(**fields) == {}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("port", 1023),
        ("port", 65536),
        ("port", "x"),
        ("keepalive", "150"),
        ("keepalive", ""),
        ("test_address", "gateway"),
        ("test_address", "10.11.40.1; reboot"),
        ("test_address", "-f"),
        ("mail_to", "ops"),
        ("mail_to", "a@b }"),
        ("mail_to", "a@b\nsmtp_server 10.0.0.1"),
        ("mail_to", '"a b"@example.com'),
        ("mail_to", "a!b@example.com"),
        ("mail_from", "ops@exämple.com"),
        ("mail_from", "#@example.com"),
    ],
)
def test_what_is_wrong_is_refused_at_its_field(field: str, value: object) -> None:
    found = refusals(**{field: value})
    assert list(found) == [field]
    assert all(sentence.endswith(".") for sentence in found[field])


def test_keepalived_is_told_of_the_peer_and_of_mail_only_with_somebody_to_get_it() -> None:
    peer(Role.SECONDARY)
    told = Heartbeat(port=7000, keepalive="500").settings(mail_server="10.0.0.1", mail_port=26)
    assert told == Settings(
        port=7000, keepalive=500, own="10.11.40.55", peer="10.11.40.56", is_primary=False, mail_server="", mail_port=25
    )
    told = Heartbeat(mail_to="a@b").settings(mail_server="10.0.0.1", mail_port=26)
    assert (told.mail_to, told.mail_server, told.mail_port) == ("a@b", "10.0.0.1", 26)
