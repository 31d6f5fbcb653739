"""The decision grid: from a frame to a row to a window, fifty candles closing at once, and what is recorded."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from hlmaster.core.bus import Bus
from hlmaster.core.clock import ManualClock
from hlmaster.core.decision_rows import RowBlock
from hlmaster.core.events import AssetContext, BestQuote, BookSnapshot, CandleRow, Level, Trade, Trades
from hlmaster.core.model import Interval
from hlmaster.core.signals import RowClosed
from hlmaster.market.feed import Feed
from hlmaster.market.grid.grids import Grids
from hlmaster.market.indicators.atr import Atr
from hlmaster.market.indicators.bollinger import Bollinger
from hlmaster.market.indicators.ema import Ema
from hlmaster.market.indicators.macd import Macd
from hlmaster.market.indicators.rsi import Rsi
from hlmaster.market.window import FrameNeeds, Grid, Needs, Window
from hlmaster.storage.decision_rows import DecisionRows, recorded
from tests.bench.bench_feed import instruments
from tests.bench.report import Report

COINS = tuple(f"C{number}" for number in range(50))
START = 1_790_000_040_000
"""On a minute."""
STEP = 250
FIVE = (Ema(9), Rsi(14), Atr(14), Macd(), Bollinger())
SAMPLED = Needs(
    Grid.of("250ms"),
    120,
    ("mid", "oracle", "oracle_phase", "spread", "imbalance", "depth_ratio(5, 10)", "bid_depth", "flow", "taker_volume"),
    FIVE,
)
CANDLES = Needs(
    Grid.of("1m"), 120, ("mark", "funding", "imbalance", "flow"), FIVE, (FrameNeeds(Interval.M5, (Ema(9), Rsi(14)), 3),)
)


class Market:
    """A bus, a clock that is moved by hand, and facts of fifty coins at prices that wander."""

    def __init__(self) -> None:
        self.clock, self.bus, self.random = ManualClock(START), Bus(), random.Random(7)
        self.feed = Feed(self.bus, self.clock, instruments(COINS))
        self.ticks = dict.fromkeys(COINS, 50_000)
        self.trade_id = 0

    def step(self, coin: str) -> int:
        self.ticks[coin] += self.random.choice((-1, 0, 1))
        return self.ticks[coin]

    def side(self, best: int, way: int, count: int) -> list[Level]:
        return [Level((best + way * i) / 10, self.random.randint(1, 9_999) / 1_000, i + 1) for i in range(count)]

    def quote(self, coin: str) -> BestQuote:
        best = self.step(coin)
        return BestQuote(coin, self.clock.now_ms(), self.side(best, -1, 1)[0], self.side(best + 1, 1, 1)[0])

    def book(self, coin: str) -> BookSnapshot:
        best = self.ticks[coin]
        return BookSnapshot(coin, self.clock.now_ms(), self.side(best, -1, 5), self.side(best + 1, 1, 5), True)

    def trades(self, coin: str) -> Trades:
        self.trade_id += 1
        price, size = self.ticks[coin] / 10, self.random.randint(1, 999) / 1_000
        return Trades(coin, [Trade(coin, self.clock.now_ms(), price, size, self.random.random() < 0.5, self.trade_id)])

    def context(self, coin: str) -> AssetContext:
        price = self.ticks[coin] / 10
        return AssetContext(coin, price, price, price, 5_000.0, 1e9, 2e5, 0.0000125, 0.0001, 1e4, self.clock.now_ms())

    def candle(self, coin: str, interval: Interval) -> CandleRow:
        price, now = self.step(coin) / 10, self.clock.now_ms()
        return CandleRow(coin, interval, now - now % interval.ms, price, price + 1, price - 1, price, 10.0, 5)

    def quarter(self, number: int) -> Iterator[object]:
        """What a quarter of a second brings of every coin."""
        for coin in COINS:
            yield self.quote(coin)
            yield self.trades(coin)
            if number % 2 == 0:
                yield self.book(coin)
            if number % 4 == 0:
                yield self.context(coin)


def sampled(report: Report, quarters: int = 1_200) -> None:
    market = Market()
    grids = Grids(market.bus, market.clock, market.feed)
    for coin in COINS:
        grids.need(coin, SAMPLED, "bench")
    taken: list[int] = []
    windows: list[int] = []
    heard: list[RowClosed] = []
    market.bus.subscribe(RowClosed, heard.append)
    last = 0

    def on_row(fact: RowClosed) -> None:
        nonlocal last
        started = time.perf_counter_ns()
        window = grids.window(fact.coin, SAMPLED)
        now = time.perf_counter_ns()
        windows.append(now - started)
        taken.append(now - last)
        last = time.perf_counter_ns()
        assert window is not None

    market.bus.subscribe(RowClosed, on_row)
    hearing = 0
    for number in range(quarters):
        market.clock.advance(STEP)
        facts = list(market.quarter(number))
        started = time.perf_counter_ns()
        for fact in facts:
            market.bus.publish(fact)
        hearing += time.perf_counter_ns() - started
        last = time.perf_counter_ns()
        grids.tick()
    if len(heard) != quarters * len(COINS):
        raise AssertionError(f"{len(heard)} rows closed, not {quarters * len(COINS)}")
    rest = sorted(taken)[: -len(taken) // 1_000]
    report.add("grid: sample due to window, 5 indicators: p50", statistics.median(taken) / 1e3, "µs", at_most=40.0)
    report.add("grid: sample due to window: p99", statistics.quantiles(taken, n=100)[-1] / 1e3, "µs", at_most=200.0)
    report.add("grid: sample due to window: p99.9", rest[-1] / 1e3, "µs")
    report.add("grid: window alone: p50", statistics.median(windows) / 1e3, "µs", at_most=10.0)
    share = statistics.fmean(taken) * len(COINS) * 4 / 1e9
    report.add("grid: 50 coins, 4 rows a second: share of a core", 100 * share, "%", at_most=2.0)


def candles(report: Report, minutes: int = 300) -> None:
    market = Market()
    grids = Grids(market.bus, market.clock, market.feed)
    for coin in COINS:
        grids.need(coin, CANDLES, "bench")
    heard: list[RowClosed] = []
    market.bus.subscribe(RowClosed, heard.append)
    windows: list[Window | None] = []
    market.bus.subscribe(RowClosed, lambda fact: windows.append(grids.window(fact.coin, CANDLES)))
    taken: list[float] = []
    for _ in range(minutes):
        market.clock.advance(60_000)
        facts = [market.candle(coin, interval) for coin in COINS for interval in (Interval.M1, Interval.M5)]
        for coin in COINS:
            market.bus.publish(market.context(coin))
            market.bus.publish(market.book(coin))
        started = time.perf_counter_ns()
        for fact in facts:
            market.bus.publish(fact)
        taken.append((time.perf_counter_ns() - started) / 1e6)
    if len(heard) != (minutes - 1) * len(COINS):
        raise AssertionError(f"{len(heard)} rows closed, not {(minutes - 1) * len(COINS)}")
    report.add("grid: 50 candles close at once, to 50 windows: p50", statistics.median(taken), "ms", at_most=10.0)


def recording(report: Report, quarters: int = 2_400) -> None:
    """As handed over in a session: every five seconds."""
    market = Market()
    blocks: list[RowBlock] = []
    grids = Grids(market.bus, market.clock, market.feed, blocks.append)
    for coin in COINS:
        grids.need(coin, SAMPLED, "bench")
    handing = 0
    for number in range(quarters):
        market.clock.advance(STEP)
        for fact in market.quarter(number):
            market.bus.publish(fact)
        if number % 20 == 19:
            started = time.perf_counter_ns()
            grids.record()
            handing += time.perf_counter_ns() - started
        grids.tick()
    rows = sum(len(block) for block in blocks)
    with TemporaryDirectory() as folder:
        writer = DecisionRows(Path(folder))
        used = time.process_time()
        writer.start()
        for block in blocks:
            writer.save(block)
        writer.close()
        used = time.process_time() - used
        raw = sum(8 * (len(block.columns) + 1) * len(block) for block in blocks)
        found = [part for coin in COINS for part in recorded(Path(folder), coin, "250ms")]
        if sum(len(part) for part in found) != rows or any(part.torn for part in found):
            raise AssertionError("not every row came back")
    seconds = quarters * STEP / 1000
    report.add(
        "grid: recorded, 50 coins at 4 rows a second", writer.written_bytes / seconds / 1e3, "KB/s", at_most=40.0
    )
    report.add("grid: recorded, a row of 17 columns", writer.written_bytes / rows, "bytes", baseline=raw / rows)
    report.add("grid: writer's thread, share of a core", 100 * used / seconds, "%", at_most=1.0)
    report.add("grid: hand-over to it, every 5 s", handing / (quarters / 20) / 1e6, "ms")


def run(report: Report) -> None:
    sampled(report)
    candles(report)
    recording(report)
