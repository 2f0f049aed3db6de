"""SSL terminations as text: a configuration like this → exactly these lines. No database."""

from dataclasses import replace
from typing import Any

import pytest

from apps.common.options import options
from apps.haproxy.config import Config, Service, Termination
from apps.haproxy.plan import ReplaceCertificate, plan
from apps.haproxy.render import ADDRESSES_FILE, CONFIG_FILE, render
from apps.services.models import Layer7, SniRule, SslTermination
from tests.haproxy.test_render import HOST, rip, vip

CERTIFICATES = {1: "one", 2: "two", 3: "three"}
CIPHERS = (
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"
)
SUITES = "ciphersuites TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"
CURVES = "curves X25519:P-256:P-384"
BIND = "bind 192.0.2.10:443 ssl crt-list tls/termination-5.list"
HIGH = f"ssl-min-ver TLSv1.2 ssl-max-ver TLSv1.3 ciphers {CIPHERS} {SUITES} {CURVES} prefer-client-ciphers"
WEB = "alpn h2,http/1.1"
CUSTOM: dict[str, Any] = {"service_id": None, "backend_address": "192.0.2.1", "backend_port": 25}


def item(**fields: Any) -> SslTermination:
    known = {"pk": 5, "label": "SSL-web", "service_id": 7, "address": "192.0.2.10", "certificate_id": 1}
    return SslTermination(**known | fields)


def sni(pk: int, host: str, certificate: int, **fields: Any) -> SniRule:
    return SniRule(pk=pk, name=f"n{pk}", host=host, certificate_id=certificate, **fields)


def config(*rules: SniRule, services: tuple[Service, ...] = (), logging: bool = False, **fields: Any) -> Config:
    given = services or (Service(vip(persistence="none", fallback_address="", fallback_port=None), (rip(),)),)
    ended = (Termination(item(**fields), rules),)
    return Config(HOST, given, CERTIFICATES, Layer7(logging=logging), terminations=ended)


def section(found: Config, head: str) -> list[str]:
    text = render(found).files[CONFIG_FILE]
    lines = text.partition(f"{head}\n")[2].partition("\n\n")[0]
    return [line.strip() for line in lines.splitlines()]


def test_a_plain_termination_is_one_more_bind_of_its_service() -> None:
    lines = section(config(), "listen web")
    assert lines[1:3] == ["bind 192.0.2.10:80", f"{BIND} {WEB} {HIGH}"]
    rendering = render(config())
    assert rendering.files["tls/termination-5.list"] == "tls/certificate-1.pem\n"
    assert rendering.certificates == {"tls/certificate-1.pem": 1}
    assert "SSL-web" not in rendering.files[CONFIG_FILE]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"mode": "modern"}, f"ssl-min-ver TLSv1.3 ssl-max-ver TLSv1.3 {SUITES} {CURVES} prefer-client-ciphers"),
        (
            {"mode": "custom", "ciphers": "AES128-SHA", "no_tls10": False, "no_tls11": False, "no_tls13": True},
            f"ssl-min-ver TLSv1.0 ssl-max-ver TLSv1.2 ciphers AES128-SHA:@SECLEVEL=0 {SUITES} {CURVES}",
        ),
        ({"mode": "custom", "prefers_own": False}, HIGH),
    ],
)
def test_a_mode_is_said_on_the_bind(fields: dict[str, Any], words: str) -> None:
    assert f"{BIND} {WEB} {words}" in section(config(**fields), "listen web")


def test_only_plain_requests_are_sent_to_https() -> None:
    services = (Service(vip(force_https=True), (rip(),)),)
    lines = section(config(services=services), "listen web")
    assert "http-request redirect scheme https code 302 if !{ ssl_fc }" in lines
    assert any(line.startswith("server one") for line in lines)


def test_a_custom_server_has_a_section_of_its_own() -> None:
    fields: dict[str, Any] = CUSTOM | {"label": "mail", "send_proxy": True, "source_address": "192.0.2.9"}
    assert section(config(**fields), "listen mail") == [
        f"{BIND} {HIGH}",
        "mode tcp",
        "server backend 192.0.2.1:25 source 192.0.2.9 send-proxy",
    ]
    assert "source" not in section(config(**fields | {"source_address": "2001:db8::1"}), "listen mail")[2]


