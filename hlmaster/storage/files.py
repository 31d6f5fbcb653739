"""Private folders and files, and SQLite errors in plain words."""

from __future__ import annotations

import os
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from hlmaster.core.errors import DatabaseDamaged, StorageError

SMALLEST_PAGE = 512
SESSION_FILE = "session.sqlite"
_CODES = {
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_READONLY: "it may only be read",
    sqlite3.SQLITE_PERM: "it may not be opened",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened",
    sqlite3.SQLITE_IOERR: "the disk reports an error",
    sqlite3.SQLITE_BUSY: "another program holds it locked",
    sqlite3.SQLITE_CORRUPT: "parts of it cannot be read",
    sqlite3.SQLITE_NOTADB: "it is no database",
}


def private_folder(folder: Path) -> Path:
    """Make the folder and its missing parents, for the owner alone. Raises StorageError."""
    missing = [folder, *folder.parents]
    try:
        for path in reversed(missing[: next(i for i, path in enumerate(missing) if path.exists())]):
            path.mkdir(mode=0o700, exist_ok=True)
        if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(0, "it is not a folder that may be written")
    except OSError as error:
        raise StorageError(
            f"The folder {folder} cannot be used: {error.strerror}.",
            "Make it writable, or choose another one with --data.",
        ) from error
    return folder


def touch_private(path: Path) -> None:
    """An empty file for the owner alone: SQLite gives its side files the same permissions."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


def stamp(time_ms: int) -> str:
    """UTC for file names: 20261120T143259."""
    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y%m%dT%H%M%S")


def unused(path: Path) -> Path:
    """The path, or the first of path-2, path-3 … that nothing has yet."""
    candidates = (path, *(path.with_name(f"{path.name}-{n}") for n in range(2, 10_000)))
    return next(candidate for candidate in candidates if not candidate.exists())


def sqlite_files(path: Path) -> tuple[Path, ...]:
    return (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm"))


def error_code(error: sqlite3.Error) -> int:
    """The primary SQLite result code; 0 when the error is not SQLite's own."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def is_damage(error: sqlite3.Error) -> bool:
    return error_code(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def reason(error: sqlite3.Error) -> str:
    return _CODES.get(error_code(error), str(error))


def damaged(path: Path, detail: str) -> DatabaseDamaged:
    return DatabaseDamaged(
        f"The database {path} is damaged: {detail}.",
        "Restore a backup, or begin afresh with `hlmaster sessions reset`; the old session is archived."
        if path.name == SESSION_FILE
        else "Restore a backup, or rename it and start again: a new one is made, and the exchange still knows orders, "
        "fills and balance.",
    )


def check_sound(connection: sqlite3.Connection, path: Path) -> None:
    """Raise DatabaseDamaged unless SQLite's quick check finds the file sound."""
    [(verdict,)] = connection.execute("PRAGMA quick_check(1)").fetchall()
    if verdict != "ok":
        raise damaged(path, str(verdict).splitlines()[0])


def check_not_empty(path: Path) -> None:
    """Databases are created whole, then renamed: one smaller than any page was cut off, and SQLite would begin anew."""
    if path.stat().st_size < SMALLEST_PAGE:
        raise damaged(path, "it is empty")
