"""The plan's table of options: every option of a virtual service needs a reload, and says so in the UI's words."""

from typing import Any

import pytest

from apps.common.options import options
from apps.haproxy.plan import Plan
from apps.services.models import VirtualService
from tests.haproxy.test_plan import KEEPS_NOBODY, NOTHING, TLS, changed
from tests.haproxy.test_render import rip


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ({}, {"label": "shop"}, "Label changed on shop"),
        ({}, {"address": "192.0.2.11"}, "IP Address changed on web"),
        ({}, {"ports": "80,81"}, "Ports changed on web"),
        (KEEPS_NOBODY, KEEPS_NOBODY | {"protocol": "tcp"}, "Layer 7 Protocol changed on web"),
        (TLS, TLS | {"certificate_id": 2}, "SSL Certificate changed on web"),
        (TLS, TLS | {"authority_id": 2}, "CA Certificate changed on web"),
        (
            TLS | {"authority_id": 2},
            TLS | {"authority_id": 2, "verification": "optional"},
            "CA Certificate Verification changed on web",
        ),
        ({}, {"balance": "roundrobin"}, "Balance Mode changed on web"),
        ({}, {"persistence": "none"}, "Persistence Mode changed on web"),
        (
            {"persistence": "ip"},
            {"persistence": "ip", "persistence_timeout": "1h"},
            "Persistence Timeout changed on web",
        ),
        ({}, {"check_type": "none"}, "Health Checks changed on web"),
        ({}, {"force_https": True}, "Force to HTTPS changed on web"),
        ({"force_https": True}, {"force_https": True, "redirect_code": "301"}, "HTTPS Redirect Code changed on web"),
        ({}, {"forward_for": False}, "Set X-Forward-For header changed on web"),
        ({}, {"timeout": True}, "Timeout changed on web"),
        ({"timeout": True}, {"timeout": True, "client_timeout": "92s"}, "Client Timeout changed on web"),
        ({"timeout": True}, {"timeout": True, "server_timeout": "92s"}, "Real Server Timeout changed on web"),
        ({}, {"timeout": True, "client_timeout": "92s"}, "Timeout and Client Timeout changed on web"),
        (
            {},
            {"ports": "81", "balance": "roundrobin", "forward_for": False},
            "Ports, Balance Mode and Set X-Forward-For header changed on web",
        ),
        ({}, {"manual": True}, "Manual Configuration changed on web"),
        ({}, {"backend_only": True}, "Create HAProxy Backend Only changed on web"),
        (TLS, TLS | {"client_subject": "X-Client"}, "Pass client certificate subject in header changed on web"),
        ({}, {"pipeline": "http_close"}, "HTTP Pipeline Mode changed on web"),
        ({}, {"pretend_keepalive": True}, "Work around broken Connection: close changed on web"),
        ({}, {"accept_invalid": True}, "Accept invalid HTTP requests changed on web"),
        ({}, {"request_timeout": False}, "HTTP request timeout (Slowloris protection) changed on web"),
        ({}, {"reuse": True}, "Reuse idle HTTP connections changed on web"),
        ({}, {"cookie": "LB"}, "HTTP Cookie Name changed on web"),
        (
            {"persistence": "appsession", "application_cookie": "A"},
            {"persistence": "appsession", "application_cookie": "B"},
            "Application Cookie Name changed on web",
        ),
        ({"persistence": "ip"}, {"persistence": "ip", "table_size": 5}, "Persistence Table Size changed on web"),
        ({}, {"cookie_idle": "1h"}, "Cookie Max Idle Duration changed on web"),
        ({}, {"cookie_life": "1d"}, "Cookie Max Life Duration changed on web"),
        ({"persistence": "xff"}, {"persistence": "xff", "forwarded_position": 1}, "XFF IP position changed on web"),
        ({}, {"redispatch": False}, "Redispatch changed on web"),
        (
            {"check_type": "negotiate_http"},
            {"check_type": "negotiate_http", "check_request": "/x"},
            "Request to send changed on web",
        ),
        (
            {"check_type": "negotiate_http"},
            {"check_type": "negotiate_http", "check_response": "x"},
            "Response expected changed on web",
        ),
        (
            {"check_type": "negotiate_http"},
            {"check_type": "negotiate_http", "check_host": "x.example"},
            "Host Header changed on web",
        ),
        ({}, {"check_port": 81}, "Check Port changed on web"),
        ({"check_type": "mysql"}, {"check_type": "mysql", "check_user": "x"}, "Username changed on web"),
        (
            {"check_type": "external", "check_script_id": 1},
            {"check_type": "external", "check_script_id": 2},
            "External Script changed on web",
        ),
        ({}, {"check_source": "192.0.2.99"}, "Source IP address changed on web"),
        ({}, {"check_interval": "2s"}, "Interval changed on web"),
        ({}, {"check_rise": 3}, "Rise changed on web"),
        ({}, {"check_fall": 4}, "Fall changed on web"),
        ({}, {"slow_start": "1s"}, "Slow Start Time changed on web"),
        ({}, {"feedback": "agent"}, "Feedback Method changed on web"),
        ({"feedback": "agent"}, {"feedback": "agent", "feedback_port": 3334}, "Feedback Agent Port changed on web"),
        ({}, {"fallback_address": "192.0.2.50"}, "IP Address changed on web"),
        ({}, {"fallback_port": 80}, "Port changed on web"),
        ({}, {"fallback_persistent": True}, "Persistent changed on web"),
        ({}, {"fallback_encrypted": True}, "Encrypted (TLS) connection changed on web"),
        ({}, {"hsts": True}, "Enable HSTS changed on web"),
        ({"hsts": True}, {"hsts": True, "hsts_months": 12}, "HSTS period (months) changed on web"),
        ({}, {"max_connections": 10}, "Maximum Connections changed on web"),
        ({}, {"compression": True}, "Enable Compression changed on web"),
        ({}, {"send_proxy": "send-proxy-v2"}, "Send Proxy Protocol changed on web"),
        ({}, {"accept_proxy": True}, "Accept Proxy Protocol (STunnel proxy) changed on web"),
        ({}, {"transparent": True}, "Transparent Proxy (TProxy) changed on web"),
        ({}, {"tcp_keep_alive": True}, "Enable TCP Keep-alive changed on web"),
        ({}, {"tunnel_timeout": "60s"}, "WebSocket tunnel timeout changed on web"),
        ({}, {"name_header": True}, "Send Real Server name as Host header changed on web"),
        ({}, {"source_address": "192.0.2.98"}, "Set Source Address changed on web"),
        (TLS, {}, "Layer 7 Protocol changed on web"),  # the certificate then does not apply
    ],
)
def test_an_option_of_a_virtual_service_needs_a_reload(old: dict[str, Any], new: dict[str, Any], words: str) -> None:
    assert changed(old, new, rip()) == Plan((), (words,))


