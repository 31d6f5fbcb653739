"""The order path of one process, and of the process that follows when the first one dies. Everything is real but the
venue and the wire: journal and store are files, and a death leaves of them what was committed at that instant.
"""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any

from hlmaster.core.bus import Bus
from hlmaster.core.clock import Clock
from hlmaster.core.errors import DatabaseDamaged, NonceUsed, OutcomeUnknown, VenueError
from hlmaster.core.events import FillsReported, OrderChanged, OrderReported
from hlmaster.core.failpoints import Failpoints, Point
from hlmaster.core.model import Account, Mode, Side
from hlmaster.core.orders import (
    ActionKind,
    ApprovalMint,
    Fill,
    Intent,
    Order,
    OrderReply,
    OrderStatus,
    Prepared,
    Purpose,
    ReplyKind,
    TimeInForce,
    Trigger,
    TriggerKind,
    VenueOrder,
    Verdict,
    new_client_order_id,
)
from hlmaster.desk.guard import Guard
from hlmaster.desk.recovery import Recovery
from hlmaster.storage.intents import open_journal, read_unresolved
from hlmaster.storage.journal import NONCES, SqliteJournal
from hlmaster.storage.recorder import Recorder
from hlmaster.storage.reserve import Reserve
from hlmaster.trading.execution.executor import Executor
from hlmaster.trading.execution.last_look import LastLook
from hlmaster.trading.execution.reconcile import Reconciler
from hlmaster.trading.execution.resolver import NEVER_CAME, Resolver
from hlmaster.trading.execution.settled import Settled
from hlmaster.trading.execution.tracker import OrderTracker
from hlmaster.trading.portfolio import Portfolio
from tests.hostile.virtual_time import Unhurried, VirtualTimeLoop
from tests.storage.facts import DEMO
from tests.trading.scenes import D, scene
from tests.trading.venues import MemoryVenue

READ_TIMEOUT_SECONDS = 10.0
STREAM_SECONDS, QUERY_SECONDS = 0.2, 0.05
LATE_SECONDS = 3.0
HANG_SECONDS, SLOW_SECONDS, FULL_SECONDS = 120.0, 5.0, 30.0
POSITION = D(1)


class Fault(StrEnum):
    CRASH = "crash"
    ERROR = "error"
    HANG = "hang"
    SLOW = "slow"
    DUPLICATE = "duplicate"
    CORRUPT = "corrupt"
    FULL = "disk full"


class Deed(StrEnum):
    ENTRY = "entry"
    STOP = "stop"
    TAKE_PROFIT = "take profit"
    CLOSE = "close"


class DiedError(BaseException):
    """The process ended here. Not an ``Exception``: nothing in the product may survive it."""


class InjectedError(Exception):
    """Something that nobody expected."""


def running() -> VirtualTimeLoop:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualTimeLoop)
    return loop


