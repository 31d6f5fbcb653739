"""A small document that a part of the desk must find again after a restart: JSON in the session's folder."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hlmaster.core.files import write_whole
from hlmaster.desk.pen import Pen

log = logging.getLogger(__name__)


class Memory:
    """Written whole and off the loop; the latest wins. ``otherwise`` says what it means that it cannot be read."""

    def __init__(self, path: Path, otherwise: str) -> None:
        self._path, self._otherwise = path, otherwise
        self._pen = Pen(path.stem)
        self._next: bytes | None = None
        self._turn = threading.Lock()

    def load(self) -> dict[str, Any]:
        try:
            document = json.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            log.warning("%s cannot be read, so %s: %s", self._path, self._otherwise, error)
            return {}
        return document if isinstance(document, dict) else {}

    def save(self, document: Mapping[str, Any]) -> None:
        content = json.dumps(document).encode()
        with self._turn:
            waits, self._next = self._next is not None, content
        if not waits:
            self._pen.write(self._write)

    async def stop(self) -> None:
        """Returns when the last of it is written."""
        await self._pen.stop()

    def _write(self) -> None:
        with self._turn:
            content, self._next = self._next, None
        if content is None:
            return
        try:
            write_whole(self._path, content)
        except OSError as error:
            log.warning("%s cannot be written: %s", self._path, error)
