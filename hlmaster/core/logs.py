"""Structured logs: JSON lines in a rotating file, a readable line on the console, the latest in memory for the window.

Every record passes the redaction filter first. ``log.warning("…", extra={"code": "VEN-002"})`` sets the stable code; an
error of ours in ``exc_info`` brings its own.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TextIO

from hlmaster.core.errors import HlError
from hlmaster.core.redaction import redact

FILE_BYTES = 8_000_000
FILES_KEPT = 5
RING_SIZE = 2_000
_TRACEBACK = logging.Formatter()


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One line of the log. ``time_ms`` wall time in UTC; ``detail`` the traceback, if any."""

    time_ms: int
    level: str
    name: str
    code: str
    message: str
    detail: str = ""


class Redaction(logging.Filter):
    """Rewrites a record in place: final text, no arguments left, secrets gone from message, code and traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = redact(record.getMessage()), None
        error = record.exc_info[1] if record.exc_info else None
        if record.exc_info and not record.exc_text:
            record.exc_text = _TRACEBACK.formatException(record.exc_info)
        record.exc_text = redact(record.exc_text) if record.exc_text else None
        record.exc_info = None
        record.stack_info = redact(record.stack_info) if record.stack_info else None
        code = getattr(record, "code", error.code if isinstance(error, HlError) else "")
        record.code = redact(str(code))
        return True


def entry_of(record: logging.LogRecord) -> LogEntry:
    """The entry of a record that has passed ``Redaction``."""
    detail = "\n".join(text for text in (record.exc_text, record.stack_info) if text)
    code = str(getattr(record, "code", ""))
    return LogEntry(int(record.created * 1000), record.levelname, record.name, code, record.getMessage(), detail)


class JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        entry = entry_of(record)
        line = {"time_ms": entry.time_ms, "level": entry.level, "name": entry.name, "message": entry.message}
        line |= {"code": entry.code} if entry.code else {}
        line |= {"detail": entry.detail} if entry.detail else {}
        return json.dumps(line, ensure_ascii=False)


class Readable(logging.Formatter):
    """``14:32:59.120 WARNING market.feed: … [VEN-002]``, in local time."""

    def format(self, record: logging.LogRecord) -> str:
        entry = entry_of(record)
        when = datetime.fromtimestamp(entry.time_ms / 1000, UTC).astimezone().strftime("%H:%M:%S.%f")[:-3]
        code = f" [{entry.code}]" if entry.code else ""
        detail = f"\n{entry.detail}" if entry.detail else ""
        return f"{when} {entry.level} {entry.name.removeprefix('hlmaster.')}: {entry.message}{code}{detail}"


class LogRing(logging.Handler):
    """The latest entries in memory. Callbacks run on the thread that logged and must only hand the entry on."""

    def __init__(self, size: int = RING_SIZE) -> None:
        super().__init__()
        self._entries: deque[LogEntry] = deque(maxlen=size)
        self._callbacks: tuple[Callable[[LogEntry], None], ...] = ()
        self._guard = threading.Lock()

    def emit(self, record: logging.LogRecord) -> None:
        entry = entry_of(record)
        with self._guard:
            self._entries.append(entry)
            callbacks = self._callbacks
        for callback in callbacks:
            try:
                callback(entry)
            except RuntimeError:  # the listener's window is gone; whoever logs must not suffer for it
                self._forget(callback)

    def entries(self) -> list[LogEntry]:
        with self._guard:
            return list(self._entries)

    def subscribe(self, callback: Callable[[LogEntry], None]) -> Callable[[], None]:
        """Call ``callback`` for every later entry; returns the function that ends it."""
        with self._guard:
            self._callbacks = (*self._callbacks, callback)

        return lambda: self._forget(callback)

    def _forget(self, callback: Callable[[LogEntry], None]) -> None:
        with self._guard:
            self._callbacks = tuple(kept for kept in self._callbacks if kept is not callback)


class _LogFile(RotatingFileHandler):
    """A log file whose disk may fill: the first failure is said once on the console, trading goes on."""

    complained = False

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  the base class's name
        if not self.complained:
            self.complained = True
            print(f"The log file {self.baseFilename} cannot be written: {sys.exc_info()[1]}.", file=sys.stderr)  # noqa: T201


class Logs:
    """The running log set-up; ``close`` undoes it."""

    def __init__(self, ring: LogRing, handlers: list[logging.Handler], level: int) -> None:
        self.ring = ring
        self._handlers = handlers
        root = logging.getLogger()
        self._level_before = root.level
        root.setLevel(level)
        for handler in handlers:
            handler.addFilter(Redaction())
            root.addHandler(handler)

    def close(self) -> None:
        root = logging.getLogger()
        root.setLevel(self._level_before)
        for handler in self._handlers:
            root.removeHandler(handler)
            handler.close()


def start_logs(
    file: Path | None = None, console: TextIO | None = None, level: int = logging.INFO, ring_size: int = RING_SIZE
) -> Logs:
    """Log to ``file`` (one per process; its folder is made), ``console`` and a ring, all behind redaction.

    A file that cannot be opened is a warning on the others, not an error: the application must start and say so.
    """
    ring = LogRing(ring_size)
    handlers: list[logging.Handler] = [ring]
    trouble: OSError | None = None
    if console is not None:
        stream = logging.StreamHandler(console)
        stream.setFormatter(Readable())
        handlers.append(stream)
    if file is not None:
        try:
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            lines = _LogFile(file, maxBytes=FILE_BYTES, backupCount=FILES_KEPT, encoding="utf-8", delay=False)
            file.chmod(0o600)
            lines.setFormatter(JsonLines())
            handlers.append(lines)
        except OSError as error:
            trouble = error
    logs = Logs(ring, handlers, level)
    if trouble is not None:
        logging.getLogger(__name__).warning("No log file is kept, %s cannot be written: %s.", file, trouble)
    return logs
