"""A whole desk in virtual time on the paper account's exchange, behind a line that loses, delays and refuses."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Self

from hlmaster.core.bus import Bus
from hlmaster.core.candles import CandleBlock
from hlmaster.core.errors import OutcomeUnknown, RateLimited, VenueUnreachable
from hlmaster.core.events import (
    AccountSnapshot,
    AssetContext,
    BestQuote,
    BookSnapshot,
    FillBooked,
    FillsReported,
    Level,
    LinkChanged,
    LinkState,
    Notice,
    OpenOrdersSnapshot,
    OrderReported,
)
from hlmaster.core.model import Instrument, Interval, Mode, Side
from hlmaster.core.orders import (
    ActionKind,
    ApprovalMint,
    Order,
    OrderReply,
    Prepared,
    Purpose,
    ReplyKind,
    TriggerKind,
    VenueOrder,
)
from hlmaster.core.ports import Journal, LinkHealth, Turn
from hlmaster.desk.desk import Desk
from hlmaster.desk.parts import Parts, SessionInfo
from hlmaster.exchange.simulator.trading import PaperTrading
from hlmaster.settings import Settings
from hlmaster.trading.protection.cover import PREFIX, SOURCE
from hlmaster.trading.ticket import SizeUnit, Ticket, TicketKind
from tests.hostile.virtual_time import VirtualClock
from tests.trading.scenes import ETH, D, MemoryStore
from tests.trading.venues import MemoryJournal

LATENCY_SECONDS = 0.05
HEARTBEAT_SECONDS = 0.5
SAMPLE_SECONDS = 0.1
TOLD = (AccountSnapshot, FillsReported, OpenOrdersSnapshot, OrderReported)


class Market:
    """ETH at one price, with as much at each side as ``depth`` says, told twice a second."""

    def __init__(self, clock: VirtualClock, exchange: Bus) -> None:
        self.health = LinkHealth()
        self.mid, self.depth = 3000.0, 5.0
        self.buses: list[Bus] = [exchange]
        self._clock = clock
        self.history = CandleBlock.empty()

    async def start(self) -> None:
        self.buses[-1].publish(LinkChanged(LinkState.CONNECTED, "Connected."))

    async def stop(self) -> None: ...

    @property
    def instruments(self) -> Mapping[str, Instrument]:
        return {"ETH": ETH}

    def watch(self, coin: str) -> None: ...

    def unwatch(self, coin: str) -> None: ...

    def watch_grouped(self, coin: str, significant_figures: int, mantissa: int) -> None: ...

    def unwatch_grouped(self) -> None: ...

    def watch_candles(self, coin: str, interval: Interval) -> None: ...

    def unwatch_candles(self, coin: str, interval: Interval) -> None: ...

    async def candles(
        self, coin: str, interval: Interval, start_ms: int, end_ms: int, turn: Turn = Turn.STUDY
    ) -> CandleBlock:
        return self.history

    async def funding_history(self, coin: str, start_ms: int, end_ms: int) -> list[tuple[int, float, float]]:
        return []

    def tell(self) -> None:
        now, mid = self._clock.now_ms(), round(self.mid, 1)
        bid, ask = Level(round(mid - 0.1, 1), self.depth), Level(round(mid + 0.1, 1), self.depth)
        for bus in self.buses:
            bus.publish(BestQuote("ETH", now, bid, ask))
            bus.publish(BookSnapshot("ETH", now, [bid], [ask], fast=True))
            bus.publish(BookSnapshot("ETH", now, [bid], [ask]))
            bus.publish(AssetContext("ETH", mid, mid, mid, mid, 0.0, 0.0, 0.0, None, 0.0))


class Line:
    """The trading port of one desk. ``fault`` names what happens to the next actions: see ``send``."""

    def __init__(self, account: PaperTrading) -> None:
        self.account_of = account
        self.fault: Callable[[Prepared], str] = lambda prepared: ""
        self.sent: list[tuple[float, Prepared]] = []
        self.dead = False
        self.believed: Callable[[], Decimal] = lambda: D(0)
        self.witness: Callable[[Prepared, Decimal], Callable[[], None]] = lambda prepared, believed: lambda: None
        """Called right before an action is carried out, what it returns right after."""

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.account_of, name)
        if not asyncio.iscoroutinefunction(found):
            return found

        async def asked(*args: Any) -> Any:
            await asyncio.sleep(LATENCY_SECONDS)
            if self.fault(NO_ACTION):
                raise VenueUnreachable("No line.")
            return await found(*args)

        return asked

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def send(self, prepared: Prepared) -> tuple[OrderReply, ...]:
        self.sent.append((asyncio.get_running_loop().time(), prepared))
        fault, believed = self.fault(prepared), self.believed()
        await asyncio.sleep(LATENCY_SECONDS)
        if fault == "request lost":
            await asyncio.sleep(5)
            raise OutcomeUnknown("No answer came.")
        if fault == "refused":
            refusal = OrderReply(ReplyKind.REJECTED, text="Too many open orders. asset=1")
            return (refusal,) * max(len(prepared.items), 1)
        if fault == "limited":
            raise RateLimited("The allowance is used up.")
        if fault == "down":
            raise VenueUnreachable("No line.")
        if fault == "slow":
            await asyncio.sleep(6)
        if self.dead:
            raise VenueUnreachable("No line.")
        after = self.witness(prepared, believed)
        replies = await self.account_of.send(prepared)
        after()
        await asyncio.sleep(LATENCY_SECONDS)
        if fault == "reply lost":
            await asyncio.sleep(5)
            raise OutcomeUnknown("The answer was lost.")
        return replies


NO_ACTION = Prepared(ActionKind.NOOP, b"", "", 0, None, ())
FAULTS = ("request lost", "reply lost", "refused", "limited", "down", "slow")


@dataclass(frozen=True, slots=True)
class Sample:
    """The exchange's truth at one moment."""

    at: float
    size: Decimal
    covered: Decimal
    ours: int
    """Triggers that the desk placed on its own."""

    @property
    def bare(self) -> bool:
        return self.covered < abs(self.size)


