"""Extreme funding is collected while it outlasts fees, and left when it decays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from hlmaster.core.candles import Floats
from hlmaster.core.signals import Direction
from hlmaster.market.window import Window
from hlmaster.strategies.funding_arbitrage import FundingArbitrage, FundingParams
from tests.strategies.scenes import made, mirrored, numbers, scene, still

PLAIN = FundingArbitrage(FundingParams())
BASE, EXTREME, ENOUGH = 0.000_012_5, 0.000_15, 0.000_03
"""Fractions an hour: 11 %, 131 % and 26 % a year; the last keeps a position and opens none."""


def market(*hours: float, before: float = BASE, rows: int = 100) -> Window:
    """Funding by the hour, the last ones given; ``before`` all hours before those."""
    funding: Floats = np.concatenate((np.full(rows - len(hours), before), np.array(hours)))
    return still(PLAIN.needs, {"funding": funding}, rows).window(PLAIN.needs)


def sides(window: Window, strategy: FundingArbitrage = PLAIN) -> list[int]:
    return [int(side) for side in strategy.signals(window).direction]


@pytest.mark.parametrize(
    ("funding", "side"),
    [(BASE, 0), (0.0, 0), (-BASE, 0), (2 * BASE, 0), (EXTREME, -1), (-EXTREME, 1), (ENOUGH, 0), (-ENOUGH, 0)],
)
def test_only_extreme_funding_is_collected_from_the_side_that_is_paid(funding: float, side: int) -> None:
    window = market(before=funding)
    assert sides(window)[-1] == side
    assert not PLAIN.explain(window).missing


def test_a_single_extreme_hour_is_not_enough() -> None:
    """Four of the eight are, for their mean is extreme then."""
    assert sides(market(EXTREME))[-1] == 0
    assert sides(market(*[EXTREME] * 4))[-1] == -1
    assert sides(market(-EXTREME, before=EXTREME))[-1] == 0


@pytest.mark.parametrize(("holding", "side"), [(6, 0), (24, 0), (48, -1)])
def test_fees_are_spread_over_the_expected_holding(holding: int, side: int) -> None:
    """70 % a year: 0.09 % in fees costs 131 % a year over six hours, 33 % over a day, 16 % over two."""
    strategy = FundingArbitrage(FundingParams(holding=holding))
    window = market(before=0.000_08)
    assert sides(window, strategy)[-1] == side
    received, after = (float(detail.value.split()[0]) for detail in strategy.explain(window).details[2:])
    assert received - after == pytest.approx(0.09 * 8_760 / holding, abs=0.1)


def test_it_stays_while_the_rate_keeps_it_and_leaves_when_it_decays() -> None:
    hours = [EXTREME] * 8 + [ENOUGH] * 20 + [BASE] * 3 + [ENOUGH] * 9
    held = sides(market(*hours))[-40:]
    assert held == [0] * 3 + [-1] * 25 + [0] * 12
    decayed = market(*hours[:29])
    assert sides(decayed)[-1] == 0
    assert not PLAIN.explain(decayed).missing, "a vote to leave, no abstention"
    assert PLAIN.terms.neutral_closes


def test_an_hour_that_is_not_known_abstains_and_ends_nothing() -> None:
    window = market(*[EXTREME] * 10, np.nan, EXTREME)
    assert sides(window)[-3:] == [-1, 0, -1]
    assert PLAIN.explain(window.upto(len(window) - 2)).missing[0] == "funding"


def test_patience_ends_what_did_not_pay_again() -> None:
    hours = [EXTREME] * 8 + [ENOUGH] * 80
    held = sides(market(*hours, rows=200))[-88:]
    assert held == [0] * 3 + [-1] * (4 + PLAIN.params.patience) + [0] * 9


def test_the_other_side_is_taken_when_funding_turns() -> None:
    held = sides(market(*[EXTREME] * 20, *[-EXTREME] * 20))
    assert held[-21] == -1
    assert held[-1] == 1
    assert -1 not in held[-12:]


def test_the_price_risk_is_capped_and_told() -> None:
    said = PLAIN.signals(market(before=EXTREME))
    assert said.stop is not None
    assert said.stop[-1] == pytest.approx(102.0)
    assert said.confidence[-1] <= 0.8
    assert PLAIN.terms.size_percent == 5
    assert "no hedge" in PLAIN.warning
    assert "no hedge" in PLAIN.explain(market(before=EXTREME)).reason


def test_funding_on_its_way_is_an_opportunity() -> None:
    waiting, open_ = PLAIN.opportunity(market(before=-ENOUGH)), PLAIN.opportunity(market(before=-EXTREME))
    assert waiting is not None
    assert open_ is not None
    assert (waiting.direction, waiting.is_ready) == (Direction.LONG, False)
    assert (open_.direction, open_.is_ready) == (Direction.LONG, True)
    assert PLAIN.opportunity(market()) is None


@given(seed=st.integers(0, 10_000))
@settings(max_examples=25)
def test_side_words_and_numbers_agree(seed: int) -> None:
    strategy = made("funding_arbitrage")
    window = scene(strategy, seed, holes=True).window(strategy.needs)
    said = strategy.signals(window)
    for row in np.flatnonzero(said.direction)[:10]:
        side, told = int(said.direction[row]), strategy.explain(window.upto(int(row)))
        funding, received = numbers(told.reason)[:2]
        assert np.sign(funding) == -side
        assert funding == pytest.approx(window["funding"][row] * 100, abs=1e-5)
        assert ("pays longs" in told.reason, "pays shorts" in told.reason) == (side > 0, side < 0)
        assert received >= 14.5
        assert received <= abs(funding) * 8_760 + 1


@given(seed=st.integers(0, 10_000))
@settings(max_examples=25)
def test_a_mirrored_market_gives_the_mirrored_signal(seed: int) -> None:
    strategy = made("funding_arbitrage")
    market = scene(strategy, seed)
    one = strategy.signals(market.window(strategy.needs))
    other = strategy.signals(mirrored(market).window(strategy.needs))
    assert np.array_equal(one.direction, -other.direction)
    assert np.allclose(one.confidence, other.confidence, atol=1e-6)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [({"keep": 40}, "down to a lower rate"), ({"patience": 4}, "at least as long as the average"), ({"enter": 0}, "1")],
)
def test_parameters_that_do_not_fit_are_refused_in_words(wrong: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        FundingParams(**wrong)
