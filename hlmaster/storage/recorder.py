"""The session's memory: facts go into a queue and, ten times a second, in one transaction to the desk store.

SQLAlchemy is imported on the recorder's own thread, so the first window does not wait for it.
"""

from __future__ import annotations

import asyncio
import functools
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from hlmaster.core.differences import Adjustment, Discrepancy
from hlmaster.core.errors import StorageError
from hlmaster.core.events import EquityPoint, TrackedOrder
from hlmaster.core.model import Position
from hlmaster.core.orders import CashMove, Fill, FundingPayment
from hlmaster.storage import rows
from hlmaster.storage.answers import answer
from hlmaster.storage.batches import wait_for_batch
from hlmaster.storage.session_file import SessionInfo

if TYPE_CHECKING:
    from hlmaster.storage.writer import Writer

log = logging.getLogger(__name__)
T = TypeVar("T")
BATCH_SECONDS = 0.1
QUEUE_SIZE = 50_000


@dataclass(frozen=True, slots=True)
class _Ask:
    """A question whose answer includes everything saved before it."""

    question: Callable[[Writer], Any]
    settle: Callable[[Any], None]


class Recorder:
    """``core.ports.Store``. May be filled before ``start``; what waits is written once the store is open.

    Facts are never dropped: while the store refuses they wait in memory, ``trouble`` says why, and writing is tried
    again each second. When 50,000 wait, saving raises StorageError, so that whoever trades stops.
    """

    def __init__(self, session: SessionInfo, database: str) -> None:
        self.trouble = ""
        self.written = 0
        self._session = session
        self._database = database
        self._facts: list[tuple[str, rows.Row]] = []
        self._asks: list[_Ask] = []
        self._wake = threading.Condition()
        self._stopping = False
        self._failure: StorageError | None = None
        self._thread: threading.Thread | None = None

    @property
    def waiting(self) -> int:
        """Facts not yet on disk."""
        return len(self._facts)

    def start(self) -> None:
        """Begin to open the store and write, on a thread of its own; returns at once. ``ready`` tells how it went.

        Does nothing while that thread runs; where the store could not be opened it is tried anew.
        """
        with self._wake:
            if self._thread is not None and self._failure is None:
                return
            self._failure = None
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._thread.start()

    async def ready(self) -> None:
        """Return when the store is open. Raises DatabaseDamaged, DatabaseTooNew or StorageError."""
        await self.ask(lambda _writer: None)

    def close(self) -> None:
        """Write what waits, once, and stop. What the store refuses even now is said in the log."""
        if self._thread is None:
            return
        with self._wake:
            self._stopping = True
            self._wake.notify()
        self._thread.join()
        self._thread = None
        if self._facts:
            log.critical("%d facts could not be recorded before the end: %s", len(self._facts), self.trouble)

    def save_order(self, order: TrackedOrder) -> None:
        self.save("orders", rows.order_row(order))

    def save_fill(self, fill: Fill, realised: Decimal) -> None:
        self.save("fills", rows.fill_row(fill, realised))

    def save_funding(self, payment: FundingPayment) -> None:
        self.save("funding", asdict(payment))

    def save_cash(self, move: CashMove) -> None:
        self.save("cash_moves", asdict(move))

    def save_adjustment(self, adjustment: Adjustment) -> None:
        self.save("adjustments", asdict(adjustment))

    def save_discrepancy(self, discrepancy: Discrepancy) -> None:
        self.save("discrepancies", asdict(discrepancy))

    def save_equity(self, point: EquityPoint) -> None:
        self.save("account_history", asdict(point))

    def save_positions(self, time_ms: int, positions: Sequence[Position]) -> None:
        """A snapshot of all open positions."""
        for position in positions:
            self.save("positions", rows.position_row(position, time_ms))

    def save_refusal(self, time_ms: int, coin: str, rule: str, sentence: str) -> None:
        self.save("refusals", {"time_ms": time_ms, "coin": coin, "rule": rule, "sentence": sentence})

    async def orders(self) -> list[TrackedOrder]:
        return await self.ask(lambda writer: [rows.order_of(row) for row in writer.read("orders", "created_ms")])

    async def fills(self) -> list[Fill]:
        """Every fill ever booked in this session, oldest first."""
        return await self.ask(lambda writer: [rows.fill_of(row) for row in writer.read("fills", "time_ms", "trade_id")])

    async def funding(self) -> list[FundingPayment]:
        return await self.ask(lambda writer: [rows.funding_of(row) for row in writer.read("funding", "time_ms")])

    async def cash(self) -> list[CashMove]:
        return await self.ask(lambda writer: [rows.cash_of(row) for row in writer.read("cash_moves", "time_ms")])

    async def adjustments(self) -> list[Adjustment]:
        return await self.ask(lambda writer: [rows.adjustment_of(row) for row in writer.read("adjustments", "time_ms")])

    async def discrepancies(self, limit: int = 1000) -> list[Discrepancy]:
        """The latest ``limit``, oldest first."""
        return await self.ask(
            lambda writer: [rows.discrepancy_of(row) for row in writer.latest("discrepancies", limit)]
        )

    async def equity(self, limit: int = 5000) -> list[EquityPoint]:
        """The latest ``limit`` points, oldest first."""
        return await self.ask(lambda writer: [rows.equity_of(row) for row in writer.latest("account_history", limit)])

    async def flush(self) -> None:
        """Return when everything queued so far is on disk. Raises StorageError when the store refuses it."""
        await self.ask(lambda _writer: None)

    def save(self, table: str, row: rows.Row) -> None:
        """A row of the session, which is the recorder's own to add. Raises StorageError when too many wait."""
        if len(self._facts) >= QUEUE_SIZE:
            raise StorageError(
                f"{QUEUE_SIZE} facts wait to be recorded. {self.trouble}".strip(),
                "Trading stops until the database can be written again.",
            )
        with self._wake:
            self._facts.append((table, {"session_id": self._session.id, **row}))
            if len(self._facts) == 1:
                self._wake.notify()

    async def ask(self, question: Callable[[Writer], T]) -> T:
        """Run a question on the recorder's thread, once all that was saved before it is written."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()
        with self._wake:
            if self._failure is not None:
                raise self._failure
            if self._stopping:
                raise StorageError("The recorder is closed.")
            self._asks.append(_Ask(question, functools.partial(answer, loop, done)))
            self._wake.notify()
        return await done

    # --- the recorder's thread ---

    def _run(self) -> None:
        try:
            self._record()
            failure = StorageError("The recorder is closed.")
        except StorageError as error:
            failure = error
        except Exception as error:
            log.exception("The recorder failed.")
            failure = StorageError(f"The recorder failed: {error}.", "Restart the program.")
        with self._wake:
            self._failure = failure
            asks, self._asks = self._asks, []
        self.trouble = self.trouble or ("" if self._stopping else str(failure))
        for ask in asks:
            ask.settle(failure)

    def _record(self) -> None:
        """Open the store and serve until told to stop."""
        from hlmaster.storage.writer import Writer

        writer = Writer(self._session, self._database)
        try:
            stopping = False
            while not stopping:
                stopping = self._wait()
                asked = list(self._asks)  # before the batch is taken, which so holds all that was saved before them
                self._write(writer)
                self._reply(writer, asked)
        finally:
            writer.close()

    def _wait(self) -> bool:
        """Until a batch is due or somebody asks; True when it is time to stop."""

        def urgent() -> bool:
            return bool(self._asks) or self._stopping

        wait_for_batch(self._wake, lambda: bool(self._facts), urgent, BATCH_SECONDS, in_trouble=bool(self.trouble))
        return self._stopping

    def _write(self, writer: Writer) -> None:
        batch = self._facts[:QUEUE_SIZE]
        if not batch:
            return
        try:
            writer.write(batch)
        except StorageError as error:
            if not self.trouble:
                log.error("%s", error, extra={"code": error.code})
            self.trouble = error.sentence
            return
        with self._wake:
            del self._facts[: len(batch)]
        self.written += len(batch)
        if self.trouble:
            log.warning("The database can be written again.")
            self.trouble = ""

    def _reply(self, writer: Writer, asked: list[_Ask]) -> None:
        """A question stays in the list until it is settled: one that fails beyond what is expected is answered too."""
        for ask in asked:
            if self.trouble:
                ask.settle(StorageError(self.trouble))
            else:
                try:
                    ask.settle(ask.question(writer))
                except StorageError as error:
                    ask.settle(error)
            with self._wake:
                self._asks.remove(ask)
