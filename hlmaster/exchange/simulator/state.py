"""The state file: everything that must outlive the server, in one SQLite database that one server holds at a time.

Documents are replaced, rows and candles appended; one commit is one transaction on disk (WAL, synchronous FULL). The
file is opened in exclusive locking mode, so a second server is told that it is in use, and a killed one leaves no lock.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hlmaster.core.errors import DatabaseDamaged, DatabaseTooNew, SessionBusy, StorageError
from hlmaster.exchange.simulator.wire import decode, encode

APPLICATION = 0x484C5354
SCHEMA = 1
ROWS_KEPT = 20_000
"""Newest history rows per user and history that a restart brings back."""
CANDLES_KEPT = 200_000
_TABLES = """
CREATE TABLE document (
  kind TEXT NOT NULL, name TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (kind, name)
) WITHOUT ROWID;
CREATE TABLE row (id INTEGER PRIMARY KEY, user TEXT NOT NULL, history TEXT NOT NULL, body BLOB NOT NULL);
CREATE INDEX row_of ON row (user, history, id);
CREATE TABLE candle (id INTEGER PRIMARY KEY, coin TEXT NOT NULL, body BLOB NOT NULL);
CREATE INDEX candle_of ON candle (coin, id);
"""


@dataclass(slots=True)
class Change:
    """What one commit writes. ``users`` replace accounts, ``rows`` and ``candles`` append to what is there."""

    documents: dict[str, Any] = field(default_factory=dict)
    users: dict[str, Any] = field(default_factory=dict)
    rows: dict[str, Mapping[str, list[Any]]] = field(default_factory=dict)
    candles: Mapping[str, list[Any]] = field(default_factory=dict)


class StateFile:
    """Raises on opening: DatabaseDamaged, DatabaseTooNew, SessionBusy, StorageError; each names file and cure."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._database = sqlite3.connect(path, timeout=0, isolation_level=None)
        except sqlite3.Error as error:
            raise StorageError(
                f"The state file {path} cannot be opened: {error}.", "Check folder and rights."
            ) from error
        try:
            self._open()
        except sqlite3.OperationalError as error:
            self._database.close()
            if "locked" in str(error):
                raise SessionBusy(
                    f"The state file {path} is in use by another exchange.", "Stop that one, or name another file."
                ) from error
            raise StorageError(f"The state file {path} cannot be used: {error}.", "Check folder and rights.") from error
        except sqlite3.DatabaseError as error:
            self._database.close()
            raise self._damaged(str(error)) from error
        except StorageError:
            self._database.close()
            raise

    def _open(self) -> None:
        database = self._database
        database.execute("PRAGMA locking_mode = EXCLUSIVE")
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        database.execute("BEGIN EXCLUSIVE")
        database.execute("COMMIT")
        application, version = self._pragma("application_id"), self._pragma("user_version")
        if not application and not database.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
            database.executescript(
                f"BEGIN; {_TABLES} PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {SCHEMA}; COMMIT;"
            )
            return
        if application != APPLICATION:
            raise self._damaged("it is not a state file of the embedded exchange")
        if version > SCHEMA:
            raise DatabaseTooNew(
                f"The state file {self._path} was written by a newer version (format {version}, known {SCHEMA}).",
                "Start it with that version, or name another file.",
            )
        verdict = database.execute("PRAGMA quick_check(1)").fetchone()[0]
        if verdict != "ok":
            raise self._damaged(str(verdict))

    def _pragma(self, name: str) -> int:
        return int(self._database.execute(f"PRAGMA {name}").fetchone()[0])

    def _damaged(self, detail: str) -> DatabaseDamaged:
        return DatabaseDamaged(
            f"The state file {self._path} is damaged: {detail}.",
            "Restore a copy, or begin afresh: move it away, or reset the session it belongs to.",
        )

    def document(self, kind: str, name: str = "") -> Any | None:
        found = self._database.execute("SELECT body FROM document WHERE kind = ? AND name = ?", (kind, name)).fetchone()
        return None if found is None else self._decoded(found[0])

    def venue_state(self) -> dict[str, Any] | None:
        """What the venue is built from again: its document, candles and users; None for a fresh file."""
        venue = self.document("venue")
        if venue is None:
            return None
        users: dict[str, Any] = {
            name: {"account": self._decoded(body), "rows": {}}
            for name, body in self._database.execute("SELECT name, body FROM document WHERE kind = 'user'")
        }
        for user in users:
            rows = users[user]["rows"]
            histories = self._database.execute("SELECT DISTINCT history FROM row WHERE user = ?", (user,)).fetchall()
            for (history,) in histories:
                rows[history] = self._tail("row", "user = ? AND history = ?", (user, history), ROWS_KEPT)
        coins = self._database.execute("SELECT DISTINCT coin FROM candle").fetchall()
        candles = {coin: self._tail("candle", "coin = ?", (coin,), CANDLES_KEPT) for (coin,) in coins}
        return {"venue": venue, "candles": candles, "users": users}

    def _tail(self, table: str, where: str, values: Iterable[str], most: int) -> list[Any]:
        query = f"SELECT body FROM {table} WHERE {where} ORDER BY id DESC LIMIT {most}"
        bodies = [body for (body,) in self._database.execute(query, tuple(values))]
        return [self._decoded(body) for body in reversed(bodies)]

    def _decoded(self, body: bytes) -> Any:
        try:
            return decode(body)
        except ValueError as error:
            raise self._damaged(str(error)) from error

    def commit(self, change: Change) -> None:
        """On disk when this returns. Raises StorageError where the disk refuses; nothing of the change is kept then."""
        put = "INSERT OR REPLACE INTO document VALUES (?, ?, ?)"
        try:
            with self._database:
                self._database.execute("BEGIN IMMEDIATE")
                self._database.executemany(put, ((kind, "", encode(body)) for kind, body in change.documents.items()))
                self._database.executemany(put, (("user", user, encode(body)) for user, body in change.users.items()))
                self._database.executemany(
                    "INSERT INTO row (user, history, body) VALUES (?, ?, ?)",
                    (
                        (user, history, encode(row))
                        for user, histories in change.rows.items()
                        for history, rows in histories.items()
                        for row in rows
                    ),
                )
                self._database.executemany(
                    "INSERT INTO candle (coin, body) VALUES (?, ?)",
                    ((coin, encode(row)) for coin, rows in change.candles.items() for row in rows),
                )
        except sqlite3.Error as error:
            raise StorageError(
                f"The state file {self._path} cannot be written: {error}.", "Free disk space."
            ) from error

    def close(self) -> None:
        self._database.close()
