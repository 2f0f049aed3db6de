"""What the Primary sends: the configuration as it was committed, and all else that both units have.

Both can tell a bundle's digest without the other one: what they have in common is proven by comparing two short words.
"""

import hashlib
import json
import re
import zlib
from dataclasses import asdict, dataclass, field
from functools import lru_cache

from cryptography.fernet import InvalidToken
from django.conf import settings

from apps.certificates import actions, reading
from apps.certificates.models import Certificate
from apps.certificates.vault import unseal
from apps.changes.models import Revision, Running
from apps.changes.xml import normalised, without_states
from apps.haproxy.listen import crl_file, pem_file
from apps.pair import tables
from apps.pair.tables import Row, Rows
from apps.services.models import RealServer, State
from apps.system import files

LARGEST = 256 * 1024 * 1024  # bytes of a bundle that is unpacked
USED = re.compile(r'^      <cert label="([^"]*)"', re.MULTILINE)  # certificates of a document
REMOVED = "{} was removed, but clients still see it: press Reload HAProxy, so that the other unit can follow."
OTHER_VERSION = "What the Primary sent is of another version. Both units have to run the same version."


class Unreadable(Exception):
    """The bundle cannot be made, or what came is none; the message says why."""


@dataclass(frozen=True)
class Bundle:
    """`states` are the real servers that are not online, by primary key."""

    revision: int
    document: str  # XML
    states: dict[str, str]
    tables: Rows = field(repr=False)  # holds private keys
    fallback: str  # the page that is shown when no real server answers

    @property
    def digest(self) -> str:
        """Of everything but the revision's number and the moment of the last states in the document."""
        content = asdict(self) | {"document": configured_digest(self.document), "revision": 0}
        return _hash(json.dumps(content, sort_keys=True))


def make() -> Bundle:
    """What runs on this unit. Raises Unreadable."""
    running = Running.objects.values_list("revision_id", "revision__fingerprint").first()
    if running is None:
        raise Unreadable("Nothing was committed on this unit yet.")
    document = _document(*running)
    used = set(USED.findall(document))
    try:
        rows = tables.read(used)
    except InvalidToken:
        key = settings.DATA_KEY_FILE.name
        raise Unreadable(f"A private key cannot be decrypted: {key} is not the file it was encrypted with.") from None
    certificates = [_as_committed(row) for row in rows[Certificate._meta.label_lower]]
    if removed := used - {row["label"] for row in certificates}:
        raise Unreadable(REMOVED.format(", ".join(sorted(removed))))
    return Bundle(
        running[0],
        document,
        states(),
        rows | {Certificate._meta.label_lower: certificates},
        files.read(settings.PATHS.fallback_page),
    )


def states() -> dict[str, str]:
    found = RealServer.objects.exclude(state=State.ONLINE).order_by("pk")
    return {str(pk): state for pk, state in found.values_list("pk", "state")}


@lru_cache(maxsize=1)
def _document(revision: int, fingerprint: str) -> str:
    """Asked for every few seconds, and large."""
    return normalised(Revision.objects.values_list("document", flat=True).get(pk=revision))


@lru_cache(maxsize=2)
def document_digest(revision: int, fingerprint: str) -> str:
    """Of what a revision configures; the same on both units."""
    return configured_digest(_document(revision, fingerprint))


def configured_digest(document: str) -> str:
    return _hash(without_states(document))


def running_digest() -> str:
    """Of what this unit runs; blank before the first commit."""
    running = Running.objects.values_list("revision_id", "revision__fingerprint").first()
    return document_digest(*running) if running else ""


def _as_committed(row: Row) -> Row:
    """A certificate that was replaced but not committed yet is sent as it is served now."""
    served = files.read(settings.PATHS.haproxy_current / pem_file(row["id"]))
    revoked = files.read(settings.PATHS.haproxy_current / crl_file(row["id"]))
    if not served or (served, revoked) == (f"{row['encrypted_key']}{row['chain']}", row["revocation_list"]):
        return row
    held = Certificate(**row)
    actions.take(held, reading.read(served.encode()))
    held.revocation_list = revoked
    key = unseal(held.encrypted_key) if held.encrypted_key else ""
    return tables.plain({name: getattr(held, name) for name in row} | {"encrypted_key": key})


def pack(bundle: Bundle) -> bytes:
    return zlib.compress(json.dumps(asdict(bundle)).encode(), 1)


def unpack(packed: bytes) -> Bundle:
    """Raises Unreadable."""
    try:
        reader = zlib.decompressobj()
        text = reader.decompress(packed, LARGEST)
        if reader.unconsumed_tail:
            raise Unreadable("What the Primary sent is larger than can be right.")
        found = Bundle(**json.loads(text))
    except (zlib.error, ValueError, TypeError, RecursionError) as error:
        raise Unreadable(f"What the Primary sent cannot be read: {error}.") from error
    if not (isinstance(found.document, str) and isinstance(found.states, dict) and tables.fit(found.tables)):
        raise Unreadable(OTHER_VERSION)
    return found


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
