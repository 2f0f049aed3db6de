"""Keeping what takes long to make: of thousands of objects hardly one changes from one time to the next."""

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Kept(Generic[T]):
    """What was made of the same values before. Everything is let go when it becomes too much."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: dict[Hashable, T] = {}

    def get(self, values: Hashable, make: Callable[[], T]) -> T:
        """Threads may share it: at worst two of them make the same."""
        found = self._kept.get(values)
        if found is None:
            if len(self._kept) >= self._most:
                self.clear()
            found = self._kept[values] = make()
        return found

    def clear(self) -> None:
        self._kept.clear()
