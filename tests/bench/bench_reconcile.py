"""How long one pass of reconciliation takes over ten thousand fills: booked for the first time, and known already."""

from __future__ import annotations

import asyncio
import time

from hlmaster.core.bus import Bus
from hlmaster.core.clock import ManualClock
from hlmaster.core.model import Side
from hlmaster.trading.execution.reconcile import Reconciler
from hlmaster.trading.execution.tracker import OrderTracker
from hlmaster.trading.portfolio import Portfolio
from tests.bench.report import Report
from tests.trading.scenes import NOW, D, MemoryStore, fill
from tests.trading.venues import MemoryVenue

FILLS = 10_000


def run(report: Report) -> None:
    first, again = asyncio.run(_passes())
    report.add(f"reconciling {FILLS:,} new fills", first * 1000, "ms", at_most=1_000)
    report.add(f"reconciling {FILLS:,} known fills", again * 1000, "ms", at_most=250)


async def _passes() -> tuple[float, float]:
    bus, clock, store = Bus(), ManualClock(NOW), MemoryStore()
    venue = MemoryVenue(bus, clock)
    sides = (Side.BUY, Side.SELL)
    venue.all_fills = [fill(sides[n % 2], "0.1", "3000", NOW - FILLS + n, order_id=n) for n in range(FILLS)]
    portfolio = Portfolio(bus, clock, lambda coin: D(3000), store)
    reconciler = Reconciler(bus, clock, venue, OrderTracker(bus, clock, store), portfolio, 0)
    seconds = []
    for _ in range(2):
        started = time.perf_counter()
        await reconciler.run()
        seconds.append(time.perf_counter() - started)
    assert len(portfolio.ledger.round_trips) == FILLS // 2
    return seconds[0], seconds[1]
