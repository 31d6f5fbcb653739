"""What a person types becomes the order it means."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.core.model import Side
from hlmaster.core.orders import Grouping, Purpose, TimeInForce, TriggerKind
from hlmaster.core.rounding import is_valid_price, is_valid_size
from hlmaster.trading.ticket import SizeUnit, Ticket, TicketKind, draft
from tests.trading.scenes import D, scene

CAP = D("0.01")


def ticket(kind: TicketKind = TicketKind.LIMIT, amount: str = "1", **more: Any) -> Ticket:
    values: dict[str, Any] = {"side": Side.BUY, "size_unit": SizeUnit.COIN, "limit_price": D(2900), **more}
    return Ticket(coin="ETH", kind=kind, amount=D(amount), **values)


@pytest.mark.parametrize(
    ("unit", "amount", "more", "size"),
    [
        (SizeUnit.COIN, "0.25", {}, "0.25"),
        (SizeUnit.USD, "2900", {}, "1"),
        (SizeUnit.EQUITY_PERCENT, "29", {}, "1"),
        # 100 USD at risk over 29 of distance and 0.045 % of both ends: 100 / (29 + 5771 * 0.00045), down to the lot
        (SizeUnit.RISK_USD, "100", {"stop_price": D(2871)}, "3.1648"),
    ],
)
def test_size_in_any_unit(unit: SizeUnit, amount: str, more: dict[str, Any], size: str) -> None:
    (order,) = draft(ticket(amount=amount, size_unit=unit, **more), scene(), CAP).orders
    assert order.size == D(size)


def test_risk_size_never_risks_more_than_asked() -> None:
    (order,) = draft(ticket(amount="50", size_unit=SizeUnit.RISK_USD, stop_price=D(2850)), scene(), CAP).orders
    loss = order.size * (D(2900) - D(2850) + (D(2900) + D(2850)) * scene().fees.taker)
    assert D(49) < loss <= D(50)


def test_a_market_order_is_an_ioc_capped_beyond_the_best_opposite_price() -> None:
    (order,) = draft(ticket(TicketKind.MARKET, limit_price=None), scene(), CAP).orders
    assert (order.time_in_force, order.market, order.price) == (TimeInForce.IOC, True, D("3030.1"))


@pytest.mark.parametrize(
    ("kind", "tif", "trigger", "market"),
    [
        (TicketKind.POST_ONLY, TimeInForce.ALO, None, False),
        (TicketKind.STOP_MARKET, TimeInForce.GTC, TriggerKind.STOP, True),
        (TicketKind.STOP_LIMIT, TimeInForce.GTC, TriggerKind.STOP, False),
        (TicketKind.TAKE_PROFIT_MARKET, TimeInForce.GTC, TriggerKind.TAKE_PROFIT, True),
        (TicketKind.TAKE_PROFIT_LIMIT, TimeInForce.GTC, TriggerKind.TAKE_PROFIT, False),
    ],
)
def test_kinds(kind: TicketKind, tif: TimeInForce, trigger: TriggerKind | None, market: bool) -> None:
    (order,) = draft(ticket(kind, trigger_price=D(3100)), scene(), CAP).orders
    assert order.time_in_force is tif
    assert (order.trigger and order.trigger.kind, bool(order.trigger and order.trigger.market)) == (trigger, market)


def test_an_attached_stop_is_a_reduce_only_sibling_of_the_entry() -> None:
    drafted = draft(ticket(stop_price=D(2800), attach_stop=True), scene(), CAP)
    entry, stop = drafted.orders
    assert drafted.grouping is Grouping.ENTRY_TPSL
    assert (stop.side, stop.size, stop.reduce_only, stop.purpose) == (Side.SELL, entry.size, True, Purpose.PROTECT)
    assert stop.price < D(2800)


@pytest.mark.parametrize("side", Side)
def test_a_bracket_is_an_entry_a_stop_and_a_target(side: Side) -> None:
    stop, target = D(2900) - 50 * side.sign, D(2900) + 90 * side.sign
    drafted = draft(ticket(side=side, stop_price=stop, attach_stop=True, target_price=target), scene(), CAP)
    entry, *exits = drafted.orders
    assert drafted.grouping is Grouping.ENTRY_TPSL
    assert [order.trigger and (order.trigger.kind, order.trigger.price) for order in exits] == [
        (TriggerKind.STOP, stop),
        (TriggerKind.TAKE_PROFIT, target),
    ]
    for order in exits:
        assert (order.side, order.size, order.reduce_only) == (side.opposite, entry.size, True)
        assert order.purpose is Purpose.PROTECT


def test_an_exit_has_no_bracket() -> None:
    drafted = draft(ticket(reduce_only=True, stop_price=D(1), attach_stop=True, target_price=D(9000)), scene(), CAP)
    assert (len(drafted.orders), drafted.grouping) == (1, Grouping.NONE)


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (ticket(limit_price=None), "limit price"),
        (ticket(TicketKind.STOP_MARKET), "trigger price"),
        (ticket(amount="0"), "above zero"),
        (ticket(amount="NaN"), "above zero"),
        (ticket(limit_price=D(0)), "limit price must be above zero"),
        (ticket(TicketKind.STOP_MARKET, trigger_price=D("NaN")), "trigger price must be above zero"),
        (ticket(amount="0.01", size_unit=SizeUnit.USD), "less than one lot"),
        (ticket(size_unit=SizeUnit.RISK_USD), "stop price"),
        (ticket(size_unit=SizeUnit.RISK_USD, stop_price=D(2950)), "must lie below"),
        (ticket(attach_stop=True, stop_price=D(2900)), "The stop of a buy must lie below the entry price of 2900"),
        (ticket(target_price=D(2899)), "The target of a buy must lie above the entry price of 2900"),
        (ticket(side=Side.SELL, target_price=D(2901)), "The target of a sell must lie below"),
        (ticket(target_price=D(-1)), "target price must be above zero"),
    ],
)
def test_what_is_missing_is_said_and_nothing_is_drafted(bad: Ticket, says: str) -> None:
    drafted = draft(bad, scene(), CAP)
    assert not drafted.orders
    assert says in " ".join(drafted.problems)


def test_without_an_opposite_side_there_is_no_market_order() -> None:
    drafted = draft(ticket(TicketKind.MARKET, limit_price=None), scene(best_ask=None), CAP)
    assert "no offer" in drafted.problems[0]


@given(
    st.sampled_from([unit for unit in SizeUnit if unit is not SizeUnit.COIN]),
    st.decimals(D("0.01"), D(1_000_000), places=2),
    st.sampled_from(Side),
    st.decimals(D(100), D(9_000), places=1),
)
def test_drafted_orders_are_always_on_the_grid(unit: SizeUnit, amount: Decimal, side: Side, price: Decimal) -> None:
    stop = price - 10 * side.sign
    drafted = draft(
        ticket(TicketKind.MARKET, str(amount), size_unit=unit, side=side, limit_price=None, stop_price=stop),
        scene(best_bid=price, best_ask=price),
        CAP,
    )
    for order in drafted.orders:
        assert is_valid_size(order.size, 4)
        assert is_valid_price(order.price, 4)
