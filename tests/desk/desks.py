"""A whole desk on a venue in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from hlmaster.core.bus import Bus
from hlmaster.core.candles import CandleBlock
from hlmaster.core.clock import ManualClock
from hlmaster.core.events import AssetContext, BestQuote, BookSnapshot, Level, LinkChanged, LinkState, Notice
from hlmaster.core.model import Instrument, Interval, Mode
from hlmaster.core.orders import ApprovalMint
from hlmaster.core.ports import LinkHealth, Turn
from hlmaster.desk.desk import Desk
from hlmaster.desk.parts import Parts, SessionInfo
from hlmaster.settings import Settings
from hlmaster.storage.halt import HaltFile
from tests.trading.scenes import ETH, NOW, D, MemoryStore
from tests.trading.venues import MemoryJournal, MemoryVenue

UNPROTECTED = Settings.model_validate({"protection": {"stop": "off"}})
"""For tests that count what is sent; those of protection choose their own."""
BTC = Instrument("BTC", 0, 5, 40, ETH.margin_tiers)


class MemoryMarket:
    """Knows ETH and BTC, and prices them when told to."""

    def __init__(self, bus: Bus, clock: ManualClock) -> None:
        self.health = LinkHealth()
        self.listed: dict[str, Instrument] = {}
        self.watched: list[str] = []
        self._bus, self._clock = bus, clock

    async def start(self) -> None:
        self.listed = {"ETH": ETH, "BTC": BTC}
        self._bus.publish(LinkChanged(LinkState.CONNECTED, "Connected."))

    async def stop(self) -> None:
        self.listed = {}

    @property
    def instruments(self) -> Mapping[str, Instrument]:
        return self.listed

    def watch(self, coin: str) -> None:
        self.watched.append(coin)

    def unwatch(self, coin: str) -> None:
        self.watched.remove(coin)

    def watch_grouped(self, coin: str, significant_figures: int, mantissa: int) -> None: ...

    def unwatch_grouped(self) -> None: ...

    def watch_candles(self, coin: str, interval: Interval) -> None: ...

    def unwatch_candles(self, coin: str, interval: Interval) -> None: ...

    async def candles(
        self, coin: str, interval: Interval, start_ms: int, end_ms: int, turn: Turn = Turn.STUDY
    ) -> CandleBlock:
        return CandleBlock.empty()

    async def funding_history(self, coin: str, start_ms: int, end_ms: int) -> list[tuple[int, float, float]]:
        return []

    def price(self, coin: str, mid: float) -> None:
        now = self._clock.now_ms()
        bid, ask = Level(mid - 0.1, 5.0), Level(mid + 0.1, 5.0)
        self._bus.publish(BestQuote(coin, now, bid, ask))
        for fast in (False, True):
            self._bus.publish(BookSnapshot(coin, now, [bid], [ask], fast))
        self._bus.publish(AssetContext(coin, mid, mid, mid, mid, 0.0, 0.0, 0.0, None, 0.0))


@dataclass
class Scene:
    desk: Desk
    venue: MemoryVenue
    market: MemoryMarket
    journal: MemoryJournal
    store: MemoryStore
    clock: ManualClock
    notices: list[Notice]

    async def until(self, condition: Callable[[], object]) -> None:
        for _ in range(1_000):
            if condition():
                return
            await asyncio.sleep(0.005)
        raise AssertionError(f"still not true: {condition}")

    def hold(self, size: str) -> None:
        """An ETH position, known to both."""
        self.venue.give("ETH", D(size))
        self.venue.publish_account()


def scene(
    store: MemoryStore | None = None,
    settings: Settings | None = None,
    halt: HaltFile | None = None,
    mode: Mode = Mode.DEMO,
    folder: Path = Path("unused"),
    clock: ManualClock | None = None,
) -> Scene:
    bus, clock = Bus(), clock or ManualClock(NOW)
    venue, market = MemoryVenue(bus, clock), MemoryMarket(bus, clock)
    journal, store = MemoryJournal(), store or MemoryStore()
    session = SessionInfo("default", mode, 0, Decimal(10_000), folder)
    parts = Parts(bus, clock, ApprovalMint(), market, venue, journal, store, session, settings or UNPROTECTED, halt)
    notices: list[Notice] = []
    bus.subscribe(Notice, notices.append)
    return Scene(Desk(parts), venue, market, journal, store, clock, notices)


@asynccontextmanager
async def running(made: Scene | None = None) -> AsyncIterator[Scene]:
    """Ready, ETH and BTC priced at 3000."""
    made = made or scene()
    try:
        await made.desk.start()
        await made.until(lambda: made.desk.is_ready)
        for coin in ("ETH", "BTC"):
            made.market.price(coin, 3000.0)
        yield made
    finally:
        await made.desk.stop()
