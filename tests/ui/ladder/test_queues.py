"""The queue estimates follow orders, books and trades of a desk."""

from __future__ import annotations

from typing import Any

import pytest

from hlmaster.core.events import BookSnapshot, Level, OrderReported
from hlmaster.core.model import Side
from hlmaster.core.orders import Trigger, TriggerKind, VenueOrder
from hlmaster.ui.ladder.queue import Place
from hlmaster.ui.ladder.queues import Queues
from tests.ui.market_desk import D, MarketScene, open_context

BID = 3434.5


class Queued:
    """A desk, its queues, and one bid of ours behind ``ahead`` coins."""

    def __init__(self, qtbot: Any) -> None:
        self.scene = MarketScene()
        self.scene.connect()
        self.queues = Queues.of(open_context(self.scene, qtbot))

    def book(self, size: float) -> None:
        self.scene.pass_time(0.5)
        bids = [Level(BID - index / 10, size, 3) for index in range(6)]
        asks = [Level(BID + 0.1 + index / 10, 1.0, 1) for index in range(6)]
        now = self.scene.clock.now_ms()
        for fast in (False, True):
            self.scene.bus.publish(BookSnapshot("ETH", now, bids[: 5 if fast else 6], asks, fast))

    def bid(self, price: str = "3434.5", size: str = "1", trigger: Trigger | None = None) -> VenueOrder:
        return self.scene.tell_order(Side.BUY, price, size, trigger)

    def place(self, order: VenueOrder) -> Place | None:
        return self.queues.place(f"oid:{order.order_id}")


def ahead(place: Place | None) -> float:
    assert place is not None
    assert place.ahead is not None
    return place.ahead


def test_a_new_order_stands_behind_the_level_and_moves_up_with_trades_and_cancels(qtbot: Any) -> None:
    queued = Queued(qtbot)
    queued.book(10.0)
    order = queued.bid()
    assert ahead(queued.place(order)) == 10
    queued.book(11.0)
    assert ahead(queued.place(order)) == 10
    queued.scene.pass_time(0.1)
    queued.scene.tell_trades([(BID, 3.0, False), (BID, 1.0, False)])
    assert ahead(queued.place(order)) == 6
    queued.book(4.0)
    assert ahead(queued.place(order)) == pytest.approx(3.0)


def test_further_out_than_the_book_it_is_unknown(qtbot: Any) -> None:
    queued = Queued(qtbot)
    queued.book(10.0)
    place = queued.place(queued.bid("3400"))
    assert place is not None
    assert place.ahead is None


def test_an_order_that_rested_before_it_was_heard_of_is_unknown(qtbot: Any) -> None:
    earlier, later = Queued(qtbot), Queued(qtbot)
    order = earlier.bid()
    later.scene.pass_time(60)
    later.book(10.0)
    later.scene.bus.publish(OrderReported(order))
    place = later.place(order)
    assert place is not None
    assert place.ahead is None


def test_a_stale_book_makes_it_doubtful_for_good(qtbot: Any) -> None:
    queued = Queued(qtbot)
    queued.book(10.0)
    order = queued.bid()
    queued.scene.desk.feed.check_staleness()
    queued.scene.pass_time(30)
    queued.scene.desk.feed.check_staleness()
    queued.book(10.0)
    place = queued.place(order)
    assert place is not None
    assert place.is_doubtful


def test_triggers_and_ended_orders_have_no_place(qtbot: Any) -> None:
    queued = Queued(qtbot)
    queued.book(10.0)
    assert queued.place(queued.bid(trigger=Trigger(D("3434.5"), TriggerKind.STOP, True))) is None


def test_orders_that_rest_when_the_listening_begins_are_known_as_such(qtbot: Any) -> None:
    scene = MarketScene()
    scene.connect()
    context = open_context(scene, qtbot)
    order = scene.tell_order(Side.BUY, "3434.5", "1", None)
    scene.pass_time(60)
    place = Queues.of(context).place(f"oid:{order.order_id}")
    assert place is not None
    assert place.brief == "unknown"
