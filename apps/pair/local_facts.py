"""The settings that are each unit's own. Written by the page that compares them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Fact:
    menu: str
    page: str
    label: str
    value: str


def facts() -> list[Fact]:
    return []
