"""Keeping what was made of the same values."""

from apps.common.kept import Kept


def test_the_same_values_are_made_once_and_others_anew() -> None:
    made: list[int] = []

    def make() -> list[int]:
        made.append(0)
        return list(made)

    kept = Kept[list[int]](most=2)
    first = kept.get(("web", 1), make)
    assert kept.get(("web", 1), make) is first
    assert kept.get(("web", 2), make) is not first
    assert len(made) == 2


def test_everything_goes_when_it_becomes_too_much() -> None:
    kept = Kept[object](most=2)
    first = kept.get(1, object)
    kept.get(2, object)
    assert kept.get(1, object) is first
    kept.get(3, object)
    assert kept.get(1, object) is not first
