"""What counts as placed by hand, in the order of time, however it was heard of."""

from __future__ import annotations

import random
from dataclasses import replace
from types import SimpleNamespace

import pytest

from hlmaster.core.bus import Bus
from hlmaster.core.events import OrderChanged, TrackedOrder
from hlmaster.core.model import Side
from hlmaster.core.orders import Basis, OrderStatus
from hlmaster.desk.habits import MAX_ORDERS, Habits
from hlmaster.trading.portfolio import Portfolio
from hlmaster.trading.risk.safeguards import Closed, Placed
from tests.trading.scenes import NOW, D, order

BY_POLICY = Basis("momentum", "p1", True, 0.6, 0.6, None)
BY_CARD = Basis("momentum", "p2", False, 0.6, 0.6, None)


def tracked(at: int, status: OrderStatus = OrderStatus.RESTING, **more: object) -> TrackedOrder:
    foreign = bool(more.pop("foreign", False))
    return TrackedOrder(order(**more), status, 1, D(0), None, NOW + at, NOW + at, foreign=foreign)  # type: ignore[arg-type]


def made() -> tuple[Bus, Habits]:
    bus = Bus()
    trips = [SimpleNamespace(closed_ms=NOW + n, net=D(n - 30)) for n in range(80)]
    portfolio: Portfolio = SimpleNamespace(round_trips=trips)  # type: ignore[assignment]
    return bus, Habits(bus, portfolio)


@pytest.mark.parametrize(
    ("one", "counts"),
    [
        (tracked(0), True),
        (tracked(0, OrderStatus.UNKNOWN), True),
        (tracked(0, basis=BY_CARD), True),
        (tracked(0, OrderStatus.REJECTED), False),
        (tracked(0, reduce_only=True), False),
        (tracked(0, basis=BY_POLICY), False),
        (tracked(0, foreign=True), False),
    ],
)
def test_orders_by_hand_that_could_open_something_count(one: TrackedOrder, counts: bool) -> None:
    bus, habits = made()
    bus.publish(OrderChanged(one))
    assert habits.placed == ([Placed(one.created_ms, D(1500))] if counts else [])


def test_the_last_fifty_positions_are_told_whoever_closed_them() -> None:
    _, habits = made()
    assert habits.closed == [Closed(NOW + n, D(n - 30)) for n in range(30, 80)]


@pytest.mark.parametrize("seed", range(20))
def test_any_order_of_telling_is_counted_once_and_by_time(seed: int) -> None:
    """What the exchange tells of at the start may come before what the last run wrote down."""
    dice = random.Random(seed)
    bus, habits = made()
    orders = [tracked(n * 1_000, side=dice.choice(list(Side)), size=f"0.{dice.randint(1, 9)}") for n in range(40)]
    told = dice.sample(orders, 20)
    for one in told:
        bus.publish(OrderChanged(one))
    habits.recall(dice.sample(orders, 40))
    later = tracked(50_000)
    bus.publish(OrderChanged(later))
    bus.publish(OrderChanged(dice.choice(orders)))
    expected = [Placed(one.created_ms, one.order.notional) for one in (*orders, later)]
    assert habits.placed == expected
    assert [one.time_ms for one in habits.placed] == sorted(one.time_ms for one in habits.placed)


def test_a_rejection_takes_it_back_and_the_oldest_is_forgotten() -> None:
    bus, habits = made()
    first = tracked(0, OrderStatus.UNKNOWN)
    bus.publish(OrderChanged(first))
    bus.publish(OrderChanged(replace(first, status=OrderStatus.REJECTED)))
    assert habits.placed == []
    for n in range(MAX_ORDERS + 5):
        bus.publish(OrderChanged(tracked(n)))
    assert [habits.placed[0].time_ms, len(habits.placed)] == [NOW + 5, MAX_ORDERS]
