"""The analyst's opinion becomes an idea where it is sure enough, and names no price, no size and no limit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.core.model import Interval
from hlmaster.core.signals import Terms
from hlmaster.market.window import Window
from hlmaster.strategies.analyst import Analyst
from hlmaster.strategies.answer import answer_of, explanation_of
from hlmaster.strategies.roster import Entry
from tests.strategies import laws
from tests.strategies.scenes import made, put, scene, still

PLAIN = made("analyst")
SEEDS = st.integers(0, 2**31)
ANYTHING = st.floats(allow_nan=True, allow_infinity=True)


def saying(opinion: float, confidence: float) -> Window:
    return still(PLAIN.needs, {"opinion": opinion, "opinion_confidence": confidence}).window(PLAIN.needs)


def test_it_keeps_its_word() -> None:
    laws.passes_its_checks("analyst")


@given(SEEDS)
def test_a_mirrored_market_gives_the_mirrored_signal(seed: int) -> None:
    laws.mirrors("analyst", seed)


@given(SEEDS)
def test_the_sentence_agrees_with_the_side(seed: int) -> None:
    laws.explains("analyst", seed, "LONG", "SHORT")


@pytest.mark.parametrize("name", PLAIN.needs.columns)
@pytest.mark.parametrize("seed", range(3))
def test_what_is_missing_makes_it_neutral_with_the_reason(seed: int, name: str) -> None:
    window = put(laws.speaking(made("analyst"), seed), {name: np.nan})
    assert PLAIN.signals(window).direction[-1] == 0
    told = PLAIN.explain(window)
    assert told.missing == ("an opinion of the analyst that still counts",)
    assert told.reason == "not known: an opinion of the analyst that still counts"


@pytest.mark.parametrize(
    ("opinion", "confidence", "side", "words"),
    [
        (0.7, 0.7, 1, "the analyst says LONG and is 70 % sure"),
        (-0.9, 0.9, -1, "the analyst says SHORT and is 90 % sure"),
        (1.0, 1.0, 1, "the analyst says LONG and is 100 % sure"),
        (0.6, 0.6, 0, "the analyst says LONG, but is not sure enough: 60 %"),
        (-0.69, 0.69, 0, "the analyst says SHORT, but is not sure enough: 69 %"),
        (0.0, 0.9, 0, "the analyst says hold and is 90 % sure"),
    ],
)
def test_it_speaks_from_the_threshold_on(opinion: float, confidence: float, side: int, words: str) -> None:
    window = saying(opinion, confidence)
    said, told = PLAIN.signals(window), PLAIN.explain(window)
    assert said.direction[-1] == side
    assert said.confidence[-1] == (confidence if side else 0.0)
    assert (told.reason, told.missing) == (words, ())


def test_the_threshold_is_the_user_s() -> None:
    window = saying(0.8, 0.8)
    assert made("analyst", threshold=0.8).signals(window).direction[-1] == 1
    assert made("analyst", threshold=0.81).signals(window).direction[-1] == 0


@given(ANYTHING, ANYTHING)
def test_whatever_the_columns_hold_it_says_a_side_or_nothing(opinion: float, confidence: float) -> None:
    window = saying(opinion, confidence)
    answer = answer_of(PLAIN, window)
    assert (answer.entry, answer.stop, answer.target) == (None, None, None)
    assert explanation_of(PLAIN, window).reason
    if answer.sign:
        assert answer.sign == np.sign(opinion)
        assert 0.7 <= answer.confidence <= 1


@pytest.mark.parametrize(("opinion", "confidence"), [(8.0, 0.8), (0.8, 8.0), (np.inf, 0.8), (-0.8, -0.8)])
def test_an_opinion_out_of_its_range_is_none(opinion: float, confidence: float) -> None:
    window = saying(opinion, confidence)
    assert PLAIN.signals(window).direction[-1] == 0
    assert PLAIN.explain(window).missing


@given(SEEDS)
def test_only_the_opinion_moves_it(seed: int) -> None:
    strategy = made("analyst")
    market = scene(strategy, seed, rows=60)
    other = market.with_columns(**{name: market.columns[name][::-1] for name in ("open", "high", "low", "close")})
    one, two = (strategy.signals(m.window(strategy.needs)) for m in (market, other))
    assert np.array_equal(one.direction, two.direction)
    assert np.array_equal(one.confidence, two.confidence)


def test_it_is_traded_on_our_terms_and_asks_first() -> None:
    assert PLAIN.terms == Terms(cool_down_ms=15 * 60_000)
    assert PLAIN.needs.grid.interval is Interval.M5
    assert not Analyst.armed_by_default
    assert Analyst.warning
    assert Entry().policy == "ask"
