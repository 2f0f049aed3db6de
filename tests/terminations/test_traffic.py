"""What clients get through SSL terminations, of a real HAProxy."""

import http.client
import subprocess
from collections.abc import Iterator

import pytest
from django.test import Client as Page

from apps.certificates.models import Certificate
from apps.changes.models import JobState
from apps.services.conditions import Condition, write
from apps.services.models import AclRule, HeaderRule, VirtualService
from tests.certificates.openssl import Issued, Workshop
from tests.changes.committing import commit, reload
from tests.changes.proxied import proxied
from tests.terminations.site import PORT, SECURE, VIP, Client, ended, kept, service, sni, with_server

pytestmark = pytest.mark.usefixtures("running")


@pytest.fixture
def shop_port() -> Iterator[int]:
    """Of another real server."""
    with proxied(required=False) as port:
        yield port


@pytest.fixture
def expecting() -> Iterator[int]:
    """Of a real server that answers nobody without the PROXY line."""
    with proxied() as port:
        yield port


def plain(path: str = "/") -> http.client.HTTPResponse:
    link = http.client.HTTPConnection(VIP, PORT, timeout=5)
    link.request("GET", path)
    return link.getresponse()


def test_requests_reach_the_virtual_service_with_all_that_is_set_there(web: VirtualService, site: Issued) -> None:
    HeaderRule.objects.create(service=web, position=1, name="X-Rule", value="%[ssl_fc]")
    ended(kept(site), service=web)
    reload()
    headers = Client().told()["headers"]
    assert "x-forwarded-for: 127.0.0.1" in headers
    assert "x-rule: 1" in headers


def test_force_to_https_counts_for_plain_requests_only(web: VirtualService, site: Issued) -> None:
    VirtualService.objects.update(force_https=True, redirect_code="301")
    ended(kept(site), service=web)
    reload()
    assert plain("/a").status == 301
    assert Client().told()


def test_a_virtual_service_in_tcp_mode_gets_the_bytes(web: VirtualService, site: Issued) -> None:
    VirtualService.objects.update(protocol="tcp")
    web.refresh_from_db()
    ended(kept(site), service=web)
    reload()
    assert Client().told()["peer"] == "127.0.0.1"
    assert not any(line.startswith("x-forwarded-for") for line in Client().told()["headers"])


def test_a_backend_without_a_listener_of_its_own(web: VirtualService, site: Issued) -> None:
    VirtualService.objects.update(backend_only=True, ports="", address="", check_port=1)
    web.refresh_from_db()
    ended(kept(site), service=web)
    reload()
    assert "x-forwarded-for: 127.0.0.1" in Client().told()["headers"]


def test_a_custom_server_and_the_proxy_protocol(expecting: int, site: Issued) -> None:
    fields = {"label": "custom", "backend_address": "127.0.0.1", "backend_port": expecting}
    ended(kept(site), send_proxy=True, source_address="127.0.0.1", **fields)
    reload()
    told = Client().told()
    assert (told["version"], told["client"]) == (1, "127.0.0.1")


def test_names_choose_certificate_and_service(
    web: VirtualService, site: Issued, workshop: Workshop, shop_port: int, expecting: int
) -> None:
    AclRule.objects.create(
        service=web, position=1, conditions=write([Condition("and", False, "path_beg", "", "/no")]), action="deny"
    )
    shop = with_server(service("shop", ports="18481", persistence="none"), shop_port)
    HeaderRule.objects.create(service=shop, position=1, name="X-Shop", value="yes")
    certificates = [kept(issued) for issued in (site, workshop.issue("shop.example"), workshop.issue("*.any.example"))]
    first, second, third = certificates
    termination = ended(first, service=web)
    sni(termination, "*.any.example", third, backend_address="127.0.0.1", backend_port=expecting, send_proxy=True)
    sni(termination, "shop.example", second, service=shop)
    sni(termination, "web.any.example", second, service=shop)
    reload()
    seen = {name: Client(name).seen() for name in ("web.example", "shop.example", "a.any.example", "web.any.example")}
    shown = [first.fingerprint, second.fingerprint, third.fingerprint, second.fingerprint]
    assert list(seen.values()) == shown
    assert Client("other.example").seen() == first.fingerprint
    assert Client("web.example").get("/no").status == 403
    assert "x-shop: yes" in Client("shop.example").told("/no")["headers"]
    assert "x-shop: yes" in Client("web.any.example").told()["headers"]
    assert Client("a.any.example").told()["version"] == 1
    assert "version" not in Client("a.b.any.example").told()  # a star is one part of a name


def test_a_name_that_did_not_begin_the_connection_is_misdirected(
    web: VirtualService, site: Issued, shop_port: int
) -> None:
    """Over HTTP/2, where browsers do that."""
    shop = with_server(service("shop", ports="18481", persistence="none"), shop_port)
    certificate = kept(site)
    sni(ended(certificate, service=web), "shop.example", certificate, service=shop)
    reload()
    assert Client("web.example", protocols=("h2",)).connect().selected_alpn_protocol() == "h2"
    assert curl("web.example", "web.example") == "200"
    assert curl("shop.example", "shop.example:18443") == "200"
    assert curl("web.example", "shop.example") == "421"
    assert curl("shop.example", "web.example") == "421"


def curl(asked: str, host: str) -> str:
    words = ["curl", "-sk", "--http2", "-o", "/dev/null", "-w", "%{http_code}", "-H", f"Host: {host}"]
    return subprocess.run(
        [*words, "--resolve", f"{asked}:{SECURE}:{VIP}", f"https://{asked}:{SECURE}/"],
        capture_output=True,
        text=True,
        timeout=10,
        check=False,
    ).stdout


def test_a_port_that_somebody_has_refuses_the_commit(web: VirtualService, site: Issued, server_port: int) -> None:
    ended(kept(site), service=web, address="127.0.0.1", port=server_port)
    job = commit()
    assert job.state == JobState.REFUSED
    assert job.sentence.startswith(f"SSL-web cannot listen: port {server_port}")


def test_a_certificate_that_is_not_served_undoes_the_commit(
    web: VirtualService, site: Issued, workshop: Workshop
) -> None:
    served, other = kept(site), kept(workshop.issue("shop.example"))
    sni(ended(served, service=web), "shop.example", other, service=web)
    Certificate.objects.filter(pk=other.pk).update(fingerprint=served.fingerprint)
    job = commit()
    assert job.state == JobState.ROLLED_BACK
    assert f"SSL-web does not serve the certificate {other} to who asks for shop.example" in job.sentence
    with pytest.raises(ConnectionRefusedError):
        Client().seen()
    assert plain().status == 200


def test_what_haproxy_refuses_is_shown_at_its_field(web: VirtualService, site: Issued) -> None:
    termination = ended(kept(site), service=web, mode="custom")
    type(termination).objects.update(ciphers="NO-SUCH-CIPHER")
    job = commit()
    assert job.state == JobState.REFUSED
    assert job.place == f"/lbadmin/cluster/ssl-termination/{termination.pk}/#id_ciphers"
    assert "SSL-web · Ciphers" in job.sentence


def test_another_port_is_a_reload_and_says_so(admin: Page, web: VirtualService, site: Issued) -> None:
    termination = ended(kept(site), service=web)
    reload()
    type(termination).objects.update(port=SECURE + 1)
    assert "Virtual Service Port changed on SSL-web" in admin.get("/lbadmin/commit/review/").content.decode()
    reload()
    assert Client(port=SECURE + 1).told()
    with pytest.raises(ConnectionRefusedError):
        Client().told()
