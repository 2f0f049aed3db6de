"""What is signed cannot be taken for something else, and a password is not given away by proving it."""

import pytest

from apps.pair import signing
from apps.pair.signing import BadRecipe
from tests.conftest import PASSWORD
from tests.pair.other import Other, joined, stored_password

SALT = "c2FsdHNhbHRzYWx0"


def recipe(memory: object = 102400, time: object = 2, lanes: object = 8, salt: str = SALT) -> str:
    return f"argon2$argon2id$v=19$m={memory},t={time},p={lanes}${salt}"


def test_both_units_come_to_the_same_secret() -> None:
    found = signing.recipe(stored_password())
    assert signing.hashed(PASSWORD, found) == stored_password()
    assert signing.hashed(PASSWORD + " ", found) != stored_password()


@pytest.mark.parametrize(
    "asked",
    [
        "",
        "!unusable",
        recipe(memory=2**30),
        recipe(time=1000),
        recipe(lanes=1000),
        recipe(lanes=0),
        recipe(salt=""),
        recipe(salt="short"),
        recipe(salt="ä" * 12),
        recipe(memory="x"),
        recipe().replace("argon2id", "argon2i"),
        recipe().replace("v=19", "v=16"),
        recipe().replace("m=", "n="),
        recipe() + "$x",
    ],
)
def test_a_recipe_that_no_unit_has_is_not_followed(asked: str) -> None:
    with pytest.raises(BadRecipe):
        signing.hashed(PASSWORD, asked)


@pytest.mark.parametrize("asked", [recipe(memory=64), recipe(time=1)])
def test_a_password_is_not_proven_to_who_asks_for_a_cheap_proof(asked: str) -> None:
    """Whoever answers at the address may be anybody, and could try all words of a dictionary against it."""
    with pytest.raises(BadRecipe):
        signing.hashed(PASSWORD, asked)


def test_no_two_lists_of_words_are_signed_alike() -> None:
    lists = [("ab", "c"), ("a", "bc"), ("abc",), ("abc", ""), ("", "abc"), ("a", "b", "c"), ()]
    assert len({signing._joined(words) for words in lists}) == len(lists)
    assert signing._joined(("a", b"b")) == joined("a", "b")


@pytest.mark.parametrize("signature", ["", "x", "00", "é", "0" * 128])
def test_what_is_no_signature_is_none(signature: str) -> None:
    other = Other()
    assert signing.is_signed(other.key, other.sign("one", "two"), "one", "two")
    assert not signing.is_signed(other.key, signature, "one", "two")
    assert not signing.is_signed(signature, other.sign("one", "two"), "one", "two")
