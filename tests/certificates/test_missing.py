"""Chains that are not complete: the missing issuer is named, with the address where it is to be had."""

import pytest
from django.test import Client

from apps.certificates.missing import missing_issuer
from apps.system import trust
from tests.certificates.openssl import Issued, Workshop
from tests.certificates.pages import page_of, upload, words

URL = "http://ca.example/tls-ca-3.crt"


def told(*certificates: Issued) -> str:
    missing = missing_issuer(b"".join(one.certificate for one in certificates).decode())
    return missing.sentence if missing else ""


def test_the_issuer_is_named(admin: Client, site: Issued) -> None:
    upload(admin, site.pem)
    sentence = (
        "The chain is not complete: Example TLS CA 3, the issuer of intuition.hospital.example, is missing, and many "
        "clients will refuse the certificate. Add it to the file and upload again."
    )
    assert f"intuition-cert: {sentence}" in words(admin)
    assert sentence in words(admin, page_of())


def test_the_certificate_may_say_where_it_is(workshop: Workshop, intermediate: Issued) -> None:
    site = workshop.issue("site.example", by=intermediate, extra=f"authorityInfoAccess=caIssuers;URI:{URL}")
    assert told(site).endswith(f"Add it to the file and upload again. It is to be had at {URL}.")
    responder = workshop.issue(
        "site.example", by=intermediate, extra="authorityInfoAccess=OCSP;URI:http://ocsp.example/"
    )
    assert "example/" not in told(responder)


def test_above_an_intermediate_it_may_be_a_root(site: Issued, intermediate: Issued) -> None:
    assert told(site, intermediate) == (
        "The chain ends at Example TLS CA 3. Its issuer, Example Root CA, is no root that this host knows: only "
        "clients that trust it accept the certificate. If it is an intermediate, add it to the file."
    )


def test_a_complete_chain_says_nothing(
    admin: Client, workshop: Workshop, site: Issued, intermediate: Issued, root: Issued
) -> None:
    assert told(site, intermediate, root) == ""
    assert told(workshop.issue("self.example")) == ""
    upload(admin, site.pem + intermediate.certificate + root.certificate)
    assert "Warning:" not in words(admin)


def test_a_root_that_the_host_knows_is_not_missed(
    workshop: Workshop, site: Issued, intermediate: Issued, root: Issued, monkeypatch: pytest.MonkeyPatch
) -> None:
    namesake = workshop.issue("Example Root CA", ca=True)
    for known, is_missed in ((namesake, True), (root, False)):
        bundle = workshop.path / "bundle.crt"
        bundle.write_bytes(b"# a comment\n" + known.certificate)
        monkeypatch.setattr(trust, "BUNDLE", bundle)
        trust.roots.cache_clear()
        assert bool(told(site, intermediate)) == is_missed
    monkeypatch.undo()
    trust.roots.cache_clear()
