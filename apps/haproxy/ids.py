"""The numbers that HAProxy knows virtual services and real servers by.

Sections that an administrator wrote have the low numbers that HAProxy gives out itself. None of them is ever taken for
a virtual service of ours by its number: they are known by their names.
"""

FIRST_ID = 1_000_000  # the statistics page; virtual services follow
FALLBACK_ID = 1  # of the fallback server in every service


def service_id(pk: int) -> int:
    return FIRST_ID + pk


def service_pk(number: int) -> int:
    """0 for a section that is none of ours."""
    return max(0, number - FIRST_ID)


def server_id(pk: int) -> int:
    return FALLBACK_ID + pk


def server_pk(number: int) -> int:
    """Within a service of ours."""
    return number - FALLBACK_ID
