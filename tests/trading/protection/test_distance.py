"""What a position's risk is measured to before it is opened is where the plan then puts its stops."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.core.rounding import tick_size
from hlmaster.trading.protection.distance import StopDistance, stop_distance
from hlmaster.trading.protection.plan import Past, plan
from hlmaster.trading.protection.policy import Policy, StopKind
from tests.trading.protection.test_plan import SEEN, held
from tests.trading.scenes import D

ENTRY = D(3000)
percents = st.decimals("0.1", "20", places=1)


def named(sign: int, shares: list[int]) -> Policy:
    """Stops at prices, ten dollars apart."""
    prices = [ENTRY - sign * 10 * (n + 1) for n in range(len(shares))]
    return Policy(stop_tiers=tuple(f"{price}:{share}" for price, share in zip(prices, shares, strict=True)))


@st.composite
def policies(draw: st.DrawFn) -> tuple[int, Policy]:
    sign = draw(st.sampled_from([1, -1]))
    first = draw(st.integers(1, 99))
    return sign, draw(
        st.sampled_from([named(sign, [100]), named(sign, [first, 100 - first]), Policy(stop_price=ENTRY - sign * 50)])
        | st.builds(
            Policy,
            stop=st.sampled_from([kind for kind in StopKind if kind is not StopKind.OFF]),
            stop_percent=percents,
            atr_multiple=st.decimals("0.5", "5", places=1),
        )
    )


@given(policies(), st.none() | st.integers(1, 100).map(Decimal))
def test_it_is_the_mean_of_the_stops_that_the_plan_places(case: tuple[int, Policy], atr: Decimal | None) -> None:
    sign, policy = case
    distance = stop_distance(policy, atr)
    assert distance is not None
    expected = distance.stop_of(ENTRY, sign)
    assert (ENTRY - expected) * sign > 0, "a loss"
    placed = plan(held(str(sign * 10_000)), policy, replace(SEEN, entry_atr=atr, atr=atr), Past()).stops
    mean = sum((level.trigger * level.size for level in placed), D(0)) / sum(level.size for level in placed)
    assert abs(mean - expected) <= tick_size(expected, SEEN.instrument.size_decimals)


@given(percents, st.integers(1, 100_000).map(Decimal), st.sampled_from([1, -1]))
def test_without_a_known_range_every_kind_stands_at_its_percentage(percent: Decimal, entry: Decimal, sign: int) -> None:
    for kind in (StopKind.PERCENT, StopKind.ATR, StopKind.TIERED, StopKind.CHANDELIER):
        distance = stop_distance(Policy(stop=kind, stop_percent=percent), None)
        assert distance == StopDistance(fraction=percent / 100)
        assert distance.stop_of(entry, sign) == entry * (1 - sign * percent / 100)


@pytest.mark.parametrize("atr", [None, D(20)])
def test_off_has_none_unless_a_price_is_named(atr: Decimal | None) -> None:
    assert stop_distance(Policy(stop=StopKind.OFF), atr) is None
    assert stop_distance(Policy(stop=StopKind.OFF, stop_price=D(2900)), atr) == StopDistance(price=D(2900))
