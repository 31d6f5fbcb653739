"""A fill that was hinted at and did not come is asked for within seconds, a few times, and then left to the timer."""

from __future__ import annotations

from hlmaster.core.bus import Bus
from hlmaster.core.clock import ManualClock
from hlmaster.core.events import BooksInDoubt, FillsReported
from hlmaster.core.model import Side
from hlmaster.core.orders import OrderReply, ReplyKind
from hlmaster.desk.overdue import AGAIN_SECONDS, DOUBT_SECONDS, PATIENCE_SECONDS, TRIES, Overdue
from hlmaster.trading.execution.tracker import OrderTracker
from hlmaster.trading.portfolio import Portfolio
from tests.trading.scenes import NOW, D, MemoryStore, fill, order
from tests.trading.venues import MemoryVenue


class Scene:
    def __init__(self) -> None:
        self.bus, self.clock, self.asked = Bus(), ManualClock(NOW), 0
        store = MemoryStore()
        self.tracker = OrderTracker(self.bus, self.clock, store)
        self.portfolio = Portfolio(self.bus, self.clock, lambda coin: D(3000), store)
        self.venue = MemoryVenue(self.bus, self.clock)
        self.overdue = Overdue(self.bus, self.clock, self.tracker, self.portfolio, self._ask)

    def _ask(self) -> None:
        self.asked += 1

    def after(self, seconds: float) -> int:
        for _ in range(int(seconds * 4)):
            self.clock.advance(250)
            self.overdue.look()
        return self.asked

    def replied(self, size: str) -> str:
        wanted = order(size=size)
        self.tracker.register(wanted)
        self.tracker.answer(wanted.client_order_id, OrderReply(ReplyKind.FILLED, 7, D(size), D(3000)))
        return wanted.client_order_id


def test_a_reply_without_its_fills_is_asked_after_and_then_left() -> None:
    scene = Scene()
    scene.replied("1")
    assert scene.after(PATIENCE_SECONDS - 0.25) == 0
    assert scene.after(0.5) == 1
    assert scene.after(60) == TRIES


def test_while_fills_are_owed_the_books_are_in_doubt_for_a_minute_at_most() -> None:
    scene = Scene()
    doubts: list[bool] = []
    scene.bus.subscribe(BooksInDoubt, lambda fact: doubts.append(fact.doubted))
    name = scene.replied("1")
    scene.after(PATIENCE_SECONDS - 0.25)
    assert doubts == []
    scene.after(0.5)
    assert doubts == [True]
    scene.bus.publish(FillsReported((fill(Side.BUY, "1", "3000", order_id=7, client_order_id=name),)))
    scene.after(1)
    assert doubts == [True, False]
    scene.replied("2")
    scene.after(DOUBT_SECONDS + 1)
    assert doubts == [True, False, True, False], "what hurry does not explain is left to the timer"


def test_fills_that_come_in_time_ask_for_nothing() -> None:
    scene = Scene()
    name = scene.replied("1")
    for size in ("0.4", "0.6"):
        scene.bus.publish(FillsReported((fill(Side.BUY, size, "3000", order_id=7, client_order_id=name),)))
    assert scene.after(60) == 0


def test_fills_that_came_before_the_reply_count() -> None:
    scene = Scene()
    wanted = order(size="1")
    scene.tracker.register(wanted)
    done = fill(Side.BUY, "1", "3000", order_id=7, client_order_id=wanted.client_order_id)
    scene.bus.publish(FillsReported((done,)))
    scene.tracker.answer(wanted.client_order_id, OrderReply(ReplyKind.FILLED, 7, D(1), D(3000)))
    assert scene.after(60) == 0


def test_a_statement_that_differs_from_the_books_is_asked_about_until_they_agree() -> None:
    scene = Scene()
    scene.venue.positions["ETH"] = D(1)
    scene.venue.publish_account()
    assert scene.after(PATIENCE_SECONDS + 0.25) == 1
    scene.bus.publish(FillsReported((fill(Side.BUY, "1", "3000"),)))
    scene.venue.publish_account()
    assert scene.after(2 * AGAIN_SECONDS) == 1
