"""Answers of OCSP responders: which of them count, and what is said of the others."""

import time
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp as library

from apps.certificates import ocsp
from apps.system.ocsp import MOST_BYTES, NoResponse, ask
from tests.certificates.openssl import RSA, Issued, Workshop, openssl
from tests.certificates.responder import (
    APPOINTED,
    GOOD,
    MUST_STAPLE,
    REVOKED,
    UNKNOWN,
    Authority,
    answer,
    loaded,
    names_responder,
    scripted,
)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def read(content: bytes, leaf: Issued, issuer: Issued) -> ocsp.Answer:
    return ocsp.read(content, loaded(leaf), loaded(issuer))


def refused(content: bytes, leaf: Issued, issuer: Issued) -> str:
    with pytest.raises(ocsp.NotAcceptable) as found:
        read(content, leaf, issuer)
    return str(found.value)


@pytest.fixture(scope="module")
def other(workshop: Workshop, intermediate: Issued) -> Issued:
    return workshop.issue("other.example", by=intermediate)


@pytest.fixture(scope="module")
def foreign(workshop: Workshop) -> Issued:
    """An authority of the same name with another key."""
    return workshop.issue("Example TLS CA 3", ca=True)


@pytest.mark.parametrize(("status", "word"), [(GOOD, "good"), (REVOKED, "revoked"), (UNKNOWN, "unknown")])
def test_what_a_responder_says(site: Issued, intermediate: Issued, status: library.OCSPCertStatus, word: str) -> None:
    found = read(answer(site, intermediate, status=status), site, intermediate)
    assert (found.status, bool(found.revoked_at)) == (word, word == "revoked")
    assert found.reason == ("key compromise" if word == "revoked" else "")


@pytest.mark.parametrize("kind", [RSA, ("-algorithm", "ED25519")], ids=["RSA", "Ed25519"])
def test_issuers_of_other_kinds_and_by_name(workshop: Workshop, kind: tuple[str, ...]) -> None:
    issuer = workshop.issue("Another CA", key=workshop.key(RSA), ca=True)
    leaf = workshop.issue("a.example", by=issuer, key=workshop.key(kind) if kind == RSA else b"")
    assert read(answer(leaf, issuer, named=library.OCSPResponderEncoding.NAME), leaf, issuer).status == "good"


def test_times(site: Issued, intermediate: Issued) -> None:
    table: list[tuple[timedelta, timedelta | None, str]] = [
        (-2 * DAY, -HOUR, ocsp.LATE),
        (HOUR, DAY, ocsp.EARLY),
        (-HOUR, None, ocsp.ENDLESS),
    ]
    for since, until, words in table:
        assert refused(answer(site, intermediate, since=since, until=until), site, intermediate) == words
    slow_clock = answer(site, intermediate, since=timedelta(minutes=4))
    assert read(slow_clock, site, intermediate).status == "good"


def test_it_is_about_this_certificate(site: Issued, other: Issued, intermediate: Issued, root: Issued) -> None:
    assert refused(answer(other, intermediate), site, intermediate) == ocsp.OTHER
    assert refused(answer(site, root, by=intermediate), site, intermediate) == ocsp.OTHER
    assert refused(answer(site, intermediate, naming=hashes.SHA256()), site, intermediate) == ocsp.OTHER


def test_it_is_signed_by_the_issuer(site: Issued, intermediate: Issued, foreign: Issued, root: Issued) -> None:
    assert refused(answer(site, intermediate, by=root, sends=(root,)), site, intermediate) == ocsp.UNSIGNED
    assert refused(answer(site, intermediate, by=foreign, sends=(foreign,)), site, intermediate) == ocsp.UNSIGNED
    by_name = library.OCSPResponderEncoding.NAME
    assert refused(answer(site, intermediate, by=foreign, named=by_name), site, intermediate) == ocsp.FORGED


def test_it_is_signed_by_whom_the_issuer_appointed(workshop: Workshop, site: Issued, intermediate: Issued) -> None:
    appointed = workshop.issue("OCSP responder", by=intermediate, extra=APPOINTED)
    found = read(answer(site, intermediate, by=appointed, sends=(appointed,)), site, intermediate)
    assert found.status == "good"
    assert refused(answer(site, intermediate, by=appointed), site, intermediate) == ocsp.UNSIGNED


def test_nobody_else_may_answer(workshop: Workshop, site: Issued, intermediate: Issued, root: Issued) -> None:
    impostors = {
        "without the usage": workshop.issue("OCSP responder", by=intermediate),
        "for another purpose": workshop.issue("OCSP", by=intermediate, extra="extendedKeyUsage=serverAuth"),
        "of another issuer": workshop.issue("OCSP responder", by=root, extra=APPOINTED),
        "of nobody": workshop.issue("OCSP responder", extra=APPOINTED),
        "out of date": workshop.issue("OCSP", by=intermediate, extra=APPOINTED, lasts=-DAY),
        "the certificate itself": site,
    }
    for who, impostor in impostors.items():
        said = refused(answer(site, intermediate, by=impostor, sends=(impostor,)), site, intermediate)
        assert (who, said) == (who, ocsp.UNSIGNED)


