"""Reading thousands of rows at once."""

from typing import Any

from django.db import connection
from django.db.models import QuerySet


def rows(found: "QuerySet[Any, tuple[Any, ...]]") -> list[tuple[Any, ...]]:
    """What `values_list` gives, as SQLite's driver says it.

    The driver makes booleans of columns that are declared so; Django would look at each of them again. For columns of
    other kinds that Django converts, and for computed ones, this is nothing.
    """
    with connection.cursor() as cursor:
        cursor.execute(*found.query.sql_with_params())
        return list(cursor.fetchall())
