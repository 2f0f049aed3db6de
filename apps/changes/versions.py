"""Versions of HAProxy's files on disk: a directory per revision, and the link `current` to the one that runs."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from apps.certificates.models import Certificate
from apps.certificates.vault import KeyUnreadable, pem
from apps.changes import stapling
from apps.changes.explain import explain
from apps.changes.models import JobState
from apps.haproxy.listen import OCSP, pem_file
from apps.haproxy.render import ADDRESSES_FILE, CONFIG_FILE, SCRIPTS, TRANSPARENT_FILE, Rendering, named, scripts_of
from apps.system import files, haproxy
from apps.system.transparency import Family

logger = logging.getLogger(__name__)
VERSIONS_KEPT = 10


class CommitRefused(Exception):
    """The commit did not happen; what ran goes on running. `said` are the words of the program that refused,
    `place` is the address of the field that it refused.
    """

    def __init__(self, sentence: str, said: str = "", state: JobState = JobState.REFUSED, place: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.said = said
        self.place = place
        self.state = state


@dataclass(frozen=True)
class Version:
    """`pems` are the private keys with their chains by the certificate's primary key: on disk, in no revision."""

    name: str
    rendering: Rendering
    pems: dict[int, str]

    @property
    def directory(self) -> Path:
        return settings.PATHS.haproxy / self.name

    @property
    def staples(self) -> dict[int, bytes]:
        """The OCSP responses that stand beside the certificates, by the certificate's primary key."""
        found = {pk: files.read_bytes(self.directory / f"{pem_file(pk)}{OCSP}") for pk in self.pems}
        return {pk: response for pk, response in found.items() if response}

    @property
    def addresses(self) -> set[str]:
        return set(self.rendering.files[ADDRESSES_FILE].split())

    @property
    def transparent(self) -> set[Family]:
        return _families(self.rendering.files.get(TRANSPARENT_FILE, ""))


def name_of(revision: int) -> str:
    return f"revision-{revision}"


def stage(name: str, rendering: Rendering) -> Version:
    """Write all files of a rendering into a directory of their own. Raises CommitRefused."""
    try:
        pems = {item.pk: pem(item) for item in Certificate.objects.filter(pk__in=rendering.certificates.values())}
    except KeyUnreadable as error:
        raise CommitRefused(str(error)) from error
    version = Version(name, rendering, pems)
    scripts = scripts_of(rendering.files)
    texts = rendering.files | {path: pems[pk] for path, pk in rendering.certificates.items()}
    texts[CONFIG_FILE] = named(texts[CONFIG_FILE], name)
    staples = {f"{pem_file(pk)}{OCSP}": response for pk, response in stapling.responses({*pems}).items()}
    with writing():
        files.write_tree(version.directory, {**texts, **staples})
        for script, content in scripts.items():
            files.write(settings.PATHS.scripts / script, content, mode=0o755)
    return version


@contextmanager
def writing() -> Iterator[None]:
    """A disk that is full or read-only refuses the commit."""
    try:
        yield
    except OSError as error:
        said = f"The new configuration could not be written: {error.strerror}. Nothing was changed."
        raise CommitRefused(said) from error


def check(version: Version) -> None:
    """Have HAProxy itself check the files. Raises CommitRefused."""
    try:
        _have_read(version)
    except haproxy.Refused as refused:
        complaint = explain(refused.said, version.rendering.owners)
        sentence = f"{complaint.sentence} The previous configuration goes on serving."
        raise CommitRefused(sentence, refused.said, place=complaint.place) from refused


def _have_read(version: Version) -> None:
    """An OCSP response is no configuration: when HAProxy does not take one, it goes without."""
    try:
        haproxy.check(version.directory / CONFIG_FILE)
    except haproxy.Refused as refused:
        if f"{OCSP}'" not in refused.said:
            raise
        logger.warning("HAProxy refuses an OCSP response: %s", refused.said)
        for path in version.directory.glob(f"*/*{OCSP}"):
            files.remove(path)
        haproxy.check(version.directory / CONFIG_FILE)


def current() -> str:
    """The name of the version that HAProxy starts from; blank before the first one."""
    link = settings.PATHS.haproxy_current
    return link.readlink().name if link.is_symlink() else ""


def make_current(name: str) -> None:
    files.point(settings.PATHS.haproxy_current, name)


def current_certificates() -> set[int]:
    return set(stapling.pem_files(settings.PATHS.haproxy_current))


def current_addresses() -> set[str]:
    return set(files.read(settings.PATHS.haproxy_current / ADDRESSES_FILE).split())


def currently_transparent() -> set[Family]:
    return _families(files.read(settings.PATHS.haproxy_current / TRANSPARENT_FILE))


def _families(text: str) -> set[Family]:
    return {family for family in Family if family in text.split()}


def prune() -> None:
    """Keep the newest versions, and always the current one."""
    found = [path for path in settings.PATHS.haproxy.glob("revision-*") if path.is_dir()]
    for path in sorted(found, key=lambda path: path.stat().st_mtime)[:-VERSIONS_KEPT]:
        if path.name != current():
            files.remove_tree(path)
    _prune_scripts()


def _prune_scripts() -> None:
    """Those that no version on disk names any more."""
    named_by = {path.name for path in settings.PATHS.haproxy.glob(f"*/{SCRIPTS}/*")}
    for path in settings.PATHS.scripts.iterdir():
        if path.name not in named_by:
            files.remove(path)
