"""The kill switch without a desk: the same way to flat from a process of its own, when the desk hangs or is dead.

Nothing here needs the desk's databases to be writable: intents of these exits are kept in memory, nonces come from the
file that keeps processes apart, and what the account holds is the exchange's own word.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from hlmaster.core.clock import SystemClock
from hlmaster.core.differences import Adjustment, Discrepancy
from hlmaster.core.errors import ConfigError, HlError, StorageError, VenueUnreachable
from hlmaster.core.events import EquityPoint, TrackedOrder, TradingState
from hlmaster.core.model import FeeRates, Leverage, MarginMode, Mode
from hlmaster.core.orders import ActionKind, ApprovalMint, CashMove, Fill, FundingPayment, Intent
from hlmaster.core.ports import Journal, Store
from hlmaster.core.secret import Secret
from hlmaster.desk import control
from hlmaster.desk.exchange_child import ExchangeChild, ReadyLine
from hlmaster.desk.modes import Line, exchange_arguments, open_trading
from hlmaster.settings import Settings
from hlmaster.storage.intents import read_unresolved
from hlmaster.storage.journal import NONCES
from hlmaster.storage.lock import SessionLock
from hlmaster.storage.nonces import NonceBlocks
from hlmaster.storage.session_file import SessionFile
from hlmaster.storage.sessions import LOCKS, DemoSession, Session
from hlmaster.storage.vault.entries import KEYED_MODES, Keeper
from hlmaster.trading.execution.executor import Executor
from hlmaster.trading.execution.flatten import Flattener, FlattenReport
from hlmaster.trading.execution.last_look import LastLook
from hlmaster.trading.execution.resolver import Resolver
from hlmaster.trading.execution.tracker import OrderTracker
from hlmaster.trading.risk.gate import Gate
from hlmaster.trading.situation import Situation

log = logging.getLogger(__name__)
NONCE_BLOCK = 1_000
PARTING_SECONDS = 2.5
"""Of the patience, kept for closing connections: the alarm is due before its end."""
RESPAWN_SECONDS = 0.5
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Place:
    """Which session's account, and where its exchange is if that is on this computer and known."""

    data: Path
    mode: Mode
    session: str
    ready_file: Path | None = None
    passphrase: Secret | None = None
    key: Secret | None = None
    """The account's, where it need not be read from its keeper."""

    @property
    def folder(self) -> Path:
        return self.data.absolute() / self.mode.value / self.session


Ask = Callable[[Keeper], Secret | None]
"""Gets the passphrase for where a key is kept; None where none is needed."""


def unlocked(place: Place, ask: Ask) -> Place:
    """With the passphrase of its key's vault, if it has one. Raises ConfigError when it cannot be asked for."""
    if place.mode not in KEYED_MODES:
        return place
    from hlmaster.desk.connection import recorded

    try:
        account = recorded(SessionFile(place.folder / "session.sqlite"))
    except StorageError:
        return place
    return place if account is None else replace(place, passphrase=ask(account.keeper))


Work = Callable[[Flattener, float], Awaitable[FlattenReport]]


async def go_flat(place: Place, patience: float) -> FlattenReport:
    """Connect by ourselves, cancel and close everything. What went wrong is in the report; it never raises HlError."""
    return await _carry_out(place, patience, lambda flattener, seconds: flattener.run(seconds))


async def cancel_entries(place: Place, patience: float) -> FlattenReport:
    """Connect by ourselves and cancel what could open something; stops stay."""
    return await _carry_out(place, patience, lambda flattener, _: flattener.cancel_entries())


async def _carry_out(place: Place, patience: float, work: Work) -> FlattenReport:
    clock = SystemClock()
    began = clock.monotonic()
    report: FlattenReport | None = None
    try:
        async with asyncio.timeout(patience - PARTING_SECONDS), _connected(place) as flattener:
            report = await work(flattener, patience - PARTING_SECONDS - (clock.monotonic() - began) - 0.5)
    except TimeoutError:
        problem = f"The exchange did not answer within {patience:.0f} s."
    except HlError as error:
        problem = str(error)
    if report is not None:
        return report
    return FlattenReport(problems=(problem,), seconds=clock.monotonic() - began)


