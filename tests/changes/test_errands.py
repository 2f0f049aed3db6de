"""A page asks the worker something and gets the answer."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from apps.changes import errands
from apps.changes.models import Errand


def answer(given: dict[str, str]) -> dict[str, str]:
    if not given["word"]:
        raise errands.ErrandRefused("Enter a word.")
    return {"problem": given["word"][::-1] * (given["word"] != "defect") or str(1 // 0)}


pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def kinds(settings: Settings) -> None:
    settings.ERRANDS = {"reverse": {"run": f"{__name__}.answer", "template": "changes/_errand.html"}}


def asked(word: str, user: str = "report-user") -> Errand:
    return Errand.objects.create(kind="reverse", user=user, given={"word": word})


def test_the_answer_comes_to_who_asked(viewer: Client) -> None:
    errand = asked("abc")
    page = f"/lbadmin/commit/errand/{errand.pk}/"
    waiting = viewer.get(page, headers={"HX-Request": "true"}).content.decode()
    assert "Finding out" in waiting
    assert "hx-get" in waiting
    errands.run(errand)
    told = viewer.get(page, headers={"HX-Request": "true"}).content.decode()
    assert "cba" in told
    assert "hx-get" not in told


def test_nobody_else_sees_it(viewer: Client) -> None:
    assert viewer.get(f"/lbadmin/commit/errand/{asked('abc', 'other').pk}/").status_code == 404


def test_expected_trouble_is_the_answer() -> None:
    errand = asked("")
    errands.run(errand)
    assert errand.answer == {"problem": "Enter a word."}


def test_a_defect_stays_loud_and_lets_nobody_wait() -> None:
    errand = asked("defect")
    with pytest.raises(ZeroDivisionError):
        errands.run(errand)
    errand.refresh_from_db()
    assert "not expected" in str(errand.answer)


def test_a_worker_that_does_not_answer_is_told_of(viewer: Client) -> None:
    errand = asked("abc")
    Errand.objects.update(asked=timezone.now() - timedelta(minutes=1))
    page = viewer.get(f"/lbadmin/commit/errand/{errand.pk}/").content.decode()
    assert "The worker does not answer." in page
