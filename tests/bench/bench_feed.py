"""The feed alone: facts already decoded, through bus and feed, and one whole book frame from bytes to applied book."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from hlmaster.core.bus import Bus
from hlmaster.core.clock import SystemClock
from hlmaster.core.events import AssetContext, BestQuote, BookSnapshot, CandleRow, DefectKind, Level, Trade, Trades
from hlmaster.core.model import Instrument, Interval, MarginTier
from hlmaster.exchange.hyperliquid import codec
from hlmaster.market.feed import Feed
from tests.bench.report import Report

COINS = ("BTC", "ETH", "SOL", "HYPE", "XRP", "DOGE", "AVAX", "LINK")
FRAMES = 40_000
ROUNDS = 5


def instruments(coins: Iterable[str] = COINS) -> dict[str, Instrument]:
    tiers = (MarginTier(Decimal(0), 20),)
    return {coin: Instrument(coin, i, 3, 20, tiers) for i, coin in enumerate(coins)}


class Market:
    """Sound facts in venue order, at a price that wanders by ticks."""

    def __init__(self, seed: int, start_ms: int) -> None:
        self.random = random.Random(seed)
        self.time_ms = start_ms
        self.ticks = dict.fromkeys(COINS, 50_000)
        self.trade_id = 0

    def step(self, coin: str) -> int:
        self.time_ms += 1
        self.ticks[coin] += self.random.choice((-1, 0, 1))
        return self.ticks[coin]

    def side(self, best: int, way: int, count: int) -> list[Level]:
        return [Level((best + way * i) / 10, self.random.randint(1, 9_999) / 1_000, i + 1) for i in range(count)]

    def book(self, coin: str, fast: bool) -> BookSnapshot:
        best, count = self.step(coin), 5 if fast else 20
        return BookSnapshot(coin, self.time_ms, self.side(best, -1, count), self.side(best + 1, 1, count), fast)

    def quote(self, coin: str) -> BestQuote:
        best = self.step(coin)
        return BestQuote(coin, self.time_ms, self.side(best, -1, 1)[0], self.side(best + 1, 1, 1)[0])

    def trades(self, coin: str) -> Trades:
        price = self.step(coin) / 10
        self.trade_id += 1
        size = self.random.randint(1, 999) / 1_000
        return Trades(coin, [Trade(coin, self.time_ms, price, size, self.random.random() < 0.5, self.trade_id)])

    def candle(self, coin: str) -> CandleRow:
        price = self.step(coin) / 10
        open_ms = self.time_ms // 60_000 * 60_000
        count = self.time_ms - open_ms
        return CandleRow(coin, Interval.M1, open_ms, price, price + 1, price - 1, price, count / 10, count)

    def context(self, coin: str) -> AssetContext:
        price = self.step(coin) / 10
        return AssetContext(coin, price, price, price, 5_000.0, 1e9, 2e5, 0.0000125, 0.0001, 1e4, self.time_ms)

    def mixed(self, count: int) -> list[Any]:
        """Half quotes, a fifth trades, and the rest books, contexts and candles, as a busy socket carries them."""
        makers: list[Callable[[str], Any]] = [self.quote] * 50 + [self.trades] * 20 + [self.context] * 8
        makers += [self.candle] * 7 + [lambda c: self.book(c, True)] * 12 + [lambda c: self.book(c, False)] * 3
        return [self.random.choice(makers)(self.random.choice(COINS)) for _ in range(count)]


def fresh() -> tuple[Bus, Feed, Market]:
    clock, bus = SystemClock(), Bus()
    return bus, Feed(bus, clock, instruments()), Market(7, clock.now_ms() - 3_600_000)


def cost(make: Callable[[Market], Sequence[Any]]) -> float:
    """Microseconds per fact through bus and feed, the best of some rounds; raises if a sound fact was refused."""
    rounds = []
    for _ in range(ROUNDS):
        bus, feed, market = fresh()
        facts = make(market)
        publish = bus.publish
        started = time.perf_counter_ns()
        for fact in facts:
            publish(fact)
        rounds.append((time.perf_counter_ns() - started) / len(facts) / 1_000)
        refused = {kind: count for kind, count in feed.defects.items() if count and kind is not DefectKind.GAP}
        if refused or feed.messages != len(facts):
            raise AssertionError(f"the bench's own data is unsound: {refused}")
    return min(rounds)


def frame_to_book() -> float:
    """Median microseconds from the bytes of an l2Book frame (20 levels a side) to the applied book."""
    _, _, market = fresh()
    frames = []
    for _ in range(5_000):
        book = market.book("BTC", fast=False)
        sides = [
            [{"px": f"{l.price:.1f}", "sz": f"{l.size:.3f}", "n": l.orders} for l in side]
            for side in (book.bids, book.asks)
        ]
        data = {"coin": "BTC", "time": book.time_ms, "levels": sides}
        frames.append(msgspec.json.encode({"channel": "l2Book", "data": data}))
    now, rounds = SystemClock().now_ms, []
    for _ in range(ROUNDS):
        bus, feed, _ = fresh()
        taken = []
        for frame in frames:
            started = time.perf_counter_ns()
            bus.publish(codec.read_frame(frame, now))
            taken.append(time.perf_counter_ns() - started)
        rounds.append(statistics.median(taken) / 1_000)
        if feed.messages != len(frames) or any(feed.defects.values()):
            raise AssertionError("the frames did not reach the book")
    return min(rounds)


def run(report: Report) -> None:
    def each(kind: Callable[[Market, str], Any]) -> Callable[[Market], Sequence[Any]]:
        return lambda market: [kind(market, COINS[i % len(COINS)]) for i in range(FRAMES // 4)]

    kinds: dict[str, tuple[Callable[[Market, str], Any], float]] = {
        "slow book of 20 levels": (lambda market, coin: market.book(coin, False), 4.0),
        "fast book of 5 levels": (lambda market, coin: market.book(coin, True), 4.0),
        "best quote": (Market.quote, 2.5),
        "trade": (Market.trades, 2.5),
        "context": (Market.context, 2.5),
        "candle": (Market.candle, 4.0),
    }
    for name, (kind, limit) in kinds.items():
        report.add(f"feed: {name}, decoded to applied", cost(each(kind)), "µs", at_most=limit)
    report.add("feed: mixed facts", 1e6 / cost(lambda market: market.mixed(FRAMES)), "1/s", at_least=80_000)
    report.add("feed: l2Book bytes to applied book", frame_to_book(), "µs", at_most=12.0)
