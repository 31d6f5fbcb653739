"""Shares, largest sizes and steps: what they give is always something the gate would take."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.core.model import Leverage, MarginMode, Side
from hlmaster.core.rounding import is_valid_price, is_valid_size, round_size
from hlmaster.trading.risk.limits import RiskLimits
from hlmaster.trading.risk.rules import collateral, order_value
from hlmaster.trading.ticket import SizeUnit, Ticket, TicketKind, draft
from hlmaster.ui.panels import ticket_sizes as sizes
from tests.trading.scenes import scene

D = Decimal
LIMITS = RiskLimits()


@given(
    st.sampled_from(list(Side)),
    st.integers(1, 25),
    st.decimals(0, 100_000, places=2),
    st.decimals(-3, 3, places=4),
    st.booleans(),
)
def test_the_largest_size_passes_margin_and_order_value(
    side: Side, leverage: int, free: D, position: D, market: bool
) -> None:
    now = scene(leverage=Leverage(MarginMode.CROSS, leverage), available=free, position=position)
    kind = TicketKind.MARKET if market else TicketKind.LIMIT
    price = sizes.entry_price(now, side, kind, D(3000), None)
    assert price is not None
    size = sizes.largest_size(now, LIMITS, side, price, market=market)
    if size == 0:
        return
    assert is_valid_size(size, 4)
    ticket = Ticket("ETH", side, kind, SizeUnit.COIN, size, None if market else D(3000))
    (order,) = draft(ticket, now, LIMITS.slippage_cap_percent / 100).orders
    assert order_value.check(order, now, LIMITS).passed
    assert collateral.check(order, now, LIMITS).passed


@pytest.mark.parametrize(
    ("unit", "amount"),
    [
        (SizeUnit.COIN, "0.5"),
        (SizeUnit.USD, "1500.00"),
        (SizeUnit.EQUITY_PERCENT, "25"),
        (SizeUnit.RISK_USD, "25.00"),
    ],
)
def test_a_quarter_means_what_the_unit_says(unit: SizeUnit, amount: str) -> None:
    assert sizes.shared_amount(25, unit, D(2), D(3000), scene()) == D(amount)


@given(st.integers(1, 100), st.sampled_from(list(SizeUnit)))
def test_the_share_of_a_shared_amount_is_the_share(share: int, unit: SizeUnit) -> None:
    amount = sizes.shared_amount(share, unit, D(50), D(3000), scene())
    assert round(sizes.share_of(amount, unit, D(50), D(3000), scene()) or D(0)) == share


def test_nothing_has_no_share_where_nothing_is_possible() -> None:
    assert sizes.share_of(D(1), SizeUnit.COIN, D(0), D(3000), scene()) is None
    assert sizes.share_of(D(1), SizeUnit.RISK_USD, D(1), D(3000), scene(equity=D(0))) is None


@given(st.decimals("0.0001", 100_000, places=6), st.integers(-20, 20))
def test_a_stepped_price_is_always_on_the_grid_and_above_zero(price: D, steps: int) -> None:
    stepped = sizes.stepped_price(price, steps, scene())
    assert stepped is None or is_valid_price(stepped, 4)


def test_stepping_an_empty_field_starts_at_the_mark() -> None:
    assert sizes.stepped_price(None, 1, scene()) == D(3000)
    assert sizes.stepped_price(None, 1, scene(mark=None, best_bid=None)) is None


def test_an_amount_steps_by_its_unit_and_never_below_nothing() -> None:
    assert sizes.stepped_amount(D("0.5"), -1, SizeUnit.COIN, scene()) == D("0.4999")
    assert sizes.stepped_amount(D(15), 1, SizeUnit.USD, scene()) == D(25)
    assert sizes.stepped_amount(D(5), -1, SizeUnit.USD, scene()) is None


def test_the_expected_price_is_the_best_that_is_known() -> None:
    now = scene()
    assert sizes.entry_price(now, Side.BUY, TicketKind.LIMIT, D(2990), None) == D(2990)
    assert sizes.entry_price(now, Side.BUY, TicketKind.STOP_MARKET, None, D(3100)) == D(3100)
    assert sizes.entry_price(now, Side.SELL, TicketKind.MARKET, None, None) == D("2999.9")
    assert sizes.entry_price(scene(best_ask=None), Side.BUY, TicketKind.MARKET, None, None) == D(3000)


@given(
    st.decimals("0.0001", "5000", places=4),
    st.decimals("0.00001", "150000", places=5),
    st.decimals("10", "1000000", places=2),
    st.sampled_from(list(SizeUnit)),
    st.integers(0, 5),
)
def test_the_same_size_in_another_unit_is_never_a_lot_larger_and_comes_back(
    coins: Decimal, price: Decimal, equity: Decimal, unit: SizeUnit, decimals: int
) -> None:
    instrument = replace(scene().instrument, size_decimals=decimals)
    now = msgspec.structs.replace(scene(), instrument=instrument, equity=equity)
    coins = round_size(coins, decimals)
    worth = sizes.per_coin(unit, price, equity, price / 100)
    assert worth is not None
    said = sizes.same_size(coins, unit, worth, now) if coins else None
    if said is None:
        assert coins * worth <= max(sizes.FINE.get(unit, D(0)), D(0))
        return
    back = said / worth
    assert 0 < back < coins + instrument.lot
    if unit is not SizeUnit.COIN and sizes.FINE[unit] < instrument.lot * worth:
        assert round_size(back, decimals) >= coins - instrument.lot


def test_what_nobody_can_say_in_a_unit_is_no_size() -> None:
    assert sizes.per_coin(SizeUnit.RISK_USD, D(3000), D(1000), None) is None
    assert sizes.per_coin(SizeUnit.EQUITY_PERCENT, D(3000), D(0), None) is None
    assert sizes.per_coin(SizeUnit.USD, D(3000), D(0), None) == 3000
