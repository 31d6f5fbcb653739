"""Unusual gaps are traded back, late in a live oracle's cycle, where they pay."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from hlmaster.core.candles import Floats
from hlmaster.core.signals import Direction
from hlmaster.market.window import Window
from hlmaster.strategies.base import Signals
from hlmaster.strategies.oracle_update import OracleParams, OracleUpdate
from tests.strategies.scenes import made, mirrored, numbers, scene, still

PLAIN = OracleUpdate(OracleParams())


def market(mid: float = 100.0, **changed: float | Floats) -> Window:
    """At 100 for more than a minute, and on the last row at ``mid``; what else is given holds on every row."""
    return still(PLAIN.needs, {"mid": np.array([mid]), **changed}).window(PLAIN.needs)


def last(window: Window, strategy: OracleUpdate = PLAIN) -> tuple[int, float]:
    said = strategy.signals(window)
    return int(said.direction[-1]), float(said.confidence[-1])


@pytest.mark.parametrize(("mid", "side"), [(100.2, -1), (99.8, 1), (100.05, 0), (99.95, 0), (100.0, 0)])
def test_a_price_away_from_the_oracle_is_traded_back(mid: float, side: int) -> None:
    assert last(market(mid))[0] == side


@pytest.mark.parametrize("mid", [100.2, 99.8])
def test_prices_named_lie_in_their_order(mid: float) -> None:
    said: Signals = PLAIN.signals(market(mid))
    assert said.entry is not None
    assert said.stop is not None
    assert said.target is not None
    side = int(said.direction[-1])
    assert said.entry[-1] == mid
    assert side * said.stop[-1] < side * mid < side * said.target[-1]
    assert said.target[-1] == pytest.approx(100.0, abs=0.01)
    assert abs(said.stop[-1] - mid) == pytest.approx(abs(said.target[-1] - mid), rel=0.01)
    assert np.isnan(said.target[:-1]).all()


def test_a_standing_basis_is_no_error() -> None:
    window = still(PLAIN.needs, {"mid": 100.5}).window(PLAIN.needs)
    assert not PLAIN.signals(window).direction.any()
    grown = still(PLAIN.needs, {"mid": np.array([100.5] * 300 + [100.8])}, 400).window(PLAIN.needs)
    assert last(grown)[0] == -1
    back = still(PLAIN.needs, {"mid": np.array([100.5] * 300 + [100.0])}, 400).window(PLAIN.needs)
    assert last(back)[0] == 1


@pytest.mark.parametrize(("phase", "side"), [(0.0, 0), (0.69, 0), (0.7, -1), (1.0, -1)])
def test_it_acts_in_the_last_part_of_the_cycle_only(phase: float, side: int) -> None:
    window = market(100.2, oracle_phase=phase)
    assert last(window)[0] == side
    assert ("is not near" in PLAIN.explain(window).reason) == (side == 0)


@pytest.mark.parametrize("age", [6.1, 30.0, 3_600.0])
def test_a_dead_oracle_is_not_about_to_speak(age: float) -> None:
    window = market(100.2, oracle_age=age, oracle_phase=1.0)
    assert last(window) == (0, 0.0)
    told = PLAIN.explain(window)
    assert told.missing == (f"a live oracle (unchanged for {age:.1f} s)",)
    assert "near" not in told.reason
    assert PLAIN.opportunity(window) is None


def test_the_gap_must_pay_for_fees_spread_and_profit() -> None:
    """0.115 % is more than the least gap, and less than 0.09 % in fees, 0.02 % of spread and 0.02 % of profit."""
    mid = 100 * np.exp(0.001_15 * 240 / 239)
    assert last(market(mid, spread=0.000_02))[0] == -1
    assert last(market(mid, spread=0.000_2))[0] == 0
    dear = OracleUpdate(OracleParams(fee_in=0.06, fee_out=0.06))
    assert last(market(mid, spread=0.000_02), dear)[0] == 0
    cheap = OracleUpdate(OracleParams(fee_in=0, fee_out=0))
    assert last(market(100.09, spread=0.000_02), cheap)[0] == 0, "never below the least gap"


def test_confidence_grows_with_the_gap_and_reaches_what_is_acted_on() -> None:
    certainties = [last(market(mid))[1] for mid in (100.13, 100.15, 100.2, 100.4)]
    assert certainties == sorted(certainties)
    assert certainties[0] < 0.7 < certainties[2]
    assert certainties[-1] == pytest.approx(0.9)


@pytest.mark.parametrize("name", PLAIN.needs.columns)
def test_what_is_missing_makes_it_abstain_and_is_named(name: str) -> None:
    window = still(PLAIN.needs, {"mid": np.array([100.2]), name: np.array([np.nan])}).window(PLAIN.needs)
    assert last(window) == (0, 0.0)
    assert PLAIN.explain(window).missing == (name,)


@pytest.mark.parametrize(("unknown", "abstains"), [(59, False), (60, False), (61, True)])
def test_a_quarter_of_the_gaps_may_be_unknown(unknown: int, abstains: bool) -> None:
    rows = PLAIN.needs.lookback
    mids = np.array([np.nan] * unknown + [100.0] * (rows - unknown - 1) + [100.3])
    window = still(PLAIN.needs, {"mid": mids}).window(PLAIN.needs)
    assert bool(PLAIN.explain(window).missing) == abstains
    assert last(window)[0] == (0 if abstains else -1)


def test_before_the_memory_is_full_it_abstains() -> None:
    window = market(100.3).tail(PLAIN.needs.lookback - 1)
    assert not PLAIN.signals(window).direction.any()
    assert PLAIN.explain(window).missing == ("the gap throughout the last 60 s",)


def test_a_gap_that_waits_for_its_time_is_an_opportunity() -> None:
    waiting = PLAIN.opportunity(market(100.2, oracle_phase=0.2))
    assert waiting is not None
    assert (waiting.direction, [check.passed for check in waiting.checks]) == (Direction.SHORT, [True, False])
    ready = PLAIN.opportunity(market(99.8))
    assert ready is not None
    assert (ready.direction, ready.is_ready) == (Direction.LONG, True)
    assert PLAIN.opportunity(market(100.05)) is None


@given(seed=st.integers(0, 10_000))
@settings(max_examples=25)
def test_side_words_and_numbers_agree(seed: int) -> None:
    strategy = made("oracle_update")
    window = scene(strategy, seed).window(strategy.needs)
    said = strategy.signals(window)
    for row in np.flatnonzero(said.direction)[:10]:
        side, told = int(said.direction[row]), strategy.explain(window.upto(int(row)))
        assert ("too low" in told.reason, "too high" in told.reason) == (side > 0, side < 0)
        assert "price is near" in told.reason
        assert 0.6 <= said.confidence[row] <= 0.9
        gap, usual, unusual = (float(detail.value.split()[0]) for detail in told.details[:3])
        assert unusual == pytest.approx(gap - usual, abs=0.002)
        assert np.sign(unusual) == -side
        assert gap == pytest.approx(np.log(window["mid"][row] / window["oracle"][row]) * 100, abs=0.001)
        assert numbers(told.reason)[0] == pytest.approx(abs(unusual), abs=0.001)
        assert numbers(told.reason)[1] >= 70


@given(seed=st.integers(0, 10_000))
@settings(max_examples=25)
def test_a_mirrored_market_gives_the_mirrored_signal(seed: int) -> None:
    strategy = made("oracle_update")
    market = scene(strategy, seed)
    one = strategy.signals(market.window(strategy.needs))
    other = strategy.signals(mirrored(market, "inverted").window(strategy.needs))
    assert np.array_equal(one.direction, -other.direction)
    assert np.allclose(one.confidence, other.confidence, atol=1e-6)


def test_a_memory_shorter_than_five_cycles_is_refused() -> None:
    with pytest.raises(ValidationError, match="over five cycles at least"):
        OracleParams(memory=10)
