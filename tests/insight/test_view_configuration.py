"""View Configuration: what is saved and what runs, as text."""

from collections.abc import Iterator

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from apps.changes import candidate
from apps.changes.document import VIRTUAL
from apps.changes.xml import from_xml
from apps.services.models import RealServer, VirtualService
from tests.changes.recorded import WEB, commit, text, touched

XML = "/lbadmin/view-configuration/xml/"
LAYER_7 = "/lbadmin/view-configuration/layer-7/"


@pytest.fixture(autouse=True)
def fresh(db: None) -> Iterator[None]:
    candidate._fingerprints.cache_clear()
    yield
    candidate._fingerprints.cache_clear()


@pytest.fixture
def changed(db: None) -> VirtualService:
    """Committed, then saved with another method."""
    service = VirtualService.objects.create(**WEB)
    RealServer.objects.create(service=service, label="one", address="192.0.2.1", port=80)
    commit()
    VirtualService.objects.update(balance="roundrobin")
    touched()
    return service


def test_xml_shows_what_is_saved_and_what_runs(viewer: Client, changed: VirtualService) -> None:
    assert "<scheduler>roundrobin</scheduler>" in text(viewer, XML)
    assert "<scheduler>leastconn</scheduler>" in text(viewer, XML, of="running")
    assert 'href="?of=running" aria-current="page"' in viewer.get(XML, {"of": "running"}).content.decode()


def test_xml_can_be_kept_and_read_back(viewer: Client, changed: VirtualService) -> None:
    found = {of: viewer.get(f"{XML}lb_config.xml", {"of": of}) for of in ("saved", "running")}
    assert found["saved"]["Content-Disposition"] == 'attachment; filename="lb_config.xml"'
    methods = {of: from_xml(answer.content.decode()).of(VIRTUAL)[0].texts["scheduler"] for of, answer in found.items()}
    assert methods == {"saved": "roundrobin", "running": "leastconn"}


def test_layer_7_shows_the_running_file_and_the_saved_one_only_if_it_differs(
    viewer: Client, changed: VirtualService
) -> None:
    page = text(viewer, LAYER_7)
    assert page.index("Running Download global") < page.index("balance leastconn")
    assert page.index("Saved Runs after the next commit.") < page.index("balance roundrobin")
    commit()
    page = text(viewer, LAYER_7)
    assert "Running What is saved is the same. Download" in page
    assert "Saved Runs" not in page


def test_layer_7_can_be_kept(viewer: Client, changed: VirtualService) -> None:
    running = viewer.get(f"{LAYER_7}haproxy.cfg", {"of": "running"})
    assert running["Content-Disposition"] == 'attachment; filename="haproxy.cfg"'
    assert "balance leastconn" in running.content.decode()
    assert "balance roundrobin" in viewer.get(f"{LAYER_7}haproxy.cfg").content.decode()


def test_before_the_first_commit_nothing_runs(viewer: Client) -> None:
    assert "Nothing runs yet." in text(viewer, XML, of="running")
    assert from_xml(viewer.get(f"{XML}lb_config.xml").content.decode()).of(VIRTUAL) == ()
    page = text(viewer, LAYER_7)
    assert "Saved Runs after the next commit." in page
    assert "Running Download" not in page


@pytest.mark.parametrize("address", [XML, f"{XML}?of=running", LAYER_7])
def test_a_page_costs_few_queries(
    viewer: Client, changed: VirtualService, address: str, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    viewer.get(address)
    with django_assert_max_num_queries(28):
        viewer.get(address)