@contextlib.asynccontextmanager
async def _connected(place: Place) -> AsyncIterator[Flattener]:
    async with contextlib.AsyncExitStack() as stack:
        session, settings = _session(place)
        ready_file = place.ready_file
        if ready_file is None and place.mode is Mode.DEMO:
            ready_file = await _demo_exchange(place, session, settings, stack)
        elif ready_file is None:
            # A rehearsal's; whether it fits the account is checked at the opening.
            known = control.exchange_of(place.data, place.mode, place.session)
            ready_file = None if known is None else known.ready_file
        mint, nonces = ApprovalMint(), NonceBlocks(place.folder / NONCES, block=NONCE_BLOCK, apart=True)
        line = open_trading(
            place.mode,
            session,
            settings,
            ready_file,
            mint=mint,
            reserve_nonce=nonces.reserve,
            connection=await _connection(place, session),
        )
        stack.push_async_callback(line.market_data.stop)
        stack.push_async_callback(line.trading.stop)
        await asyncio.gather(line.market_data.start(), line.trading.start())
        journal = _Memory(nonces)
        tracker = OrderTracker(line.bus, line.clock, _Forgetful())
        gate = Gate(line.bus, mint, lambda coin: _situation(line, coin), lambda: settings.risk)
        resolver = Resolver(line.bus, line.clock, line.trading, journal, tracker)
        stack.push_async_callback(resolver.stop)
        look = LastLook(
            gate.check,
            lambda coin: _situation(line, coin),
            lambda: line.trading.health.venue_ms(line.clock.now_ms()),
            lambda: settings.risk.price_band_percent,
        )
        executor = Executor(line.bus, line.clock, line.trading, journal, tracker, look, resolver)
        stack.push_async_callback(executor.stop)
        flattener = Flattener(
            line.bus,
            line.clock,
            line.trading,
            gate,
            executor,
            tracker,
            lambda: line.market_data.instruments,
            lambda: settings.risk.exit_slippage_cap_percent,
            *_on_their_way(session.journal_path, line.clock, settings.execution.entry_expiry_seconds),
        )
        stack.push_async_callback(flattener.stop)
        yield flattener


def _session(place: Place) -> tuple[Session, Settings]:
    """Read as it lies there, without its lock: whoever holds it does not answer."""
    if place.mode is Mode.PAPER:
        raise VenueUnreachable(
            "A paper account lives inside its desk, which does not answer, so nothing can trade on it either.",
            "The session is halted; start it and flatten there.",
        )
    file = SessionFile(place.folder / "session.sqlite")
    kind = DemoSession if place.mode is Mode.DEMO else Session
    session = kind(place.folder, file.info(), _lock(place), SystemClock())
    try:
        settings, _ = Settings.load(place.data / "settings.toml", os.environ, (), file.settings())
    except (ConfigError, StorageError) as error:
        log.warning("the defaults are used, for the settings cannot be read: %s", error)
        settings = Settings()
    return session, settings


def _lock(place: Place) -> SessionLock:
    return SessionLock(place.folder.parent / LOCKS / f"{place.session}.lock")


async def _connection(place: Place, session: Session) -> Any:
    if place.mode is Mode.DEMO:
        return None
    from hlmaster.desk.connection import connect, connected, recorded

    account = recorded(session.file)
    if account is not None and place.key is not None:
        return connected(account, place.key)
    return None if account is None else await connect(place.mode, account, place.data, place.passphrase)


