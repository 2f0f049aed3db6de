"""Cluster Configuration > SSL Termination."""

import re
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from apps.certificates.models import Certificate
from apps.local.models import WebUISocket
from apps.overview.configured import Configured, read
from apps.services.models import AclRule, SniRule, SslTermination, VirtualService
from tests.certificates.openssl import Issued, Workshop
from tests.certificates.pages import errors, words
from tests.terminations.site import kept, service

LIST = "/lbadmin/cluster/ssl-termination/"
ADD = f"{LIST}add/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def certificate(site: Issued) -> Certificate:
    return kept(site, label="site")


@pytest.fixture
def shop(db: None) -> VirtualService:
    return service("shop", address="192.0.2.10", ports="80")


def add(client: Client, certificate: Certificate, to: VirtualService | None = None, **fields: object) -> Any:
    known = {"service": to.pk if to else "", "port": "443", "mode": "high", "certificate": certificate.pk}
    return client.post(ADD, known | fields)


def page(termination: SslTermination) -> str:
    return f"{LIST}{termination.pk}/"


def test_a_service_and_a_certificate_are_enough(admin: Client, shop: VirtualService, certificate: Certificate) -> None:
    answer = add(admin, certificate, shop)
    assert answer.url == LIST
    made = SslTermination.objects.get()
    assert (made.label, made.address, made.port, made.service) == ("SSL-shop", "192.0.2.10", 443, shop)
    assert "SSL-shop 192.0.2.10 443 shop site High Security" in words(admin, LIST)


def test_the_page_begins_with_the_built_in_certificate(admin: Client, workshop: Workshop) -> None:
    built_in = kept(workshop.issue("lb1"), label="server", is_built_in=True)
    form = admin.get(ADD).context["form"]
    assert form["certificate"].value() == built_in.pk
    assert form["port"].value() == 443


def test_custom_needs_a_server(admin: Client, certificate: Certificate) -> None:
    missing = {"label": ["Enter Label."], "address": ["Enter Virtual Service IP."]}
    missing |= {"backend_address": ["Enter Backend IP."], "backend_port": ["Enter Backend Port."]}
    assert errors(add(admin, certificate)) == missing
    fields: dict[str, Any] = {"label": "mail", "address": "192.0.2.10", "port": "465", "backend_address": "192.0.2.1"}
    assert add(admin, certificate, **fields, backend_port="25", send_proxy="on").status_code == 302
    assert SslTermination.objects.get().send_proxy


def test_ports_are_taken_in_both_directions(admin: Client, shop: VirtualService, certificate: Certificate) -> None:
    taken = "Port 80 on 192.0.2.10 is already used by shop. Choose another port or another address."
    assert errors(add(admin, certificate, shop, port="80")) == {"port": [taken]}
    add(admin, certificate, shop)
    answer = add(admin, certificate, shop, label="again")
    assert "already used by SSL-shop" in errors(answer)["port"][0]
    more = {"label": "more", "address": "192.0.2.10", "ports": "440-450", "protocol": "http"}
    [problem] = errors(admin.post("/lbadmin/cluster/virtual-services/add/", more))["ports"]
    assert problem == "Port 443 on 192.0.2.10 is already used by SSL-shop. Choose another port or another address."
    assert "used by the appliance itself" in errors(add(admin, certificate, shop, label="x", port="9443"))["port"][0]


def test_labels_are_one_set_of_names(admin: Client, shop: VirtualService, certificate: Certificate) -> None:
    answer = add(admin, certificate, shop, label="shop")
    assert errors(answer) == {"label": ["A Virtual Service has this label. Choose a different one."]}
    add(admin, certificate, shop)
    other = {"label": "SSL-shop", "address": "192.0.2.11", "ports": "80", "protocol": "http"}
    [problem] = errors(admin.post("/lbadmin/cluster/virtual-services/add/", other))["label"]
    assert problem == "An SSL Termination has this label. Choose a different one."


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"ciphers": "no such"}, "ciphers", "Enter names of ciphers"),
        ({"ciphers": "NO-SUCH"}, "ciphers", "OpenSSL knows none of these"),
        ({"no_tls10": "", "no_tls11": "on"}, "no_tls12", "Between TLSv1.0 and TLSv1.3"),
        ({"no_tls12": "on", "no_tls13": "on"}, "no_tls13", "At least one version"),
    ],
)
def test_custom_ciphers_and_versions_have_to_make_sense(
    admin: Client, shop: VirtualService, certificate: Certificate, fields: dict[str, str], field: str, words: str
) -> None:
    known = {"mode": "custom", "no_tls10": "on", "no_tls11": "on"}
    assert words in errors(add(admin, certificate, shop, **known | fields))[field][0]


def test_a_termination_never_opens_what_client_certificates_close(
    admin: Client, shop: VirtualService, certificate: Certificate, workshop: Workshop
) -> None:
    add(admin, certificate, shop)
    authority = kept(workshop.issue("CA", ca=True), is_authority=True)
    url = f"/lbadmin/cluster/virtual-services/{shop.pk}/"
    closed = {"protocol": "http2", "certificate": certificate.pk, "authority": authority.pk}
    [problem] = errors(admin.post(url, closed))["authority"]
    assert problem.startswith("SSL Termination SSL-shop passes on to it. shop checks the certificates of its clients")


def test_the_service_says_that_it_has_a_termination(
    admin: Client, shop: VirtualService, certificate: Certificate
) -> None:
    url = f"/lbadmin/cluster/virtual-services/{shop.pk}/"
    assert "SSL termination present" not in words(admin, url)
    add(admin, certificate, shop)
    html = admin.get(url).content.decode()
    assert f'<a href="{page(SslTermination.objects.get())}">SSL termination present</a>' in html
    assert "SSL-shop: 192.0.2.10, port 443" in html


