"""Waiting for other processes, closely."""

import time
from collections.abc import Callable

PATIENCE = 60.0
PAUSE = 0.001


def until(is_so: Callable[[], bool]) -> None:
    """Raises TimeoutError: then something is broken, and there is nothing to measure."""
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not so after {PATIENCE:g} seconds: {is_so}")
        time.sleep(PAUSE)
