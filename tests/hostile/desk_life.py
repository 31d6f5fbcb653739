"""Lives of one desk over one folder: built from the real parts, crashed, and opened again from what is on disk."""

from __future__ import annotations

import asyncio
import logging
import shutil
import sqlite3
from collections.abc import Callable, Coroutine
from contextlib import closing, suppress
from contextvars import ContextVar, copy_context
from decimal import Decimal
from pathlib import Path
from typing import Any
from weakref import WeakSet

from hlmaster.core.bus import Bus, HandlerFailed
from hlmaster.core.events import Notice, OrderChanged
from hlmaster.core.model import Mode
from hlmaster.core.orders import ApprovalMint
from hlmaster.desk.desk import Desk
from hlmaster.desk.parts import Parts, SessionInfo
from hlmaster.exchange.hyperliquid.budget import WeightBudget
from hlmaster.exchange.hyperliquid.market_data import HyperliquidMarketData
from hlmaster.exchange.hyperliquid.signing import Network, Signer
from hlmaster.exchange.hyperliquid.trading import HyperliquidTrading
from hlmaster.settings import Settings
from hlmaster.storage.journal import SqliteJournal
from hlmaster.storage.recorder import Recorder
from hlmaster.storage.reserve import Reserve
from hlmaster.storage.session_file import SessionInfo as StoredSession
from tests.hostile.history import History
from tests.hostile.virtual_time import Unhurried, VirtualClock

BATCH_SECONDS = 0.1
"""As the recorder's: what is younger dies with the desk."""
FAUCET = Decimal(10_000)
RESERVE_BYTES = 64 * 1024
"""Each life's disk is copied, read and searched whole."""


class LateStore(Unhurried):
    """The recorder, with its batches in virtual time: ``drop`` is what a crash does to those not yet handed on."""

    def __init__(self, inner: object) -> None:
        super().__init__(inner)
        self.opened = asyncio.Event()
        self._waiting: list[Callable[[], object]] = []

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if name.startswith("save_"):

            def save(*args: Any) -> None:
                if not self._waiting:
                    asyncio.get_running_loop().call_later(BATCH_SECONDS, self.hand_on)
                self._waiting.append(lambda: found(*args))

            return save
        if not asyncio.iscoroutinefunction(found):
            return found
        unhurried = super().__getattr__(name)

        async def ask(*args: Any) -> Any:
            await self.opened.wait()  # time must go on until then, for nothing else will open it
            self.hand_on()
            return await unhurried(*args)

        return ask

    def hand_on(self) -> None:
        for save in self._waiting:
            save()
        self._waiting.clear()

    def drop(self) -> None:
        self._waiting.clear()


class DeskLife:
    """``start``; then ``crash``, which gives the folder of the next life, or ``stop``."""

    def __init__(
        self, number: int, folder: Path, url: str, signer: Signer, settings: Settings, clock: VirtualClock, log: History
    ) -> None:
        self.number, self.folder, self._log, self._clock = number, folder, log, clock
        self.tasks: WeakSet[asyncio.Task[Any]] = WeakSet()
        self.dead = False
        self._context = copy_context()
        self._context.run(LIFE.set, self)
        bus, mint = Bus(), ApprovalMint()
        self._journal = SqliteJournal(folder / "journal.sqlite", clock, Reserve(folder / "reserve", RESERVE_BYTES))
        self._journal.open()
        stored = StoredSession("demo/hostile/1", Mode.DEMO, "hostile", 1, 1, FAUCET)
        self._recorder = Recorder(stored, f"sqlite:///{folder / 'desk.sqlite'}")
        self.store = LateStore(self._recorder)
        budget = WeightBudget(clock)
        trading = HyperliquidTrading(
            bus,
            clock,
            url,
            Network.TESTNET,
            signer,
            signer.address,
            self._journal.reserve_nonce,
            mint.is_genuine,
            budget=budget,
        )
        self.trading = trading
        journal: Any = Unhurried(self._journal)
        self.desk = Desk(
            Parts(
                bus=bus,
                clock=clock,
                mint=mint,
                market_data=HyperliquidMarketData(bus, clock, url, budget=budget),
                trading=trading,
                journal=journal,
                store=self.store,
                session=SessionInfo("hostile", Mode.DEMO, 0, FAUCET, folder),
                settings=settings,
                open_store=self._open_store,
                after=self._close,
            )
        )
        bus.subscribe(OrderChanged, lambda fact: log.told.append((number, fact.order)))
        bus.subscribe(HandlerFailed, lambda fact: log.broken.append(f"{fact.handler} on {fact.fact}: {fact.error}"))
        bus.subscribe(Notice, self._on_notice)

    def _open_store(self) -> None:
        self.store.opened.set()
        self._recorder.start()

    def _on_notice(self, notice: Notice) -> None:
        self._log.note(self._clock.monotonic(), f"  {notice.severity}: {notice.sentence}")

    async def _close(self) -> None:
        self._recorder.close()
        self._journal.close()

    async def start(self) -> None:
        await self.run(self.desk.start())

    def run(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """As a task of this life."""
        return asyncio.get_running_loop().create_task(work, context=self._context)

    async def stop(self) -> None:
        self.store.hand_on()
        await self.run(self.desk.stop())

    async def crash(self, next_folder: Path) -> None:
        """As kill -9: the disk as it is at this instant goes on, nothing else does."""
        self.store.drop()
        if self.store.opened.is_set():
            await self.store.flush()
        await self.desk._parts.journal.unresolved()
        snapshot(self.folder, next_folder)
        self.dead = True
        for task in self.tasks:
            task.cancel()
        await asyncio.wait(list(self.tasks), timeout=5)
        self.store.drop()
        with suppress(Exception):
            await self.trading.stop()
        await self._close()


class Stillborn(asyncio.Task[Any]):
    """Nobody hears of its end, lest a supervisor of the dead life try again for ever."""

    def add_done_callback(self, *_args: Any, **_options: Any) -> None:
        pass


LIFE: ContextVar[DeskLife | None] = ContextVar("LIFE", default=None)


def own_tasks(loop: asyncio.AbstractEventLoop, work: Any, **options: Any) -> asyncio.Task[Any]:
    """Task factory: every task belongs to the life whose work made it, and what a dead one makes never begins."""
    context = options.get("context")
    life = LIFE.get() if context is None else context.get(LIFE)
    if life is None:
        return asyncio.Task(work, loop=loop, **options)
    if life.dead:
        stillborn = Stillborn(work, loop=loop, **options)
        stillborn.cancel()
        return stillborn
    task = asyncio.Task(work, loop=loop, **options)
    life.tasks.add(task)
    return task


def snapshot(folder: Path, into: Path) -> None:
    """Committed databases and whole files, at one instant."""
    into.mkdir()
    for file in folder.iterdir():
        if file.suffix == ".sqlite":
            with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(into / file.name)) as target:
                source.backup(target)
        elif not file.name.endswith(("-wal", "-shm")) and file.is_file():
            with suppress(FileNotFoundError):  # a thread has just put it in the place of another
                shutil.copyfile(file, into / file.name)


class LogKeeper(logging.Handler):
    """Everything the program writes to its log, as text. A traceback in it is a finding."""

    def __init__(self, history: History) -> None:
        super().__init__(logging.DEBUG)
        self._history = history
        self.setFormatter(logging.Formatter("%(levelname)s %(name)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        text = self.format(record)
        self._history.logs.append(text)
        if record.exc_info:
            self._history.broken.append(text)
