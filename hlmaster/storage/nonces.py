"""Nonces that no two processes share: each claims a block in one locked file before it uses any of it.

A desk that was frozen and thaws goes on in its own block, or claims one past everything claimed meanwhile; so whatever
the kill switch sent in its stead is never repeated. The file is not flushed to the disk: after a power cut the journal,
which is, knows the highest nonce that was sent.
"""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import threading
from collections.abc import Iterator
from pathlib import Path

from hlmaster.core.clock import HOUR_MS
from hlmaster.storage.lock import take_lock

log = logging.getLogger(__name__)
BLOCK = 5_000
"""Milliseconds: what a crash leaves unused, and so by how much the next run is ahead of the venue's time."""
DIGITS = 20
AHEAD_MS = 22 * HOUR_MS
"""The venue takes no nonce a day ahead of its time: after a bound beyond this, all that follows would be refused."""
LOCK_TRIES, LOCK_PAUSE_SECONDS = 50, 0.002


class NonceBlocks:
    """``floor``: nothing at or below it is handed out, whatever the file says.

    A file that can be neither read nor written does not stop an exit. The desk then goes on in memory; ``apart`` lets a
    guest, the kill switch beside a frozen desk, begin at a random place an hour or two ahead, where the desk is not.
    """

    def __init__(self, path: Path, floor: int = 0, *, block: int = BLOCK, apart: bool = False) -> None:
        self.path, self.floor = path, floor
        self._block, self._apart = block, apart
        self._guard = threading.Lock()
        self._last, self._end = 0, -1
        self._trouble = False

    @property
    def last(self) -> int:
        """The highest nonce handed out, or the floor."""
        return max(self._last, self.floor)

    def reserve(self, now_ms: int) -> int:
        """``max(now, last + 1)`` within claimed blocks; from any thread."""
        with self._guard:
            nonce = max(now_ms, self._last + 1)
            if nonce > self._end:
                nonce, self._end = self._claim(now_ms)
            self._last = nonce
            return nonce

    def release(self) -> None:
        """Give back what is left of the block, unless somebody has claimed beyond it."""
        with self._guard, contextlib.suppress(OSError), self._opened() as handle:
            if self._last and _read(handle) == self._end:
                _write(handle, self._last)
                self._end = self._last

    def _claim(self, now_ms: int) -> tuple[int, int]:
        """First and last of a block of our own."""
        self.floor = _sane(self.floor, now_ms)
        first, known = max(now_ms, self._last + 1, self.floor + 1), 0
        try:
            with self._opened() as handle:
                known = _sane(_read(handle), now_ms)
                first = max(first, known + 1)
                if self._apart and not known:
                    first += _far()
                _write(handle, first + self._block - 1)
            self._trouble = False
        except OSError as error:
            if not self._trouble:
                log.error("nonces cannot be kept apart from other processes: %s: %s", self.path, error)
            self._trouble = True
            if self._apart and not known and not self._last:
                first += _far()
        return first, first + self._block - 1

    @contextlib.contextmanager
    def _opened(self) -> Iterator[int]:
        """The file under its lock. Raises OSError, also when a frozen process holds it."""
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _wait_for_lock(handle)
            yield handle
        finally:
            os.close(handle)


def _sane(bound: int, now_ms: int) -> int:
    """0 for one that no nonce the venue ever took can have reached."""
    if bound <= now_ms + AHEAD_MS:
        return bound
    log.error("the nonce %d lies more than %d h ahead; it is not counted from", bound, AHEAD_MS // HOUR_MS)
    return 0


def _far() -> int:
    return HOUR_MS + secrets.randbelow(HOUR_MS)


def _wait_for_lock(handle: int) -> None:
    pause = threading.Event()
    for _ in range(LOCK_TRIES - 1):
        try:
            take_lock(handle)
        except OSError:
            pause.wait(LOCK_PAUSE_SECONDS)
        else:
            return
    take_lock(handle)


def _read(handle: int) -> int:
    """0 for a file that is new or damaged: the floor is above whatever the journal has seen."""
    os.lseek(handle, 0, os.SEEK_SET)
    text = os.read(handle, DIGITS)
    return int(text) if len(text) == DIGITS and text.isdigit() else 0


def _write(handle: int, bound: int) -> None:
    """Always the same twenty bytes, so that a full disk takes it too."""
    os.lseek(handle, 0, os.SEEK_SET)
    os.write(handle, b"%0*d" % (DIGITS, bound))
