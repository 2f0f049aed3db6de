"""How the tests use the pages of SSL Certificate."""

import re
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from apps.certificates.models import Certificate

LIST = "/lbadmin/cluster/ssl-certificate/"
ADD = LIST + "add/"
ORDER = {
    "domain": "intuition.hospital.example",
    "names": "aqi.hospital.example, 10.10.40.217",
    "organisation": "Example Hospital",
    "unit": "Radiology",
    "city": "Leeds",
    "state": "Yorkshire",
    "country": "gb",
    "email": "pki@hospital.example",
    "key_size": "P-256",
    "digest": "sha384",
    "days": "365",
}


def upload(client: Client, content: bytes, *, label: str = "intuition-cert", password: str = "") -> Any:
    file = SimpleUploadedFile("intuition-cert.pem", content)
    return client.post(ADD, {"how": "upload", "label": label, "file": file, "password": password})


def order(client: Client, how: str, label: str = "intuition-cert", **values: str) -> Any:
    return client.post(ADD, ORDER | {"how": how, "label": label} | values)


def send(client: Client, url: str, *contents: bytes, **values: str) -> Any:
    """Files for another page."""
    files = [SimpleUploadedFile(f"{number}.pem", content) for number, content in enumerate(contents)]
    return client.post(url, values | {"file": files})


def send_apart(client: Client, url: str, first: bytes, *more: bytes, **values: str) -> Any:
    """The first file in its own field."""
    files = [SimpleUploadedFile(f"{number}.pem", content) for number, content in enumerate(more)]
    return client.post(url, values | {"file": SimpleUploadedFile("first.pem", first), "more": files})


def page_of(label: str = "intuition-cert") -> str:
    return f"{LIST}{Certificate.objects.get(label=label).pk}/"


def errors(answer: Any) -> dict[str, list[str]]:
    assert answer.status_code == 422
    return dict(answer.context["form"].errors)


def words(client: Client, page: str = LIST) -> str:
    """The page as text."""
    html = client.get(page, follow=True).content.decode()
    return " ".join(re.sub(r"<[^>]*>", " ", html.partition("<main")[2]).split())
