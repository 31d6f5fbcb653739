"""A real desk whose venue, journal and store live in memory, and market facts for its panels to show."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtWidgets import QWidget

from hlmaster.core.bus import Bus
from hlmaster.core.candles import CandleBlock, open_time
from hlmaster.core.clock import ManualClock
from hlmaster.core.errors import VenueError
from hlmaster.core.events import (
    AccountSnapshot,
    AssetContext,
    BestQuote,
    BookSnapshot,
    CandleRow,
    Level,
    LinkChanged,
    LinkState,
    OrderReported,
    Trade,
    Trades,
)
from hlmaster.core.model import Account, FeeRates, Instrument, Interval, Leverage, MarginMode, MarginTier, Mode, Side
from hlmaster.core.orders import ActionKind, ApprovalMint, Expiry, Intent, OrderStatus, Trigger, VenueOrder
from hlmaster.core.ports import LinkHealth, Turn
from hlmaster.desk.desk import Desk
from hlmaster.desk.parts import Parts, SessionInfo
from hlmaster.settings import Settings
from hlmaster.ui.bridge import Bridge
from hlmaster.ui.context import Context
from hlmaster.ui.panel import Panel
from hlmaster.ui.theme import theme
from tests.trading.scenes import MemoryStore

D = Decimal
NOW = 1_790_000_040_000
PRICES = {
    "BTC": (97_412.0, 5),
    "ETH": (3_434.6, 4),
    "SOL": (241.62, 2),
    "HYPE": (28.114, 2),
    "DOGE": (0.38911, 0),
    "ARB": (0.9173, 1),
    "LINK": (18.204, 1),
    "AVAX": (41.733, 2),
}


def instruments() -> dict[str, Instrument]:
    tiers = (MarginTier(D(0), 25),)
    return {coin: Instrument(coin, index, PRICES[coin][1], 25, tiers) for index, coin in enumerate(PRICES)}


class MemoryMarketData:
    """Knows the coins once they are ``listed``; every candle question is written down and answered from ``history``."""

    def __init__(self, clock: ManualClock) -> None:
        self.health = LinkHealth()
        self.clock = clock
        self.asked: list[tuple[str, Interval, int, int]] = []
        self.grouped_watched: tuple[str, int, int] | None = None
        self.candles_watched: set[tuple[str, Interval]] = set()
        self.failure: VenueError | None = None
        self.oldest_ms = 0
        self.listed: dict[str, Instrument] = {}

    async def start(self) -> None:
        return None

    async def stop(self) -> None:
        return None

    @property
    def instruments(self) -> Mapping[str, Instrument]:
        return self.listed

    def watch(self, coin: str) -> None:
        return None

    def unwatch(self, coin: str) -> None:
        return None

    def watch_grouped(self, coin: str, significant_figures: int, mantissa: int) -> None:
        self.grouped_watched = (coin, significant_figures, mantissa)

    def unwatch_grouped(self) -> None:
        self.grouped_watched = None

    def watch_candles(self, coin: str, interval: Interval) -> None:
        self.candles_watched.add((coin, interval))

    def unwatch_candles(self, coin: str, interval: Interval) -> None:
        self.candles_watched.discard((coin, interval))

    async def candles(
        self, coin: str, interval: Interval, start_ms: int, end_ms: int, turn: Turn = Turn.STUDY
    ) -> CandleBlock:
        self.asked.append((coin, interval, start_ms, end_ms))
        if self.failure is not None:
            raise self.failure
        return history(coin, interval, max(start_ms, self.oldest_ms), end_ms)

    async def funding_history(self, coin: str, start_ms: int, end_ms: int) -> list[tuple[int, float, float]]:
        return []


class MemoryTrading:
    """An account that nobody trades on; what it holds is published as facts by the test."""

    def __init__(self) -> None:
        self.health = LinkHealth()
        self.expiry = Expiry()
        self.address = "0x" + "1" * 40

    async def start(self) -> None:
        return None

    async def stop(self) -> None:
        return None

    async def account(self) -> Account:
        return account()

    async def open_orders(self) -> tuple[VenueOrder, ...]:
        return ()

    async def fills(self, since_ms: int) -> tuple[Any, ...]:
        return ()

    async def funding(self, since_ms: int) -> tuple[Any, ...]:
        return ()

    async def cash_moves(self, since_ms: int) -> tuple[Any, ...]:
        return ()

    async def order_status(self, client_order_id: str) -> VenueOrder | None:
        return None

    async def fee_rates(self) -> FeeRates:
        return FeeRates()

    async def leverage(self, coin: str) -> Leverage:
        return Leverage(MarginMode.CROSS, 5)

    def _nothing_is_sent(self, *what: object) -> Any:
        raise AssertionError(f"a market panel sent {what}")

    prepare_orders = prepare_modify = prepare_cancel = prepare_leverage = _nothing_is_sent
    prepare_isolated_margin = prepare_noop = prepare_schedule_cancel = send = _nothing_is_sent


class MemoryJournal:
    async def commit(self, intents: Sequence[Intent]) -> None:
        return None

    async def unresolved(self) -> list[Intent]:
        return []

    unclean = False

    def confirm(self) -> None:
        return None

    def resolve(self, subject: str, status: str, text: str) -> None:
        return None

    def conclude(self, kind: ActionKind, nonce: int, status: str, text: str = "") -> None:
        return None

    def reserve_nonce(self, now_ms: int) -> int:
        return now_ms


class MarketScene:
    """A desk and the words to move its market. The coins are listed unless ``listed`` is False."""

    def __init__(self, *, listed: bool = True, settings: Settings | None = None) -> None:
        self.clock, self.bus = ManualClock(NOW), Bus()
        self.market_data = MemoryMarketData(self.clock)
        session = SessionInfo("default", Mode.DEMO, NOW, D(10_000), Path("unused"))
        parts = Parts(
            self.bus,
            self.clock,
            ApprovalMint(),
            self.market_data,
            MemoryTrading(),
            MemoryJournal(),
            MemoryStore(),
            session,
            settings or Settings(),
        )
        self.desk = Desk(parts)
        self._ids = iter(range(1, 1_000_000))
        if listed:
            self.list_coins()

    def list_coins(self) -> None:
        self.market_data.listed = instruments()

    def connect(self) -> None:
        self.bus.publish(LinkChanged(LinkState.CONNECTED, "Connected."))
        self.bus.publish(AccountSnapshot(account()))

    def tell_context(self, coin: str = "ETH", mark: float | None = None, previous: float | None = None) -> None:
        price = PRICES[coin][0] if mark is None else mark
        before = price / 1.0086 if previous is None else previous
        self.bus.publish(AssetContext(coin, price, price * 0.9997, price, before, 1e9, 1e6, 0.0000125, 0.0001, 1e6))

    def tell_book(self, coin: str = "ETH", mid: float | None = None, levels: int = 20, seed: int = 1) -> None:
        price, decimals = PRICES[coin]
        price = price if mid is None else mid
        tick = 10.0 ** (math.floor(math.log10(price)) - 4)
        random = np.random.default_rng(seed)
        bids, asks = (
            [
                Level(round(price - sign * tick * i - tick * (sign > 0), 6), round(float(size), decimals), 3)
                for i, size in enumerate(random.gamma(2, 2.5, levels) + 0.1)
            ]
            for sign in (1, -1)
        )
        now = self.clock.now_ms()
        for fast in (False, True):
            depth = 5 if fast else levels
            self.bus.publish(BookSnapshot(coin, now, bids[:depth], asks[:depth], fast))

    def tell_quote(self, coin: str, bid: float, ask: float) -> None:
        self.bus.publish(BestQuote(coin, self.clock.now_ms(), Level(bid, 1.0, 1), Level(ask, 1.0, 1)))

    def tell_trades(self, trades: Iterable[tuple[float, float, bool]], coin: str = "ETH") -> None:
        """Of (price, size, the aggressor bought), oldest first."""
        now = self.clock.now_ms()
        told = [Trade(coin, now, price, size, is_buy, next(self._ids)) for price, size, is_buy in trades]
        self.bus.publish(Trades(coin, told))

    def tell_candle(self, coin: str, interval: Interval, open_ms: int, close: float, trades: int = 10_000) -> None:
        row = CandleRow(coin, interval, open_ms, close, close * 1.0005, close * 0.9995, close, float(trades), trades)
        self.bus.publish(row)

    def tell_order(self, side: Side, price: str, size: str = "0.5", trigger: Trigger | None = None) -> VenueOrder:
        order = VenueOrder(
            "ETH",
            side,
            D(price),
            D(size),
            D(size),
            next(self._ids),
            None,
            self.clock.now_ms(),
            trigger=trigger,
            status=OrderStatus.RESTING if trigger is None else OrderStatus.WAITING,
        )
        self.bus.publish(OrderReported(order))
        return order

    def pass_time(self, seconds: float) -> None:
        self.clock.advance(int(seconds * 1000))


def account() -> Account:
    return Account("0x" + "1" * 40, NOW, D(10_000), D(9_000), D(0), D(0), D(0), ())


def history(coin: str, interval: Interval, start_ms: int, end_ms: int) -> CandleBlock:
    """The same candles whenever they are asked for: a walk that ends near the coin's price."""
    first = open_time(start_ms, interval)
    times = np.arange(first, end_ms + 1, interval.ms, dtype=np.int64)
    times = times[times >= start_ms]
    back = (NOW - times) / interval.ms
    price = PRICES[coin][0]
    swing = 0.004 * np.sin(back / 23) + 0.002 * np.sin(back / 7 + 1) + 0.0007 * np.sin(back * 1.7) * np.cos(back / 3)
    close = price * (1 + swing - swing[-1] * np.exp(-back / 40))
    opened = np.r_[close[:1], close[:-1]]
    high = np.maximum(opened, close) * 1.0004
    low = np.minimum(opened, close) * 0.9996
    volume = 50 + 45 * np.sin(back * 2.1) ** 2 + 40 * np.cos(back / 11) ** 4
    return CandleBlock(times, opened, high, low, close, volume, np.full(len(times), 100, np.int64))


def open_context(scene: MarketScene, qtbot: Any, coin: str = "ETH") -> Context:
    """What panels are given; it ends with the test."""
    bridge = Bridge(scene.bus)
    context = Context(scene.desk, bridge, theme("dark"))
    context.select(coin)
    # The bridge ends first: no fact reaches a panel that the test is taking down
    qtbot.addWidget(QWidget(), before_close_func=lambda _: bridge.close())
    return context


def shown(panel: Panel, qtbot: Any, width: int = 240, height: int = 600) -> None:
    """States reach visible panels only."""
    qtbot.addWidget(panel)
    panel.resize(width, height)
    panel.show()


async def until(condition: Callable[[], object]) -> None:
    while not condition():  # noqa: ASYNC110 (what is waited for is a picture, which tells nobody)
        await asyncio.sleep(0.005)