def test_its_real_servers_count_although_plain_requests_are_redirected(
    admin: Client, shop: VirtualService, certificate: Certificate
) -> None:
    VirtualService.objects.update(force_https=True)
    assert read(Configured()).vips[shop.pk].redirects
    add(admin, certificate, shop)
    assert not read(Configured()).vips[shop.pk].redirects
    rules = words(admin, f"/lbadmin/cluster/virtual-services/{shop.pk}/header-rules/")
    assert "Force to HTTPS answers every request" not in rules


def test_the_webui_cannot_take_its_port(admin: Client, shop: VirtualService, certificate: Certificate) -> None:
    add(admin, certificate, shop, port="8443")
    problem = "Port 8443 on 192.0.2.10 is already used by SSL-shop. Choose another port or address."
    with pytest.raises(ValidationError, match=re.escape(problem)):
        WebUISocket(pk=1, address="192.0.2.10", port=8443).clean()


def test_what_is_used_stays(admin: Client, shop: VirtualService, certificate: Certificate) -> None:
    add(admin, certificate, shop)
    html = admin.post(f"/lbadmin/cluster/virtual-services/{shop.pk}/delete/", follow=True).content.decode()
    assert "Virtual Service shop is used by SSL Termination SSL-shop" in html
    used_by = words(admin, f"/lbadmin/cluster/ssl-certificate/{certificate.pk}/")
    assert "SSL-shop" in used_by
    termination = SslTermination.objects.get()
    assert "port 443 will be removed" in words(admin, f"{page(termination)}delete/")
    assert admin.post(f"{page(termination)}delete/").headers["Location"] == LIST
    assert not SslTermination.objects.exists()
    assert "No SSL Terminations configured." in words(admin, LIST)


def test_sni_rules(admin: Client, shop: VirtualService, certificate: Certificate) -> None:
    add(admin, certificate, shop)
    termination = SslTermination.objects.get()
    url = f"{page(termination)}sni-rules/add/"
    assert "Add a new SNI Rule" in words(admin, page(termination))
    rule = {"name": "a", "host": "*.Shop.example", "certificate": certificate.pk, "service": shop.pk}
    assert admin.post(url, rule).headers["Location"] == f"{page(termination)}#sni-rules"
    assert "a *.shop.example site shop Modify Delete" in words(admin, page(termination))
    taken = {
        "name": ["Another SNI Rule has this name. Choose a different one."],
        "host": ["Another SNI Rule is for *.shop.example already. Choose a different name."],
    }
    assert errors(admin.post(url, rule)) == taken
    custom = {"name": "b", "host": "b.example", "certificate": certificate.pk, "service": ""}
    assert errors(admin.post(url, custom)).keys() == {"backend_address", "backend_port"}
    assert "www.example.com" in errors(admin.post(url, rule | {"name": "c", "host": "*"}))["host"][0]
    made = SniRule.objects.get()
    assert "all others of SSL-shop" in words(admin, f"{LIST}sni-rules/{made.pk}/delete/")
    admin.post(f"{LIST}sni-rules/{made.pk}/", rule | {"host": "x.example"})
    assert SniRule.objects.get().host == "x.example"
    admin.post(f"{LIST}sni-rules/{made.pk}/delete/")
    assert not SniRule.objects.exists()


def test_requests_and_bytes_do_not_mix(admin: Client, shop: VirtualService, certificate: Certificate) -> None:
    add(admin, certificate, shop)
    tcp = service("mail", address="192.0.2.10", ports="25", protocol="tcp", persistence="ip")
    url = f"{page(SslTermination.objects.get())}sni-rules/add/"
    rule = {"name": "a", "host": "mail.example", "certificate": certificate.pk, "service": tcp.pk}
    assert "mail speaks TCP Mode, shop does not" in errors(admin.post(url, rule))["service"][0]
    change = admin.post(f"/lbadmin/cluster/virtual-services/{shop.pk}/", {"protocol": "tcp"})
    assert change.status_code == 302  # alone it may
    shop.refresh_from_db()
    assert admin.post(url, rule).status_code == 302
    change = admin.post(f"/lbadmin/cluster/virtual-services/{shop.pk}/", {"protocol": "http"})
    assert "SSL Termination SSL-shop passes on to it." in errors(change)["protocol"][0]


def test_rules_that_do_not_count_are_told(admin: Client, shop: VirtualService, certificate: Certificate) -> None:
    add(admin, certificate, shop)
    AclRule.objects.create(service=shop, position=1, conditions="[]", action="backend", value="other")
    termination = SslTermination.objects.get()
    assert "do not count" not in words(admin, page(termination))
    SniRule.objects.create(termination=termination, name="a", host="a.example", certificate=certificate, service=shop)
    assert "ACL Rules of shop with Use Backend do not count" in words(admin, page(termination))


def test_viewers_see_the_list_alone(viewer: Client, shop: VirtualService, certificate: Certificate) -> None:
    SslTermination.objects.create(label="a", service=shop, address="192.0.2.10", certificate=certificate)
    assert "a 192.0.2.10 443 shop site High Security" in words(viewer, LIST)
    assert "Modify" not in words(viewer, LIST)
    assert viewer.get(ADD).status_code == 403


def test_the_list_costs_few_queries(
    admin: Client, certificate: Certificate, django_assert_max_num_queries: Any
) -> None:
    for number in range(30):
        made = service(f"s{number}", address=f"192.0.2.{number + 1}", ports="80")
        SslTermination.objects.create(label=f"t{number}", service=made, address=made.address, certificate=certificate)
    admin.get(LIST)
    with django_assert_max_num_queries(25):
        assert "t29" in words(admin, LIST)
