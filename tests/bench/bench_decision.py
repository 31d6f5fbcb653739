"""From a sample that is due to the gate's verdict: real grids, engine and gate on fifty coins, each coin apart."""

from __future__ import annotations

import asyncio
import time
from decimal import Decimal

import numpy as np

from hlmaster.core.candles import Floats
from hlmaster.core.events import AccountSnapshot, LinkChanged, LinkState, TradingState
from hlmaster.core.model import Account, Side
from hlmaster.core.orders import ApprovalMint, Basis, Order
from hlmaster.core.rounding import snap_price, to_decimal
from hlmaster.core.signals import Direction, RowClosed, SignalMade
from hlmaster.desk.survey import Survey
from hlmaster.market.grid.grids import Grids
from hlmaster.strategies.catalogue import built_in
from hlmaster.strategies.engine import Engine
from hlmaster.strategies.known import BuiltIn
from hlmaster.strategies.roster import Roster
from hlmaster.trading.execution.tracker import OrderTracker
from hlmaster.trading.portfolio import Portfolio
from hlmaster.trading.risk.gate import Gate
from hlmaster.trading.risk.limits import RiskLimits
from tests.bench.bench_engine import passed
from tests.bench.bench_grid import COINS, STEP, Market
from tests.bench.report import Report
from tests.trading.scenes import MemoryStore

STRATEGIES = ("oracle_update", "momentum_scalper")
WARM, MEASURED = 300, 500
"""Quarters of a second."""
JUMP = 200
"""Ticks, 0.4 %: what makes a strategy speak."""


class Desk:
    """A market, and the gate that judges what a strategy says of it: one dry run for each signal."""

    def __init__(self) -> None:
        self.market = Market()
        bus, clock, feed = self.market.bus, self.market.clock, self.market.feed
        self.grids = Grids(bus, clock, feed)
        orders = OrderTracker(bus, clock, MemoryStore())
        portfolio = Portfolio(bus, clock, self.mark, MemoryStore())
        listed = {coin: feed.market(coin).instrument for coin in COINS}
        self.survey = Survey(clock, feed, lambda: listed, portfolio, orders, lambda: (TradingState.ACTIVE, ""))
        limits = RiskLimits()
        self.gate = Gate(bus, ApprovalMint(), self.survey, lambda: limits)
        self.verdicts = 0
        money = Decimal(10_000)
        account = Account("0x0", clock.now_ms(), money, money, Decimal(0), Decimal(0), Decimal(0), ())
        bus.publish(LinkChanged(LinkState.CONNECTED, ""))
        bus.publish(AccountSnapshot(account))
        bus.subscribe(SignalMade, self.judge)

    def mark(self, coin: str) -> Decimal | None:
        return self.survey.mark(coin)

    def judge(self, fact: SignalMade) -> None:
        signal = fact.signal
        if signal.direction is Direction.NEUTRAL:
            return
        side = Side.BUY if signal.direction is Direction.LONG else Side.SELL
        price = snap_price(to_decimal(self.market.ticks[signal.coin] / 10, 6), 3)
        stop = price * (1 - side.sign * Decimal("0.01"))
        basis = Basis(signal.strategy, "p1", False, signal.confidence, signal.confidence, stop)
        self.gate.check(Order(signal.coin, side, Decimal("0.01"), price, basis=basis))
        self.verdicts += 1


async def measure(known: BuiltIn) -> tuple[Floats, int]:
    """Processor microseconds of each coin's sample, from the one before it to the last handler; and the verdicts."""
    desk = Desk()
    market = desk.market
    engine = Engine(
        market.bus, desk.grids, Roster(), [known], watchlist=lambda: COINS, listed=bool, stale=lambda coin: None
    )
    await engine.start()
    engine.arm(known.card.name)
    await engine.settled()
    taken: list[int] = []
    last = 0

    def done(fact: RowClosed) -> None:
        nonlocal last
        now = time.thread_time_ns()
        taken.append(now - last)
        last = time.thread_time_ns()

    market.bus.subscribe(RowClosed, done)
    for number in range(WARM + MEASURED):
        market.clock.advance(STEP)
        for coin in market.random.sample(COINS, 2):
            market.ticks[coin] += market.random.choice((-JUMP, JUMP))
        for fact in market.quarter(number):
            market.bus.publish(fact)
        if number == WARM:
            taken.clear()
            desk.verdicts = 0
        last = time.thread_time_ns()
        desk.grids.tick()
    broken = engine.card(known.card.name).broken
    await engine.stop()
    if broken or not taken:
        raise AssertionError(broken or "no sample closed")
    return np.array(taken) / 1_000, desk.verdicts


def run(report: Report) -> None:
    for known in built_in(passed):
        if known.card.name in STRATEGIES:
            took, verdicts = asyncio.run(measure(known))
            name = f"sample due to verdict, {known.card.name}, 50 coins"
            report.add(f"{name}, p50", float(np.percentile(took, 50)), "µs", at_most=50)
            report.add(f"{name}, p99 ({verdicts} verdicts)", float(np.percentile(took, 99)), "µs", at_most=500)
