"""The whole gate: what is at stake counted, the situation described, every rule asked, on a desk with open positions.

The baseline is a hundred multiplications of money in the same run: what this machine is worth at this moment.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Callable
from decimal import Decimal

from hlmaster.core.model import Side
from hlmaster.core.orders import Basis, Order
from hlmaster.trading.risk.rule import LIMITS, RULES
from tests.bench.report import Report
from tests.desk.desks import Scene, running

CALLS = 5_000
IDEA = Basis("momentum", "p1", True, 0.9, 0.9, Decimal(2_900))
MONEY = Decimal("3000.1")


def microseconds(work: Callable[[], object], before: Callable[[], object] = lambda: None) -> float:
    """Median of one call; ``before`` goes ahead of each and is not counted."""
    taken = []
    for _ in range(CALLS):
        before()
        started = time.perf_counter_ns()
        work()
        taken.append(time.perf_counter_ns() - started)
    return statistics.median(taken) / 1_000


def multiply() -> None:
    for _ in range(100):
        MONEY * MONEY


async def measure(report: Report) -> None:
    async with running() as scene:
        desk, gate = scene.desk, scene.desk.gate
        open_positions(scene)
        entry = Order("ETH", Side.BUY, Decimal("0.01"), Decimal(2_990))
        idea = Order("ETH", Side.BUY, Decimal("0.01"), Decimal(2_990), basis=IDEA)
        leave = Order("ETH", Side.SELL, Decimal("0.1"), Decimal(2_990), reduce_only=True)
        machine = microseconds(multiply)
        count = f"{len(RULES)} rules, {len(LIMITS)} limits"
        report.add("a hundred multiplications of money", machine, "µs")
        report.add(f"gate, order by hand ({count})", microseconds(lambda: gate.check(entry)), "µs", at_most=10)
        report.add("gate, idea of a strategy", microseconds(lambda: gate.check(idea)), "µs", at_most=10)
        report.add("gate, against the machine", microseconds(lambda: gate.check(entry)), "µs", baseline=machine)
        report.add("gate, exit", microseconds(lambda: gate.check(leave)), "µs", at_most=10)
        prices = iter(range(10**9))

        def tick() -> None:
            scene.market.price("ETH", 3_000 + next(prices) % 7 / 10)

        report.add("gate after every mark and quote changed", microseconds(lambda: gate.check(entry), tick), "µs")
        report.add("of it the situation", microseconds(lambda: desk.survey("ETH")), "µs")


def open_positions(scene: Scene) -> None:
    """Two, and three orders in the book, with pasts that are known: a gate that says yes to the end asks the most."""
    scene.venue.give("ETH", Decimal("0.1"))
    scene.venue.give("BTC", Decimal("-0.1"))
    scene.venue.publish_account()
    scene.desk.survey.swing = lambda coin: Decimal("0.03")
    for price in ("2950", "2940", "2930"):
        scene.desk.orders.register(Order("ETH", Side.BUY, Decimal("0.01"), Decimal(price)))


def run(report: Report) -> None:
    asyncio.run(measure(report))
