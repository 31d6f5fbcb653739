"""Whose child an order is, and so whether it protects the position now."""

from __future__ import annotations

from dataclasses import replace

from hlmaster.core.events import TrackedOrder
from hlmaster.core.model import Side
from hlmaster.core.orders import Order, OrderStatus, Purpose, Trigger, TriggerKind
from hlmaster.trading.protection.cover import cover, parent_of
from tests.trading.scenes import NOW, D, order

ENTRY = order(price="2900", ticket="one")
CHILD = replace(
    order(Side.SELL, price="2700", reduce_only=True, ticket="one"),
    purpose=Purpose.PROTECT,
    trigger=Trigger(D(2800), TriggerKind.STOP, market=True),
)


def waiting(wanted: Order, status: OrderStatus = OrderStatus.WAITING) -> TrackedOrder:
    return TrackedOrder(wanted, status, 7, D(0), None, NOW, NOW, expires_ms=NOW + 15_000)


def test_a_stop_waits_for_the_entry_it_came_with() -> None:
    entry, child = waiting(ENTRY, OrderStatus.RESTING), waiting(CHILD)
    assert parent_of(child, [child, entry]) is entry
    assert not cover([child, entry], D("0.5")).theirs


def test_a_stop_that_left_in_the_moment_of_an_entry_is_not_its_child() -> None:
    entry, alone = waiting(ENTRY, OrderStatus.RESTING), waiting(replace(CHILD, purpose=Purpose.REDUCE, ticket=""))
    assert parent_of(alone, [alone, entry]) is None
    assert cover([alone, entry], D("0.5")).theirs == (alone,)
