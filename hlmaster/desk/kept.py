"""A small document of the session's folder: read once, written whole beside the loop, the latest in place of others."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

from hlmaster.core.errors import StorageError
from hlmaster.core.files import write_whole
from hlmaster.desk.pen import Pen

log = logging.getLogger(__name__)


class Kept:
    """``trouble`` says why the last write failed; empty when it did not."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._pen = Pen(path.stem)
        self._turn = threading.Lock()
        self._next: bytes | None = None
        self._last: bytes | None = None
        self.trouble = ""

    def load(self) -> bytes | None:
        """None when there is none yet. Raises StorageError."""
        try:
            return self._path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StorageError(f"{self._path} cannot be read: {error.strerror}.", "Check its permissions.") from error

    def save(self, content: bytes) -> None:
        """Soon on disk, also over a power failure; nothing is written that is there already."""
        with self._turn:
            if content == self._last and not self.trouble:
                return
            waits, self._next, self._last = self._next is not None, content, content
        if not waits:
            self._pen.write(self._write)

    def retry(self) -> None:
        """Try once more what the disk refused."""
        if self.trouble and self._last is not None:
            self.save(self._last)

    def _write(self) -> None:
        with self._turn:
            content, self._next = self._next, None
        if content is None:
            return
        try:
            write_whole(self._path, content, durable=True)
        except OSError as error:
            before, self.trouble = self.trouble, f"{self._path} cannot be written: {error.strerror}."
            if self.trouble != before:
                log.warning("%s", self.trouble)
        else:
            self.trouble = ""

    async def stop(self) -> None:
        """Returns when the last of it is written; what the disk refused is tried once more."""
        self.retry()
        await self._pen.stop()
