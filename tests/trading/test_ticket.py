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
from hlmaster.trading.ticket import Draft, SizeUnit, Target, Ticket, TicketKind, draft
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
    drafted = draft(ticket(side=side, stop_price=stop, attach_stop=True, targets=(Target(target),)), scene(), CAP)
    entry, *exits = drafted.orders
    assert drafted.grouping is Grouping.ENTRY_TPSL
    assert [order.trigger and (order.trigger.kind, order.trigger.price) for order in exits] == [
        (TriggerKind.STOP, stop),
        (TriggerKind.TAKE_PROFIT, target),
    ]
    for order in exits:
        assert (order.side, order.size, order.reduce_only) == (side.opposite, entry.size, True)
        assert order.purpose is Purpose.PROTECT


def laddered(*targets: tuple[str, str], size: str = "1") -> Draft:
    aims = tuple(Target(D(price), D(share)) for price, share in targets)
    return draft(ticket(amount=size, stop_price=D(2800), attach_stop=True, targets=aims), scene(), CAP)


def test_several_targets_are_parts_with_a_stop_and_a_target_each() -> None:
    drafted = laddered(("2950", "50"), ("3000", "30"), ("3100", "20"))
    assert [[order.size for order in part] for part in drafted.parts] == [
        [D(size)] * 3 for size in ("0.5", "0.3", "0.2")
    ]
    assert drafted.whole is not None
    assert drafted.whole.size == 1
    assert drafted.grouping is Grouping.ENTRY_TPSL
    names = [order.client_order_id for order in drafted.orders]
    assert len(set(names)) == len(names)
    for part, target in zip(drafted.parts, (2950, 3000, 3100), strict=True):
        assert [order.trigger and order.trigger.price for order in part] == [None, 2800, target]


@given(st.integers(2, 10**6), st.lists(st.integers(1, 97), min_size=1, max_size=2))
def test_parts_are_lots_and_make_the_whole(lots: int, shares: list[int]) -> None:
    shares = [*shares, 100 - sum(shares)]
    size = D(lots) * scene().instrument.lot
    drafted = laddered(*((str(3000 + n), str(share)) for n, share in enumerate(shares)), size=str(size))
    if min(shares) <= 0:
        assert "100 %" in " ".join(drafted.problems)
    elif drafted.problems:
        assert "too small to be shared" in drafted.problems[0]
    else:
        assert sum(part[0].size for part in drafted.parts) == size
        assert all(is_valid_size(order.size, 4) for order in drafted.orders)


def test_shares_that_are_not_the_whole_are_refused() -> None:
    assert "make 100 % together" in " ".join(laddered(("2950", "50"), ("3000", "40")).problems)


def test_an_exit_has_no_bracket() -> None:
    drafted = draft(
        ticket(reduce_only=True, stop_price=D(1), attach_stop=True, targets=(Target(D(9000)),)), scene(), CAP
    )
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
        (ticket(targets=(Target(D(2899)),)), "The target of a buy must lie above the entry price of 2900"),
        (ticket(side=Side.SELL, targets=(Target(D(2901)),)), "The target of a sell must lie below"),
        (ticket(targets=(Target(D(-1)),)), "target price must be above zero"),
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
