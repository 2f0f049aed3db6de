"""Lock HAProxy Configuration: nothing is changed or committed, nothing is lost, and only unlocking works."""

from typing import Any

import pytest
from django.test import Client

from apps.certificates.models import Certificate
from apps.changes import candidate, engine
from apps.changes.models import Job, JobState, Kind
from apps.common.models import Generation
from apps.services.models import FloatingIP, Layer7, ManualConfiguration, RealServer, VirtualService
from tests.certificates.pages import order, page_of

CLUSTER = "/lbadmin/cluster"
SERVICE = {"label": "web", "address": "192.0.2.10", "ports": "80", "protocol": "http"}
LOCKED = "configuration is locked"


@pytest.fixture
def service(admin: Client) -> VirtualService:
    service = VirtualService.objects.create(**SERVICE)
    RealServer.objects.create(service=service, label="one", address="192.0.2.1", port=80)
    Layer7(pk=1, locked=True, rise=5).save()
    candidate._fingerprints.cache_clear()
    return service


def everything() -> tuple[object, ...]:
    models = (VirtualService, RealServer, Layer7, ManualConfiguration, FloatingIP)
    return tuple(list(model._default_manager.values()) for model in models)


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        ("virtual-services/add/", SERVICE | {"label": "shop", "ports": "81"}),
        ("virtual-services/{vip}/", SERVICE | {"label": "shop"}),
        ("virtual-services/{vip}/delete/", {"sure": "yes"}),
        ("real-servers/add/{vip}/", {"label": "two", "address": "192.0.2.2", "weight": "1"}),
        ("real-servers/{rip}/", {"label": "two", "address": "192.0.2.2", "weight": "1"}),
        ("real-servers/{rip}/delete/", {"sure": "yes"}),
        ("health-check-scripts/add/", {"label": "script", "content": "#!/bin/sh\nexit 0\n"}),
        ("layer-7-advanced/", {"locked": "on", "rise": "9"}),
        ("layer-7-manual/", {"text": "backend a\n"}),
        ("floating-ips/", {"address": "192.0.2.250"}),
        ("real-servers/weight/", {"every": "yes", "sure": "yes", "weight": "7"}),
    ],
)
def test_every_page_of_layer_7_refuses_changes(
    admin: Client, service: VirtualService, url: str, sent: dict[str, Any]
) -> None:
    before = everything()
    place = url.format(vip=service.pk, rip=service.servers.get().pk)
    answer = admin.post(f"{CLUSTER}/{place}", sent)
    assert everything() == before
    assert LOCKED in (answer if answer.status_code != 302 else admin.get(answer["Location"])).content.decode()


def test_going_back_is_a_change_too(admin: Client, service: VirtualService) -> None:
    before = everything()
    seen = admin.get("/lbadmin/commit/discard/").context["seen"]
    answer = admin.post("/lbadmin/commit/discard/", {"seen": seen})
    assert (answer.status_code, everything()) == (423, before)
    assert LOCKED in answer.content.decode()


def test_what_was_typed_is_still_there(admin: Client, service: VirtualService) -> None:
    answer = admin.post(f"{CLUSTER}/virtual-services/{service.pk}/", SERVICE | {"label": "typed-in-vain"})
    assert answer.status_code == 422
    assert "typed-in-vain" in answer.content.decode()


@pytest.mark.parametrize("page", ["virtual-services/", "real-servers/", "virtual-services/add/", "layer-7-manual/"])
def test_every_page_of_layer_7_warns(admin: Client, service: VirtualService, page: str) -> None:
    assert LOCKED in admin.get(f"{CLUSTER}/{page}").content.decode()
    Layer7.objects.update(locked=False)
    assert LOCKED not in admin.get(f"{CLUSTER}/{page}").content.decode()


def test_certificates_go_on(admin: Client, service: VirtualService) -> None:
    assert LOCKED not in admin.get(f"{CLUSTER}/ssl-certificate/").content.decode()
    order(admin, "self", days="90")
    before = Certificate.objects.get().chain
    admin.post(f"{page_of()}renew-self-signed/")
    assert Certificate.objects.get().chain != before


def test_a_drain_goes_on(operator: Client, service: VirtualService, at_once: None) -> None:
    operator.post(f"/lbadmin/overview/{service.servers.get().pk}/drain/", {})
    assert RealServer.objects.get().state == "drain"


@pytest.mark.parametrize("kind", Kind)
def test_a_commit_is_refused_and_says_where_to_unlock(service: VirtualService, kind: Kind) -> None:
    job = Job.objects.create(kind=kind)
    engine.commit(job)
    assert job.state == JobState.REFUSED
    assert LOCKED in job.sentence
    assert job.place == f"{CLUSTER}/layer-7-advanced/#id_locked"


def test_only_unlocking_works_and_nothing_is_lost(admin: Client, service: VirtualService) -> None:
    page = f"{CLUSTER}/layer-7-advanced/"
    assert [row.option.label for card in admin.get(page).context["form"].cards() for row in card] == [
        "Lock HAProxy Configuration"
    ]
    admin.post(page, {"stamp": "", "rise": "9"})
    assert (Layer7.get().locked, Layer7.get().rise) == (False, 5)
    assert admin.post(f"{CLUSTER}/virtual-services/{service.pk}/", SERVICE | {"label": "shop"}).status_code == 302


def test_locking_itself_waits_for_no_commit(admin: Client, service: VirtualService) -> None:
    Layer7.objects.update(locked=False)
    before = candidate.fingerprints(Generation.current())
    Layer7.objects.update(locked=True)
    Generation.touch()
    assert candidate.fingerprints(Generation.current()) == before
