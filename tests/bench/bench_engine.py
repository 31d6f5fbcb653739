"""The engine: what it adds to a strategy on each row, and from a closed row to a signal that was heard."""

from __future__ import annotations

import asyncio
import time

import numpy as np

from hlmaster.core.bus import Bus
from hlmaster.core.candles import Floats
from hlmaster.core.signals import Check, RowClosed, SignalMade
from hlmaster.market.window import Needs, Window
from hlmaster.strategies.base import Explanation, Params, Signals, Strategy
from hlmaster.strategies.catalogue import built_in
from hlmaster.strategies.engine import Engine
from hlmaster.strategies.known import BuiltIn, Checks
from hlmaster.strategies.rehearsal import rehearsal
from hlmaster.strategies.roster import Roster
from tests.bench.report import Report

COINS = tuple(f"C{number}" for number in range(50))
ROWS = 400
SAMPLED = ("oracle_update", "momentum_scalper", "triple_confluence")


class NoParams(Params):
    """Nothing to choose."""


class Idle(Strategy[NoParams]):
    """Says what was said before, at no cost: what remains is the engine's own."""

    name, title, Parameters = "idle", "Idle", NoParams
    said: Signals

    @classmethod
    def declare(cls, params: NoParams) -> Needs:
        return _needs("momentum_scalper")

    @property
    def horizon_ms(self) -> int:
        return 60_000

    def signals(self, window: Window) -> Signals:
        return self.said

    def explain(self, window: Window) -> Explanation:
        return Explanation("nothing")


def _needs(name: str) -> Needs:
    kind = next(known for known in built_in() if known.card.name == name)
    needs: Needs = kind._kind.declare(kind.parameters())
    return needs


class Rows:
    """One rehearsed market for every coin, one row further each time."""

    def __init__(self) -> None:
        self.markets: dict[int, tuple[Needs, Window]] = {}
        self.row = 0

    def need(self, coin: str, needs: Needs, owner: str) -> None:
        if id(needs) not in self.markets:
            count = needs.warm_up + needs.lookback + ROWS
            self.markets[id(needs)] = needs, rehearsal(needs, count, seed=3).window(needs)
        self.ready: dict[tuple[int, int], Window] = {}

    def drop(self, owner: str, coin: str | None = None) -> None: ...

    def window(self, coin: str, needs: Needs) -> Window | None:
        key = id(needs), self.row
        if key not in self.ready:
            market = self.markets[id(needs)][1]
            end = len(market) - ROWS + self.row
            self.ready[key] = market.rows(slice(end - needs.lookback, end))
        return self.ready[key]

    def progress(self, coin: str, needs: Needs) -> tuple[int, int]:
        return 1, 1

    def close(self, needs: Needs) -> int:
        window = self.window("", needs)
        assert window is not None
        return int(window.time_ms[-1])


async def passed(name: str, params: Params) -> Checks:
    return (Check("look-ahead", True),)


async def _measure(known: BuiltIn, coins: tuple[str, ...]) -> tuple[Floats, int]:
    """Microseconds of each row, from the fact to the last handler; and how many signals were heard."""
    bus, rows = Bus(), Rows()
    engine = Engine(bus, rows, Roster(), [known], watchlist=lambda: coins, listed=bool, stale=lambda coin: None)
    heard: list[SignalMade] = []
    bus.subscribe(SignalMade, heard.append)
    await engine.start()
    engine.arm(known.card.name)
    await engine.settled()
    needs = next(iter(rows.markets.values()))[0]
    grid, taken = needs.grid.name, []
    for rows.row in range(ROWS):
        row_ms = rows.close(needs)
        for coin in coins:
            fact = RowClosed(coin, grid, row_ms)
            started = time.perf_counter_ns()
            bus.publish(fact)
            taken.append(time.perf_counter_ns() - started)
    card = engine.card(known.card.name)
    assert not card.broken, card.broken
    await engine.stop()
    return np.array(taken) / 1_000, len(heard)


def run(report: Report) -> None:
    needs = _needs("momentum_scalper")
    rows = needs.lookback
    zero, none = np.zeros(rows), np.zeros(rows, np.int8)
    Idle.said = Signals(none, zero, zero)
    took, _ = asyncio.run(_measure(BuiltIn(Idle, passed), COINS))
    report.add("engine: its own share of a row, median", float(np.median(took)), "µs", at_most=10)
    for known in built_in(passed):
        if known.card.name in SAMPLED:
            took, heard = asyncio.run(_measure(known, COINS))
            name = f"row to signal, {known.card.name}, 50 coins"
            report.add(f"{name}, median", float(np.percentile(took, 50)), "µs", at_most=50)
            report.add(f"{name}, p99 ({heard} signals)", float(np.percentile(took, 99)), "µs", at_most=500)
