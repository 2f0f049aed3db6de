"""The Commit changes box names what waits, also where it is no virtual service."""

from collections.abc import Iterator

import pytest
from django.db import models

from apps.changes import candidate
from apps.changes.models import Revision
from apps.changes.pending import difference
from apps.services.models import FloatingIP, Layer7, ManualConfiguration, VirtualService
from tests.changes.recorded import commit, touched


@pytest.fixture(autouse=True)
def committed(db: None) -> Iterator[None]:
    candidate._fingerprints.cache_clear()
    VirtualService.objects.create(label="web", address="192.0.2.10", ports="80")
    commit()
    yield
    candidate._fingerprints.cache_clear()


def waiting() -> str:
    touched()
    found = difference()
    return found.sentence if found else ""


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (Layer7(pk=1, rise=3), "Layer 7 – Advanced Configuration changed"),
        (Layer7(pk=1, logging=True), "Layer 7 – Advanced Configuration changed"),
        (ManualConfiguration(pk=1, text="backend a\n"), "Layer 7 – Manual Configuration changed"),
        (FloatingIP(pk=1, address="192.0.2.250"), "Floating IP 192.0.2.250 added"),
        (Layer7(pk=1, transparent=True), ""),
    ],
)
def test_what_waits_has_its_name(change: models.Model, words: str) -> None:
    change.save()
    assert waiting() == words


def test_services_stand_behind_what_counts_for_all() -> None:
    Layer7(pk=1, rise=3).save()
    VirtualService.objects.update(ports="81")
    assert waiting() == "Layer 7 – Advanced Configuration, web changed"


def test_a_revision_of_old_does_not_make_everything_new() -> None:
    Revision.objects.update(parts={"web": "another"})
    VirtualService.objects.update(ports="81")
    assert waiting() == "web changed"
