"""The index by coin says what a look through all orders would."""

from __future__ import annotations

from dataclasses import replace

from hlmaster.core.events import TrackedOrder
from hlmaster.core.orders import OrderStatus
from hlmaster.trading.execution.by_coin import ByCoin
from tests.trading.scenes import NOW, D, order


class Index:
    def __init__(self) -> None:
        self.orders: dict[str, TrackedOrder] = {}
        self.by_coin = ByCoin(self.orders)

    def put(self, tracked: TrackedOrder, booked: str = "0") -> TrackedOrder:
        is_new = tracked.client_order_id not in self.orders
        self.orders[tracked.client_order_id] = tracked
        self.by_coin.put(tracked, is_new, D(booked))
        return tracked


def made(created_ms: int = NOW, **changes: object) -> TrackedOrder:
    tracked = TrackedOrder(order(), OrderStatus.SENT, None, D(0), None, created_ms, created_ms)
    return replace(tracked, **changes)  # type: ignore[arg-type]


def test_an_order_is_unsettled_until_it_is_final() -> None:
    index = Index()
    one = index.put(made())
    assert index.by_coin.unsettled("ETH") == (one,)
    assert list(index.by_coin.coins) == ["ETH"]
    index.put(replace(one, status=OrderStatus.CANCELED))
    assert index.by_coin.unsettled("ETH") == ()
    assert list(index.by_coin.coins) == []


def test_what_is_filled_and_not_booked_is_owed_for_a_while() -> None:
    index = Index()
    one = index.put(made(status=OrderStatus.FILLED, filled_size=D("0.5")), booked="0.2")
    (owed,) = index.by_coin.owed("ETH", NOW)
    assert owed.size == D("0.3")
    assert index.by_coin.is_owed
    index.put(one, booked="0.5")
    assert index.by_coin.owed("ETH", NOW) == ()
    index.put(one, booked="0.2")
    assert index.by_coin.owed("ETH", NOW + 1) == ()
    assert not index.by_coin.is_owed


def test_orders_of_late_are_ours_in_the_order_they_were_made() -> None:
    index = Index()
    old, new = index.put(made(NOW - 1)), index.put(made(NOW))
    index.put(made(NOW, foreign=True))
    assert index.by_coin.recent("ETH", NOW - 1) == (old, new)
    assert index.by_coin.recent("ETH", NOW) == (new,)
    assert index.by_coin.recent("BTC", 0) == ()
    assert index.by_coin.entries_since(NOW) == 1


def test_one_that_could_not_be_noted_is_forgotten() -> None:
    index = Index()
    one = index.put(made())
    index.by_coin.drop(one)
    assert index.by_coin.unsettled("ETH") == ()
