"""The exchange's word makes the books true, whatever the streams forgot."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

import pytest

from hlmaster.core.bus import Bus
from hlmaster.core.clock import HOUR_MS, ManualClock
from hlmaster.core.errors import VenueUnreachable
from hlmaster.core.events import Discrepancy
from hlmaster.core.model import Side
from hlmaster.core.orders import FundingPayment, Order, OrderStatus, VenueOrder
from hlmaster.trading.execution.reconcile import CLEAN_NEGATIVES, OVERLAP_MS, Reconciler
from hlmaster.trading.execution.tracker import OrderTracker
from hlmaster.trading.portfolio import Portfolio
from tests.trading.scenes import NOW, D, MemoryStore, fill, order
from tests.trading.venues import MemoryVenue


@dataclass
class Scene:
    since_ms: int = 0

    def __post_init__(self) -> None:
        self.bus, self.clock = Bus(), ManualClock(NOW)
        self.venue = MemoryVenue(self.bus, self.clock)
        self.tracker = OrderTracker(self.bus, self.clock, MemoryStore())
        self.portfolio = Portfolio(self.bus, self.clock, lambda coin: D(3000), MemoryStore())
        self.reconciler = Reconciler(self.bus, self.clock, self.venue, self.tracker, self.portfolio, self.since_ms)
        self.told: list[Discrepancy] = []
        self.bus.subscribe(Discrepancy, self.told.append)

    def hold(self, size: str, time_ms: int = NOW) -> None:
        """A position that only the venue knows of."""
        self.venue.all_fills.append(fill(Side.BUY, size, "3000", time_ms, order_id=len(self.venue.all_fills)))
        self.venue.positions["ETH"] = self.venue.positions.get("ETH", D(0)) + D(size)

    def rest(self, wanted: Order) -> VenueOrder:
        """An order that both know and that the venue no longer lists."""
        listed = VenueOrder("ETH", wanted.side, wanted.price, wanted.size, wanted.size, 7, wanted.client_order_id, NOW)
        self.tracker.register(wanted)
        self.tracker.report(listed)
        self.clock.advance(1_000)
        return listed


async def test_a_fresh_account_begins_with_its_cash() -> None:
    scene = Scene()
    await scene.reconciler.run()
    assert (scene.portfolio.equity, scene.portfolio.positions()) == (D(10_000), [])
    assert scene.reconciler.last_success_ms == NOW


async def test_what_the_streams_forgot_is_fetched_and_booked_once() -> None:
    scene = Scene()
    scene.hold("1")
    scene.venue.all_funding.append(FundingPayment("ETH", NOW, D("-0.5"), D(1), D("0.0001")))
    for _ in range(3):
        await scene.reconciler.run()
    assert scene.portfolio.size("ETH") == 1
    assert scene.portfolio.equity == D("9999.5")
    assert len(scene.portfolio.fills) == 1


async def test_rows_that_arrive_late_are_found_by_the_overlap() -> None:
    scene = Scene()
    scene.hold("1")
    await scene.reconciler.run()
    scene.hold("2", NOW - OVERLAP_MS + 1)
    await scene.reconciler.run()
    assert scene.portfolio.size("ETH") == 3


async def test_positions_that_stay_apart_bring_back_even_older_fills() -> None:
    scene = Scene()
    scene.hold("1")
    await scene.reconciler.run()
    scene.hold("2", NOW - 5 * HOUR_MS)
    await scene.reconciler.run()
    assert scene.portfolio.size("ETH") == 1
    scene.clock.advance(11_000)
    await scene.reconciler.run()
    assert scene.portfolio.ledger.holding("ETH").size == 3
    assert scene.portfolio.mismatched == ()


async def test_nothing_before_the_session_is_asked_for() -> None:
    scene = Scene(since_ms=NOW)
    scene.hold("1", NOW - 1)
    await scene.reconciler.run()
    assert scene.portfolio.fills == []


@pytest.mark.parametrize("end", [OrderStatus.FILLED, OrderStatus.CANCELED])
async def test_an_order_the_venue_no_longer_lists_is_asked_after_by_name(end: OrderStatus) -> None:
    scene = Scene()
    wanted = order()
    listed = scene.rest(wanted)
    scene.venue.statuses[wanted.client_order_id] = replace(listed, status=end)
    await scene.reconciler.run()
    found = scene.tracker.get(wanted.client_order_id)
    assert found is not None
    assert found.status is end
    assert [fact.venues for fact in scene.told] == [end]


async def test_an_order_nobody_knows_any_more_is_given_up_after_several_passes() -> None:
    scene = Scene()
    wanted = order()
    scene.rest(wanted)
    states = []
    for _ in range(CLEAN_NEGATIVES):
        await scene.reconciler.run()
        found = scene.tracker.get(wanted.client_order_id)
        states.append(found.status if found else None)
    assert states == [OrderStatus.RESTING] * (CLEAN_NEGATIVES - 1) + [OrderStatus.CANCELED]


async def test_a_foreign_order_that_is_gone_is_gone() -> None:
    scene = Scene()
    scene.tracker.report(VenueOrder("ETH", Side.BUY, D(1), D(1), D(1), 99, None, NOW))
    scene.clock.advance(1)
    await scene.reconciler.run()
    assert [item.status for item in scene.tracker.all()] == [OrderStatus.CANCELED]


async def test_the_start_waits_until_one_pass_succeeds() -> None:
    scene = Scene()
    scene.venue.deaf = VenueUnreachable("No line.")
    start = asyncio.create_task(scene.reconciler.run_until_done())
    while scene.clock.now_ms() < NOW + 9_000:
        assert not start.done()
        await asyncio.sleep(0)
    scene.venue.deaf = None
    await start
    assert scene.reconciler.last_success_ms == scene.clock.now_ms()
