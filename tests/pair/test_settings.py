"""Heartbeat Configuration, Restart Heartbeat where it waits, and the units side by side."""

import json
import re
from collections.abc import Iterator
from dataclasses import asdict

import pytest
from django.conf import settings
from django.test import Client

from apps.changes import heartbeat as waits
from apps.common.models import Edit, Generation
from apps.common.options import options
from apps.pair import difference
from apps.pair.local_facts import OWN, Fact, facts
from apps.services.models import Layer7
from apps.system import local
from apps.system.heartbeat import Told
from apps.system.keepalived import Settings
from apps.unit.models import PACES, Heartbeat, Role
from tests.changes.recorded import Words
from tests.pair.rows import OWN as OWN_ADDRESS
from tests.pair.rows import PAGE, PEER, pair, sees
from tests.services.test_labels import default_words

pytestmark = pytest.mark.usefixtures("committed")
URL = "/lbadmin/cluster/heartbeat/"
WELL = {"port": "6694", "keepalive": "300", "test_address": "", "mail_to": "", "mail_from": ""}
RESTART = "/lbadmin/maintenance/restart-services/"


def text(browser: Client, page: str) -> str:
    return " ".join(" ".join(Words(browser.get(page).content.decode()).pieces).split())


@pytest.fixture
def beating() -> Iterator[None]:
    """Keepalived was told the settings of a single unit."""
    settings.PATHS.heartbeat_told.write_text(json.dumps(asdict(Told())))
    yield
    settings.PATHS.heartbeat_told.unlink()


# --- Heartbeat Configuration ----------------------------------------------------------------------

# Serial lines, a warning time and an initial dead time are nothing that keepalived has.
LABELS = {
    "UDP Unicast Port": "6694",
    "Keepalive (s)": "0.3",  # the reference's 3 s would leave clients alone for ten
    "Auto-failback": "off",
    "Test IP address": "blank",
    "E-mail alert destination": "blank",
    "E-mail alert source": "blank",
}


def test_every_label_of_the_reference_is_there_with_its_default() -> None:
    assert {option.label: default_words(option) for option in options(Heartbeat)} == LABELS


def test_what_follows_from_it_is_shown_and_cannot_be_set(admin: Client) -> None:
    said = text(admin, URL)
    assert "Dead time (s) 0.92 follows from Keepalive Local IP address 127.0.0.1 single unit" in said
    assert said.endswith("Cancel Modify Heartbeat Configuration")
    pair()
    assert f"Local IP address {OWN_ADDRESS} Peer IP address {PEER} lb2, set by pairing" in text(admin, URL)


@pytest.mark.parametrize("pace", [pace for pace, _ in PACES])
def test_the_dead_time_of_each_choice_is_that_of_keepalived(admin: Client, pace: str) -> None:
    times = json.loads(admin.get(URL).context["dead_times"])
    assert float(times[pace]) == pytest.approx(Settings(keepalive=int(pace)).dead_time, abs=0.006)
    admin.post(URL, WELL | {"keepalive": pace})
    assert f"Dead time (s) {times[pace]} " in text(admin, URL)


def test_it_is_saved_recorded_and_waits_for_a_restart(admin: Client, beating: None) -> None:
    before = Generation.current()
    answer = admin.post(URL, WELL | {"port": "6700", "auto_failback": "on"}, follow=True)
    said = " ".join(" ".join(Words(answer.content.decode()).pieces).split())
    assert "Heartbeat Configuration updated. Press Restart Heartbeat in the Commit changes box to use it." in said
    assert "UDP Unicast Port: 6700, Auto-failback: on – not used by the heartbeat yet. No address moves." in said
    assert (Heartbeat.get().port, Heartbeat.get().auto_failback) == (6700, True)
    assert Generation.current() == before + 1
    assert (Edit.objects.get().kind, Edit.objects.get().what) == ("Heartbeat Configuration", "changed")


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"port": "80"}, "Use a number from 1024 to 65535."),
        ({"keepalive": "7"}, "Select a valid choice"),
        ({"test_address": "gateway"}, "Enter an IPv4 or IPv6 address"),
        ({"mail_to": "it's@example.com"}, "Use an e-mail address of letters"),
    ],
)
def test_what_is_wrong_is_not_saved(admin: Client, typed: dict[str, str], words: str) -> None:
    answer = admin.post(URL, WELL | typed)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Heartbeat.objects.exists()


def test_a_locked_haproxy_does_not_lock_the_heartbeat(admin: Client) -> None:
    Layer7.objects.create(pk=1, locked=True)
    assert "HAProxy's configuration is locked" not in text(admin, URL)
    assert admin.post(URL, WELL | {"port": "6700"}).status_code == 302
    assert Heartbeat.get().port == 6700


def test_only_group_config_may(operator: Client) -> None:
    assert operator.get(URL).status_code == 403


# --- Restart Heartbeat ----------------------------------------------------------------------------


def test_a_new_peer_waits_for_it_on_every_page(operator: Client, beating: None) -> None:
    pair()
    said = text(operator, "/lbadmin/maintenance/passwords/")
    assert "Commit changes The pair is ready once heartbeat has been restarted." in said
    assert f"New peer {PEER} – not used by the heartbeat yet; it restarts on the Secondary as well." in said
    html = operator.get("/lbadmin/maintenance/passwords/").content.decode()
    assert f'action="{PAGE}heartbeat/"' in html