class Injector(Failpoints):
    """One fault at one point, once; and what it means for those who cannot see the point themselves."""

    def __init__(self, point: Point | None = None, fault: Fault | None = None) -> None:
        self.point, self.fault = point, fault
        self.armed = False
        self.full = self.hanging = self.replied = False
        self.met: list[Point] = []
        self.at_death: Callable[[], None] = lambda: None
        self.spoil: Callable[[], None] = lambda: None
        self.repeat: Callable[[], None] = lambda: None
        self.loop = running()

    def arm(self) -> None:
        self.armed = self.point is not None

    def strikes(self, point: Point, fault: Fault) -> bool:
        """The fault in question, taken by whoever can act it out better than a point can."""
        if not self.armed or (self.point, self.fault) != (point, fault):
            return False
        self.armed = False
        self.met.append(point)
        return True

    def _take(self, point: Point) -> Fault | None:
        if not self.armed or self.point is not point:
            return None
        self.armed = False
        self.met.append(point)
        return self.fault

    def _fill_disk(self) -> None:
        self.full = True
        self.loop.call_later(FULL_SECONDS, self._empty_disk)

    def _empty_disk(self) -> None:
        self.full = False

    async def reach(self, point: Point) -> None:
        self.replied |= self.armed and point is Point.REPLIED
        match self._take(point):
            case Fault.CRASH:
                self.at_death()
                raise DiedError
            case Fault.ERROR:
                raise InjectedError(point)
            case Fault.HANG:
                await asyncio.sleep(HANG_SECONDS)
            case Fault.SLOW:
                await asyncio.sleep(SLOW_SECONDS)
            case Fault.DUPLICATE:
                self.repeat()
            case Fault.CORRUPT:
                self.spoil()
            case Fault.FULL:
                self._fill_disk()

    def pass_by(self, point: Point) -> None:
        if point is Point.WRITTEN and self.full:
            raise disk_full()
        if point is Point.NOTED and not self.replied:
            return
        fault = self._take(point)
        if fault is None:
            return
        if point is Point.WRITTEN:
            self._on_journals_thread(fault)
        else:
            self._in_one_stretch(fault)

    def _in_one_stretch(self, fault: Fault) -> None:
        match fault:
            case Fault.CRASH:
                self.at_death()
                raise DiedError
            case Fault.ERROR:
                raise InjectedError("in one stretch")
            case Fault.HANG | Fault.SLOW:
                self.loop.jump(HANG_SECONDS if fault is Fault.HANG else SLOW_SECONDS)
            case Fault.DUPLICATE:
                self.repeat()
            case Fault.CORRUPT:
                self.spoil()
            case Fault.FULL:
                self._fill_disk()

    def _on_journals_thread(self, fault: Fault) -> None:
        match fault:
            case Fault.CRASH:
                self.at_death()
                raise InjectedError("the process is gone")
            case Fault.ERROR:
                raise sqlite3.OperationalError("disk I/O error")
            case Fault.HANG | Fault.SLOW:
                self._hang(HANG_SECONDS if fault is Fault.HANG else SLOW_SECONDS)
            case Fault.FULL:
                self.loop.call_soon_threadsafe(self._fill_disk)
                raise disk_full()
            case Fault.DUPLICATE:
                self.loop.call_soon_threadsafe(self.repeat)
            case Fault.CORRUPT:
                self.loop.call_soon_threadsafe(self.spoil)

    def _hang(self, seconds: float) -> None:
        """The thread waits in virtual time, which the loop must let pass meanwhile."""
        over = threading.Event()
        self.hanging = True

        def begin() -> None:
            self.loop.pending -= 1
            self.loop.call_later(seconds, end)

        def end() -> None:
            self.loop.pending += 1
            self.hanging = False
            over.set()

        self.loop.call_soon_threadsafe(begin)
        over.wait()


def disk_full() -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    return error


