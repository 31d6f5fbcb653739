"""A child ends with its entry, and comes back when the venue says so."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hlmaster.core.bus import Bus
from hlmaster.core.clock import ManualClock
from hlmaster.core.events import OpenOrdersSnapshot, OrderReported
from hlmaster.core.model import Side
from hlmaster.core.orders import (
    Order,
    OrderReply,
    OrderStatus,
    Purpose,
    ReplyKind,
    TimeInForce,
    Trigger,
    TriggerKind,
    VenueOrder,
)
from hlmaster.trading.execution.children import Children
from hlmaster.trading.execution.tracker import OrderTracker
from tests.trading.scenes import NOW, D, MemoryStore, order

ENTRY, CHILD, OTHER = ("0x" + letter * 32 for letter in "abc")
EXPIRES = NOW + 15_000


class Scene:
    def __init__(self, time_in_force: TimeInForce = TimeInForce.GTC) -> None:
        self.bus = Bus()
        self.tracker = OrderTracker(self.bus, ManualClock(NOW), MemoryStore())
        Children(self.bus, self.tracker)
        entry = order(client_order_id=ENTRY, time_in_force=time_in_force)
        stop = replace(
            entry,
            client_order_id=CHILD,
            side=Side.SELL,
            reduce_only=True,
            purpose=Purpose.PROTECT,
            trigger=Trigger(D(3000), TriggerKind.STOP, market=True),
        )
        self.entry, self.stop = entry, stop
        self.send(entry, OrderReply(ReplyKind.RESTING, order_id=7))
        self.send(stop, OrderReply(ReplyKind.WAITING))

    def send(self, wanted: Order, reply: OrderReply, expires_ms: int = EXPIRES) -> None:
        self.tracker.register(wanted, expires_ms)
        self.tracker.answer(wanted.client_order_id, reply)

    def status(self, name: str) -> OrderStatus:
        found = self.tracker.get(name)
        assert found is not None
        return found.status

    def child(self, status_time_ms: int = 0) -> VenueOrder:
        """The venue's word of it, that it waits."""
        wanted = self.stop
        return VenueOrder(
            wanted.coin,
            wanted.side,
            wanted.price,
            wanted.size,
            wanted.size,
            9,
            CHILD,
            NOW - 9_000,
            reduce_only=True,
            trigger=wanted.trigger,
            status=OrderStatus.WAITING,
            status_time_ms=status_time_ms,
        )


def test_a_child_of_a_cancelled_entry_protects_nothing() -> None:
    scene = Scene()
    scene.tracker.mark(ENTRY, OrderStatus.CANCELED)
    assert scene.status(CHILD) is OrderStatus.CANCELED


@pytest.mark.parametrize("late_ms", [0, 1])
def test_a_child_that_the_venue_still_lists_stands_again(late_ms: int) -> None:
    scene = Scene()
    scene.tracker.mark(ENTRY, OrderStatus.CANCELED)
    scene.bus.publish(OpenOrdersSnapshot((scene.child(),), NOW + late_ms))
    assert scene.status(CHILD) is OrderStatus.WAITING


def test_words_of_the_time_before_its_entry_ended_bring_no_child_back() -> None:
    scene = Scene()
    scene.tracker.mark(ENTRY, OrderStatus.CANCELED)
    scene.bus.publish(OpenOrdersSnapshot((scene.child(),), NOW - 1))
    scene.bus.publish(OrderReported(scene.child(NOW - 1)))
    assert scene.status(CHILD) is OrderStatus.CANCELED
    scene.bus.publish(OrderReported(scene.child(NOW)))
    assert scene.status(CHILD) is OrderStatus.WAITING


@pytest.mark.parametrize("end", [OrderStatus.FILLED, OrderStatus.RESTING])
def test_a_child_of_any_other_entry_waits_on(end: OrderStatus) -> None:
    scene = Scene()
    scene.tracker.mark(ENTRY, end)
    assert scene.status(CHILD) is OrderStatus.WAITING


def test_what_an_ioc_did_not_get_does_not_end_its_child() -> None:
    scene = Scene(TimeInForce.IOC)
    scene.tracker.mark(ENTRY, OrderStatus.CANCELED)
    assert scene.status(CHILD) is OrderStatus.WAITING


def test_nor_does_a_rest_cancelled_for_want_of_margin() -> None:
    scene = Scene()
    scene.tracker.mark(ENTRY, OrderStatus.CANCELED, "marginCanceled")
    assert scene.status(CHILD) is OrderStatus.WAITING


def test_a_stop_that_came_by_itself_is_nobodys_child() -> None:
    scene = Scene()
    scene.send(replace(scene.stop, client_order_id=OTHER), OrderReply(ReplyKind.WAITING), EXPIRES + 1)
    scene.tracker.mark(ENTRY, OrderStatus.CANCELED)
    assert scene.status(OTHER) is OrderStatus.WAITING


def test_of_two_tickets_of_one_moment_each_keeps_its_own_child() -> None:
    scene = Scene()
    scene.send(replace(scene.stop, client_order_id=OTHER, ticket="another"), OrderReply(ReplyKind.WAITING))
    scene.tracker.mark(ENTRY, OrderStatus.CANCELED)
    assert (scene.status(CHILD), scene.status(OTHER)) == (OrderStatus.CANCELED, OrderStatus.WAITING)
