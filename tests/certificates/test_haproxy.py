"""HAProxy itself accepts what was uploaded."""

import subprocess
from pathlib import Path

import pytest
from django.test import Client

from apps.certificates.models import Certificate
from apps.certificates.vault import pem
from tests.certificates.openssl import EC, PASSWORD, RSA, Issued, Workshop
from tests.certificates.pages import upload

CONFIG = """
defaults
    mode http
    timeout connect 1s
    timeout client 1s
    timeout server 1s
frontend f
    bind unix@{directory}/f.sock ssl crt {directory}/site.pem alpn h2,http/1.1 {more}
"""
CURVE = ("-algorithm", "EC", "-pkeyopt")


def complaints(directory: Path, more: str = "") -> str:
    config = directory / "haproxy.cfg"
    config.write_text(CONFIG.format(directory=directory, more=more))
    checked = subprocess.run(["haproxy", "-c", "-f", config], capture_output=True, text=True, check=False)
    return "" if checked.returncode == 0 else checked.stderr


@pytest.mark.parametrize(
    "kind",
    [RSA, EC, (*CURVE, "ec_paramgen_curve:P-384"), (*CURVE, "ec_paramgen_curve:P-521"), ("-algorithm", "ED25519")],
    ids=["RSA", "P-256", "P-384", "P-521", "Ed25519"],
)
def test_every_kind_of_key(
    admin: Client, workshop: Workshop, intermediate: Issued, tmp_path: Path, kind: tuple[str, ...]
) -> None:
    site = workshop.issue("site.example", by=intermediate, key=workshop.key(kind))
    upload(admin, workshop.pfx(site, intermediate.certificate), password=PASSWORD)
    (tmp_path / "site.pem").write_text(pem(Certificate.objects.get()))
    assert complaints(tmp_path) == ""


def test_an_authority_verifies_clients(admin: Client, site: Issued, root: Issued, tmp_path: Path) -> None:
    upload(admin, site.pem, label="site")
    upload(admin, root.certificate, label="clients")
    for label in ("site", "clients"):
        (tmp_path / f"{label}.pem").write_text(pem(Certificate.objects.get(label=label)))
    assert complaints(tmp_path, f"ca-file {tmp_path}/clients.pem verify required") == ""
