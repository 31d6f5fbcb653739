"""Durable intents: on disk before their bytes are sent. Always a local SQLite file with one writer thread."""

from __future__ import annotations

import asyncio
import functools
import logging
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hlmaster.core.clock import Clock
from hlmaster.core.errors import JournalUnavailable, StorageError
from hlmaster.core.failpoints import NO_FAILPOINTS, Failpoints, Point
from hlmaster.core.orders import ActionKind, Intent
from hlmaster.storage.answers import answer
from hlmaster.storage.files import error_code, reason
from hlmaster.storage.intents import (
    note_ending,
    open_journal,
    read_unresolved,
    row_of,
    take_nonce_floor,
    unavailable,
    was_clean,
    write_intents,
)
from hlmaster.storage.nonces import NonceBlocks
from hlmaster.storage.reserve import Reserve

log = logging.getLogger(__name__)
NONCES = "nonces"
"""The file beside the journal that keeps the nonces of several processes apart."""
QUEUE_SIZE = 4_096
BACKLOG_SIZE = 10_000
BATCH = 256
RETRY_SECONDS = 1.0

Settle = Callable[[StorageError | None], None]


def _ignore(_error: StorageError | None) -> None:
    """Nobody waits for this write."""


@dataclass(frozen=True, slots=True)
class _Write:
    """One piece of a transaction. ``vital``: kept in memory and written later when the disk refuses it now."""

    apply: Callable[[sqlite3.Connection], object]
    vital: bool
    settle: Settle = _ignore
    intents: tuple[Intent, ...] = ()


@dataclass(frozen=True, slots=True)
class _Read:
    answer: Callable[[sqlite3.Connection], None]
    settle: Settle


@dataclass(frozen=True, slots=True)
class _Stop:
    settle: Settle = _ignore


