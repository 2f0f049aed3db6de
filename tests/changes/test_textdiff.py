"""Two versions of a file, line by line."""

import time

from apps.changes.textdiff import LINES_SHOWN, file_diff

OLD = """global
    user haproxy

listen web
    id 1
    bind 192.0.2.10:80
    mode http
    balance leastconn
    timeout client 12h
    server one 192.0.2.1:80

listen shop
    id 2
"""


def told(before: str, after: str) -> list[str]:
    return [line.text for line in file_diff("haproxy.cfg", before, after).lines]


def test_a_changed_line_stands_in_its_section_with_its_neighbours() -> None:
    assert told(OLD, OLD.replace("12h", "92s")) == [
        " listen web",
        " …",
        "     bind 192.0.2.10:80",
        "     mode http",
        "     balance leastconn",
        "-    timeout client 12h",
        "+    timeout client 92s",
        "     server one 192.0.2.1:80",
    ]


def test_a_new_section_is_there_from_its_first_line() -> None:
    diff = file_diff("haproxy.cfg", OLD, OLD + "listen more\n    id 3\n")
    assert [line.text for line in diff.lines] == ["+listen more", "+    id 3"]
    assert diff.sentence == "2 lines added"


def test_a_section_that_is_gone_comes_last() -> None:
    diff = file_diff("haproxy.cfg", OLD, OLD.replace("listen shop\n    id 2\n", "").replace("user haproxy", "user x"))
    assert [line.text for line in diff.lines][-2:] == ["-listen shop", "-    id 2"]
    assert diff.sentence == "1 line added, 3 removed"


def test_sections_of_one_name_are_not_mixed_up() -> None:
    twice = "global\n    user a\nglobal\n    user b\n"
    assert told(twice, twice.replace("user b", "user c")) == [" global", "-    user b", "+    user c"]


def test_equal_files_have_no_lines() -> None:
    assert told(OLD, OLD) == []


def test_thousands_of_sections_that_all_differ_take_no_time() -> None:
    many = "".join(
        f"listen s{number}\n    bind 192.0.2.1:{number}\n    timeout client 12h\n\n" for number in range(2000)
    )
    start = time.monotonic()
    diff = file_diff("haproxy.cfg", many, many.replace("12h", "92s"))
    assert (diff.added, diff.removed, len(diff.shown)) == (2000, 2000, LINES_SHOWN)
    assert diff.more == len(diff.lines) - LINES_SHOWN
    assert time.monotonic() - start < 20  # a plain comparison of the whole takes minutes
