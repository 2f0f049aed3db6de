"""What Transparent Proxy needs of the host comes and goes without a trace, and beside what others put there."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings

from apps.system import transparency
from apps.system.paths import Paths
from apps.system.transparency import Family, NotTransparent

BOTH = {*Family}
NET = Path("/proc/sys/net")
KERNEL = [
    "ipv4/ip_forward",
    "ipv4/conf/all/accept_redirects",
    "ipv4/conf/all/send_redirects",
    "ipv4/conf/lo/send_redirects",
    "ipv6/conf/all/forwarding",
    "ipv6/conf/lo/accept_ra",
]
OTHERS = """
ip rule add fwmark 1 lookup 100 priority 107
ip route add local 0.0.0.0/0 dev lo table 100
ip route add 192.0.2.0/24 dev lo table 108
nft add table inet firewall
"""
THEIRS_AWAY = """
ip rule delete priority 107
ip route flush table 100
ip route flush table 108
nft delete table inet firewall
"""


@pytest.fixture
def paths(tmp_path: Path) -> Iterator[Paths]:
    paths = Paths(tmp_path)
    yield paths
    transparency.keep(set(), paths)


@pytest.fixture
def others() -> Iterator[None]:
    """What an administrator has set up before."""
    shell(OTHERS)
    yield
    shell(THEIRS_AWAY)


def shell(text: str) -> str:
    return subprocess.run(["sh", "-ec", text], capture_output=True, text=True, check=True).stdout


def host() -> tuple[str, list[str]]:
    words = "ip rule; ip -6 rule; ip route show table all; ip -6 route show table all type local; nft list ruleset"
    return shell(words), [value(name) for name in KERNEL]


def value(name: str) -> str:
    return (NET / name).read_text().strip()


@pytest.mark.usefixtures("others")
def test_all_of_it_comes_and_goes(paths: Paths) -> None:
    before = host()
    transparency.keep(BOTH, paths)
    rules = shell("ip rule; ip -6 rule; nft list ruleset")
    assert rules.count("108:\tfrom all fwmark 0x10000000/0x10000000 lookup 108 proto 108") == 2
    assert "socket transparent 1 meta mark set meta mark | 0x10000000 accept" in rules
    assert [value(name) for name in KERNEL] == ["1", "0", "0", "0", "1", "2"]
    transparency.keep(set(), paths)
    assert host() == before
    assert not list(paths.home.iterdir())


def test_it_may_be_asked_for_any_number_of_times(paths: Paths) -> None:
    before = host()
    transparency.keep(BOTH, paths)
    once = host()
    transparency.keep(BOTH, paths)
    assert host() == once
    transparency.keep(set(), paths)
    transparency.keep(set(), paths)
    assert host() == before


def test_each_kind_of_addresses_alone_changes_nothing_for_the_other(paths: Paths) -> None:
    transparency.keep({Family.V6}, paths)
    assert (value("ipv4/ip_forward"), value("ipv6/conf/all/forwarding")) == ("0", "1")
    assert "fwmark" not in shell("ip rule")
    transparency.keep({Family.V4}, paths)
    assert (value("ipv4/ip_forward"), value("ipv6/conf/all/forwarding")) == ("1", "0")
    assert "fwmark" not in shell("ip -6 rule")
    assert transparency.kept(paths) == {Family.V4}


def test_what_somebody_changed_meanwhile_is_set_again_and_theirs_comes_back(paths: Paths) -> None:
    with set_to("ipv4/conf/lo/send_redirects", "0"):
        transparency.keep({Family.V4}, paths)
        (NET / "ipv4/conf/lo/send_redirects").write_text("1")
        transparency.keep({Family.V4}, paths)
        assert value("ipv4/conf/lo/send_redirects") == "0"
        transparency.keep(set(), paths)
        assert value("ipv4/conf/lo/send_redirects") == "1"


def test_redirects_that_were_refused_are_refused_afterwards(paths: Paths) -> None:
    """The kernel accepts them again by itself when it stops forwarding."""
    with set_to("ipv4/conf/all/accept_redirects", "0"):
        transparency.keep({Family.V4}, paths)
        transparency.keep(set(), paths)
        assert value("ipv4/conf/all/accept_redirects") == "0"


def test_an_ordinary_user_is_told_that_it_takes_root() -> None:
    os.seteuid(65534)
    try:
        transparency.keep(set(), settings.PATHS)
        with pytest.raises(NotTransparent, match="needs lbadmin to run as root"):
            transparency.keep(BOTH, settings.PATHS)
    finally:
        os.seteuid(0)


@contextmanager
def set_to(name: str, text: str) -> Iterator[None]:
    before = value(name)
    (NET / name).write_text(text)
    yield
    (NET / name).write_text(before)
