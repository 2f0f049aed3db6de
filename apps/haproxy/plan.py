"""What of a change HAProxy can take over while it runs, and why the rest needs a reload."""

from dataclasses import dataclass

from apps.haproxy.config import Config


@dataclass(frozen=True)
class Plan:
    steps: tuple[object, ...] = ()
    reasons: tuple[str, ...] = ()


def plan(old: Config, new: Config) -> Plan:
    return Plan(reasons=("the configuration changed",))
