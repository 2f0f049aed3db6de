"""The canonical document: whatever the database holds survives XML and comes back the same."""

from typing import Any

import pytest

from apps.certificates.models import Certificate
from apps.changes import candidate
from apps.changes.document import Document, compare, document
from apps.changes.restore import restore
from apps.changes.xml import DocumentRefused, from_xml, normalised, to_xml
from apps.services.models import RealServer, State, VirtualService
from tests.haproxy.drawn_site import draw

pytestmark = pytest.mark.django_db
EMPTY = '<config schema="1"><replicated><haproxy>{}</haproxy></replicated></config>'


@pytest.fixture(autouse=True)
def certificates(db: None) -> None:
    fields: dict[str, Any] = {"valid_from": "2026-01-01T00:00Z", "valid_to": "2036-01-01T00:00Z", "chain": "x"}
    Certificate.objects.create(pk=1, label="site", **fields)
    Certificate.objects.create(pk=2, label="ca", is_authority=True, **fields)


def now() -> Document:
    return document(candidate.load())


def web(**fields: Any) -> VirtualService:
    return VirtualService.objects.create(**{"label": "web", "address": "192.0.2.10", "ports": "80"} | fields)


def add(service: VirtualService, **fields: Any) -> RealServer:
    return RealServer.objects.create(service=service, **{"label": "one", "address": "192.0.2.1", "port": 80} | fields)


@pytest.mark.filterwarnings("ignore:Possible")  # Python about drawn regular expressions
def test_any_configuration_takes_the_place_of_any_other() -> None:
    """Over nothing they are restored in tests/haproxy/test_property.py."""
    documents = []
    for number in range(12):
        draw(number)
        documents.append(now())
    for wanted in documents:
        assert now() != wanted
        restore(from_xml(to_xml(wanted)), states=True)
        assert now() == wanted


def test_an_element_per_option_in_the_order_of_the_page() -> None:
    service = web(protocol="http2", certificate_id=1, timeout=True, client_timeout="92s")
    add(service, state=State.DRAIN)
    text = to_xml(now())
    for line in ("<server>192.0.2.10</server>", "<mode>http2</mode>", "<cert>site</cert>", "<timeout>on</timeout>"):
        assert line in text
    assert "<timeout_client>92s</timeout_client>" in text
    assert "<state>drain</state>" in text
    assert text.index("<label>web") < text.index("<mode>") < text.index("<real ")


def test_a_comparison_speaks_the_words_of_the_page() -> None:
    service = web(timeout=True)
    add(service)
    gone = add(service, label="two")
    before = now()
    VirtualService.objects.update(client_timeout="92s", protocol="tcp")
    gone.delete()
    add(service, label="three", weight=50)
    changes = compare(before, now())
    told = [(change.label, change.what, change.parent) for change in changes]
    assert told == [("web", "changed", ""), ("three", "added", "web"), ("two", "removed", "web")]
    fields = [(field.option.label, field.before, field.after) for field in changes[0].fields]
    assert fields == [("Layer 7 Protocol", "HTTP Mode", "TCP Mode"), ("Client Timeout", "12h", "92s")]
    assert ("Weight", "100", "50") in [(f.option.label, f.before, f.after) for f in changes[1].fields]


def test_an_older_document_gets_the_defaults_of_new_options() -> None:
    text = EMPTY.format('<virtual id="4"><label>web</label><server>192.0.2.10</server><ports>80</ports></virtual>')
    restore(from_xml(text), states=True)
    service = VirtualService.objects.get()
    assert (service.pk, service.protocol, service.balance, service.forward_for) == (4, "http", "leastconn", True)


def test_labels_and_addresses_can_be_exchanged() -> None:
    one, two = web(), web(label="shop", ports="81")
    before = now()
    VirtualService.objects.filter(pk=one.pk).update(label="x", ports="82")
    VirtualService.objects.filter(pk=two.pk).update(label="web", ports="80")
    VirtualService.objects.filter(pk=one.pk).update(label="shop", ports="81")
    restore(before, states=False)
    assert now() == before


def test_rolling_back_keeps_what_is_drained_now() -> None:
    server = add(web())
    before = now()
    RealServer.objects.update(state=State.DRAIN, weight=5)
    restore(before, states=False)
    server.refresh_from_db()
    assert (server.state, server.weight) == (State.DRAIN, 100)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no XML that can be read"),
        ("<html/>", "no configuration of lbadmin"),
        ('<config schema="99"/>', "Update first"),
        (EMPTY.format('<virtual id="0"><label>x</label></virtual>'), "has no id"),
        (EMPTY.format('<virtual id="1"/>'), "has no label"),
        ('<!DOCTYPE x [<!ENTITY a "b">]><config schema="1"/>', "no XML that can be read"),
    ],
)
def test_what_is_no_document_is_refused_with_the_reason(text: str, words: str) -> None:
    with pytest.raises(DocumentRefused, match=words):
        from_xml(text)


@pytest.mark.parametrize(
    ("inner", "words"),
    [
        ("<label>a b</label><server>192.0.2.9</server><ports>80</ports>", "Use letters"),
        ("<label>a</label><server>192.0.2.9</server><ports>9443</ports>", "used by the appliance itself"),
        (
            "<label>a</label><server>192.0.2.9</server><ports>80</ports><mode>http2</mode><cert>old</cert>",
            "SSL Certificate old",
        ),
        ("<label>a</label><server>192.0.2.9</server><ports>80</ports><mode>http9</mode>", "Virtual Service a"),
    ],
)
def test_a_document_with_a_wrong_value_changes_nothing(inner: str, words: str) -> None:
    web()
    before = now()
    with pytest.raises(DocumentRefused, match=words):
        restore(from_xml(EMPTY.format(f'<virtual id="7">{inner}</virtual>')), states=True)
    assert now() == before


def test_a_document_of_an_older_version_gets_the_options_that_are_new() -> None:
    add(web())
    whole = to_xml(now())
    assert normalised(whole) is whole
    for line in (
        "          <weight>100</weight>\n",
        "        <no_write>off</no_write>\n",
        "        <logging>off</logging>\n",
    ):
        assert line in whole, whole
        assert normalised(whole.replace(line, "", 1)) == whole