class Network:
    """The wire and the venue behind it; both outlive the process. ``Trading`` to whoever is alive."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.bus = Bus()
        self.venue = MemoryVenue(self.bus, clock)
        self.venue.held = True
        self.delivered: Counter[str] = Counter()
        """Client order ids of placements that the venue carried out."""
        self.unwritten: list[Prepared] = []
        """Entries that were sent without an intent on disk."""
        self.tasks: set[asyncio.Task[Any]] = set()
        self.life: Life | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.venue, name)

    async def send(self, prepared: Prepared) -> tuple[OrderReply, ...]:
        life = self.life
        assert life is not None
        life.check_alive()
        self._check_intent(life, prepared)
        delivery = asyncio.get_running_loop().create_task(self._deliver(life, prepared))
        self.tasks.add(delivery)
        delivery.add_done_callback(self._delivered)
        await asyncio.wait({delivery}, timeout=READ_TIMEOUT_SECONDS)
        if not delivery.done():
            raise OutcomeUnknown("No answer came in time.")
        return delivery.result()

    def _delivered(self, task: asyncio.Task[Any]) -> None:
        self.tasks.discard(task)
        if not task.cancelled():
            task.exception()

    def _check_intent(self, life: Life, prepared: Prepared) -> None:
        with closing(sqlite3.connect(life.journal.path)) as database:
            [(rows,)] = database.execute("SELECT count(*) FROM intents WHERE nonce = ?", (prepared.nonce,)).fetchall()
        exits = prepared.kind is ActionKind.CANCEL or all(order.reduce_only for order in prepared.orders or [_ENTRY])
        if not rows and not exits:
            self.unwritten.append(prepared)

    async def _deliver(self, life: Life, prepared: Prepared) -> tuple[OrderReply, ...]:
        faults = life.faults
        is_ours = prepared.kind is ActionKind.ORDER
        if is_ours and faults.strikes(Point.SOCKET_WRITTEN, Fault.CRASH):
            faults.at_death()
            self.tasks.add(late := asyncio.get_running_loop().create_task(self._arrive_late(prepared)))
            late.add_done_callback(self._delivered)
            raise DiedError
        if is_ours and (faults.strikes(Point.SOCKET_WRITTEN, Fault.CORRUPT) or life.spoiled_bytes):
            life.spoiled_bytes = False
            return (OrderReply(ReplyKind.REJECTED, text="Unable to recover signer."),) * len(prepared.items)
        copies = 2 if is_ours and faults.strikes(Point.SOCKET_WRITTEN, Fault.DUPLICATE) else 1
        try:
            if is_ours:
                await faults.reach(Point.SOCKET_WRITTEN)
            for _ in range(copies):
                replies = self._carry_out(prepared)
                asyncio.get_running_loop().call_later(STREAM_SECONDS, self._stream, life)
            garbage = is_ours and faults.strikes(Point.BEFORE_REPLY, Fault.CORRUPT)
            if is_ours:
                await faults.reach(Point.BEFORE_REPLY)
        except InjectedError as error:
            raise OutcomeUnknown("The connection was reset.") from error
        life.check_alive()
        if garbage:
            raise OutcomeUnknown("The answer is garbage.")
        if is_ours and faults.strikes(Point.REPLIED, Fault.CORRUPT):
            return (OrderReply(ReplyKind.UNRECOGNISED, text="?"),) * len(prepared.items)
        return replies

    async def _arrive_late(self, prepared: Prepared) -> None:
        """The sender is dead, and its bytes are on their way."""
        await asyncio.sleep(LATE_SECONDS)
        self._carry_out(prepared)

    def _carry_out(self, prepared: Prepared) -> tuple[OrderReply, ...]:
        """What the venue does when the bytes arrive: nonce first, then expiry, then the action."""
        if prepared.nonce in self.venue.nonces:
            raise NonceUsed("Used.")
        if prepared.expires_ms is not None and self.clock.now_ms() > prepared.expires_ms:
            self.venue.nonces.add(prepared.nonce)
            return (OrderReply(ReplyKind.REJECTED, text="Action already expired"),) * len(prepared.items)
        replies = self.venue.carry_out(prepared)
        for order, reply in zip(prepared.orders, replies, strict=False):
            if reply.kind is not ReplyKind.REJECTED:
                self.delivered[order.client_order_id] += 1
        return replies

    def _stream(self, life: Life) -> None:
        if life.is_alive:
            life.bus.publish(FillsReported(tuple(self.venue.all_fills)))
            for order in list(self.venue.statuses.values()):
                if order is not None:
                    life.bus.publish(OrderReported(order))

    async def order_status(self, client_order_id: str) -> VenueOrder | None:
        await asyncio.sleep(QUERY_SECONDS)
        return await self.venue.order_status(client_order_id)

    async def account(self) -> Account:
        await asyncio.sleep(QUERY_SECONDS)
        return await self.venue.account()

    async def open_orders(self) -> tuple[VenueOrder, ...]:
        await asyncio.sleep(QUERY_SECONDS)
        return await self.venue.open_orders()

    async def fills(self, since_ms: int) -> tuple[Fill, ...]:
        await asyncio.sleep(QUERY_SECONDS)
        return await self.venue.fills(since_ms)


class Life:
    """One process: from its files, through its deeds, to its end. Its user is impatient: what is said never to have
    reached the exchange is done again at that instant, so that a wrong verdict ends in a double position.
    """

    def __init__(self, folder: Path, network: Network, faults: Injector, template: Path) -> None:
        self.folder, self.network, self.faults = folder, network, faults
        self.clock = network.clock
        self.is_alive = True
        self.spoiled_bytes = False
        self.successor = folder.with_name(f"{folder.name}+")
        if not folder.exists():
            shutil.copytree(template, folder)
        shutil.copy(folder / "desk.sqlite", folder / "desk.before")
        self.bus = Bus()
        path = folder / "journal.sqlite"
        self.journal = SqliteJournal(path, self.clock, Reserve(folder / "reserve", 0), faults)
        self.journal_was_damaged = False
        try:
            self.journal.open()
        except DatabaseDamaged:
            self.journal_was_damaged = True
            path.rename(folder / "damaged.sqlite")
            self.journal.open()
        self.recorder = Recorder(DEMO, f"sqlite:///{folder / 'desk.sqlite'}")
        self.recorder.start()
        journal: Any = Unhurried(self.journal)
        store: Any = Unhurried(self.recorder)
        trading: Any = network
        self.mint = ApprovalMint()
        self.tracker = OrderTracker(self.bus, self.clock, store, faults)
        self.portfolio = Portfolio(self.bus, self.clock, lambda coin: D(3000), store)
        self.resolver = Resolver(self.bus, self.clock, trading, journal, self.tracker)
        self.guard = Guard(self.bus, self.clock)
        self.recovery = Recovery(self.bus, self.guard, journal, self.tracker, self.resolver, Mode.LIVE)
        look = LastLook(lambda order: Verdict(()), lambda coin: scene(), self.clock.now_ms, lambda: Decimal(1))
        self.executor = Executor(self.bus, self.clock, trading, journal, self.tracker, look, self.resolver, faults)
        self.settled = Settled(self.bus, journal, store)
        self.reconciler = Reconciler(self.bus, self.clock, trading, self.tracker, self.portfolio, 0)
        self.history: dict[str, list[tuple[OrderStatus, Decimal]]] = {}
        self.bus.subscribe(OrderChanged, self._on_order)
        self.tasks: set[asyncio.Task[Any]] = set()
        faults.at_death = self.die
        faults.repeat = self.repeat
        faults.spoil = self.spoil
        network.life = self
        network.venue.reserve_nonce = self.journal.reserve_nonce

    def _on_order(self, fact: OrderChanged) -> None:
        order = fact.order
        self.history.setdefault(order.client_order_id, []).append((order.status, order.filled_size))
        if order.status is OrderStatus.REJECTED and order.text == NEVER_CAME and self.is_alive:
            again = replace(order.order, client_order_id=new_client_order_id())
            self.tasks.add(asyncio.create_task(self.place(again)))

    async def start(self) -> None:
        self.recovery.look()
        await self.tracker.restore()
        await self.portfolio.restore()
        await self.recovery.recall()
        self.recovery.take_up()
        self.tasks.add(asyncio.create_task(self.settled.run()))
        await self.reconciler.run_until_done()

    # --- deeds ---

    async def do(self, deed: Deed) -> None:
        """The deed with its protection. An unexpected error ends it, as it would end a click; death ends all."""
        try:
            match deed:
                case Deed.ENTRY:
                    await self.place(order(Side.BUY, "3010"))
                    await self.protect()
                case Deed.CLOSE:
                    await self.place(order(Side.SELL, "2990", Purpose.CLOSE))
                    await self.faults.reach(Point.FILLED)
                case Deed.STOP:
                    await self.protect()
                case Deed.TAKE_PROFIT:
                    await self.protect(TriggerKind.TAKE_PROFIT)
        except InjectedError:
            return

    async def protect(self, kind: TriggerKind = TriggerKind.STOP) -> None:
        await self.faults.reach(Point.FILLED)
        stop = Trigger(D(2900) if kind is TriggerKind.STOP else D(3100), kind, market=True)
        await self.place(order(Side.SELL, "2800", Purpose.PROTECT, stop))

    async def place(self, wanted: Order) -> None:
        self.check_alive()
        await self.executor.place([self.mint.approve(wanted, Verdict(()))])
        self.check_alive()

    # --- misfortune ---

    def check_alive(self) -> None:
        if not self.is_alive:
            raise DiedError

    def repeat(self) -> None:
        """What the stream tells, it tells again."""
        self.network._stream(self)
        self.network._stream(self)

    def spoil(self) -> None:
        """Signed bytes, a row on disk, or what comes from the stream turns to garbage."""
        if self.faults.point is Point.SIGNED:
            self.spoiled_bytes = True
            return
        with closing(sqlite3.connect(self.journal.path)) as database:
            database.execute("UPDATE intents SET body = x'00'")
            database.commit()

    def die(self) -> None:
        """At this instant: what is committed survives in the successor's folder, and nothing else."""
        self.is_alive = False
        self.successor.mkdir()
        _copy(self.journal.path, self.successor / "journal.sqlite")
        if (self.folder / NONCES).exists():
            shutil.copy(self.folder / NONCES, self.successor / NONCES)
        shutil.copy(self.folder / "desk.before", self.successor / "desk.sqlite")

    async def end(self) -> None:
        """Take the objects apart; after a death their last writes go to files that nobody will read."""
        await self.executor.stop()
        await self.resolver.stop()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        self.journal.close()
        self.recorder.close()

    async def kill(self) -> None:
        """A kill -9 from outside, with everything that had been queued for the store written."""
        await self.settled.close_now()
        with running().working():
            await self.recorder.flush()
            await self.journal.unresolved() if not self.journal_is_spoiled() else None
        if self.is_alive:
            self.die()
            _copy(self.folder / "desk.sqlite", self.successor / "desk.sqlite")

    def journal_is_spoiled(self) -> bool:
        return self.faults.fault is Fault.CORRUPT and Point.SIGNED not in self.faults.met and bool(self.faults.met)

    # --- judgement ---

    async def settle(self, seconds: float = 400.0) -> None:
        """Let all that is under way come to its end, and the books be compared with the venue."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        await asyncio.sleep(STREAM_SECONDS * 2)
        while self.is_busy and loop.time() < until:  # noqa: ASYNC110 - many things, in virtual time
            await asyncio.sleep(1)
        try:
            await self.reconciler.run()
        except VenueError as error:
            raise AssertionError from error
        await asyncio.sleep(STREAM_SECONDS * 2)

    @property
    def is_busy(self) -> bool:
        return bool(self.resolver.open or self.network.tasks or self.faults.full or self.faults.hanging)

    def open_intents(self) -> Sequence[Intent]:
        with closing(open_journal(self.journal.path)) as database:
            return read_unresolved(database, self.journal.path)


def order(side: Side, price: str, purpose: Purpose = Purpose.ENTRY, trigger: Trigger | None = None) -> Order:
    return Order(
        "ETH",
        side,
        POSITION,
        D(price),
        TimeInForce.GTC if trigger else TimeInForce.IOC,
        reduce_only=purpose is not Purpose.ENTRY,
        trigger=trigger,
        market=trigger is None,
        purpose=purpose,
    )


_ENTRY = order(Side.BUY, "1")


def _copy(source: Path, target: Path) -> None:
    """As a reader sees it: committed, whole."""
    with closing(sqlite3.connect(source)) as reader, closing(sqlite3.connect(target)) as writer:
        reader.backup(writer)


def made_template(folder: Path) -> Path:
    """A session's files as a first start makes them; lives copy them."""
    folder.mkdir()
    recorder = Recorder(DEMO, f"sqlite:///{folder / 'desk.sqlite'}")
    recorder.start()
    recorder.close()
    open_journal(folder / "journal.sqlite").close()
    return folder
