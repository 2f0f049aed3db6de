"""Stick tables: forgetting which clients belong to real servers that take no more of them."""

import re
from collections.abc import Iterable

from apps.haproxy.ids import server_id

FILLED = re.compile(r"^# table: ([^,]+), .*used:[1-9]", re.MULTILINE)


def clearing(answer: str, servers: Iterable[tuple[str, int]]) -> list[str]:
    """Commands for servers as label of the service and primary key. `answer` is what `show table` says: tables that
    are not there, or empty, need no command.
    """
    filled = set(FILLED.findall(answer))
    return [f"clear table {label} data.server_id eq {server_id(pk)}" for label, pk in servers if label in filled]