def test_names_are_routed_in_front_of_the_services() -> None:
    shop = Service(vip(pk=8, label="shop", ports="81"), (rip(pk=4),))
    web = Service(vip(timeout=True, client_timeout="92s"), (rip(),))
    anybody = sni(11, "*.any.example", 3, service_id=None, backend_address="2001:db8::1", backend_port=80)
    found = config(anybody, sni(12, "shop.example", 2, service_id=8), services=(web, shop), logging=True)
    assert section(found, "frontend SSL-web") == [
        f"{BIND} {WEB} {HIGH}",
        "mode http",
        "option httplog",
        "option idle-close-on-response",
        "timeout http-request 5s",
        "timeout client 92s",
        "maxconn 40000",
        "http-request set-var(txn.by_sni) int(0)",
        "http-request set-var(txn.by_sni) int(11) if { ssl_fc_sni -i -m reg '^[^.]+\\.any\\.example$' }",
        "http-request set-var(txn.by_sni) int(12) if { ssl_fc_sni -i shop.example }",
        "http-request set-var(txn.by_host) int(0)",
        "http-request set-var(txn.by_host) int(11) if { req.hdr(host),host_only -i -m reg '^[^.]+\\.any\\.example$' }",
        "http-request set-var(txn.by_host) int(12) if { req.hdr(host),host_only -i shop.example }",
        "http-request return status 421 if { ssl_fc_alpn h2 } !{ var(txn.by_sni),sub(txn.by_host) eq 0 }",
        "use_backend shop if { ssl_fc_sni -i shop.example }",
        "use_backend SSL-web:n11 if { ssl_fc_sni -i -m reg '^[^.]+\\.any\\.example$' }",
        "default_backend web",
    ]
    assert section(found, "backend SSL-web:n11") == ["mode http", "server backend [2001:db8::1]:80"]
    assert render(found).files["tls/termination-5.list"].splitlines() == [
        "tls/certificate-1.pem !*",
        "tls/certificate-3.pem *.any.example",
        "tls/certificate-2.pem shop.example",
    ]


def test_its_address_is_a_floating_ip() -> None:
    assert "192.0.2.77\n" in render(config(address="192.0.2.77")).files[ADDRESSES_FILE]


CHANGES: list[tuple[dict[str, Any], str]] = [
    ({"label": "x"}, "Label"),
    ({"service_id": None} | CUSTOM, "Associated Virtual Service, Backend IP and Backend Port"),
    ({"address": "192.0.2.11"}, "Virtual Service IP"),
    ({"port": 444}, "Virtual Service Port"),
    ({"mode": "fips"}, "SSL Operation Mode"),
    ({"certificate_id": 2}, "SSL Certificate"),
    ({"source_address": "192.0.2.9"}, "Source IP address"),
    ({"send_proxy": True}, "Enable Proxy Protocol"),
    ({"ciphers": "AES128-SHA"}, "Ciphers"),
    ({"prefers_own": False}, "Server cipher preference"),
    ({"no_tls10": False}, "Disable TLSv1"),
    ({"no_tls11": False}, "Disable TLSv1.1"),
    ({"no_tls12": True}, "Disable TLSv1.2"),
    ({"no_tls13": True}, "Disable TLSv1.3"),
]


@pytest.mark.parametrize(("fields", "words"), CHANGES)
def test_what_changed_is_the_reason_for_a_reload(fields: dict[str, Any], words: str) -> None:
    label = fields.get("label", "SSL-web")
    assert f"{words} changed on {label}" in plan(config(), config(**fields)).reasons


def test_the_table_has_every_option() -> None:
    told = ", ".join(words for _, words in CHANGES)
    assert [option.label for option in options(SslTermination) if option.label not in told] == []


def test_terminations_and_rules_come_and_go_with_a_reload() -> None:
    with_rule = config(sni(11, "a.example", 2, service_id=7))
    assert plan(config(), with_rule).reasons == ("SNI Rules changed on SSL-web",)
    none = replace(config(), terminations=())
    assert plan(none, config()).reasons == ("SSL-web was added",)
    assert plan(config(), none).reasons == ("SSL-web was removed",)


def test_renewed_certificates_need_none() -> None:
    found = config(sni(11, "a.example", 2, service_id=7))
    renewed = replace(found, certificates={1: "new", 2: "new", 3: "new"})
    steps = plan(found, renewed).steps
    assert steps == tuple(ReplaceCertificate(pk, f"tls/certificate-{pk}.pem") for pk in (1, 2))
    assert render(found).parts["SSL-web"] != render(renewed).parts["SSL-web"]
