"""template on made-up markets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import laws

SEEDS = st.integers(0, 2**31)


def test_it_keeps_its_word() -> None:
    laws.passes_its_checks("template")


@given(SEEDS)
def test_a_mirrored_market_gives_the_mirrored_signal(seed: int) -> None:
    laws.mirrors("template", seed)


@given(SEEDS)
def test_the_sentence_agrees_with_the_side(seed: int) -> None:
    laws.explains("template", seed, "above", "below")


@pytest.mark.parametrize("seed", range(5))
def test_what_is_missing_makes_it_neutral_with_the_reason(seed: int) -> None:
    laws.says_nothing_without("template", seed)