def test_the_table_above_has_every_option() -> None:
    marks = test_an_option_of_a_virtual_service_needs_a_reload.pytestmark
    told = " ".join(words for _, _, words in marks[0].args[1])
    at_once = {"clear_on_drain", "backend_encryption"}  # count for what the appliance does, not for HAProxy
    missing = [item.name for item in options(VirtualService) if f"{item.label} changed" not in told]
    assert set(missing) <= at_once | {"authority"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({}, {"client_timeout": "92s"}),
        ({}, {"certificate_id": 1}),
        ({}, {"redirect_code": "301"}),
        ({}, {"persistence_timeout": "1h"}),
        (TLS, TLS | {"verification": "optional"}),  # counts with an authority only
        ({"protocol": "tcp", "persistence": "none"}, {"protocol": "tcp", "persistence": "http"}),
        ({"protocol": "tcp"}, {"protocol": "tcp", "forward_for": False}),
        ({"force_https": True}, {"force_https": True, "check_type": "none"}),
    ],
)
def test_an_option_that_does_not_apply_changes_nothing(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert changed(old, new, rip()) == NOTHING


def test_an_option_that_does_not_apply_is_no_reason_beside_one_that_does() -> None:
    assert changed(TLS, TLS | {"verification": "optional", "ports": "81"}).reasons == ("Ports changed on web",)
