"""Terminations in the canonical document: there and back."""

import pytest

from apps.certificates.models import Certificate
from apps.changes import candidate
from apps.changes.document import compare, config_of, document
from apps.changes.restore import restore
from apps.changes.xml import DocumentRefused, from_xml, to_xml
from apps.haproxy.render import render
from apps.services.models import SniRule, SslTermination, VirtualService
from tests.certificates.openssl import Issued, Workshop
from tests.terminations.site import ended, kept, service, sni

pytestmark = pytest.mark.django_db


@pytest.fixture
def made(site: Issued, workshop: Workshop) -> SslTermination:
    web = service("web", address="192.0.2.10", ports="80")
    shop = service("shop", address="192.0.2.10", ports="81")
    termination = ended(kept(site, label="site"), service=web, address="")
    other = kept(workshop.issue("shop.example"), label="other")
    sni(termination, "shop.example", other, service=shop)
    sni(termination, "*.any.example", other, backend_address="192.0.2.1", backend_port=80)
    return termination


@pytest.mark.usefixtures("made")
def test_it_survives_xml_and_renders_the_same() -> None:
    config = candidate.load()
    read = from_xml(to_xml(document(config)))
    assert read == document(config)
    assert render(config_of(read, config.host)) == render(config)


def test_it_comes_back(made: SslTermination) -> None:
    before = document(candidate.load())
    SniRule.objects.filter(host="shop.example").delete()
    other = service("third", address="192.0.2.11", ports="80")
    SslTermination.objects.update(label="x", service=other, port=8443)
    VirtualService.objects.filter(label__in=["web"]).delete()
    restore(before, states=True)
    assert document(candidate.load()) == before
    SslTermination.objects.all().delete()
    restore(before, states=True)
    assert document(candidate.load()) == before
    assert SslTermination.objects.get().pk == made.pk


def test_a_service_that_was_not_there_goes_with_its_termination(made: SslTermination) -> None:
    SslTermination.objects.all().delete()
    before = document(candidate.load())
    new = service("new", address="192.0.2.12", ports="80")
    ended(Certificate.objects.get(label="site"), service=new, address="")
    restore(before, states=True)
    assert not SslTermination.objects.exists()
    assert not VirtualService.objects.filter(label="new").exists()


def test_a_comparison_speaks_the_words_of_the_page(made: SslTermination) -> None:
    before = document(candidate.load())
    SslTermination.objects.update(mode="modern", service=VirtualService.objects.get(label="shop"))
    SniRule.objects.filter(position=1).update(host="new.example")
    changes = compare(before, document(candidate.load()))
    told = [
        (change.label, field.option.label, field.before, field.after) for change in changes for field in change.fields
    ]
    assert told == [
        ("SSL-web", "Associated Virtual Service", "web", "shop"),
        ("SSL-web", "SSL Operation Mode", "High Security", "Modern"),
        ("SNI Rule 1", "Rule", "shop.example", "new.example"),
    ]


@pytest.mark.usefixtures("made")
def test_a_document_that_breaks_the_rules_is_refused() -> None:
    text = to_xml(document(candidate.load()))
    with pytest.raises(DocumentRefused, match="is already used by SSL-web"):
        restore(from_xml(text.replace("<port>18443</port>", "<port>80</port>")), states=True)
    with pytest.raises(DocumentRefused, match="needs the SSL Certificate gone"):
        restore(from_xml(text.replace("<certificate>site<", "<certificate>gone<")), states=True)
