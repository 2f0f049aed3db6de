"""Private keys at rest."""

from pathlib import Path

import pytest
from cryptography.fernet import InvalidToken
from django.test import Client
from pytest_django.fixtures import Settings

from apps.certificates.models import Certificate
from apps.certificates.vault import KeyUnreadable, pem, seal, unseal
from tests.certificates.openssl import Issued
from tests.certificates.pages import upload


def test_what_is_sealed_can_be_opened_again_and_does_not_show() -> None:
    sealed = seal("-----BEGIN PRIVATE KEY-----")
    assert unseal(sealed) == "-----BEGIN PRIVATE KEY-----"
    assert "PRIVATE" not in sealed
    assert seal("-----BEGIN PRIVATE KEY-----") != sealed


def test_another_data_key_does_not_open_it(admin: Client, site: Issued, settings: Settings, tmp_path: Path) -> None:
    upload(admin, site.pem)
    settings.DATA_KEY_FILE = tmp_path / "data.key"
    settings.DATA_KEY_FILE.write_text("ab" * 32)
    stored = Certificate.objects.get()
    with pytest.raises(InvalidToken):
        unseal(stored.encrypted_key)
    with pytest.raises(KeyUnreadable, match=r"The private key of intuition-cert cannot be decrypted: data\.key"):
        pem(stored)