async def _demo_exchange(place: Place, session: Session, settings: Settings, stack: contextlib.AsyncExitStack) -> Path:
    """The exchange the desk trades on; the embedded one ends with its desk, and is then started on its state again."""
    known = control.exchange_of(place.data, place.mode, place.session)
    lock = _lock(place)
    try:
        lock.acquire()
    except StorageError:
        if known is None:
            raise VenueUnreachable(
                "The desk runs but does not answer, and where its exchange is was never noted.",
                "Name the exchange's ready file with --exchange.",
            ) from None
        return known.ready_file
    stack.callback(lock.release)
    if known is not None and not known.is_child:
        return known.ready_file
    assert isinstance(session, DemoSession)
    arguments = exchange_arguments(settings, session.exchange_path, session.info.start_balance)
    while True:
        child = ExchangeChild(arguments)
        child.begin()
        try:
            ready: ReadyLine = await child.wait_ready(SystemClock())
        except VenueUnreachable as error:
            # The old one may still be closing the file.
            log.info("the embedded exchange is tried again: %s", error)
            await child.stop()
            await asyncio.sleep(RESPAWN_SECONDS)
        except BaseException:
            await child.stop()
            raise
        else:
            log.info("the embedded exchange runs again at %s", ready.url)
            stack.push_async_callback(child.stop)
            return child.ready_file


def _on_their_way(journal: Path, clock: SystemClock, lifetime: float) -> tuple[dict[str, int], int]:
    """Entries the desk may have sent, by client order id with their expiry; or until when nameless ones may arrive.

    ``lifetime``: wall seconds in which the exchange may take an entry; granted to a journal that cannot be read.
    """
    try:
        with contextlib.closing(sqlite3.connect(f"{journal.as_uri()}?mode=ro", uri=True, timeout=1.0)) as database:
            intents = read_unresolved(database, journal)
    except (sqlite3.Error, StorageError) as error:
        log.warning("the journal cannot be read (%s), so what it may have sent is waited for", error)
        return {}, clock.now_ms() + int(lifetime * 1000 * clock.speed)
    return {i.subject: i.expires_ms for i in intents if i.expires_ms and i.order and not i.may_go_without_disk}, 0


def _situation(line: Line, coin: str) -> Situation:
    """All that an exit is asked for; an entry finds trading halted."""
    instrument = line.market_data.instruments.get(coin)
    if instrument is None:
        raise ConfigError(f"{coin!r} is not listed on this exchange.")
    return Situation(
        instrument=instrument,
        now_ms=line.clock.now_ms(),
        mark=None,
        best_bid=None,
        best_ask=None,
        stale="There is no desk.",
        state=TradingState.HALTED,
        state_sentence="Only exits are sent without a desk.",
        position=ZERO,
        equity=ZERO,
        available=ZERO,
        maintenance_margin=ZERO,
        leverage=Leverage(MarginMode.CROSS, 1),
        fees=FeeRates(),
        live=(),
        recent=(),
    )


class _Memory(Journal):
    """For exits, which may go without a disk."""

    def __init__(self, nonces: NonceBlocks) -> None:
        self._nonces = nonces

    @property
    def unclean(self) -> bool:
        return False

    async def commit(self, intents: Sequence[Intent]) -> None:
        for intent in intents:
            log.info("%s %s with the nonce %d", intent.kind, intent.subject, intent.nonce)

    async def unresolved(self) -> list[Intent]:
        return []

    def confirm(self) -> None:
        """There was no run before this one."""

    def resolve(self, subject: str, status: str, text: str) -> None:
        """Nothing is kept, so nothing is closed."""

    def conclude(self, kind: ActionKind, nonce: int, status: str, text: str = "") -> None:
        """Nothing is kept, so nothing is closed."""

    def reserve_nonce(self, now_ms: int) -> int:
        return self._nonces.reserve(now_ms)


class _Forgetful(Store):
    """Of a process that ends when it is flat; the desk learns all of it from the exchange."""

    def _forget(self, *facts: Any, **more: Any) -> None:
        """Nothing is kept."""

    save_order = save_fill = save_funding = save_cash = save_equity = save_refusal = _forget
    save_adjustment = save_discrepancy = _forget

    async def flush(self) -> None:
        """Nothing waits."""

    async def orders(self) -> list[TrackedOrder]:
        return []

    async def fills(self) -> list[Fill]:
        return []

    async def funding(self) -> list[FundingPayment]:
        return []

    async def cash(self) -> list[CashMove]:
        return []

    async def adjustments(self) -> list[Adjustment]:
        return []

    async def discrepancies(self, limit: int = 1000) -> list[Discrepancy]:
        return []

    async def equity(self, limit: int = 5000) -> list[EquityPoint]:
        return []
