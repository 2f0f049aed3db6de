"""What keepalived is told: settings like these → exactly these lines; and it accepts whatever can be entered."""

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.system import keepalived, network
from apps.system.keepalived import Line, Settings, text
from apps.system.paths import Paths
from apps.unit.models import PACES, Heartbeat

HOME = Paths(Path("/h"))
LINK = "vrrp0"
PAIR = Settings(own="10.11.40.55", peer="10.11.40.56")
ALONE = """global_defs {
 router_id lbadmin
 vrrp_version 3
 max_auto_priority 20
 vrrp_garp_master_repeat 3
 vrrp_garp_master_delay 1
 vrrp_garp_lower_prio_repeat 3
}
track_file takeover {
 file "/h/heartbeat/takeover"
 weight 1
}
track_file standby {
 file "/h/heartbeat/standby"
 weight 0
}
track_file haproxy {
 file "/h/heartbeat/watch/haproxy"
 weight -20
}
track_file test {
 file "/h/heartbeat/watch/test"
 weight -20
}
vrrp_instance lbadmin {
 state BACKUP
 interface vrrp0
 virtual_router_id 51
 priority 240
 advert_int 0.3
 unicast_src_ip 169.254.66.2
 unicast_peer {
  169.254.66.1
 }
 track_file {
  takeover weight 1
  standby weight 0
  haproxy weight -20
  test weight -20
 }
 virtual_ipaddress {
  169.254.66.94/32 dev lo
 }
}
"""
MAIL = [
    " notification_email {",
    "  ops@example.com",
    " }",
    " notification_email_from ops@example.com",
    " smtp_server 127.0.0.1 25",
    " smtp_connect_timeout 5",
    " smtp_alert",
]


def lines(wanted: Settings, *floating: Line, at_once: bool = False) -> list[str]:
    return text(HOME, wanted, LINK, floating, at_once=at_once).splitlines()


def test_a_single_unit() -> None:
    assert text(HOME, Settings(), LINK, []) == ALONE


@pytest.mark.parametrize(
    ("wanted", "new", "gone"),
    [
        (PAIR, [], []),
        (replace(PAIR, is_primary=False), [" unicast_src_ip 169.254.66.1", "  169.254.66.2"], 2),
        (replace(PAIR, keepalive=1000), [" advert_int 1"], 1),
        (replace(PAIR, keepalive=100), [" advert_int 0.1"], 1),
        (replace(PAIR, auto_failback=True), [" priority 245"], 1),
        (replace(PAIR, auto_failback=True, is_primary=False), [" unicast_src_ip 169.254.66.1", "  169.254.66.2"], 2),
        (replace(PAIR, port=7000, test_address="10.11.40.1"), [], 0),
        (replace(PAIR, mail_to="ops@example.com"), MAIL, 0),
        (replace(PAIR, mail_from="a@example.com", mail_server="10.0.0.1", mail_port=26), [], 0),
        (
            replace(PAIR, mail_to="b@c", mail_from="a@c", mail_server="10.0.0.1", mail_port=26),
            [
                *(" notification_email {", "  b@c", " }", " notification_email_from a@c"),
                *(" smtp_server 10.0.0.1 26", " smtp_connect_timeout 5", " smtp_alert"),
            ],
            0,
        ),
    ],
)
def test_each_setting_changes_its_own_lines(wanted: Settings, new: list[str], gone: int) -> None:
    before, after = ALONE.splitlines(), lines(wanted)
    kept = list(before)
    found = [line for line in after if line not in kept or kept.remove(line)]  # type: ignore[func-returns-value]
    assert sorted(line for line in found if line != " }") == sorted(line for line in new if line != " }")
    assert len([line for line in kept if line != " }"]) == (gone or 0)


def test_floating_ips_carry_their_marks() -> None:
    four, six = Line("10.11.40.217", 16, "eth0"), Line("2001:db8::217", 64, "eth0")
    told = lines(PAIR, four, six)
    assert told[-5:] == [
        " virtual_ipaddress_excluded {",
        f"  10.11.40.217/16 dev eth0 label {network.LABEL}",
        "  2001:db8::217/64 dev eth0 preferred_lft 0",
        " }",
        "}",
    ]


def test_the_active_unit_stays_active_on_another_link() -> None:
    told = lines(PAIR, at_once=True)
    assert (" state MASTER" in told, " priority 255" in told) == (True, True)
    assert not any("track_file" in line for line in told)


@pytest.mark.parametrize(("pace", "seconds"), [("100", 0.306), ("300", 0.919), ("3000", 9.188)])
def test_the_dead_time_is_that_of_vrrp(pace: str, seconds: float) -> None:
    assert Heartbeat(keepalive=pace).dead_time == pytest.approx(seconds, abs=0.001)


@pytest.fixture(scope="module", autouse=True)
def link() -> Iterator[None]:
    """Keepalived looks whether it is there."""
    subprocess.run(["ip", "link", "add", LINK, "type", "veth", "peer", "name", "vrrp1"], check=True)
    yield
    subprocess.run(["ip", "link", "delete", LINK], check=True)


WORDS = st.from_regex(r"\A[A-Za-z0-9_.+-]{1,20}@[A-Za-z0-9.-]{1,20}\Z")
SERVERS = st.one_of(st.just(""), st.ip_addresses().map(str))
PORTS = st.integers(1, 65535)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(PACES), st.booleans(), st.booleans(), st.one_of(st.just(""), WORDS), WORDS, SERVERS, PORTS)
def test_keepalived_accepts_whatever_can_be_entered(
    tmp_path: Path,
    pace: tuple[str, str],
    auto_failback: bool,
    is_primary: bool,
    to: str,
    sender: str,
    server: str,
    port: int,
) -> None:
    """A value that would be more than one word would change the number of words."""
    wanted = Settings(
        keepalive=int(pace[0]), is_primary=is_primary, auto_failback=auto_failback, mail_to=to, mail_from=sender
    )
    wanted = replace(wanted, mail_server=server, mail_port=port)
    found = text(Paths(tmp_path), wanted, LINK, [Line("127.0.0.77", 32, "lo"), Line("2001:db8::7", 128, "lo")])
    path = tmp_path / "keepalived.conf"
    path.write_text(found)
    done = subprocess.run([keepalived.BINARY, "-t", "-f", path], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), found
    like = replace(wanted, mail_to=to and "x@y", mail_from="x@y", mail_server="1.1.1.1", mail_port=1)
    assert len(found.split()) == len(
        text(Paths(tmp_path), like, LINK, [Line("127.0.0.77", 32, "lo"), Line("2001:db8::7", 128, "lo")]).split()
    )
