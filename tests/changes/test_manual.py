"""Layer 7 – Manual Configuration: HAProxy reads it before it is saved, and runs it like what is generated."""

import http.client
import time
from typing import Any

import pytest
from django.conf import settings
from django.core.cache.backends.locmem import LocMemCache
from django.test import Client

from apps.changes import candidate, engine, states, versions
from apps.changes.models import Job, JobState, Kind
from apps.common.models import Generation
from apps.haproxy.states import parse
from apps.overview import configured, rows
from apps.overview.collector import step
from apps.overview.configured import Configured
from apps.overview.snapshot import Snapshot
from apps.services.models import ManualConfiguration, RealServer, State, VirtualService
from apps.system import haproxy
from tests.changes.conftest import PORT
from tests.changes.server import served

PAGE = "/lbadmin/cluster/layer-7-manual/"
VIP, OWN_PORT = "127.0.0.9", PORT + 7
GOOD = "backend spare\n    server one 127.0.0.1:1\n"


def written(port: int) -> str:
    return f"""listen hand
    bind {VIP}:{OWN_PORT}
    server two 127.0.0.1:{port} check inter 100 weight 30
    server one 127.0.0.1:{port} check inter 100 weight 30
"""


def post(admin: Client, text: str) -> Any:
    return admin.post(PAGE, {"text": text})


def refusal(answer: Any) -> list[str]:
    assert answer.status_code == 422
    return list(answer.context["form"].errors["text"])


def stored() -> str:
    return str(ManualConfiguration.get().text)


# --- check before save ---------------------------------------------------------------------------


@pytest.mark.usefixtures("service", "at_once")
def test_what_haproxy_accepts_is_saved(admin: Client) -> None:
    assert post(admin, GOOD).status_code == 302
    assert stored() == GOOD
    assert "HAProxy accepts it" in admin.get(PAGE).content.decode()


@pytest.mark.usefixtures("service", "at_once")
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("\nlisten a\n    nonsense 1\n", "Line 3: unknown keyword 'nonsense'"),
        ("backend a\n    balance\n    balance what\n", "Line 3: "),
        ("backend web\n", "web"),  # the name of a service that is generated
        ("frontend a\n    bind 127.0.0.1:1\n    default_backend nowhere\n", "nowhere"),
    ],
)
def test_what_haproxy_refuses_stays_in_the_editor(admin: Client, text: str, words: str) -> None:
    post(admin, GOOD)
    answer = post(admin, text)
    assert any(words in said for said in refusal(answer))
    assert answer.context["form"]["text"].value() == text
    assert "HAProxy's own words" in answer.content.decode()
    assert stored() == GOOD


@pytest.mark.usefixtures("service", "at_once")
def test_what_is_wrong_elsewhere_is_not_the_texts_fault(admin: Client) -> None:
    VirtualService.objects.update(balance="nonsense")
    assert post(admin, GOOD).status_code == 302
    assert "Line 1: unknown keyword" in refusal(post(admin, "nonsense\n"))[0]


@pytest.mark.usefixtures("service")
def test_without_a_worker_nothing_is_saved_or_lost(admin: Client) -> None:
    answer = post(admin, GOOD)
    assert "the worker cannot be reached" in refusal(answer)[0]
    assert answer.context["form"]["text"].value() == GOOD
    assert stored() == ""


@pytest.mark.usefixtures("service")
def test_a_refusal_at_commit_names_the_line_of_the_editor() -> None:
    ManualConfiguration(pk=1, text="\nlisten a\n    nonsense 1\n").save()
    job = Job.objects.create(kind=Kind.RELOAD)
    engine.commit(job)
    assert job.sentence.startswith("HAProxy refused line 3 of Layer 7 – Manual Configuration: unknown keyword")
    assert job.place == f"{PAGE}#id_text"


@pytest.mark.usefixtures("service")
def test_the_page_says_what_has_to_be_written(admin: Client) -> None:
    VirtualService.objects.update(manual=True)
    assert "missing" in admin.get(PAGE).content.decode()
    ManualConfiguration(pk=1, text="listen web\n    bind 127.0.0.9:1\n").save()
    page = admin.get(PAGE).content.decode()
    assert "written" in page
    assert "missing" not in page


