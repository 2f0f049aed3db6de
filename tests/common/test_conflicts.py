"""Two administrators edit the same object: nothing is overwritten silently."""

import pytest
from django.test import Client

from apps.common.models import Edit
from apps.services.models import RealServer, VirtualService

DATA = {"label": "one", "address": "192.0.2.1", "port": "80", "weight": "100"}


@pytest.fixture
def url(db: None) -> str:
    service = VirtualService.objects.create(label="web", address="192.0.2.10", ports="80")
    server = RealServer.objects.create(service=service, label="one", address="192.0.2.1", port=80)
    return f"/lbadmin/cluster/real-servers/{server.pk}/"


def stamp(client: Client, url: str) -> str:
    return str(client.get(url).context["form"].stamp)


def test_the_second_sees_both_versions_and_then_decides(admin: Client, url: str) -> None:
    shown = stamp(admin, url)
    assert admin.post(url, DATA | {"weight": "50", "stamp": shown}).status_code == 302
    answer = admin.post(url, DATA | {"weight": "20", "stamp": shown})
    assert answer.status_code == 422
    conflict = answer.context["form"].conflicts[0]
    assert (conflict.option.label, conflict.their_words, conflict.my_words) == ("Weight", "50", "20")
    assert 'value="20"' in answer.content.decode()
    assert RealServer.objects.get().weight == 50
    admin.post(url, DATA | {"weight": "20", "stamp": answer.context["form"].stamp})
    assert RealServer.objects.get().weight == 20


def test_saving_the_same_twice_is_no_conflict(admin: Client, url: str) -> None:
    data = DATA | {"weight": "50", "stamp": stamp(admin, url)}
    assert admin.post(url, data).status_code == 302
    assert admin.post(url, data).status_code == 302


def test_every_edit_leaves_a_row_that_says_whose_it_was(admin: Client, url: str) -> None:
    admin.post(url, DATA)
    admin.post(f"{url}delete/")
    rows = [(edit.user, edit.kind, edit.label, edit.what) for edit in Edit.objects.all()]
    assert rows == [
        ("config-user", "Real Server", "one", "removed"),
        ("config-user", "Real Server", "one", "changed"),
    ]
