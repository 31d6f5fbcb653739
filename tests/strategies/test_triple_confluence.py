"""All three edges or nothing; side, words and numbers agree."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from hlmaster.core.signals import Direction
from hlmaster.market.window import Window
from hlmaster.strategies.triple_confluence import BASE_FUNDING, TripleConfluence, TripleParams, depth_ratio
from tests.strategies.scenes import made, mirrored, numbers, put, scene, still

PLAIN = TripleConfluence(TripleParams())
CROSS, DIVERGENCE, SWEEP, ATR = (indicator.columns for indicator in PLAIN.needs.indicators)
RATIO = depth_ratio(PLAIN.params)
FUNDING = {1: -0.000_05, 0: 0.000_012_5, -1: 0.000_075}
BOOK = {1: 2.0, 0: 1.1, -1: 0.5}


def market(values: Mapping[str, float] | None = None, sides: tuple[int, int, int] = (1, 1, 1)) -> Window:
    """The last row has these sides; the close is half a range beyond the slow average on the side of the cross."""
    funding, book, cross = sides
    chosen = {"funding": FUNDING[funding], RATIO: BOOK[book], CROSS[2]: float(cross)}
    chosen |= {CROSS[1]: 100.0 - 0.5 * cross, ATR[0]: 1.0, DIVERGENCE[0]: 0.0, SWEEP[0]: 0.0}
    return put(still(PLAIN.needs).window(PLAIN.needs), chosen | dict(values or {}))


def last(window: Window, strategy: TripleConfluence = PLAIN) -> tuple[int, float]:
    said = strategy.signals(window)
    return int(said.direction[-1]), float(said.confidence[-1])


@pytest.mark.parametrize("sides", list(itertools.product((1, 0, -1), repeat=3)))
def test_all_three_must_point_the_same_way(sides: tuple[int, int, int]) -> None:
    agreed = sides[0] if len(set(sides)) == 1 else 0
    window = market(sides=sides)
    assert last(window)[0] == agreed
    assert PLAIN.explain(window).reason.startswith("no agreement") == (agreed == 0)


@pytest.mark.parametrize(
    ("funding", "side"),
    [(0.000_012_5, 0), (0.0, 0), (0.000_025, 0), (-0.000_001, 1), (0.000_026, -1), (-0.001, 1), (0.001, -1)],
)
def test_funding_favours_a_side_only_beyond_the_band_around_its_base(funding: float, side: int) -> None:
    """The base rate of +0.00125 % an hour is no reason to be short, and neither is a rate of zero."""
    assert last(market({"funding": funding}, (side or 1,) * 3))[0] == side


@pytest.mark.parametrize(("ratio", "side"), [(1.0, 0), (1.29, 0), (1 / 1.29, 0), (1.31, 1), (1 / 1.31, -1)])
def test_the_book_leans_beyond_the_ratio_either_way(ratio: float, side: int) -> None:
    assert last(market({RATIO: ratio}, (side or 1,) * 3))[0] == side


def test_confidence_runs_from_just_met_to_certain() -> None:
    met = {"funding": (BASE_FUNDING - 0.001_26) / 100, RATIO: 1.301, CROSS[1]: 100.0}
    assert last(market(met)) == (1, pytest.approx(0.7, abs=0.001))
    full = {"funding": -0.001, RATIO: 5.0, CROSS[1]: 90.0}
    assert last(market(full)) == (1, pytest.approx(0.9))


def test_the_first_pattern_counts() -> None:
    """A cross before a divergence before a sweep, whichever way the later ones point."""
    up = {CROSS[2]: 0.0, DIVERGENCE[0]: 1.0, SWEEP[0]: -1.0, SWEEP[1]: 100.0}
    assert last(market(up))[0] == 1
    assert "hidden divergence up" in PLAIN.explain(market(up)).reason
    assert last(market(up | {CROSS[2]: -1.0}))[0] == 0
    assert last(market(up | {DIVERGENCE[0]: 0.0, SWEEP[0]: 1.0, SWEEP[1]: 99.0}))[0] == 1


@pytest.mark.parametrize(("age", "side"), [(0, 1), (1, 1), (2, 1), (3, 0)])
def test_a_pattern_counts_for_the_patience(age: int, side: int) -> None:
    window = put(market({CROSS[1]: 99.5}, (1, 1, 0)), {CROSS[2]: 1.0}, row=-1 - age)
    assert last(window)[0] == side
    assert ("ago" in PLAIN.explain(window).reason) == (age in (1, 2))


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"funding": np.nan}, "funding"),
        ({RATIO: np.nan}, "book within 10 bp"),
        ({ATR[0]: np.nan}, "price patterns"),
        ({CROSS[2]: np.nan, DIVERGENCE[0]: np.nan, SWEEP[0]: np.nan}, "price patterns"),
        ({"close": np.nan}, "price patterns"),
    ],
)
def test_what_is_missing_makes_it_abstain_and_is_named(values: dict[str, float], named: str) -> None:
    """An empty side of the book is an unknown ratio, never a large one."""
    window = market(values)
    assert last(window) == (0, 0.0)
    told = PLAIN.explain(window)
    assert told.missing == (named,)
    assert named in told.reason


def test_one_unknown_pattern_does_not_hide_another() -> None:
    assert last(market({DIVERGENCE[0]: np.nan, SWEEP[0]: np.nan}))[0] == 1


def test_two_of_three_are_an_opportunity() -> None:
    seen = PLAIN.opportunity(market(sides=(1, 1, 0)))
    assert seen is not None
    assert (seen.direction, [check.passed for check in seen.checks]) == (Direction.LONG, [True, True, False])
    assert PLAIN.opportunity(market(sides=(1, 0, 0))) is None
    assert PLAIN.opportunity(market(sides=(1, 1, -1))) is None
    unknown = PLAIN.opportunity(market({"funding": np.nan}, (-1, -1, -1)))
    assert unknown is not None
    assert [check.passed for check in unknown.checks] == [None, True, True]
    ready = PLAIN.opportunity(market())
    assert ready is not None
    assert ready.is_ready


@given(seed=st.integers(0, 10_000))
@settings(max_examples=25)
def test_side_words_and_numbers_agree(seed: int) -> None:
    strategy = made("triple_confluence", patience=10)
    window = scene(strategy, seed).window(strategy.needs)
    said = strategy.signals(window)
    for row in np.flatnonzero(said.direction)[:10]:
        side, told = int(said.direction[row]), strategy.explain(window.upto(int(row)))
        assert not told.missing
        assert 0.7 <= said.confidence[row] <= 0.9
        funding, ratio = numbers(told.reason)[:2]
        assert np.sign(BASE_FUNDING - funding) == side
        assert funding == pytest.approx(window["funding"][row] * 100, abs=1e-5)
        assert ("bids" in told.reason, " up " in told.reason) == (side > 0, side > 0)
        assert ("offers" in told.reason, " down " in told.reason) == (side < 0, side < 0)
        assert ratio == pytest.approx(window[RATIO][row] ** side, abs=0.006)
        assert {detail.meaning for detail in told.details} == {"LONG" if side > 0 else "SHORT"}


@given(seed=st.integers(0, 10_000))
@settings(max_examples=25)
def test_a_mirrored_market_gives_the_mirrored_signal(seed: int) -> None:
    strategy = made("triple_confluence", patience=10)
    market = scene(strategy, seed)
    one = strategy.signals(market.window(strategy.needs))
    other = strategy.signals(mirrored(market, neutral_funding=BASE_FUNDING / 100).window(strategy.needs))
    assert np.array_equal(one.direction, -other.direction)
    assert np.allclose(one.confidence, other.confidence, atol=1e-6)
    assert np.allclose(one.strength, other.strength, atol=1e-6)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"funding_full": 0.001}, "must lie beyond the funding band"),
        ({"book_full": 1.2}, "must be larger than the one required"),
        ({"slow": 10}, "must be longer than the fast one"),
        ({"timeframe": "7m"}, "7m"),
        ({"book_levels": 21}, "20"),
    ],
)
def test_parameters_that_do_not_fit_are_refused_in_words(wrong: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        TripleParams(**wrong)
