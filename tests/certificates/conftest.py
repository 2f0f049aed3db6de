"""A workshop for certificates, and the ones most tests need."""

import pytest

from tests.certificates.openssl import Issued, Workshop


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return Workshop(tmp_path_factory.mktemp("openssl"))


@pytest.fixture(scope="session")
def root(workshop: Workshop) -> Issued:
    return workshop.issue("Example Root CA", ca=True)


@pytest.fixture(scope="session")
def intermediate(workshop: Workshop, root: Issued) -> Issued:
    return workshop.issue("Example TLS CA 3", by=root, ca=True)


@pytest.fixture(scope="session")
def site(workshop: Workshop, intermediate: Issued) -> Issued:
    names = "DNS:intuition.hospital.example,DNS:aqi.hospital.example,IP:10.10.40.217"
    return workshop.issue("intuition.hospital.example", by=intermediate, names=names)
