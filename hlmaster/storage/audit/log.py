"""The audit log of an open session: entries go into a queue and, chained, to the disk on a thread of their own."""

from __future__ import annotations

import asyncio
import functools
import logging
import os
import threading
from collections.abc import Callable
from pathlib import Path

from hlmaster.core.clock import DAY_MS, Clock
from hlmaster.core.errors import StorageError
from hlmaster.core.records import Data
from hlmaster.storage.answers import answer
from hlmaster.storage.audit.chain import CONTINUED, GAP, PRUNED, SEALED, TORN, Entry, line_of, spelled, torn
from hlmaster.storage.audit.files import CURRENT, HEAD, End, Head, end_of, log_files, read_head, write_head
from hlmaster.storage.batches import wait_for_batch

log = logging.getLogger(__name__)
QUEUE_SIZE = 50_000
BATCH = 1_000
BATCH_SECONDS = 0.05
ROTATE_BYTES = 16 * 1024 * 1024
YEAR_MS = 365_250 * DAY_MS // 1_000
Waiting = tuple[int, int, str, str, Data]
"""Wall and market time, kind, subject, data: an entry that has no number yet."""


class AuditLog:
    """``core.records.Audit``. May be written before ``start``; what waits follows the entry that opens the log.

    Entries are never dropped: while the disk refuses they wait in memory, ``trouble`` says why, and writing is tried
    again each second. When 50,000 wait, ``write`` raises, so that whoever trades stops.
    """

    def __init__(
        self,
        folder: Path,
        clock: Clock,
        about: Data,
        keep_years: int = 7,
        rotate_bytes: int = ROTATE_BYTES,
    ) -> None:
        self.trouble = ""
        self._clock, self._about = clock, about
        self._file = _File(folder, rotate_bytes)
        self._keep_years = keep_years
        self._waiting: list[Waiting] = []
        self._asks: list[Callable[[StorageError | None], None]] = []
        self._wake = threading.Condition()
        self._stopping = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Returns at once; the log is opened on its own thread. Started again, it goes on."""
        if self._thread is not None:
            return
        self._waiting.insert(0, self._entry("start", "session", self._about))
        self._thread = threading.Thread(target=self._run, name="audit", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Say so in the log, write what waits, once, and stop."""
        if self._thread is None:
            if not self._waiting:
                return
            self.start()
        thread = self._thread
        assert thread is not None
        with self._wake:
            self._waiting.append(self._entry("stop", "session", self._about))
            self._stopping = True
            self._wake.notify()
        thread.join()
        self._thread = None
        if self._waiting:
            log.critical("%d audit entries could not be written before the end: %s", len(self._waiting), self.trouble)

    def write(self, kind: str, subject: str, data: Data) -> None:
        """Queued; on disk soon. Secrets are masked. Raises StorageError when too much waits for the disk."""
        if len(self._waiting) >= QUEUE_SIZE:
            raise StorageError(
                f"{QUEUE_SIZE} audit entries wait for the disk. {self.trouble}".strip(),
                "Trading stops until the audit log can be written again.",
            )
        with self._wake:
            self._waiting.append(self._entry(kind, subject, data))
            if len(self._waiting) == 1:
                self._wake.notify()

    async def flush(self) -> None:
        """Return when everything written so far is on disk. Raises StorageError when the disk refuses it."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        with self._wake:
            if self._thread is None or self._stopping:
                raise StorageError("The audit log is closed.")
            self._asks.append(functools.partial(answer, loop, done))
            self._wake.notify()
        await done

    def _entry(self, kind: str, subject: str, data: Data) -> Waiting:
        return (self._clock.wall_ms(), self._clock.now_ms(), kind, subject, data)

    # --- the log's thread ---

    def _run(self) -> None:
        try:
            stopping = False
            while not stopping:
                stopping = self._wait()
                self._serve()
        except Exception as error:
            log.exception("The audit log failed.")
            self.trouble = f"The audit log failed: {error}."
        finally:
            self._settle()
            self._file.close()

    def _wait(self) -> bool:
        """Until a batch is due or somebody asks; True when it is time to stop."""

        def urgent() -> bool:
            return bool(self._asks) or self._stopping

        wait_for_batch(self._wake, lambda: bool(self._waiting), urgent, BATCH_SECONDS, in_trouble=bool(self.trouble))
        return self._stopping

    def _serve(self) -> None:
        try:
            if not self._file.is_open:
                self._file.open(self._now())
                self._tidy()
            while self._waiting:
                batch = self._waiting[:BATCH]
                self._file.append(batch)
                with self._wake:
                    del self._waiting[: len(batch)]
                if self._file.is_full:
                    self._file.rotate(self._now())
                    self._tidy()
            self._file.vouch()
        except OSError as error:
            if not self.trouble:
                log.critical("The audit log %s cannot be written: %s.", self._file.path, error.strerror)
            self.trouble = f"The audit log {self._file.path} cannot be written: {error.strerror}."
        else:
            if self.trouble:
                log.warning("The audit log can be written again.")
            self.trouble = ""
        self._settle()

    def _settle(self) -> None:
        with self._wake:
            asks, self._asks = self._asks, []
        for settle in asks:
            settle(StorageError(self.trouble) if self.trouble else None)

    def _now(self) -> tuple[int, int]:
        return self._clock.wall_ms(), self._clock.now_ms()

    def _tidy(self) -> None:
        self._file.let_go(self._now(), self._clock.wall_ms() - self._keep_years * YEAR_MS)


class _File:
    """The growing end of the log. Every method raises OSError, and can then be tried again."""

    def __init__(self, folder: Path, rotate_bytes: int) -> None:
        self.path = folder / CURRENT
        self._folder, self._rotate_bytes = folder, rotate_bytes
        self._descriptor: int | None = None
        self._head, self._size = Head(), 0
        self._vouched: Head | None = None

    @property
    def is_open(self) -> bool:
        return self._descriptor is not None

    @property
    def is_full(self) -> bool:
        return self._size >= self._rotate_bytes

    def open(self, now: tuple[int, int]) -> None:
        """Go on where the log ends; a line that was cut off stays, closed off, and the next entry tells of it."""
        ends = [end_of(path) for path in log_files(self._folder)]
        if not ends and not (self._folder / HEAD).exists():
            write_head(self._folder, Head())  # from now on a head that is missing was taken away
        mine = ends.pop() if self.path.exists() else End()
        self._head = next((end.head for end in (mine, *reversed(ends)) if end.head.number), Head())
        told: list[Waiting] = []
        if ends and not mine.head.number:
            told.append((*now, CONTINUED, "log", {"hash": spelled(self._head.hash)}))
        closing = b"\n" if mine.rest and not mine.rest.endswith(b"\n") else b""
        if mine.rest:
            told.insert(0, (*now, TORN, "log", torn(mine.rest + closing)))
        if missing := self._missing():
            told.append((*now, GAP, "log", {"text": missing}))
        self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        self._size = os.lseek(self._descriptor, 0, os.SEEK_END)
        try:
            self.append(told, closing)
        except OSError:
            self.close()
            raise

    def append(self, batch: list[Waiting], before: bytes = b"") -> None:
        """All of it or, where the disk refuses, none: what was begun is taken back before it is tried again."""
        descriptor = self._descriptor
        if descriptor is None or not (batch or before):
            return
        head, lines = self._head, [before]
        for wall_ms, time_ms, kind, subject, data in batch:
            line, found = line_of(Entry(head.number + 1, wall_ms, time_ms, kind, subject, data), head.hash)
            lines.append(line)
            head = Head(head.number + 1, found)
        content = b"".join(lines)
        os.ftruncate(descriptor, self._size)
        os.lseek(descriptor, self._size, os.SEEK_SET)
        done = 0
        while done < len(content):
            done += os.write(descriptor, content[done:])
        os.fsync(descriptor)
        self._head, self._size = head, self._size + len(content)

    def vouch(self) -> None:
        """Note the end of the log beside it."""
        if self._vouched != self._head:
            write_head(self._folder, self._head)
            self._vouched = self._head

    def rotate(self, now: tuple[int, int]) -> None:
        """Seal the file and go on in a new one."""
        number = 1 + max((int(path.stem.partition("-")[2]) for path in log_files(self._folder)[:-1]), default=0)
        self.append([(*now, SEALED, "log", {})])
        self.vouch()
        self.close()
        self.path.replace(self.path.with_name(f"audit-{number:06}.jsonl"))
        self.open(now)

    def let_go(self, now: tuple[int, int], oldest_ms: int) -> None:
        """Remove sealed files whose last entry is older, each after an entry that keeps its closing hash."""
        for path in log_files(self._folder)[:-1]:
            end = end_of(path)
            if end.wall_ms >= oldest_ms:
                return
            last = {"file": path.name, "last": end.head.number, "hash": spelled(end.head.hash)}
            self.append([(*now, PRUNED, "log", last)])
            path.unlink()

    def close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _missing(self) -> str:
        """What the head vouches for and the log does not hold, as a sentence."""
        try:
            vouched = read_head(self._folder)
        except StorageError as error:
            return error.sentence
        if vouched is not None and vouched.number > self._head.number:
            return f"entries {self._head.number + 1} to {vouched.number} were missing at its end."
        if vouched is None and self._head.number:
            return "audit.head was missing."
        if vouched is not None and vouched.number == self._head.number and vouched.hash != self._head.hash:
            return "its last entry is not the one that audit.head vouches for."
        return ""