def test_it_stands_beside_what_waits_for_haproxy(admin: Client, beating: None) -> None:
    admin.post("/lbadmin/cluster/virtual-services/add/", {"label": "web", "address": "192.0.2.10", "ports": "80"})
    pair()
    said = text(admin, "/lbadmin/maintenance/passwords/")
    assert re.search(r"Commit changes Saved, not running yet: .* Reload HAProxy New peer .* Restart Heartbeat", said)
    review = text(admin, "/lbadmin/commit/review/")
    assert ("Restart Heartbeat" in review, "Commit all" in review) == (True, True)


def test_the_review_says_that_only_it_waits(admin: Client, beating: None) -> None:
    Heartbeat.objects.create(pk=1, port=6700)
    said = text(admin, "/lbadmin/commit/review/")
    assert "Nothing else waits to be committed. What is saved for HAProxy is what runs." in said


def test_a_viewer_sees_it_without_a_button(viewer: Client, beating: None) -> None:
    pair()
    said = text(viewer, "/lbadmin/maintenance/passwords/")
    assert f"New peer {PEER}" in said
    assert "Restart Heartbeat" not in said


def test_a_secondary_leaves_it_to_the_primary(operator: Client, beating: None) -> None:
    pair(Role.SECONDARY)
    assert waits.waiting() == []
    assert "New peer" not in text(operator, "/lbadmin/maintenance/passwords/")


def test_restart_services_says_what_it_does(operator: Client) -> None:
    said = text(operator, RESTART)
    assert "Restart Heartbeat Has both units hear each other by the saved settings" in said
    assert "Floating IPs stay where they are." in said


# --- Compare the units ----------------------------------------------------------------------------

# The table of the deployment guide, in its order.
NOT_REPLICATED = [
    ("Local Configuration", "Hostname & DNS"),
    ("Local Configuration", "Network Interface Configuration"),
    ("Local Configuration", "Routing"),
    ("Local Configuration", "System Date & time"),
    ("Local Configuration", "Physical – Advanced Configuration"),
    ("Local Configuration", "Portal Management"),
    ("Local Configuration", "Security"),
    ("Local Configuration", "SNMP Configuration"),
    ("Local Configuration", "Graphing"),
    ("Local Configuration", "License Key"),
    ("Maintenance", "Backup & Restore"),
    ("Maintenance", "Software Updates"),
    ("Maintenance", "Firewall Script"),
    ("Maintenance", "Firewall Lockdown Wizard"),
]


def test_all_fourteen_settings_are_told_in_their_order() -> None:
    told = list(dict.fromkeys((fact.menu, fact.page) for fact in facts()))
    assert [page for page in told if page != ("Local Configuration", "Service Socket Addresses")] == NOT_REPLICATED


def test_this_host_is_read() -> None:
    found = {(fact.page, fact.label): fact.value for fact in facts()}
    assert found["Hostname & DNS", "Hostname"]
    assert found["Software Updates", "lbadmin"] == settings.VERSION
    assert re.match(r"2\.\d+\.\d+", found["Software Updates", "HAProxy"])
    assert found["Service Socket Addresses", "WebUI (HTTPS)"] == "all addresses, port 9443"
    assert all(fact.value for fact in facts())
    assert local.memory() > 100
    assert "lo" not in {interface.name for interface in local.interfaces()}


def test_facts_survive_the_way_between_the_units() -> None:
    assert [Fact(**json.loads(json.dumps(asdict(fact)))) for fact in facts()] == facts()


def changed(label: str, value: str) -> list[Fact]:
    return [Fact(fact.menu, fact.page, fact.label, value if fact.label == label else fact.value) for fact in facts()]


def test_what_should_be_equal_and_is_not_is_marked() -> None:
    found = difference.pages(facts(), changed("Time zone", "Europe/Zurich"))
    assert difference.differing(found) == ["Time zone"]
    words = {pair.fact.label: (pair.word, pair.style) for page in found for pair in page.pairs}
    assert words["Time zone"] == ("Differs", "warn")
    assert words["Hardware clock"] == ("Same", "ok")
    assert {words[label] for label in OWN} == {("Each its own", "idle")}


def test_a_hostname_of_its_own_is_no_difference() -> None:
    assert difference.differing(difference.pages(facts(), changed("Hostname", "lb2"))) == []


def test_what_only_one_unit_has_differs() -> None:
    alien = Fact("Local Configuration", "Network Interface Configuration", "MTU of eth9", "9000")
    for own, peer in (([*facts(), alien], facts()), (facts(), [*facts(), alien])):
        found = difference.pages(own, peer)
        assert difference.differing(found) == ["MTU of eth9"]
        assert [(page.menu, page.name) for page in found].count((alien.menu, alien.page)) == 1


def test_a_peer_that_does_not_answer_is_said_and_this_unit_shown(viewer: Client) -> None:
    pair(address="127.0.0.77", port=1)
    sees()
    said = text(viewer, f"{PAGE}compare/")
    assert "lb2 (127.0.0.77) does not answer" in said
    assert "Only this unit's settings are shown." in said
    assert "Not compared" in said
    assert "Local Configuration > License Key not configurable in this version" in said


def test_the_page_of_the_pair_tells_what_was_found_last(viewer: Client) -> None:
    pair()
    sees()
    assert "Not compared" in text(viewer, PAGE)
    difference.remember(["Time zone", "DNS servers"])
    assert "2 differ" in text(viewer, PAGE)
    assert "Time zone, DNS servers Compare the units" in text(viewer, PAGE)


def test_a_single_unit_has_nothing_to_compare(viewer: Client) -> None:
    assert viewer.get(f"{PAGE}compare/")["Location"] == PAGE
