"""What may be lost at worst, with everything that may still fill counted as filled."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.core.events import TrackedOrder
from hlmaster.core.model import Side
from hlmaster.core.orders import Order, OrderStatus
from hlmaster.trading.execution.by_coin import Owed
from hlmaster.trading.stakes import FLAT, after, stake, standing
from tests.trading.scenes import NOW, D, order

EQUITY = Decimal(10_000)
SIZES = st.integers(1, 50).map(Decimal)
ORDERS = st.lists(st.tuples(st.sampled_from(Side), SIZES), max_size=5)


def waiting(wanted: Order) -> TrackedOrder:
    return TrackedOrder(wanted, OrderStatus.RESTING, 1, D(0), None, NOW, NOW)


def placed(orders: list[tuple[Side, Decimal]]) -> list[TrackedOrder]:
    return [waiting(order(side, str(size), price="10")) for side, size in orders]


@given(st.integers(-50, 50).map(Decimal), ORDERS)
def test_no_way_of_filling_leads_beyond_the_worst_case(size: Decimal, orders: list[tuple[Side, Decimal]]) -> None:
    live = placed(orders)
    counted = stake(size, D(10), live)
    reached = {size}
    for one in live:
        reached |= {at + one.order.size * one.order.side.sign for at in reached}
    assert counted.worst == max(abs(at) for at in reached)
    assert counted.value == counted.worst * 10


@given(st.integers(-50, 50).map(Decimal), ORDERS, st.sampled_from(Side), SIZES)
def test_an_order_counts_once_whether_it_is_asked_about_or_stands_already(
    size: Decimal, orders: list[tuple[Side, Decimal]], side: Side, more: Decimal
) -> None:
    wanted = order(side, str(more), price="10")
    before = stake(size, D(10), placed(orders))
    fresh = after(wanted, before, standing({"ETH": before}), EQUITY)
    standing_already = stake(size, D(10), [*placed(orders), waiting(wanted)])
    again = after(wanted, standing_already, standing({"ETH": standing_already}), EQUITY)
    assert (again.grown, again.added, again.reach, again.worst, again.gross) == (
        fresh.grown,
        fresh.added,
        fresh.reach,
        fresh.worst,
        fresh.gross,
    )
    assert fresh.gross == standing_already.value


@pytest.mark.parametrize(
    ("held", "side", "size", "grown", "added", "reach"),
    [
        (0, Side.BUY, 2, 2, 2, 2),
        (3, Side.BUY, 2, 2, 2, 5),
        (3, Side.SELL, 2, -1, 0, -1),
        (3, Side.SELL, 5, 2, 0, 2),
        (3, Side.SELL, 8, 5, 2, 5),
        (-3, Side.BUY, 3, 0, 0, 0),
    ],
)
def test_what_an_order_opens_and_what_it_only_undoes(
    held: int, side: Side, size: int, grown: int, added: int, reach: int
) -> None:
    filled = after(order(side, str(size)), stake(D(held), D(3_000)), FLAT, EQUITY)
    assert (filled.grown, filled.added, filled.reach) == (grown, added, reach)


def test_the_larger_of_an_order_and_its_change_counts_and_what_is_on_its_way_too() -> None:
    changed = replace(waiting(order(size="1")), replacement=order(size="4"))
    shrunk = replace(waiting(order(size="3")), replacement=order(size="1"))
    half = replace(waiting(order(size="2")), filled_size=D(1))
    owed = Owed(Side.BUY, D(1), NOW)
    assert stake(D(0), D(10), [changed, shrunk, half], [owed]).long == 4 + 3 + 1 + 1


def test_orders_that_only_reduce_are_not_counted() -> None:
    assert stake(D(2), D(10), [waiting(order(Side.SELL, "9", reduce_only=True))]).worst == 2


def test_without_a_price_an_order_is_valued_at_its_own() -> None:
    assert stake(D(0), None, [waiting(order(size="2", price="30"))]).value == 60
