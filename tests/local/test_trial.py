"""A change on trial: kept only by who still reaches the WebUI, else back by itself."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from apps.local import tasks, trial
from apps.local.kinds import Kind, NotApplied, Value
from apps.local.models import Trial
from tests.local.conftest import told

in_force: list[str] = []
broken: set[str] = set()


def put_in_force(value: Value) -> None:
    if value["name"] in broken:
        raise NotApplied(f"{value['name']} did not work.")
    in_force.append(value["name"])


NOTE = Kind("service-sockets", lambda value: f"the note says {value['name']}", put_in_force)


@pytest.fixture(autouse=True)
def note(settings: Settings) -> None:
    settings.TRIALS = settings.TRIALS | {"note": f"{__name__}.NOTE"}
    in_force[:] = ["old"]
    broken.clear()


@pytest.fixture
def tried(broker: Any, db: None) -> Trial:
    return trial.start("note", {"name": "old"}, {"name": "new"}, "loadbalancer")


def later(tried: Trial, **words: int) -> None:
    """Let this time pass."""
    tried.refresh_from_db()
    Trial.objects.update(deadline=tried.deadline - timedelta(**words))


def state(tried: Trial) -> str:
    tried.refresh_from_db()
    return tried.state


def test_the_worker_is_told_and_puts_it_in_force(tried: Trial, broker: Any) -> None:
    assert in_force == ["old"]
    assert told(broker) == ["apps.local.tasks.apply_trial"]
    tasks.apply_trial(tried.pk)
    assert (in_force, state(tried)) == (["old", "new"], "trying")
    assert tried.applied
    assert timedelta(seconds=119) < tried.deadline - timezone.now() <= timedelta(minutes=2)


def test_before_its_time_nothing_returns(tried: Trial) -> None:
    tasks.apply_trial(tried.pk)
    later(tried, seconds=118)
    tasks.return_overdue()
    assert (in_force, state(tried)) == (["old", "new"], "trying")


def test_what_nobody_keeps_returns(tried: Trial) -> None:
    tasks.apply_trial(tried.pk)
    later(tried, minutes=2)
    tasks.return_overdue()
    assert (in_force, state(tried)) == (["old", "new", "old"], "returned")
    assert (tried.sentence, tried.ended is None) == ("Nobody kept it in time.", False)
    assert not trial.keep(tried)
    tasks.return_overdue()
    assert in_force == ["old", "new", "old"]


def test_what_is_kept_stays(tried: Trial) -> None:
    tasks.apply_trial(tried.pk)
    assert trial.keep(tried)
    later(tried, minutes=3)
    tasks.return_overdue()
    assert (in_force, state(tried)) == (["old", "new"], "kept")


def test_what_was_kept_does_not_return_for_who_asks_later(tried: Trial) -> None:
    tasks.apply_trial(tried.pk)
    trial.keep(tried)
    trial.give_up(tried, "bob")
    assert state(tried) == "kept"


def test_a_worker_that_was_away_too_long_does_not_begin(tried: Trial) -> None:
    later(tried, minutes=3)
    tasks.apply_trial(tried.pk)
    assert in_force == ["old"]


def test_return_now_before_it_began(tried: Trial) -> None:
    trial.give_up(tried, "bob")
    tasks.apply_trial(tried.pk)
    tasks.return_overdue()
    assert (in_force, state(tried)) == (["old"], "returning")  # the page reaches the browser first
    later(tried, seconds=3)
    tasks.return_overdue()
    assert (in_force, state(tried), tried.sentence) == (["old", "old"], "returned", "bob pressed Return now.")


def test_what_does_not_work_returns_at_once_and_says_why(tried: Trial) -> None:
    broken.add("new")
    tasks.apply_trial(tried.pk)
    assert (in_force, state(tried), tried.sentence) == (["old", "old"], "returned", "new did not work.")


def test_a_return_that_fails_is_tried_again(tried: Trial) -> None:
    tasks.apply_trial(tried.pk)
    later(tried, minutes=2)
    broken.add("old")
    with pytest.raises(NotApplied):
        tasks.return_overdue()
    assert state(tried) == "returning"
    broken.clear()
    tasks.return_overdue()
    assert (in_force, state(tried)) == (["old", "new", "old"], "returned")


def test_one_at_a_time(tried: Trial) -> None:
    with pytest.raises(trial.AnotherRuns):
        trial.start("note", {"name": "old"}, {"name": "other"}, "bob")
    trial.keep(tried)
    trial.start("note", {"name": "new"}, {"name": "other"}, "bob")


def test_it_can_be_kept_only_once_it_is_in_force(tried: Trial, admin: Client) -> None:
    assert "Keep these settings</button>" not in page(admin)
    admin.post(f"/lbadmin/local/trial/{tried.pk}/keep/")
    assert state(tried) == "trying"
    tasks.apply_trial(tried.pk)
    assert "The note says new now. They return by themselves in" in page(admin)
    assert "Keep these settings</button>" in page(admin)
    answer = admin.post(f"/lbadmin/local/trial/{tried.pk}/keep/", follow=True)
    assert "Kept: the note says new." in answer.content.decode()
    assert state(tried) == "kept"
    assert "Keep these settings" not in page(admin)


def test_it_can_be_returned_by_hand(tried: Trial, admin: Client, broker: Any) -> None:
    tasks.apply_trial(tried.pk)
    answer = admin.post(f"/lbadmin/local/trial/{tried.pk}/return/", follow=True)
    assert "The settings from before are coming back" in answer.content.decode()
    assert told(broker) == ["apps.local.tasks.return_overdue", "apps.local.tasks.apply_trial"]
    answer = admin.post(f"/lbadmin/local/trial/{tried.pk}/keep/", follow=True)
    assert "has ended already" in answer.content.decode()
    assert state(tried) == "returning"


def page(person: Client) -> str:
    return person.get("/lbadmin/view-configuration/xml/").content.decode()


@pytest.mark.parametrize(
    ("to", "through", "where"),
    [
        ("0.0.0.0", ("0.0.0.0", "9443"), "lb.example"),
        ("0.0.0.0", ("0.0.0.0", "9555"), ""),
        ("192.0.2.1", ("0.0.0.0", "9555"), "192.0.2.1"),  # the same port, but another socket
        ("192.0.2.1", ("192.0.2.1", "9555"), ""),
    ],
)
def test_the_webui_is_kept_only_through_its_new_socket(
    admin: Client, broker: Any, to: str, through: tuple[str, str], where: str
) -> None:
    old, new = {"address": "0.0.0.0", "port": 9443}, {"address": to, "port": 9555}
    tried = trial.start("webui", old, new, "loadbalancer")
    Trial.objects.update(applied=timezone.now())
    socket: dict[str, Any] = {"SERVER_NAME": through[0], "SERVER_PORT": through[1], "HTTP_HOST": "lb.example"}
    answer = admin.post(f"/lbadmin/local/trial/{tried.pk}/keep/", follow=True, **socket)
    assert state(tried) == ("trying" if where else "kept")
    words = f"Open https://{where}:9555/lbadmin/ and press" if where else "Kept: the WebUI listens on"
    assert words in answer.content.decode()