def test_not_a_bit_may_differ(site: Issued, intermediate: Issued) -> None:
    """Whatever is changed on the way, it is refused in our words or says the same."""
    whole = answer(site, intermediate)
    for place in range(len(whole)):
        changed = whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]
        try:
            found = read(changed, site, intermediate)
        except ocsp.NotAcceptable:
            continue
        assert found.content != whole
        assert found.status == "good"


@pytest.mark.parametrize("junk", [b"", b"junk", b"<html>", b"\x30\x80", b"\x30\x03\x0a\x01\x00"])
def test_junk(site: Issued, intermediate: Issued, junk: bytes) -> None:
    assert refused(junk, site, intermediate) == ocsp.JUNK


@pytest.mark.parametrize("status", list(library.OCSPResponseStatus)[1:])
def test_refusals_of_the_responder(site: Issued, intermediate: Issued, status: library.OCSPResponseStatus) -> None:
    made = library.OCSPResponseBuilder.build_unsuccessful(status)
    content = made.public_bytes(Encoding.DER)
    assert refused(content, site, intermediate) == ocsp.REFUSALS[status]


def test_what_certificates_say(workshop: Workshop, intermediate: Issued, site: Issued) -> None:
    told = workshop.issue("a.example", by=intermediate, extra=(names_responder(1), MUST_STAPLE))
    assert (ocsp.responder(loaded(told)), ocsp.must_staple(loaded(told))) == ("http://127.0.0.1:1/", True)
    assert (ocsp.responder(loaded(site)), ocsp.must_staple(loaded(site))) == ("", False)
    strange = workshop.issue("a.example", by=intermediate, extra="authorityInfoAccess=OCSP;URI:ldap://a.example/")
    assert ocsp.responder(loaded(strange)) == ""


def test_the_issuer_is_searched_as_strictly_as_openssl_does(
    workshop: Workshop, root: Issued, intermediate: Issued, site: Issued, foreign: Issued
) -> None:
    chain = [*map(loaded, (site, root, foreign, intermediate))]
    assert ocsp.issuer_in(chain) == loaded(intermediate)
    assert ocsp.issuer_in(chain[:3]) is None
    may_not = workshop.issue("A CA", ca=True, extra="keyUsage=digitalSignature")
    leaf = workshop.issue("a.example", by=may_not)
    assert ocsp.issuer_in([loaded(leaf), loaded(may_not)]) is None


def test_a_real_responder_understands_the_question(workshop: Workshop, root: Issued, tmp_path: Path) -> None:
    authority = Authority(workshop, root)
    leaf, revoked = authority.issue("good.example"), authority.issue("revoked.example")
    stranger = workshop.issue("unknown.example", by=root)
    authority.tell(revoked, revoked=True)
    with authority.answering():
        for one, status in ((leaf, "good"), (revoked, "revoked"), (stranger, "unknown")):
            question = ocsp.question(loaded(one), loaded(root))
            (tmp_path / "question").write_bytes(question)
            assert b"Serial Number" in openssl("ocsp", "-reqin", "question", "-req_text", cwd=tmp_path)
            content = ask(f"http://127.0.0.1:{authority.port}/", question)
            assert read(content, one, root).status == status


def test_only_so_much_is_read() -> None:
    with scripted() as (script, port):
        script.content = b"x" * MOST_BYTES
        assert len(ask(f"http://127.0.0.1:{port}/", b"?")) == MOST_BYTES
        script.content += b"x"
        with pytest.raises(NoResponse, match="more than 10 kB"):
            ask(f"http://127.0.0.1:{port}/", b"?")


def test_where_a_responder_may_lead() -> None:
    with scripted() as (script, port), scripted() as (behind, other_port):
        behind.content = b"answer"
        script.status, script.location = 307, f"http://127.0.0.1:{other_port}/"
        assert ask(f"http://127.0.0.1:{port}/", b"question") == b"answer"
        assert behind.asked == [b"question"]
        for location in ("file:///etc/passwd", "ftp://127.0.0.1/", f"https://127.0.0.1:{other_port}/", "gopher:x"):
            script.location = location
            with pytest.raises(NoResponse, match=r"not followed|neither http"):
                ask(f"http://127.0.0.1:{port}/", b"question")
        script.location = f"http://127.0.0.1:{port}/"
        with pytest.raises(NoResponse, match="leads on more than"):
            ask(f"http://127.0.0.1:{port}/", b"question")
        assert len(behind.asked) == 1


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://127.0.0.1:1/", "cannot be reached"),
        ("http://nowhere.invalid/", "cannot be reached"),
        ("http://[/", "cannot be reached"),
        ("file:///etc/passwd", "neither http"),
        ("", "neither http"),
    ],
)
def test_who_cannot_be_asked(url: str, words: str) -> None:
    with pytest.raises(NoResponse, match=words):
        ask(url, b"?")


def test_a_status_that_is_no_answer() -> None:
    with scripted() as (script, port):
        script.status, script.content = 503, b"busy"
        with pytest.raises(NoResponse, match="HTTP status 503"):
            ask(f"http://127.0.0.1:{port}/", b"?")


def test_one_who_trickles_holds_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.system.ocsp.WHOLE", 1)
    with scripted() as (script, port):
        script.pause, script.content = 0.2, b"x" * 20
        began = time.monotonic()
        with pytest.raises(NoResponse, match="within 1 seconds"):
            ask(f"http://127.0.0.1:{port}/", b"?")
        assert time.monotonic() - began < 2
