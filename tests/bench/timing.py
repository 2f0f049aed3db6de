"""Taking times on a machine that others use too."""

import time
from collections.abc import Callable
from statistics import median, quantiles

Timed = Callable[[], float]


def clock(work: Callable[[], object]) -> float:
    """Milliseconds."""
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def in_turns(rounds: int, *works: Timed) -> list[float]:
    """The median milliseconds of each. A B A B …: what else the machine does meets them alike. One round warms up."""
    times = [[work() for work in works] for _ in range(rounds + 1)][1:]
    return [median(column) for column in zip(*times, strict=True)]


def spread(rounds: int, work: Timed) -> tuple[float, float]:
    """Median and 95th percentile."""
    times = [work() for _ in range(rounds + 1)][1:]
    return median(times), quantiles(times, n=20)[-1]
