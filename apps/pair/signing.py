"""Who is who: each unit has a key of its own. Before they know each other's, a password introduces them.

The password itself never leaves the Primary: both sides prove that they know its hash, each over everything that the
other one must be able to rely on - both keys, and the certificate of the connection - so that nobody can stand between.
"""

import base64
import hashlib
import hmac

from argon2.exceptions import Argon2Error
from argon2.low_level import Type, hash_secret
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings

ALGORITHM, VARIETY = "argon2", "argon2id"
MOST_MEMORY, MOST_TIME, MOST_LANES = 1024 * 1024, 16, 16  # KiB, rounds, lanes: a stranger asks for no more
LEAST_MEMORY, LEAST_TIME = 19 * 1024, 2  # nor for less: a proof that is cheap to make gives the password away


class BadRecipe(Exception):
    """The peer does not say how its password is hashed in a way that is understood here."""


def own_key() -> str:
    """This unit's public key, hexadecimal."""
    return _key().public_key().public_bytes_raw().hex()


def sign(*parts: str | bytes) -> str:
    return _key().sign(_joined(parts)).hex()


def is_signed(key: str, signature: str, *parts: str | bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(bytes.fromhex(signature), _joined(parts))
    except (InvalidSignature, ValueError):
        return False
    return True


def recipe(encoded: str) -> str:
    """How a stored password is hashed, without the hash. Raises BadRecipe."""
    head, _, _ = encoded.rpartition("$")
    if not head.startswith(f"{ALGORITHM}${VARIETY}$"):
        raise BadRecipe
    return head


def hashed(password: str, found: str) -> str:
    """The stored form of the password, if it is the right one. Raises BadRecipe."""
    try:
        algorithm, variety, version, words, salt = found.split("$")
        costs = dict(word.split("=") for word in words.split(","))
        memory, time, lanes = (int(costs[name]) for name in "mtp")
    except (ValueError, KeyError) as error:
        raise BadRecipe from error
    is_known = (algorithm, variety, version) == (ALGORITHM, VARIETY, "v=19")
    is_fair = LEAST_MEMORY <= memory <= MOST_MEMORY and LEAST_TIME <= time <= MOST_TIME and lanes <= MOST_LANES
    if not (is_known and is_fair):
        raise BadRecipe
    try:
        encoded = hash_secret(password.encode(), _unpadded(salt), time, memory, lanes, 32, Type.ID)
    except (Argon2Error, ValueError) as error:
        raise BadRecipe from error
    return f"{ALGORITHM}{encoded.decode()}"


def _unpadded(salt: str) -> bytes:
    return base64.b64decode(salt + "=" * (-len(salt) % 4), validate=True)


def proof(secret: str, *parts: str | bytes) -> str:
    """That whoever made it knows the secret, and said the parts."""
    return hmac.new(secret.encode(), _joined(parts), hashlib.sha256).hexdigest()


def is_proven(given: str, secret: str, *parts: str | bytes) -> bool:
    return hmac.compare_digest(given.encode(), proof(secret, *parts).encode())


def _key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex((settings.PATHS.secrets / "node.key").read_text()))


def _joined(parts: tuple[str | bytes, ...]) -> bytes:
    """No two lists of parts give the same bytes."""
    found = [part.encode() if isinstance(part, str) else part for part in parts]
    return b"lbadmin pair 1" + b"".join(len(part).to_bytes(8, "big") + part for part in found)
