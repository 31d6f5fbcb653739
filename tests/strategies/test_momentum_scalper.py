"""Quick moves in company: watched early, traded when momentum, book and volume pass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from hlmaster.core.candles import Floats
from hlmaster.core.signals import Direction, Opportunity, Terms
from hlmaster.market.window import Window
from hlmaster.strategies.costs import Costs
from hlmaster.strategies.momentum_scalper import MomentumScalper, ScalperParams
from tests.strategies.scenes import made, mirrored, numbers, put, scene, still

PLAIN = MomentumScalper(ScalperParams())
QUICK, USUAL = (average.columns[0] for average in PLAIN.needs.indicators)
GOES_WITH_IT = {QUICK: 2_000.0, USUAL: 1_000.0}


def market(move: float = 0.1, values: Mapping[str, float] | None = None) -> Window:
    """``move`` percent above where it was before, with book and volume in favour of it."""
    mid: Floats = np.array([100 * np.exp(move / 100)])
    window = still(PLAIN.needs, {"mid": mid, "imbalance": 2.0 if move > 0 else 0.5}).window(PLAIN.needs)
    return put(window, GOES_WITH_IT | dict(values or {}))


def last(window: Window, strategy: MomentumScalper = PLAIN) -> int:
    return int(strategy.signals(window).direction[-1])


def seen(window: Window) -> Opportunity:
    found = PLAIN.opportunity(window)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("move", "side", "watched"),
    [(0.0, 0, False), (0.019, 0, False), (0.021, 0, True), (0.039, 0, True), (0.041, 1, True), (-0.041, -1, True),
     (-0.039, 0, True), (-0.021, 0, True), (-0.019, 0, False), (0.5, 1, True)],
)  # fmt: skip
def test_watched_from_the_small_move_and_traded_from_the_larger(move: float, side: int, watched: bool) -> None:
    window = market(move)
    assert last(window) == side
    found = PLAIN.opportunity(window)
    assert (found is not None) == watched
    if found:
        assert found.direction is (Direction.LONG if move > 0 else Direction.SHORT)
        assert numbers(found.text)[0] == pytest.approx(move)
        assert found.checks[0].passed == (side != 0)


def test_the_checks_stand_in_their_order_and_what_the_desk_knows_is_open() -> None:
    checks = seen(market()).checks
    assert [check.name for check in checks] == ["momentum", "book", "volume", "cool-down", "limits"]
    assert [check.passed for check in checks] == [True, True, True, None, None]
    assert "30 s" in checks[3].text
    assert "at most 2 open, 10 %" in checks[4].text


@pytest.mark.parametrize(
    ("values", "failed"),
    [
        ({"imbalance": 1.19}, "book"),
        ({"imbalance": 0.5}, "book"),
        ({"spread": 0.000_4}, "book"),
        ({QUICK: 1_400.0}, "volume"),
        ({QUICK: 0.0, USUAL: 0.0}, "volume"),
    ],
)
def test_one_failed_check_is_enough_and_is_named(values: dict[str, float], failed: str) -> None:
    window = market(0.1, values)
    assert last(window) == 0
    assert [check.name for check in seen(window).checks if check.passed is False] == [failed]
    told = PLAIN.explain(window)
    assert f"but {failed}" in told.reason
    assert not told.missing


@pytest.mark.parametrize(
    ("values", "named", "check"),
    [
        ({"imbalance": np.nan}, "imbalance", "book"),
        ({"spread": np.nan}, "spread", "book"),
        ({"taker_volume": np.nan, QUICK: np.nan, USUAL: np.nan}, "taker_volume", "volume"),
        ({USUAL: np.nan}, "the volume of the last minute", "volume"),
    ],
)
def test_what_is_missing_makes_it_abstain_and_leaves_its_check_open(
    values: dict[str, float], named: str, check: str
) -> None:
    window = market(0.1, values)
    assert last(window) == 0
    assert PLAIN.explain(window).missing == (named,)
    assert [found.name for found in seen(window).checks if found.passed is None] == [check, "cool-down", "limits"]


def test_without_a_price_there_is_nothing_to_watch() -> None:
    for window in (market(0.1, {"mid": np.nan}), put(market(), {"mid": np.nan}, -21)):
        assert last(window) == 0
        assert PLAIN.opportunity(window) is None
        assert PLAIN.explain(window).missing


def test_five_seconds_are_five_seconds_whatever_rows_are_absent() -> None:
    """Rows that the desk missed are absent; the move is still over the same time, or not known."""
    window = market(0.1)

    def dropped(row: int) -> Window:
        kept = np.arange(len(window)) != len(window) + row
        columns = {name: column[kept] for name, column in window.columns.items()}
        return replace(window, time_ms=window.time_ms[kept], columns=columns)

    assert [last(dropped(row)) for row in (-2, -10, -20, -22)] == [1, 1, 1, 1]
    assert last(dropped(-21)) == 0
    assert PLAIN.explain(dropped(-21)).missing == ("the mid price 5 s ago",)


@pytest.mark.parametrize("move", [0.1, -0.1])
def test_prices_are_explicit_percentages_of_the_entry(move: float) -> None:
    said, mid = PLAIN.signals(market(move)), 100 * np.exp(move / 100)
    side = np.sign(move)
    assert said.entry is not None
    assert said.target is not None
    assert said.stop is not None
    assert said.entry[-1] == pytest.approx(mid)
    assert side * (said.target[-1] / mid - 1) * 100 == pytest.approx(0.3)
    assert side * (said.stop[-1] / mid - 1) * 100 == pytest.approx(-0.15)


def test_the_default_target_is_three_round_trips_and_the_terms_are_explicit() -> None:
    params = ScalperParams()
    assert params.take_profit >= 3 * params.round_trip * 100
    assert PLAIN.terms == Terms(size_percent=10, most_open=2, cool_down_ms=30_000)
    assert Costs().round_trip == pytest.approx(0.000_9)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"take_profit": 0.09}, "more than a round trip costs, which is 0.09 %"),
        ({"take_profit": 0.05}, "more than a round trip costs"),
        ({"fee_in": 0.2, "fee_out": 0.2}, "more than a round trip costs, which is 0.4 %"),
        ({"track": 0.05}, "watched from a smaller move"),
        ({"size": 101}, "100"),
    ],
)
def test_parameters_that_lose_by_themselves_are_refused_in_words(wrong: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        ScalperParams(**wrong)


def test_confidence_runs_from_just_met_to_certain() -> None:
    met, full = market(0.040_1, {"imbalance": 1.201}), market(0.2, {"imbalance": 3.0})
    assert PLAIN.signals(met).confidence[-1] == pytest.approx(0.7, abs=0.001)
    assert PLAIN.signals(full).confidence[-1] == pytest.approx(0.9)


@given(seed=st.integers(0, 10_000))
@settings(max_examples=25)
def test_side_words_and_numbers_agree(seed: int) -> None:
    strategy = made("momentum_scalper")
    window = scene(strategy, seed, holes=True).window(strategy.needs)
    said = strategy.signals(window)
    for row in np.flatnonzero(said.direction)[:10]:
        side, told = int(said.direction[row]), strategy.explain(window.upto(int(row)))
        move, _, lean, volume = numbers(told.reason)
        assert np.sign(move) == side
        assert abs(move) >= 0.04
        assert ("bids" in told.reason, "offers" in told.reason) == (side > 0, side < 0)
        assert lean == pytest.approx(window["imbalance"][row] ** side, abs=0.006)
        assert volume >= 1.5
        assert {detail.meaning for detail in told.details} == {"passed"}
        found = strategy.opportunity(window.upto(int(row)))
        assert found is not None
        assert found.direction.sign == side
        assert all(check.passed for check in found.checks[:3])


@given(seed=st.integers(0, 10_000))
@settings(max_examples=25)
def test_the_opportunity_and_the_signal_agree_on_every_row(seed: int) -> None:
    strategy = made("momentum_scalper")
    window = scene(strategy, seed, rows=60, holes=True).window(strategy.needs)
    said = strategy.signals(window)
    for row in range(len(window) - 40, len(window)):
        found = strategy.opportunity(window.upto(row))
        passes = found is not None and all(check.passed for check in found.checks[:3])
        assert passes == bool(said.direction[row])


@given(seed=st.integers(0, 10_000))
@settings(max_examples=25)
def test_a_mirrored_market_gives_the_mirrored_signal(seed: int) -> None:
    strategy = made("momentum_scalper")
    market = scene(strategy, seed)
    one = strategy.signals(market.window(strategy.needs))
    other = strategy.signals(mirrored(market, "inverted").window(strategy.needs))
    assert np.array_equal(one.direction, -other.direction)
    assert np.allclose(one.confidence, other.confidence, atol=1e-6)
