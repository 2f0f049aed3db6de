"""Carrying out a plan in the running HAProxy."""

from collections.abc import Mapping

from apps.haproxy.plan import Plan


class RuntimeRefused(Exception):
    """HAProxy did not take a step."""


def carry_out(plan: Plan, pems: Mapping[int, str]) -> None:
    """Replaced soon."""
