"""The canonical document as XML (`lb_config.xml`)."""

import re
from collections.abc import Iterator
from functools import lru_cache
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape, quoteattr

from defusedxml.ElementTree import ParseError, fromstring

from apps.changes.document import KINDS, Document, Item, Kind

SCHEMA = 1
LARGEST = 32 * 1024 * 1024
HEAD = '<?xml version="1.0" encoding="UTF-8"?>'


class DocumentRefused(Exception):
    """The text is no document of ours; the message says why."""


def to_xml(document: Document) -> str:
    return "\n".join(_lines(document)) + "\n"


def _lines(document: Document) -> Iterator[str]:
    yield HEAD
    yield f'<config schema="{SCHEMA}">'
    yield "  <replicated>"
    yield "    <haproxy>"
    for item in document.items:
        yield _text(item)
    yield "    </haproxy>"
    yield "    <sslcerts>"
    for label, fingerprint in document.certificates.items():
        yield f"      <cert label={quoteattr(label)} fingerprint={quoteattr(fingerprint)}/>"
    yield "    </sslcerts>"
    yield "  </replicated>"
    yield "  <local/>"
    yield "</config>"


@lru_cache(maxsize=5000)
def _text(item: Item) -> str:
    return "\n".join(_item_lines(item, "      "))


def _item_lines(item: Item, indent: str) -> Iterator[str]:
    name = item.kind.element
    yield f'{indent}<{name} id="{item.number}">'
    for element, text in item.texts.items():
        yield f"{indent}  <{element}>{escape(text)}</{element}>"
    for inner in item.items:
        yield from _item_lines(inner, indent + "  ")
    yield f"{indent}</{name}>"


WHOLE_ITEM = re.compile(r'^      <(\w+) id="(\d+)">\n.*?^      </\1>$', re.DOTALL | re.MULTILINE)
STATE = re.compile(r"<state>\w*</state>")


def without_states(text: str) -> str:
    """What is configured: who is drained or halted is not."""
    return STATE.sub("", text)


def texts(text: str) -> dict[tuple[Kind, int], str]:
    """The text of each object of a document that `to_xml` wrote, far quicker than reading it."""
    kinds = {kind.element: kind for kind in KINDS}
    return {(kinds[found[1]], int(found[2])): found[0] for found in WHOLE_ITEM.finditer(text)}


def normalised(text: str) -> str:
    """As this version writes it: what an older one wrote lacks the options that are new. Raises DocumentRefused."""
    return text if all(_has_all(text, kind) for kind in KINDS) else to_xml(from_xml(text))


def _has_all(text: str, kind: Kind) -> bool:
    """One object of a kind tells for all: they were written together."""
    start = text.find(f'<{kind.element} id="')
    if start < 0:
        return True
    written = set(re.findall(r"<(\w+)>", text[start : text.index(f"</{kind.element}>", start)]))
    return kind.defaults.keys() <= written and all(_has_all(text, child) for child in kind.children)


def item_of(text: str, kind: Kind) -> Item:
    """Of one object's text. Raises DocumentRefused."""
    try:
        return _read_item(fromstring(text, forbid_dtd=True), kind)
    except (ParseError, ValueError) as error:
        raise DocumentRefused(f"A <{kind.element}> cannot be read: {error}.") from error


def from_xml(text: str) -> Document:
    """Raises DocumentRefused. An element that is missing has its option's default: older documents lack new options."""
    if len(text) > LARGEST:
        raise DocumentRefused(f"The document is larger than {LARGEST // 1024 // 1024} MiB.")
    try:
        root = fromstring(text, forbid_dtd=True)
    except (ParseError, ValueError) as error:
        raise DocumentRefused(f"The document is no XML that can be read: {error}.") from error
    _check_schema(root)
    items = tuple(
        _read_item(element, kind) for kind in KINDS for element in root.iterfind(f"replicated/haproxy/{kind.element}")
    )
    found = root.iterfind("replicated/sslcerts/cert")
    return Document(items, {cert.get("label", ""): cert.get("fingerprint", "") for cert in found})


def _check_schema(root: Element) -> None:
    schema = root.get("schema", "")
    if root.tag != "config" or not schema.isdecimal():
        raise DocumentRefused("This is no configuration of lbadmin: it does not begin with <config schema=…>.")
    if int(schema) > SCHEMA:
        raise DocumentRefused(f"The document has schema {schema}; this version reads up to {SCHEMA}. Update first.")


def _read_item(element: Element, kind: Kind) -> Item:
    number = element.get("id", "")
    if not number.isdecimal() or int(number) < 1:
        raise DocumentRefused(f"A <{kind.element}> has no id.")
    texts = {found.tag: found.text or "" for found in element if found.tag in kind.defaults}
    if kind.has_label and not texts.get("label"):
        raise DocumentRefused(f"The <{kind.element}> with id {number} has no label.")
    inner = tuple(_read_item(found, child) for child in kind.children for found in element.iterfind(child.element))
    return Item(kind, int(number), kind.defaults | texts, inner)
