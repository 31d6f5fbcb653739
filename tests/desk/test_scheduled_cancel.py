"""The exchange's own switch is armed for entries alone, kept ahead, and taken back before anything that protects."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from hlmaster.core.bus import Bus
from hlmaster.core.clock import DAY_MS, ManualClock
from hlmaster.core.errors import HlError, VenueRefused, VenueUnreachable
from hlmaster.core.events import Notice
from hlmaster.core.model import Side
from hlmaster.core.orders import Order, OrderReply, OrderStatus, Purpose, ReplyKind, Trigger, TriggerKind
from hlmaster.desk.scheduled_cancel import ScheduledCancel
from hlmaster.trading.execution.tracker import OrderTracker
from hlmaster.trading.safety import Safety
from tests.house import rules
from tests.house.source import sources
from tests.trading.scenes import NOW, D, MemoryStore

ENTRY = Order("ETH", Side.BUY, D(1), D(2900))
STOP = Order(
    "ETH",
    Side.SELL,
    D(1),
    D(2700),
    reduce_only=True,
    trigger=Trigger(D(2800), TriggerKind.STOP, market=True),
    purpose=Purpose.PROTECT,
)


class Switch:
    """The executor's end: what was asked for, in order; ``error`` is raised instead."""

    def __init__(self) -> None:
        self.asked: list[int | None] = []
        self.error: HlError | None = None
        self.slow = asyncio.Event()
        self.slow.set()

    async def schedule_cancel(self, time_ms: int | None) -> None:
        self.asked.append(time_ms)
        await self.slow.wait()
        if self.error is not None:
            raise self.error


class Scene:
    def __init__(self, *, enabled: bool = True) -> None:
        self.bus, self.clock, self.switch = Bus(), ManualClock(NOW), Switch()
        self.tracker = OrderTracker(self.bus, self.clock, MemoryStore())
        self.safety = Safety(scheduled_cancel=enabled, scheduled_cancel_seconds=60)
        self.notices: list[Notice] = []
        self.bus.subscribe(Notice, self.notices.append)
        self.made = ScheduledCancel(
            self.bus,
            self.clock,
            self.switch,  # type: ignore[arg-type]
            self.tracker,
            lambda: self.safety,
            self.clock.now_ms,
        )

    def rest(self, order: Order) -> None:
        self.tracker.register(order, NOW + 15_000)
        self.tracker.answer(order.client_order_id, OrderReply(ReplyKind.RESTING, len(self.tracker.all())))

    def end(self, order: Order) -> None:
        self.tracker.mark(order.client_order_id, OrderStatus.CANCELED)

    async def until(self, *asked: int | None) -> None:
        for _ in range(500):
            if self.switch.asked == list(asked):
                return
            await asyncio.sleep(0.002)
        raise AssertionError(self.switch.asked)


@asynccontextmanager
async def running(scene: Scene) -> AsyncIterator[Scene]:
    task = asyncio.create_task(scene.made.run())
    try:
        yield scene
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with running(Scene()) as made:
        yield made


async def test_without_entries_or_without_the_setting_nothing_is_asked_for() -> None:
    for made in (Scene(), Scene(enabled=False)):
        if not made.safety.scheduled_cancel:
            made.rest(ENTRY)
        async with running(made):
            await asyncio.sleep(0.02)
        assert made.switch.asked == []


async def test_it_is_off_unless_somebody_turned_it_on() -> None:
    assert Safety().scheduled_cancel is False


async def test_entries_arm_it_a_minute_ahead_and_their_end_takes_it_back(scene: Scene) -> None:
    scene.rest(ENTRY)
    await scene.until(NOW + 60_000)
    scene.end(ENTRY)
    await scene.until(NOW + 60_000, None)
    assert not scene.made.armed


async def test_an_entry_that_is_still_on_its_way_arms_nothing(scene: Scene) -> None:
    scene.tracker.register(ENTRY, NOW + 15_000)
    await asyncio.sleep(0.02)
    assert scene.switch.asked == []


async def test_it_is_renewed_well_before_it_fires(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Scene()
    monkeypatch.setattr(ScheduledCancel, "_seconds", 0.06)
    made.rest(ENTRY)
    async with running(made):
        for _ in range(500):
            if len(made.switch.asked) >= 3:
                return
            await asyncio.sleep(0.002)
    raise AssertionError(made.switch.asked)


async def test_a_stop_that_is_only_meant_takes_it_back_before_it_rests(scene: Scene) -> None:
    scene.rest(ENTRY)
    await scene.until(NOW + 60_000)
    scene.tracker.register(STOP, NOW + 30_000)
    await scene.until(NOW + 60_000, None)
    assert not scene.made.armed


async def test_while_anything_protects_it_is_never_armed(scene: Scene) -> None:
    scene.rest(STOP)
    scene.rest(ENTRY)
    scene.rest(replace(ENTRY, client_order_id="0x2"))
    await asyncio.sleep(0.02)
    assert scene.switch.asked == []
    scene.end(STOP)
    await scene.until(NOW + 60_000)


async def test_a_stop_meant_while_it_is_being_armed_takes_it_back_at_once(scene: Scene) -> None:
    scene.switch.slow.clear()
    scene.rest(ENTRY)
    await scene.until(NOW + 60_000)
    scene.rest(STOP)
    scene.switch.slow.set()
    await scene.until(NOW + 60_000, None)


async def test_an_account_that_does_not_qualify_is_told_once_and_left_alone_until_tomorrow(scene: Scene) -> None:
    scene.switch.error = VenueRefused("Cannot set scheduled cancel time until enough volume traded.")
    scene.rest(ENTRY)
    await scene.until(NOW + 60_000)
    scene.rest(replace(ENTRY, client_order_id="0x2"))
    await asyncio.sleep(0.02)
    assert len(scene.switch.asked) == len(scene.notices) == 1
    assert not scene.made.armed
    scene.clock.advance(DAY_MS)
    scene.rest(replace(ENTRY, client_order_id="0x3"))
    await scene.until(NOW + 60_000, NOW + DAY_MS + 60_000)


async def test_what_could_not_be_taken_back_counts_as_armed_and_is_tried_again(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hlmaster.desk.scheduled_cancel.RETRY_SECONDS", 0.01)
    scene.rest(ENTRY)
    await scene.until(NOW + 60_000)
    scene.switch.error = VenueUnreachable("No line.")
    scene.rest(STOP)
    await scene.until(NOW + 60_000, None, None)
    assert scene.made.armed
    scene.switch.error = None
    await scene.until(NOW + 60_000, None, None, None)


async def test_an_orderly_end_takes_it_back(scene: Scene) -> None:
    scene.rest(ENTRY)
    await scene.until(NOW + 60_000)
    await scene.made.stop()
    await scene.until(NOW + 60_000, None)


def test_nobody_else_arms_it() -> None:
    """So that there is one place to look for the rule about protective orders."""
    allowed = {
        "schedule_cancel": ("hlmaster/desk/scheduled_cancel.py", "hlmaster/exchange/"),
        "prepare_schedule_cancel": ("hlmaster/trading/execution/executor.py",),
    }
    for name, places in allowed.items():
        found = [place for source in sources() for place in rules.calls_of(source, name)]
        assert found
        assert [place for place in found if not place.startswith(places)] == []