@dataclass
class Rig:
    settings: Settings
    folder: Path
    clock: VirtualClock = field(default_factory=VirtualClock)
    notices: list[Notice] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    store: MemoryStore = field(default_factory=MemoryStore)
    lose: Callable[[object], bool] = lambda fact: False
    """Which facts of the account's streams never arrive."""

    def __post_init__(self) -> None:
        self.down: list[tuple[float, float]] = []
        """When there was no desk, from and to."""
        self.gaps: list[str] = []
        """Where a cancel of ours took away cover that was needed."""
        self.heard: list[float] = []
        """When the desk booked a fill: a reason to size a stop anew."""
        self.replacements: list[tuple[float, Decimal]] = []
        """When a stop was placed though the position was covered, and its size."""
        self._exchange = Bus()
        self.market = Market(self.clock, self._exchange)
        self.mint = ApprovalMint()
        self.account = PaperTrading(
            self._exchange, self.clock, self.market.instruments, D(100_000), None, lambda state: None
        )
        self._told: deque[object] = deque()
        for kind in TOLD:
            self._exchange.subscribe(kind, self._hear)
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        await self.account.start()
        self._tasks = [asyncio.create_task(self._beat())]
        await self.open()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.account.stop()

    def new_journal(self) -> Journal:
        return MemoryJournal()

    async def open(self) -> None:
        """A desk on what the last one left behind."""
        self.journal, self.line = self.new_journal(), Line(self.account)
        bus = Bus()
        self.market.buses[1:] = [bus]
        session = SessionInfo("default", Mode.DEMO, 0, D(100_000), self.folder)
        line: Any = self.line
        self.line.witness = self._witness
        self.line.believed = lambda: self.desk.portfolio.size("ETH")
        self.desk = Desk(
            Parts(bus, self.clock, self.mint, self.market, line, self.journal, self.store, session, self.settings)
        )
        bus.subscribe(Notice, self.notices.append)
        bus.subscribe(FillBooked, lambda _: self.heard.append(self.clock.monotonic()))
        await self.desk.start()
        await self.until(lambda: self.desk.is_ready)
        self.market.tell()

    async def close(self) -> None:
        self.line.dead = True
        await self.desk.stop()
        self.market.buses[1:] = []

    async def crash(self) -> None:
        """No last words: what is on its way never arrives, and the next desk knows what the store knew."""
        began = self.clock.monotonic()
        await self.close()
        await self.open()
        self.down.append((began, self.clock.monotonic()))

    def _witness(self, prepared: Prepared, believed: Decimal) -> Callable[[], None]:
        before = self.truth()
        stops = [order for order in prepared.orders if order.purpose is Purpose.PROTECT and is_stop(order)]
        if any(order.source == SOURCE for order in stops) and before.size and not before.bare:
            self.replacements.append((before.at, before.size))

        def after() -> None:
            now = self.truth()
            ours = any(item.subject.startswith(PREFIX) for item in prepared.items)
            if (
                prepared.kind is ActionKind.CANCEL
                and ours
                and before.size
                and not before.bare
                and now.size * believed > 0
                and now.covered < abs(believed)
            ):
                self.gaps.append(f"at {now.at:.2f} {before.covered} of {before.size} became {now.covered}")

        return after

    def _hear(self, fact: object) -> None:
        asyncio.get_running_loop().call_later(LATENCY_SECONDS, self._pass_on, fact)

    def _pass_on(self, fact: object) -> None:
        for bus in self.market.buses[1:]:
            if not self.lose(fact):
                bus.publish(fact)

    async def _beat(self) -> None:
        while True:
            self.market.tell()
            await asyncio.sleep(HEARTBEAT_SECONDS)

    # --- what a test does ---

    async def until(self, condition: Callable[[], object], seconds: float = 60.0) -> float:
        """Seconds it took. Raises AssertionError."""
        began = self.clock.monotonic()
        while not condition():
            assert self.clock.monotonic() - began < seconds, "still not so"
            await asyncio.sleep(0.01)
        return self.clock.monotonic() - began

    async def wait(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def move(self, price: float) -> None:
        self.market.mid = price
        self.market.tell()

    def buy(self, size: str, **more: Any) -> Awaitable[Any]:
        return self.trade(Side.BUY, size, **more)

    def sell(self, size: str, **more: Any) -> Awaitable[Any]:
        return self.trade(Side.SELL, size, **more)

    def trade(self, side: Side, size: str, **more: Any) -> Awaitable[Any]:
        kind = more.pop("kind", TicketKind.LIMIT if "limit_price" in more else TicketKind.MARKET)
        return self.desk.manual.place(Ticket("ETH", side, kind, SizeUnit.COIN, D(size), **more))

    # --- the truth ---

    def truth(self) -> Sample:
        """Straight from the exchange's records, for it is asked thousands of times."""
        trader, grid = self.account._trader(), self.account._floor_engine.floor.grids["ETH"]
        size = trader.account.size("ETH")
        acting = [
            order for order in trader.orders.values() if order.is_waiting and order.reduce_only and order.parent is None
        ]
        covered = sum(grid.size(o.lots) for o in acting if o.tpsl == "sl" and o.is_buy == (size < 0))
        ours = sum(1 for order in acting if (order.cloid or "").startswith(PREFIX))
        return Sample(self.clock.monotonic(), size, D(covered), ours)

    @property
    def orders(self) -> tuple[VenueOrder, ...]:
        return tuple(self.account._open_orders())

    @property
    def size(self) -> Decimal:
        return self.truth().size

    @property
    def stops(self) -> list[tuple[Decimal, Decimal]]:
        """(size, trigger) as they rest at the exchange, nearest to the highest price first."""
        found = [(o.size, o.trigger.price) for o in self.orders if is_stop(o) and o.trigger is not None]
        return sorted(found, key=lambda stop: -stop[1])

    @property
    def is_covered(self) -> bool:
        return not self.truth().bare

    async def watch(self) -> None:
        """Sample the truth until cancelled."""
        while True:
            self.samples.append(self.truth())
            await asyncio.sleep(SAMPLE_SECONDS)


def is_stop(order: VenueOrder | Order) -> bool:
    return order.reduce_only and order.trigger is not None and order.trigger.kind is TriggerKind.STOP


def settings(**protection: Any) -> Settings:
    """Trades at random lose: the breakers, which have tests of their own, would end what is to be shown."""
    return Settings.model_validate(
        {"protection": protection, "market": {"watchlist": ["ETH"]}, "breakers": {"losing_streak": 1_000}}
    )
