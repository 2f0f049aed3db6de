"""Layer 7 – Advanced Configuration: what is accepted, what is refused, and what nobody ever sees again."""

from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from apps.common.options import options
from apps.services.models import Layer7, RealServer, VirtualService

PAGE = "/lbadmin/cluster/layer-7-advanced/"
DEFAULTS: dict[str, Any] = {
    option.name: option.get_default() for option in options(Layer7) if option.has_default() and option.get_default()
}
WORD = "hunter2 & co"
MAIL = {"mail_from": "lb@example.com", "mail_to": "ops@example.com", "mail_server": "192.0.2.25"}


def post(admin: Client, **changed: Any) -> Any:
    sent = {**DEFAULTS, **changed}
    return admin.post(PAGE, {name: value for name, value in sent.items() if value is not False})


def refusal(answer: Any, field: str) -> str:
    assert answer.status_code == 422
    return " ".join(answer.context["form"].errors[field])


def test_an_update_is_saved_and_waits(admin: Client) -> None:
    assert post(admin, redispatch=False, connect_timeout="5s").status_code == 302
    stored = Layer7.get()
    assert (stored.redispatch, stored.connect_timeout, stored.client_timeout) == (False, "5s", "42000ms")
    assert "Layer 7 – Advanced Configuration updated" in admin.get(PAGE).content.decode()


@pytest.mark.parametrize("missing", MAIL)
def test_alerts_by_mail_need_sender_recipient_and_server(admin: Client, missing: str) -> None:
    assert "leave all of E-mail Alerts blank" in refusal(post(admin, **MAIL | {missing: ""}), missing)
    assert post(admin, **MAIL).status_code == 302


def test_the_header_buffer_is_a_part_of_the_request_buffer(admin: Client) -> None:
    assert "Use less than Request Buffer Length" in refusal(
        post(admin, buffer="4096", header_buffer="4096"), "header_buffer"
    )


# --- ports ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("port", "words"),
    [
        ("9080", "WebUI - HTTP"),
        ("7778", "persistence table replication"),
        ("8080", "Virtual Service web"),
        (str(settings.ENVIRONMENT.webui_port), "WebUI - HTTPS"),
    ],
)
def test_the_statistics_page_takes_nobodys_port(admin: Client, port: str, words: str) -> None:
    VirtualService.objects.create(label="web", address="192.0.2.10", ports="8000-8090")
    assert words in refusal(post(admin, stats_password=WORD, stats_port=port), "stats_port")
    assert post(admin, stats_port="8080").status_code == 302  # without a password there is no page


@pytest.mark.parametrize(("port", "words"), [("7777", "Statistics Port"), ("8080", "web"), ("22", "SSH")])
def test_replication_takes_nobodys_port(admin: Client, port: str, words: str) -> None:
    VirtualService.objects.create(label="web", address="192.0.2.10", ports="8080")
    answer = post(admin, stats_password=WORD, replicate=True, replication_port=port)
    assert words in refusal(answer, "replication_port")
    assert post(admin, stats_password=WORD, replicate=True).status_code == 302


@pytest.mark.parametrize(("port", "words"), [("7777", "Statistics Port"), ("7900", "Replication Port")])
def test_a_virtual_service_does_not_take_theirs(admin: Client, port: str, words: str) -> None:
    service = {"label": "web", "address": "192.0.2.10", "ports": port, "protocol": "http"}
    post(admin, stats_password=WORD, replicate=True, replication_port="7900")
    answer = admin.post("/lbadmin/cluster/virtual-services/add/", service)
    assert words in refusal(answer, "ports")
    post(admin, **{"stats_password-remove": "on"})
    assert admin.post("/lbadmin/cluster/virtual-services/add/", service).status_code == 302


def test_the_webui_does_not_take_theirs(admin: Client) -> None:
    post(admin, stats_password=WORD)
    answer = admin.post(reverse("service-sockets"), {"address": "0.0.0.0", "port": "7777"})
    assert "Statistics Port" in refusal(answer, "port")


# --- the password --------------------------------------------------------------------------------


def test_only_a_hash_of_the_password_is_kept(admin: Client) -> None:
    post(admin, stats_password=WORD)
    assert Layer7.get().stats_password.startswith("$6$")


def test_no_page_shows_the_password_or_fills_it_in(admin: Client) -> None:
    post(admin, stats_password=WORD)
    answer = post(admin, stats_password=WORD, rise="0")
    shown = answer.content.decode() + admin.get(PAGE).content.decode()
    assert "type the passwords again" in shown
    assert "hunter2" not in shown
    assert Layer7.get().stats_password not in shown


def test_blank_keeps_the_password_and_a_tick_removes_it(admin: Client) -> None:
    assert "stats_password-remove" not in admin.get(PAGE).content.decode()
    post(admin, stats_password=WORD)
    before = Layer7.get().stats_password
    post(admin, rise="3")
    assert (Layer7.get().stats_password, Layer7.get().rise) == (before, 3)
    assert "Remove the password, and with it the statistics page" in admin.get(PAGE).content.decode()
    post(admin, **{"stats_password-remove": "on"})
    assert Layer7.get().stats_password == ""


def test_what_is_shown_elsewhere_is_the_hash(admin: Client) -> None:
    post(admin, stats_password=WORD)
    for url in ("view-configuration/xml/", "view-configuration/layer-7/"):
        page = admin.get(f"/lbadmin/{url}").content.decode()
        assert Layer7.get().stats_password in page
        assert "hunter2" not in page
    (entry,) = [
        entry
        for entry in admin.get("/lbadmin/commit/review/").context["review"].comparison.entries
        if entry.kind == "Layer 7 – Advanced Configuration"
    ]
    assert [(row.label, row.before, row.after) for row in entry.rows] == [("Statistics Password", "not set", "set")]


# --- what new objects begin with ------------------------------------------------------------------


def test_new_virtual_services_begin_with_transparent_proxy(admin: Client) -> None:
    service = {"address": "192.0.2.10", "protocol": "http"}
    admin.post("/lbadmin/cluster/virtual-services/add/", service | {"label": "before", "ports": "80"})
    post(admin, transparent=True)
    admin.post("/lbadmin/cluster/virtual-services/add/", service | {"label": "after", "ports": "81"})
    assert dict(VirtualService.objects.values_list("label", "transparent")) == {"before": False, "after": True}


@pytest.mark.parametrize("encrypted", [True, False])
def test_new_real_servers_begin_with_re_encryption(admin: Client, encrypted: bool) -> None:
    service = VirtualService.objects.create(label="web", address="192.0.2.10", ports="80", backend_encryption=encrypted)
    url = f"/lbadmin/cluster/real-servers/add/{service.pk}/"
    assert admin.get(url).context["form"]["encrypted"].value() is encrypted
    admin.post(url, {"label": "one", "address": "192.0.2.1", "weight": "100"})  # whoever unticks it means it
    assert RealServer.objects.get().encrypted is False
