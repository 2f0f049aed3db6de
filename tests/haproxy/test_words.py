"""Words as HAProxy reads them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.haproxy.words import Unspeakable, quote, said


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("server", "one", "10.0.0.1:80"), "server one 10.0.0.1:80"),
        (("redir", "http://x/it's"), r"redir 'http://x/it'\''s'"),
        (("two words", "one"), "'two words' one"),
        (("a#b", 'c"d', "e\\f"), "'a#b' 'c\"d' 'e\\f'"),
        (("",), "''"),
        (("a", ""), "a ''"),
        (("a b", ""), "'a b' ''"),
        ((" ",), "' '"),
        (("ä",), "'ä'"),
    ],
)
def test_a_word_stays_one_word(words: tuple[str, ...], expected: str) -> None:
    assert said(words) == expected


@pytest.mark.parametrize("character", ["\n", "\r", "\t", "\0", "\x7f"])
def test_a_control_character_is_never_said(character: str) -> None:
    with pytest.raises(Unspeakable):
        said(("server", f"one{character}"))


@given(
    st.lists(st.text(st.characters(min_codepoint=32, exclude_characters="\x7f"), max_size=4), min_size=1, max_size=4)
)
def test_looking_at_the_whole_line_says_the_same_as_looking_at_each_word(words: list[str]) -> None:
    assert said(tuple(words)) == " ".join(map(quote, words))