class SqliteJournal:
    """``core.ports.Journal``. ``open`` before use, ``close`` at the end; both are quick and block.

    When the disk is full, entries are refused at once; cancels and reduce-only orders use the reserve. When even that
    fails their commit raises too, but they are kept in memory and written as soon as the disk allows.
    """

    def __init__(
        self, path: Path, clock: Clock, reserve: Reserve | None = None, failpoints: Failpoints = NO_FAILPOINTS
    ) -> None:
        self.path = path
        self.unclean = False
        """An earlier run did not end in order, and nobody has confirmed that since."""
        self.trouble = ""
        """Why entries are refused at the moment, as a sentence; empty while all is well."""
        self._clock = clock
        self._failpoints = failpoints
        self._reserve = reserve or Reserve(path.with_name("reserve"))
        self._queue: queue.Queue[_Write | _Read | _Stop] = queue.Queue(QUEUE_SIZE)
        self._in_hand: list[_Write | _Read | _Stop] = []
        self._backlog: list[_Write] = []
        self._thread: threading.Thread | None = None
        self._nonces = NonceBlocks(path.with_name(NONCES))

    def open(self) -> None:
        """Check the file and start the writer. Raises DatabaseDamaged, DatabaseTooNew, JournalUnavailable."""
        connection = open_journal(self.path)
        try:
            self._nonces.floor = take_nonce_floor(connection)
            self.unclean = not was_clean(connection)
            note_ending(connection, clean=False)
        except sqlite3.Error as error:
            connection.close()
            raise unavailable(self.path, reason(error)) from error
        self._reserve.hold()
        self._thread = threading.Thread(target=self._run, args=(connection,), name="journal", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Write what waits, note the last nonce exactly, and stop."""
        if self._thread is None:
            return
        self._queue.put(_Stop())
        self._thread.join()
        self._thread = None
        self._nonces.release()
        if self._backlog:
            log.critical("%d journal entries could not be written before the end: %s", len(self._backlog), self.trouble)

    async def commit(self, intents: Sequence[Intent]) -> None:
        """On disk when this returns. Raises JournalUnavailable."""
        kept = tuple(intents)
        rows = [row_of(intent) for intent in kept]
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        vital = all(intent.may_go_without_disk for intent in kept)
        settle = functools.partial(answer, loop, done)
        self._put(_Write(lambda db: write_intents(db, rows), vital, settle, kept))
        await done

    async def unresolved(self) -> list[Intent]:
        """Intents whose orders have not reached a final state, oldest first, those still in memory included."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[list[Intent]] = loop.create_future()
        settle = functools.partial(answer, loop, done)
        self._put(_Read(lambda db: settle(self._read_unresolved(db)), settle))
        return await done

    def resolve(self, subject: str, status: str, text: str) -> None:
        """Close every intent about an order that has reached its final state; written soon, not awaited."""
        self._close("subject = ?", (subject,), status, text)

    def conclude(self, kind: ActionKind, nonce: int, status: str, text: str = "") -> None:
        """Close the intents of one action; written soon, not awaited."""
        self._close("nonce = ? AND kind = ?", (nonce, kind.value), status, text)

    def _close(self, which: str, those: tuple[object, ...], status: str, text: str) -> None:
        values = (status, text, self._clock.now_ms(), *those)
        statement = f"UPDATE intents SET status = ?, text = ?, resolved_ms = ? WHERE {which} AND status IS NULL"
        self._put(_Write(lambda db: db.execute(statement, values), vital=True))

    def confirm(self) -> None:
        """A person knows of the unclean end: the next one counts as clean if this run ends in order."""
        self.unclean = False

    def reserve_nonce(self, now_ms: int) -> int:
        """``max(now, last + 1)``, unique over restarts and over processes; never waits for the journal's disk."""
        return self._nonces.reserve(now_ms)

    def _put(self, item: _Write | _Read) -> None:
        if self._thread is None:
            raise unavailable(self.path, "it is closed")
        try:
            self._queue.put_nowait(item)
        except queue.Full:
            raise unavailable(self.path, f"{QUEUE_SIZE} writes are waiting for the disk") from None

    # --- the writer's thread ---

    def _run(self, connection: sqlite3.Connection) -> None:
        try:
            self._serve(connection)
        except Exception as error:
            log.exception("The journal's writer failed.")
            self.trouble = f"The journal's writer failed: {error}."
            self._refuse_all()
        finally:
            connection.close()

    def _refuse_all(self) -> None:
        """Nothing may wait for a writer that is gone."""
        failure = unavailable(self.path, "its writer failed")
        while not any(isinstance(item, _Stop) for item in self._in_hand):
            for item in self._in_hand:
                item.settle(failure)
            self._in_hand = [self._queue.get()]

    def _serve(self, connection: sqlite3.Connection) -> None:
        while True:
            self._in_hand = self._take()
            writes = [item for item in self._in_hand if isinstance(item, _Write)]
            if writes or self._backlog:
                self._write(connection, writes)
            last = self._in_hand[-1] if self._in_hand else None
            if isinstance(last, _Read):
                last.answer(connection)
            elif isinstance(last, _Stop):
                self._finish(connection)
                return

    def _take(self) -> list[_Write | _Read | _Stop]:
        """Wait for work: writes, up to the first read or the end. Empty when only the backlog is due."""
        taken: list[_Write | _Read | _Stop] = []
        try:
            taken.append(self._queue.get(timeout=RETRY_SECONDS if self._backlog else None))
            while isinstance(taken[-1], _Write) and len(taken) < BATCH:
                taken.append(self._queue.get_nowait())
        except queue.Empty:
            pass
        return taken

    def _write(self, connection: sqlite3.Connection, writes: list[_Write]) -> None:
        if self.trouble and not self._reserve.held and not self._reserve.hold():
            self._settle([write for write in writes if not write.vital], unavailable(self.path, "the disk is full"))
            writes = [write for write in writes if write.vital]
        error = self._transact(connection, writes)
        if error is None:
            return
        failure = unavailable(self.path, reason(error))
        if not self.trouble:
            log.critical("%s", failure, extra={"code": failure.code})
        self.trouble = failure.sentence
        self._settle([write for write in writes if not write.vital], failure)
        vital = [write for write in writes if write.vital]
        if error_code(error) == sqlite3.SQLITE_FULL and self._reserve.release():
            error = self._transact(connection, vital)
        if error is not None:
            self._keep(vital, failure)

    def _read_unresolved(self, connection: sqlite3.Connection) -> list[Intent] | StorageError:
        try:
            found = read_unresolved(connection, self.path)
        except sqlite3.Error as error:
            return unavailable(self.path, reason(error))
        except StorageError as error:
            return error
        return [*found, *(intent for write in self._backlog for intent in write.intents)]

    def _transact(self, connection: sqlite3.Connection, writes: list[_Write]) -> sqlite3.Error | None:
        """All of the backlog and ``writes``, or nothing."""
        try:
            connection.execute("BEGIN IMMEDIATE")
            for write in (*self._backlog, *writes):
                write.apply(connection)
            if any(write.intents for write in writes):
                self._failpoints.pass_by(Point.WRITTEN)
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            return error
        self._backlog.clear()
        if self.trouble and self._reserve.held:
            log.warning("The journal can be written again.")
            self.trouble = ""
        self._settle(writes, None)
        return None

    def _keep(self, writes: list[_Write], failure: JournalUnavailable) -> None:
        room = BACKLOG_SIZE - len(self._backlog)
        self._backlog += writes[:room]
        if len(writes) > room:
            log.critical("%d journal entries are lost, for the disk refuses and memory is full", len(writes) - room)
        self._settle(writes, failure)

    @staticmethod
    def _settle(writes: list[_Write], error: StorageError | None) -> None:
        for write in writes:
            write.settle(error)

    def _finish(self, connection: sqlite3.Connection) -> None:
        try:
            _set_bound(connection, self._nonces.last)
            note_ending(connection, clean=not self.unclean)
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.Error as error:
            log.error("The journal %s could not be tidied: %s.", self.path, reason(error))


def _set_bound(connection: sqlite3.Connection, bound: int) -> None:
    connection.execute("UPDATE nonce_bound SET bound = ?", (bound,))
