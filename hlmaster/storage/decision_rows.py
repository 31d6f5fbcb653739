"""What strategies saw, on disk: every row of every decision grid as it was known when it closed.

``ROWS/GRID/COIN/`` holds files that each begin with the indicators' states, so that any of them can be read by itself.
A file is begun anew with every epoch, after a hole, and when it has grown. The oldest are deleted when all of them
together exceed their room, those of samples before those of candles.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from hlmaster.core.decision_rows import RowBlock
from hlmaster.core.errors import DatabaseDamaged
from hlmaster.core.model import Interval
from hlmaster.storage.row_file import Recorded, RowFile, read_rows

log = logging.getLogger(__name__)
FILE_BYTES = 4_000_000
ROOM_BYTES = 2_000_000_000
MOST_WAITING = 20_000
"""Blocks. A disk that is slower for so long loses the oldest; the hole is told by the rows' numbers."""
SUFFIX = ".rows"


class DecisionRows:
    """``core.decision_rows.RowRecorder``, on a thread of its own. ``trouble`` says what the disk refuses."""

    def __init__(self, folder: Path, room_bytes: int = ROOM_BYTES, file_bytes: int = FILE_BYTES) -> None:
        self.trouble = ""
        self.lost_rows = 0
        self.written_bytes = 0
        self._folder, self._room, self._file_bytes = folder, room_bytes, file_bytes
        self._swept_at = 0
        self._waiting: deque[RowBlock] = deque()
        self._files: dict[tuple[str, str], RowFile] = {}
        self._wake = threading.Condition()
        self._stopping = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Returns at once."""
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="decision rows", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Write what waits, and stop."""
        if self._thread is not None:
            with self._wake:
                self._stopping = True
                self._wake.notify()
            self._thread.join()
            self._thread = None

    def save(self, block: RowBlock) -> None:
        with self._wake:
            if len(self._waiting) >= MOST_WAITING:
                self.lost_rows += len(self._waiting.popleft())
            self._waiting.append(block)
            self._wake.notify()

    def _run(self) -> None:
        self._make_room()
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._waiting or self._stopping)
                blocks = tuple(self._waiting)
                self._waiting.clear()
            for block in blocks:
                self._write(block)
            if self._stopping and not self._waiting:
                return

    def _write(self, block: RowBlock) -> None:
        key = block.coin, block.grid
        try:
            file = self._files.get(key)
            if file is None or not file.follows(block) or file.size >= self._file_bytes:
                file = self._files[key] = self._begin(block)
            before = file.size
            file.append(block)
            self.written_bytes += file.size - before
            self.trouble = ""
        except OSError as error:
            self._files.pop(key, None)
            self.lost_rows += len(block)
            if not self.trouble:
                log.error("decision rows of %s %s could not be written: %s", block.coin, block.grid, error)
            self.trouble = f"Decision rows are not recorded: {error.strerror or error}."

    def _begin(self, block: RowBlock) -> RowFile:
        folder = rows_folder(self._folder, block.coin, block.grid)
        folder.mkdir(parents=True, exist_ok=True)
        if self.written_bytes - self._swept_at >= self._file_bytes:
            self._make_room()
        return RowFile(folder / f"{int(block.time_ms[0]):015d}-{block.epoch}{SUFFIX}", block)

    def _make_room(self) -> None:
        """Delete the oldest files beyond the room, never one that is being written."""
        self._swept_at = self.written_bytes
        open_ones = {file.path for file in self._files.values()}
        try:
            sizes = {path: path.stat().st_size for path in self._folder.glob(f"*/*/*{SUFFIX}")}
            total = sum(sizes.values())
            for path in sorted(sizes.keys() - open_ones, key=_worth):
                if total <= self._room:
                    break
                path.unlink()
                total -= sizes[path]
        except OSError as error:
            log.warning("old decision rows could not be deleted: %s", error)


def _worth(path: Path) -> tuple[bool, str]:
    """What goes first sorts first: samples before candles, old before new."""
    return path.parent.parent.name in list(Interval), path.name


def rows_folder(folder: Path, coin: str, grid: str) -> Path:
    return folder / grid / quote(coin, safe="")


def recorded(folder: Path, coin: str, grid: str) -> Iterator[Recorded]:
    """The files of one coin and grid, oldest rows first; one that holds no whole row is passed over. Raises OSError.

    An epoch begins with the rows from its anchor on, so rows that were decided upon in an earlier epoch are in both:
    the earlier one shows them as they were seen then.
    """
    for path in sorted(rows_folder(folder, coin, grid).glob(f"*{SUFFIX}")):
        try:
            yield read_rows(path)
        except DatabaseDamaged as error:
            log.warning("%s", error)
