"""Whatever the venue says, however often and in whatever order: states move forward and fills are not lost."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.core.bus import Bus
from hlmaster.core.clock import ManualClock
from hlmaster.core.errors import StorageError
from hlmaster.core.events import FillBooked, OpenOrdersSnapshot, OrderChanged, OrderReported, TrackedOrder
from hlmaster.core.model import Side
from hlmaster.core.orders import (
    Fill,
    Order,
    OrderReply,
    OrderStatus,
    ReplyKind,
    TimeInForce,
    Trigger,
    TriggerKind,
    VenueOrder,
)
from hlmaster.trading.execution.tracker import MAX_FINAL, OrderTracker, describe_order
from tests.trading.scenes import NOW, D, MemoryStore, fill, order

NAME = "0x" + "a" * 32
FORWARD = [
    {OrderStatus.INTENDED},
    {OrderStatus.SENT},
    {OrderStatus.UNKNOWN},
    {OrderStatus.RESTING, OrderStatus.WAITING},
    {OrderStatus.FILLED, OrderStatus.CANCELED, OrderStatus.REJECTED},
]


@dataclass
class Scene:
    bus: Bus
    clock: ManualClock
    store: MemoryStore
    tracker: OrderTracker
    changes: list[TrackedOrder]

    @property
    def now(self) -> TrackedOrder:
        found = self.tracker.get(NAME)
        assert found is not None
        return found

    def hear(self, venue: VenueOrder) -> None:
        self.bus.publish(OrderReported(venue))

    def book(self, booked: Fill) -> None:
        self.bus.publish(FillBooked(booked, D(0)))


def scene(store: MemoryStore | None = None) -> Scene:
    bus, clock, store, changes = Bus(), ManualClock(NOW), store or MemoryStore(), list[TrackedOrder]()
    tracker = OrderTracker(bus, clock, store)
    bus.subscribe(OrderChanged, lambda fact: changes.append(fact.order))
    return Scene(bus, clock, store, tracker, changes)


def sent(size: str = "1", **more: Any) -> Scene:
    made = scene()
    made.tracker.register(order(size=size, client_order_id=NAME, **more))
    made.tracker.mark(NAME, OrderStatus.SENT)
    return made


def told(
    status: OrderStatus = OrderStatus.RESTING,
    left: str = "1",
    *,
    size: str = "1",
    order_id: int = 7,
    name: str | None = NAME,
    **more: Any,
) -> VenueOrder:
    return VenueOrder("ETH", Side.BUY, D(3000), D(left), D(size), order_id, name, NOW, status=status, **more)


def filled(size: str, order_id: int = 7, name: str | None = NAME, price: str = "3000") -> Fill:
    return fill(Side.BUY, size, price, order_id=order_id, client_order_id=name)


def resting(order_id: int = 7) -> OrderReply:
    return OrderReply(ReplyKind.RESTING, order_id)


def rank(status: OrderStatus) -> int:
    return next(place for place, level in enumerate(FORWARD) if status in level)


# --- any stream of events ---

EVENTS: list[Callable[[Scene], object]] = [
    lambda s: s.tracker.answer(NAME, resting()),
    lambda s: s.tracker.answer(NAME, OrderReply(ReplyKind.FILLED, 7, D("0.3"), D(3000))),
    lambda s: s.hear(told()),
    lambda s: s.hear(told(left="0.7")),
    lambda s: s.hear(told(left="0.2")),
    lambda s: s.hear(told(OrderStatus.WAITING)),
    lambda s: s.hear(told(OrderStatus.UNKNOWN)),
    lambda s: s.hear(told(OrderStatus.CANCELED, "0.7")),
    lambda s: s.hear(told(OrderStatus.FILLED, "0")),
    lambda s: s.bus.publish(OpenOrdersSnapshot((told(left="0.5"),), NOW)),
    lambda s: s.bus.publish(OpenOrdersSnapshot((), NOW)),
    lambda s: s.tracker.mark(NAME, OrderStatus.UNKNOWN),
    lambda s: s.book(filled("0.3")),
    lambda s: s.book(filled("0.5", name=None)),
]


@given(st.lists(st.sampled_from(EVENTS), max_size=30))
def test_states_only_move_forward_and_the_filled_size_never_shrinks(
    events: Sequence[Callable[[Scene], object]],
) -> None:
    moves_forward(events)


def test_ten_thousand_shuffled_and_repeated_streams_only_move_forward() -> None:
    dice = random.Random(10)
    for _ in range(10_000):
        moves_forward(dice.choices(EVENTS, k=dice.randrange(1, 20)))


def test_a_fill_after_the_end_still_counts() -> None:
    for end in (OrderStatus.CANCELED, OrderStatus.REJECTED):
        made = sent()
        made.tracker.mark(NAME, end)
        made.book(filled("0.3"))
        made.book(filled("0.2", name=None))
        assert made.now.filled_size == D("0.5")


def moves_forward(events: Sequence[Callable[[Scene], object]]) -> None:
    made = sent()
    for event in events:
        event(made)
    for before, after in itertools.pairwise(made.changes):
        assert rank(before.status) <= rank(after.status)
        assert not before.status.is_final or after.status is before.status
        assert before.filled_size <= after.filled_size <= after.order.size
    assert made.store.saved_orders[NAME] == made.now


@given(st.permutations(range(6)), st.lists(st.integers(0, 5), max_size=6))
def test_an_order_ends_the_same_in_whatever_order_its_events_come(way: list[int], again: list[int]) -> None:
    parts = [filled("0.2", price="3000"), filled("0.3", price="3010"), filled("0.5", name=None, price="2990")]
    reports = [told(), told(left="0.8"), told(OrderStatus.FILLED, "0")]
    made, booked = sent(), set[int]()
    made.tracker.answer(NAME, resting())
    for place in [*way, *(place for place in again if place > 2)]:
        if place > 2:
            made.hear(reports[place - 3])
        elif place not in booked:
            booked.add(place)
            made.book(parts[place])
    assert made.now.status is OrderStatus.FILLED
    assert made.now.filled_size == 1
    assert made.now.average_price == (D("0.2") * 3000 + D("0.3") * 3010 + D("0.5") * 2990)


def test_hearing_the_same_again_is_no_news() -> None:
    made = sent()
    made.hear(told())
    heard = len(made.changes)
    made.clock.advance(5_000)
    made.hear(told())
    made.bus.publish(OpenOrdersSnapshot((told(),), NOW))
    assert len(made.changes) == heard


# --- replies ---


@pytest.mark.parametrize(
    ("reply", "time_in_force", "status", "size"),
    [
        (resting(), TimeInForce.GTC, OrderStatus.RESTING, "0"),
        (OrderReply(ReplyKind.WAITING), TimeInForce.GTC, OrderStatus.WAITING, "0"),
        (OrderReply(ReplyKind.FILLED, 7, D(1), D(3000)), TimeInForce.GTC, OrderStatus.FILLED, "1"),
        (OrderReply(ReplyKind.FILLED, 7, D("0.4"), D(3000)), TimeInForce.GTC, OrderStatus.RESTING, "0.4"),
        (OrderReply(ReplyKind.FILLED, 7, D("0.4"), D(3000)), TimeInForce.IOC, OrderStatus.CANCELED, "0.4"),
        (OrderReply(ReplyKind.REJECTED, text="No."), TimeInForce.GTC, OrderStatus.REJECTED, "0"),
        (OrderReply(ReplyKind.UNRECOGNISED), TimeInForce.GTC, OrderStatus.UNKNOWN, "0"),
    ],
)
def test_each_reply_means_one_state(
    reply: OrderReply, time_in_force: TimeInForce, status: OrderStatus, size: str
) -> None:
    made = sent(time_in_force=time_in_force)
    made.tracker.answer(NAME, reply)
    assert (made.now.status, made.now.filled_size) == (status, D(size))


def test_a_waiting_trigger_is_still_waiting_after_an_unspecific_yes() -> None:
    made = sent()
    made.tracker.answer(NAME, OrderReply(ReplyKind.WAITING, 7))
    made.tracker.replaced(NAME, made.now.order, OrderReply(ReplyKind.DONE))
    assert made.now.status is OrderStatus.WAITING


def test_late_fills_after_the_end_count_and_change_no_state() -> None:
    made = sent()
    made.hear(told(OrderStatus.CANCELED, "1"))
    made.book(filled("0.4"))
    assert (made.now.status, made.now.filled_size) == (OrderStatus.CANCELED, D("0.4"))
    assert made.now.average_price == 3000


def test_an_order_given_up_as_never_arrived_lives_when_the_venue_says_so() -> None:
    for word in (told(), filled("0.4")):
        made = sent()
        made.tracker.mark(NAME, OrderStatus.REJECTED, "It expired without reaching the exchange.")
        if isinstance(word, Fill):
            made.book(word)
            assert made.now.filled_size == D("0.4")
        else:
            made.hear(word)
            assert made.now.status is OrderStatus.RESTING
        assert not made.now.status.is_final


# --- modifies ---


def changed() -> Order:
    return order(size="2", price="2990", client_order_id=NAME)


MODIFY_EVENTS: dict[str, Callable[[Scene], object]] = {
    "old gone": lambda s: s.hear(told(OrderStatus.CANCELED, "0.6")),
    "new open": lambda s: s.hear(replace(told(size="2", left="2", order_id=8), price=D(2990))),
    "new fill": lambda s: s.book(filled("0.5", order_id=8)),
    "old fill late": lambda s: s.book(filled("0.4", order_id=7)),
    "reply": lambda s: s.tracker.replaced(NAME, changed(), resting(8)),
}


@pytest.mark.parametrize("way", list(itertools.permutations(MODIFY_EVENTS)))
def test_a_modify_ends_the_same_in_every_order_of_its_events(way: tuple[str, ...]) -> None:
    made = sent()
    made.tracker.answer(NAME, resting(7))
    made.tracker.begin_replacing(NAME, order(client_order_id=NAME))
    for event in way:
        MODIFY_EVENTS[event](made)
        if event != "reply" and way.index(event) < way.index("reply"):
            assert not made.now.status.is_final, "the end of the old order is not the end of this one"
    assert (made.now.status, made.now.order_id) == (OrderStatus.RESTING, 8)
    assert (made.now.order.size, made.now.order.price) == (D(2), D(2990))
    assert (made.now.filled_size, made.now.remaining) == (D("0.5"), D("1.5"))
    assert made.tracker.of_fill(filled("0.1", order_id=7, name=None)) == made.now
    assert made.store.saved_orders[NAME] == made.now


def test_a_refused_modify_leaves_the_old_order_as_it_was() -> None:
    made = sent()
    made.hear(told())
    before = made.now
    made.tracker.begin_replacing(NAME, order(client_order_id=NAME))
    made.hear(told(OrderStatus.REJECTED, "1", order_id=8))
    made.tracker.not_replaced(NAME)
    assert made.now == before


def test_a_cancel_heard_during_a_refused_modify_counts_after_all() -> None:
    made = sent()
    made.hear(told())
    made.tracker.begin_replacing(NAME, order(client_order_id=NAME))
    made.hear(told(OrderStatus.CANCELED))
    assert made.now.status.is_live
    made.tracker.not_replaced(NAME)
    assert made.now.status is OrderStatus.CANCELED


def stop(trigger: int, price: int) -> Order:
    level = Trigger(D(trigger), TriggerKind.STOP, market=True)
    return order(Side.SELL, "1", str(price), client_order_id=NAME, trigger=level, reduce_only=True)


@pytest.mark.parametrize(("heard", "stands"), [(2790, 2820), (2700, 2800)])
def test_a_stop_whose_changes_answer_is_lost_stands_where_its_new_life_was_told(heard: int, stands: int) -> None:
    """The streams tell no triggers: by the limit price it is our change, or one that somebody else made."""
    made = scene()
    made.tracker.register(stop(2800, 2770))
    made.tracker.answer(NAME, OrderReply(ReplyKind.WAITING, 7))
    made.tracker.begin_replacing(NAME, stop(2820, 2790))
    made.tracker.doubt_replacing(NAME)
    made.hear(replace(told(OrderStatus.WAITING, "1", order_id=8), price=D(heard)))
    assert made.now.order.trigger is not None
    assert (made.now.order.trigger.price, made.now.resolving) == (stands, False)


def test_a_list_that_tells_the_trigger_puts_it_right() -> None:
    made = scene()
    made.tracker.register(stop(2800, 2770))
    made.tracker.answer(NAME, OrderReply(ReplyKind.WAITING, 7))
    made.hear(replace(told(OrderStatus.WAITING, "1"), price=D(2730), trigger=stop(2760, 2730).trigger))
    assert made.now.order == stop(2760, 2730)


def test_a_report_about_an_earlier_life_changes_nothing() -> None:
    made = sent()
    made.hear(told(order_id=8))
    before = made.now
    made.hear(told(OrderStatus.CANCELED, order_id=7))
    assert made.now == before


# --- orders from elsewhere, lists, memory ---


def test_orders_placed_elsewhere_are_shown_as_foreign_and_found_by_their_venue_id() -> None:
    made = scene()
    made.hear(told(name=None, order_id=99, left="0.6"))
    (found,) = made.tracker.all()
    assert (found.foreign, found.client_order_id, found.filled_size) == (True, "oid:99", D("0.4"))
    made.hear(told(OrderStatus.CANCELED, name=None, order_id=99))
    assert [item.status for item in made.tracker.all()] == [OrderStatus.CANCELED]
    assert made.tracker.by_coin.recent("ETH", 0) == ()


def test_only_live_orders_that_a_later_list_leaves_out_are_missing() -> None:
    made = sent()
    made.hear(told())
    made.bus.publish(OpenOrdersSnapshot((), NOW - 1))
    assert made.tracker.missing() == [], "the list was asked for before the order was heard of"
    made.bus.publish(OpenOrdersSnapshot((), NOW + 1))
    assert made.tracker.missing() == [made.now]
    made.bus.publish(OpenOrdersSnapshot((told(),), NOW + 2))
    assert made.tracker.missing() == []
    made.bus.publish(OpenOrdersSnapshot((), NOW + 3))
    made.tracker.mark(NAME, OrderStatus.CANCELED)
    assert made.tracker.missing() == []


def test_old_finished_orders_are_forgotten_and_open_ones_never() -> None:
    made = sent()
    made.hear(told())
    for _ in range(MAX_FINAL + 5):
        item = order()
        made.tracker.register(item)
        made.tracker.mark(item.client_order_id, OrderStatus.REJECTED)
    assert len(made.tracker.all()) == MAX_FINAL + 1
    assert made.now.status is OrderStatus.RESTING


async def test_a_restart_knows_what_was_known_and_counts_each_fill_once() -> None:
    made = sent()
    made.hear(told())
    first, second = filled("0.3"), filled("0.2")
    made.book(first)
    made.store.saved_fills.append(first)
    again = scene(made.store)
    await again.tracker.restore()
    assert again.tracker.all() == made.tracker.all()
    again.book(second)
    assert again.now.filled_size == D("0.5")


async def test_a_fill_that_came_after_its_reply_and_after_a_crash_is_not_counted_twice() -> None:
    made = sent()
    made.tracker.answer(NAME, OrderReply(ReplyKind.FILLED, 7, D("0.4"), D(3000)))
    again = scene(made.store)
    await again.tracker.restore()
    again.book(filled("0.4"))
    assert again.now.filled_size == D("0.4")


def test_an_order_is_described_as_a_trader_would() -> None:
    made = sent()
    made.hear(told(left="0.6"))
    assert describe_order(made.now) == "Buy 1 ETH limit 3000: resting, 0.4 filled."


def test_a_store_that_refuses_stops_new_entries_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: TrackedOrder) -> None:
        raise StorageError("50000 facts wait to be recorded.")

    bus, store, told = Bus(), MemoryStore(), list[OrderChanged]()
    bus.subscribe(OrderChanged, told.append)
    monkeypatch.setattr(store, "save_order", refuse)
    tracker, leaving = OrderTracker(bus, ManualClock(NOW), store), order(Side.SELL, reduce_only=True)
    tracker.register(leaving)
    tracker.mark(leaving.client_order_id, OrderStatus.SENT)
    assert [fact.order.status for fact in told] == [OrderStatus.INTENDED, OrderStatus.SENT]
    with pytest.raises(StorageError):
        tracker.register(order())
    assert [tracked.order for tracked in tracker.all()] == [leaving]
