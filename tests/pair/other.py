"""The other unit of a pair: it has a key of its own and speaks to this one as the product does, or wrongly."""

import hashlib
import hmac
import json
import time
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.test import Client

from apps.accounts.models import FIRST_USER, Group, User
from apps.pair import signing
from apps.pair.receiving import own_fingerprint
from apps.unit.models import Peer, Role
from tests.conftest import PASSWORD, Browser

ROOT = "/lbadmin/pair/"
QUESTIONS = ("state", "push", "facts", "do")
OWN, OTHERS = "127.0.0.1", "10.10.40.12"  # addresses: this unit's, the other's


def joined(*parts: str | bytes) -> bytes:
    """What is signed, written down a second time: both units have to agree on every byte."""
    found = [part.encode() if isinstance(part, str) else part for part in parts]
    return b"lbadmin pair 1" + b"".join(len(part).to_bytes(8, "big") + part for part in found)


@dataclass
class Other:
    """`number` is that of its last question in the session."""

    browser: Client = field(default_factory=Browser)
    secret: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    session: str = ""
    number: int = 0

    @property
    def key(self) -> str:
        return self.secret.public_key().public_bytes_raw().hex()

    def sign(self, *parts: str | bytes) -> str:
        return self.secret.sign(joined(*parts)).hex()

    def post(self, what: str, body: bytes | dict[str, Any], **headers: str) -> Any:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.browser.generic(
            "POST", f"{ROOT}{what}/", content, "application/octet-stream", headers=headers, REMOTE_ADDR=OTHERS
        )

    def greet(self, **changed: str) -> Any:
        asked = {"nonce": "1" * 32, "key": self.key}
        asked["signature"] = self.sign("hello?", asked["nonce"], signing.own_key())
        return self.post("hello", asked | changed)

    def open(self) -> "Other":
        self.session, self.number = self.greet().json()["session"], 0
        return self

    def headers(self, what: str, body: bytes, /, **changed: Any) -> dict[str, str]:
        """Those of the next question; `changed` are parts that are signed differently."""
        digest = hashlib.sha256(body).hexdigest()
        parts = {"what": what, "session": self.session, "number": str(self.number + 1), "digest": digest}
        signature = self.sign(*(parts | {"key": signing.own_key()} | changed).values())
        told = (self.session, str(self.number + 1), digest, signature)
        names = ("Session", "Number", "Digest", "Signature")
        return {f"X-Lbadmin-{name}": value for name, value in zip(names, told, strict=True)}

    def ask(self, what: str, body: bytes = b"{}") -> Any:
        answer = self.post(what, body, **self.headers(what, body))
        self.number += 1
        return answer

    def become_peer(self, role: Role = Role.SECONDARY, *, paired: bool = True) -> "Other":
        """This unit knows it from now on, and has that role itself."""
        known = {"role": role, "key": self.key, "is_paired": paired, "hostname": "lb2", "fingerprint": "0" * 64}
        Peer.objects.update_or_create(pk=1, defaults=known | {"own_address": OWN, "address": OTHERS})
        return self

    def introduction(self, **changed: Any) -> dict[str, Any]:
        """Of a Primary that wants to pair; everything about it is right but for what is `changed`."""
        known = {
            "nonce": self.post("invite", {}).json()["nonce"],
            "key": self.key,
            "hostname": "lb2",
            "version": settings.VERSION,
            "own_address": OTHERS,
            "address": OWN,
            "port": 9443,
            "clock": time.time(),
        }
        return known | changed

    def join(self, given: dict[str, Any], secret: str = "", fingerprint: str = "", **after: Any) -> Any:
        """`after` are words that were changed on the way, when the proof had been made."""
        said = [*map(str, given.values()), signing.own_key(), fingerprint or own_fingerprint()]
        proof = hmac.new((secret or stored_password()).encode(), joined(Role.PRIMARY, *said), hashlib.sha256)
        return self.post("join", given | {"proof": proof.hexdigest()} | after)


@cache
def stored_password() -> str:
    """The hash of the first user's password: making one takes long on purpose."""
    return make_password(PASSWORD)


def first_user() -> User:
    return User.objects.create(username=FIRST_USER, password=stored_password(), group=Group.CONFIG)
