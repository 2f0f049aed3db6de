"""What can go wrong on the machine while a commit is under way: a sentence is told, and traffic goes on."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings

from apps.certificates.models import Certificate
from apps.certificates.vault import _fernet, seal
from apps.changes import engine
from apps.changes.models import Job, JobState, Kind
from apps.common.models import Generation
from apps.services.models import VirtualService
from tests.changes.conftest import PORT
from tests.changes.test_reload import get, reload

pytestmark = pytest.mark.usefixtures("running")


@contextmanager
def read_only(directory: Path) -> Iterator[None]:
    subprocess.run(["mount", "--bind", directory, directory], check=True)
    subprocess.run(["mount", "-o", "remount,bind,ro", directory], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", directory], check=True)


@contextmanager
def other_data_key() -> Iterator[None]:
    """As after a restored database without its key file."""
    kept = settings.DATA_KEY_FILE.read_text()
    settings.DATA_KEY_FILE.write_text("00" * 32)
    _fernet.cache_clear()
    try:
        yield
    finally:
        settings.DATA_KEY_FILE.write_text(kept)
        _fernet.cache_clear()


def with_certificate(chain: str) -> None:
    moment = "2026-01-01T00:00Z"
    certificate = Certificate.objects.create(
        label="site", chain=chain, encrypted_key=seal("key"), valid_from=moment, valid_to=moment
    )
    VirtualService.objects.update(protocol="http2", certificate=certificate)


def test_a_read_only_directory_refuses_and_changes_nothing() -> None:
    VirtualService.objects.update(ports=str(PORT + 1))
    with read_only(settings.PATHS.haproxy):
        job = reload()
    assert (job.state, get()) == (JobState.REFUSED, "200 hello")
    assert "could not be written: Read-only file system. Nothing was changed." in job.sentence
    assert reload().state == JobState.DONE


def test_a_private_key_that_cannot_be_read_refuses_and_says_which() -> None:
    with_certificate("chain")
    with other_data_key():
        job = reload()
    assert (job.state, get()) == (JobState.REFUSED, "200 hello")
    assert "The private key of site cannot be decrypted" in job.sentence


def test_a_damaged_certificate_is_refused_by_haproxy_at_the_field() -> None:
    with_certificate("no certificate at all")
    job = reload()
    assert (job.state, get()) == (JobState.REFUSED, "200 hello")
    assert "HAProxy refused web" in job.sentence
    assert job.place.startswith("/lbadmin/cluster/virtual-services/")


def test_a_second_commit_follows_the_first(service: VirtualService) -> None:
    Generation.touch()
    first, second = (Job.objects.create(kind=Kind.RELOAD, user="a") for _ in range(2))
    for job in (first, second, first):  # a message may come twice
        engine.commit(Job.objects.get(pk=job.pk))
    assert {job.state for job in Job.objects.filter(pk__in=[first.pk, second.pk])} == {JobState.DONE}
