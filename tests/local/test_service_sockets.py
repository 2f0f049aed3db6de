"""Service Socket Addresses: what it shows, what it refuses, and that it saves nothing before it is tried."""

import socket
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from apps.local.models import Trial, TrialState
from apps.services.models import VirtualService
from tests.local.conftest import told

PAGE = "/lbadmin/local/service-socket-addresses/"
PORT = settings.ENVIRONMENT.webui_port
NEW = {"address": "0.0.0.0", "port": "9555"}
OLD = {"address": "0.0.0.0", "port": PORT}


def saved(answer: Any) -> str:
    text: str = answer.content.decode()
    return text


def test_it_shows_where_the_webui_listens_and_warns(admin: Client) -> None:
    page = saved(admin.get(PAGE))
    assert '<option value="0.0.0.0" selected>All</option>' in page
    assert '<option value="127.0.0.1">127.0.0.1</option>' in page
    assert f'value="{PORT}"' in page
    assert "your browser has to reconnect" in page
    assert f"The WebUI listens on all addresses, port {PORT}. After Update" in page


def test_an_address_that_this_host_lost_can_still_be_seen(admin: Client) -> None:
    settings.PATHS.webui_socket.write_text('{"address": "192.0.2.77", "port": 9555}')
    assert '<option value="192.0.2.77" selected>192.0.2.77 (gone)</option>' in saved(admin.get(PAGE))


@pytest.mark.parametrize(
    ("address", "port", "words"),
    [
        ("0.0.0.0", "443", "Use a number from 1024 to 65535."),
        ("0.0.0.0", "65536", "Use a number from 1024 to 65535."),
        ("0.0.0.0", "9081", "Port 9081 is used by the appliance itself (Nginx fallback server). Choose another port."),
        ("0.0.0.0", "8005", "Port 8005 on 127.0.0.9 is already used by shop. Choose another port or address."),
        ("127.0.0.1", "", "Enter Port."),
        ("192.0.2.77", "9555", "192.0.2.77 is not one of the available choices."),
    ],
)
def test_it_refuses_what_cannot_be(admin: Client, broker: Any, address: str, port: str, words: str) -> None:
    VirtualService.objects.create(label="shop", address="127.0.0.9", ports="8000-8010")
    answer = admin.post(PAGE, {"address": address, "port": port})
    assert (answer.status_code, words in saved(answer)) == (422, True)
    assert (Trial.objects.count(), told(broker)) == (0, [])


def test_a_port_of_a_service_on_another_address_is_free(admin: Client, broker: Any) -> None:
    VirtualService.objects.create(label="shop", address="127.0.0.9", ports="9555")
    assert admin.post(PAGE, {"address": "127.0.0.1", "port": "9555"}).status_code == 302
    assert Trial.objects.get().new == {"address": "127.0.0.1", "port": 9555}


def test_it_refuses_a_port_on_which_another_program_listens(admin: Client) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        page = saved(admin.post(PAGE, {"address": "127.0.0.1", "port": port}))
    assert f"Port {port} on 127.0.0.1 is used by another program. Choose another port or address." in page


def test_the_same_again_changes_nothing(admin: Client, broker: Any) -> None:
    page = saved(admin.post(PAGE, {"address": "0.0.0.0", "port": PORT}, follow=True))
    assert f"Nothing was changed: the WebUI listens on all addresses, port {PORT} already." in page
    assert (Trial.objects.count(), told(broker)) == (0, [])


def test_update_begins_a_trial_and_every_page_leads_to_the_new_address(
    admin: Client, viewer: Client, broker: Any
) -> None:
    admin.post(PAGE, NEW)
    trial = Trial.objects.get()
    assert (trial.old, trial.new, trial.user) == (OLD, {"address": "0.0.0.0", "port": 9555}, "config-user")
    assert trial.state == TrialState.TRYING
    assert not settings.PATHS.webui_socket.exists()
    for person, may in ((admin, True), (viewer, False)):
        page = saved(person.get("/lbadmin/view-configuration/xml/", HTTP_HOST=f"lb.example:{PORT}"))
        assert "Keep these settings?" in page
        assert 'href="https://lb.example:9555/lbadmin/"' in page
        assert ("Return now" in page) == may


def test_a_second_change_has_to_wait(admin: Client, broker: Any) -> None:
    admin.post(PAGE, NEW)
    page = saved(admin.post(PAGE, NEW | {"port": "9556"}, follow=True))
    assert "config-user is trying another change just now." in page
    assert Trial.objects.get().new["port"] == 9555


def test_no_virtual_service_gets_a_port_that_the_webui_has_or_may_return_to(admin: Client, broker: Any) -> None:
    admin.post(PAGE, NEW)
    for port, file in ((9555, ""), (PORT, '{"address": "0.0.0.0", "port": 9555}')):  # before the move, and after it
        settings.PATHS.webui_socket.write_text(file)
        page = saved(admin.post("/lbadmin/cluster/virtual-services/add/", service(port)))
        assert f"Port {port} is used by the appliance itself (WebUI - HTTPS). Choose another port." in page
    Trial.objects.update(state=TrialState.KEPT)
    assert admin.post("/lbadmin/cluster/virtual-services/add/", service(9555)).status_code == 422
    assert admin.post("/lbadmin/cluster/virtual-services/add/", service(PORT)).status_code == 302


def service(port: int) -> dict[str, str]:
    return {"label": "web", "address": "192.0.2.10", "ports": str(port), "protocol": "http"}


def test_what_was_returned_is_told(admin: Client, broker: Any) -> None:
    admin.post(PAGE, NEW)
    Trial.objects.update(state=TrialState.RETURNED, sentence="Nobody kept it in time.")
    assert "by config-user was returned. Nobody kept it in time." in saved(admin.get(PAGE))
