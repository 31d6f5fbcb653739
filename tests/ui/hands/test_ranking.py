"""Which entry a few letters mean."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.ui.hands.ranking import Text, ranked, score

TITLES = (
    "Pause or resume entries",
    "Reverse the position",
    "Open orders",
    "Stop to breakeven",
    "Settings",
    "Session",
    "ETH",
    "ETHFI",
    "Theme",
)
TEXTS = {title: Text.of(title) for title in TITLES}


@pytest.mark.parametrize(
    ("wanted", "first"),
    [
        ("eth", "ETH"),
        ("ethf", "ETHFI"),
        ("set", "Settings"),
        ("res", "Pause or resume entries"),
        ("pos rev", "Reverse the position"),
        ("stb", "Stop to breakeven"),
        ("the", "Theme"),
        ("  ETH ", "ETH"),
    ],
)
def test_what_is_meant_comes_first(wanted: str, first: str) -> None:
    assert ranked(wanted, TEXTS)[0] == first


def test_a_prefix_beats_a_word_beats_letters_in_order() -> None:
    prefix, word, inside, letters = (
        score("ord", Text.of(title)) for title in ("Orders", "Open orders", "Reorder", "Old road")
    )
    assert prefix > word > inside > letters > 0
    assert score("ord", Text.of("Drone")) == 0


def test_what_is_said_beside_the_title_is_found_and_comes_later() -> None:
    texts = {"a": Text.of("Theme", "general look"), "b": Text.of("General")}
    assert ranked("general", texts) == ["b", "a"]


def test_recent_ones_come_first_among_equals_and_alone() -> None:
    texts = {name: Text.of(f"Order {name}") for name in "abc"}
    assert ranked("order", texts, ["c"]) == ["c", "a", "b"]
    assert ranked("", texts, ["b", "gone"]) == ["b", "a", "c"]
    assert ranked("", {**texts, "settings": Text.of("Settings")}, most=2) == ["a", "b"]


@given(st.text(max_size=12), st.text(max_size=30))
def test_only_what_holds_all_letters_in_order_is_found(wanted: str, title: str) -> None:
    folded, text = wanted.strip().casefold(), Text.of(title)
    letters = iter(text.title)
    holds = all(letter in letters for letter in "".join(folded.split()))
    assert bool(folded and score(folded, text) > 0) <= holds


@given(st.sampled_from(TITLES))
def test_every_title_is_first_for_itself(title: str) -> None:
    assert ranked(title, TEXTS)[0] == title


def test_scattered_letters_are_shown_only_where_nothing_has_the_word() -> None:
    texts = {title: Text.of(title, also) for title, also in (("Old road", ""), ("Trade size", "ord limits"))}
    assert ranked("ord", texts) == ["Trade size"]
    assert ranked("olr", texts) == ["Old road"]
