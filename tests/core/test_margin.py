"""Margin, liquidation and funding: recorded rows, hand-worked numbers and properties."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.core.margin import (
    funding_payment,
    funding_rate_per_hour,
    initial_margin,
    liquidation_price,
    maintenance_deduction,
    maintenance_margin,
    maintenance_rate,
    tier_at,
)
from hlmaster.core.model import MarginTier

BTC = (MarginTier(Decimal(0), 40), MarginTier(Decimal(150_000_000), 20))
TESTNET = (MarginTier(Decimal(0), 40), MarginTier(Decimal(10_000), 25), MarginTier(Decimal(50_000), 10))


def single(leverage: int) -> tuple[MarginTier, ...]:
    return (MarginTier(Decimal(0), leverage),)


@pytest.mark.parametrize(("leverage", "rate"), [(40, "0.0125"), (20, "0.025"), (10, "0.05"), (5, "0.1")])
def test_maintenance_is_half_the_initial_margin_at_full_leverage(leverage: int, rate: str) -> None:
    assert maintenance_rate(MarginTier(Decimal(0), leverage)) == Decimal(rate)
    assert maintenance_rate(MarginTier(Decimal(0), leverage)) * 2 == initial_margin(Decimal(1), leverage)


def test_the_second_tier_applies_to_what_lies_above_it() -> None:
    assert [tier_at(BTC, Decimal(n)) for n in (0, 149_999_999, 150_000_000)] == [0, 0, 1]
    assert maintenance_deduction(BTC, 1) == Decimal(1_875_000)
    assert maintenance_margin(BTC, Decimal(200_000_000)) == 150_000_000 * Decimal("0.0125") + 50_000_000 * Decimal(
        "0.025"
    )


@given(st.integers(1, 49_999), st.integers(1, 40_000))
def test_maintenance_grows_without_a_jump(notional: int, step: int) -> None:
    low, high = Decimal(notional), Decimal(notional + step)
    growth = maintenance_margin(TESTNET, high) - maintenance_margin(TESTNET, low)
    assert 0 < growth <= (high - low) * Decimal("0.05")


@pytest.mark.parametrize(
    ("size", "raw_usd", "leverage", "recorded"),
    [("2", "-68.126246", 10, "35.8559189"), ("0.0335", "-95.059824", 50, "2866.26936")],
)
def test_recorded_isolated_rows_are_reproduced(size: str, raw_usd: str, leverage: int, recorded: str) -> None:
    mark = Decimal(40)
    equity = Decimal(size) * mark + Decimal(raw_usd)
    answer = liquidation_price(single(leverage), Decimal(size), mark, equity)
    assert answer is not None
    assert abs(answer - Decimal(recorded)) < Decimal("0.0001"), "the recorded cash leg itself is rounded"


@pytest.mark.parametrize(
    ("size", "equity"), [("0", "100"), ("1", "100"), ("1", "150")], ids=["flat", "fully backed", "more than backed"]
)
def test_a_position_no_price_can_liquidate_has_no_liquidation_price(size: str, equity: str) -> None:
    assert liquidation_price(single(10), Decimal(size), Decimal(100), Decimal(equity)) is None


CENTS = st.integers(1, 10_000_000).map(lambda n: Decimal(n) / 100)


@given(
    st.integers(-5_000, 5_000).filter(bool).map(lambda n: Decimal(n) / 10),
    CENTS,
    CENTS,
    st.sampled_from([BTC, TESTNET]),
)
def test_at_the_liquidation_price_equity_meets_maintenance(
    size: Decimal, price: Decimal, equity: Decimal, tiers: tuple[MarginTier, ...]
) -> None:
    answer = liquidation_price(tiers, size, price, equity)
    if answer is None:
        assert size > 0, "a short can always be liquidated by a price high enough"
        assert equity >= size * price, "a long on credit has a price at which it ends"
        return
    left = equity + size * (answer - price) - maintenance_margin(tiers, abs(size) * answer)
    assert abs(left) < Decimal("1e-12") * max(Decimal(1), abs(size) * answer)


@given(st.integers(1, 4_000), st.sampled_from([1, -1]))
def test_a_liquidation_right_on_a_tiers_bound_is_found(size: int, sign: int) -> None:
    coins = Decimal(size) / 7 * sign
    bound = TESTNET[1].lower_bound
    price = bound / abs(coins)
    equity = maintenance_margin(TESTNET, bound)
    answer = liquidation_price(TESTNET, coins, price, equity)
    assert answer is not None
    assert abs(answer / price - 1) < Decimal("1e-20")


@pytest.mark.parametrize(
    ("premium", "hourly"),
    [
        ("0", "0.0000125"),
        ("0.0001", "0.0000125"),
        ("0.0006", "0.0000125"),
        ("-0.0004", "0.0000125"),
        ("0.0016", "0.0001375"),
        ("-0.0024", "-0.0002375"),
        ("9", "0.04"),
        ("-9", "-0.04"),
    ],
)
def test_funding_sits_on_the_base_rate_until_the_premium_leaves_the_clamp(premium: str, hourly: str) -> None:
    assert funding_rate_per_hour(Decimal(premium)) == Decimal(hourly)


def test_longs_pay_and_shorts_receive_a_positive_rate() -> None:
    rate = Decimal("0.0000125")
    assert funding_payment(Decimal(2), Decimal(50_000), rate) == Decimal("-1.25")
    assert funding_payment(Decimal(-2), Decimal(50_000), rate) == Decimal("1.25")