# --- a service by hand ---------------------------------------------------------------------------


@pytest.fixture
def hand(running: object, server_port: int) -> VirtualService:
    """It runs, beside a generated one whose primary key HAProxy gives to the written section as its number."""
    hand = VirtualService.objects.create(label="hand", address=VIP, ports=str(OWN_PORT), manual=True)
    for label in ("one", "two"):
        RealServer.objects.create(service=hand, label=label, address="127.0.0.1", port=server_port, weight=1)
    ManualConfiguration(pk=1, text=written(server_port)).save()
    reload()
    return hand


def reload() -> None:
    Generation.touch()
    job = Job.objects.create(kind=Kind.RELOAD)
    engine.commit(job)
    assert job.state == JobState.DONE, job.said or job.sentence


def get() -> str:
    link = http.client.HTTPConnection(VIP, OWN_PORT, timeout=5)
    link.request("GET", "/")
    answer = link.getresponse()
    return f"{answer.status} {answer.read().decode()}"


def row(label: str) -> tuple[rows.ServiceRow, dict[str, str]]:
    """As System Overview shows it."""
    snapshot = step(Snapshot(), settings.PATHS.haproxy_stats_socket, LocMemCache("manual", {}))
    config = configured.read(Configured())
    vip = next(vip for vip in config.vips.values() if vip.label == label)
    rips = config.rips.get(vip.pk, [])
    return rows.service_row(vip, rips, snapshot), {
        found.rip.label: found.mark.word for found in rows.server_rows(vip, rips, snapshot)
    }


def eventually(label: str, word: str) -> None:
    deadline = time.monotonic() + 15
    while row(label)[0].mark.word != word:
        assert time.monotonic() < deadline, row(label)
        time.sleep(0.1)


def test_it_serves_and_system_overview_knows_it(hand: VirtualService) -> None:
    assert get() == "200 hello"
    eventually("hand", "Healthy")
    assert row("hand")[1] == {"one": "Up", "two": "Up"}
    assert versions.current_addresses() == {VIP}


def test_a_drain_is_told_to_it_and_to_nobody_else(hand: VirtualService) -> None:
    RealServer.objects.filter(service=hand, label="one").update(state=State.DRAIN)
    states.apply()
    assert row("hand")[1] == {"one": "Draining", "two": "Up"}
    assert "Draining" not in row("web")[1].values()
    reload()
    assert row("hand")[1] == {"one": "Draining", "two": "Up"}
    told = {found["srv_name"]: found["srv_uweight"] for found in running_servers().values()}
    assert told == {"one": "30", "two": "30"}
    RealServer.objects.update(state=State.ONLINE)
    states.apply()
    assert row("hand")[1] == {"one": "Up", "two": "Up"}


def running_servers() -> dict[Any, dict[str, str]]:
    return parse(haproxy.server_states(settings.PATHS.haproxy_admin_socket, "hand"))


def test_another_port_in_the_text_counts_from_the_reload_on(hand: VirtualService) -> None:
    with served() as port:
        ManualConfiguration.objects.update(text=written(port))
        RealServer.objects.filter(service=hand, label="one").update(state=State.DRAIN)
        reload()
        assert {found["srv_port"] for found in running_servers().values()} == {str(port)}
        assert get() == "200 hello"


def test_a_new_service_is_not_taken_for_a_section_with_its_number(hand: VirtualService) -> None:
    numbers = {int(found["be_id"]) for found in running_servers().values()}
    for number in numbers:
        new = VirtualService(pk=number, label=f"new{number}", address=VIP, ports="1")
        if not VirtualService.objects.filter(pk=number).exists():
            new.save()
            assert row(new.label)[0].mark.word == "Not running"
    assert numbers & set(range(1, 100))


def test_without_its_section_it_does_not_run(hand: VirtualService) -> None:
    ManualConfiguration.objects.update(text="")
    reload()
    found, servers = row("hand")
    assert (found.mark.word, set(servers.values())) == ("Not running", {"Not running"})
    assert "Layer 7 – Manual Configuration" in found.why
    candidate._fingerprints.cache_clear()
