"""``session.sqlite``: what a session is, its own settings and memos, and, for demo only, its worthless wallet."""

from __future__ import annotations

import contextlib
import json
import secrets
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from hlmaster.core.errors import DatabaseTooNew, InvariantBroken, StorageError
from hlmaster.core.model import Mode
from hlmaster.storage.files import check_not_empty, check_sound, damaged, is_damage, reason, touch_private

VERSION = 1
SCHEMA = """
CREATE TABLE session (
    id TEXT PRIMARY KEY,
    mode TEXT NOT NULL,
    name TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    last_used_ms INTEGER NOT NULL,
    start_balance TEXT NOT NULL
) STRICT;
CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE memo (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
"""
WALLET_SCHEMA = "CREATE TABLE demo_wallet (one INTEGER PRIMARY KEY CHECK (one = 1), private_key TEXT NOT NULL) STRICT;"
CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
"""Of secp256k1 (SEC 2, 2.4.1): private keys lie between 1 and this, exclusive."""


@dataclass(frozen=True, slots=True)
class SessionInfo:
    """Money in USD. ``equity`` as last recorded, None if nothing was; ``trouble`` says why it cannot be opened."""

    id: str
    mode: Mode
    name: str
    created_ms: int
    last_used_ms: int
    start_balance: Decimal
    equity: Decimal | None = None
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class DemoWallet:
    """A generated key that opens nothing but the embedded exchange."""

    private_key: str = field(repr=False)


class SessionFile:
    """Each call opens, does its work durably, and closes: it is used a few times a minute at most."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def create(self, info: SessionInfo) -> None:
        touch_private(self.path)
        with self._connection() as connection:
            wallet = WALLET_SCHEMA if info.mode is Mode.DEMO else ""
            connection.executescript(f"BEGIN; {SCHEMA} {wallet} PRAGMA user_version = {VERSION}; COMMIT;")
            values = (info.id, info.mode.value, info.name, info.created_ms, info.last_used_ms, str(info.start_balance))
            connection.execute("INSERT INTO session VALUES (?, ?, ?, ?, ?, ?)", values)

    def info(self) -> SessionInfo:
        """Raises DatabaseDamaged, DatabaseTooNew or StorageError."""
        with self._connection(reading=True) as connection:
            rows = connection.execute(
                "SELECT id, mode, name, created_ms, last_used_ms, start_balance FROM session"
            ).fetchall()
        if len(rows) != 1:
            raise damaged(self.path, "it describes no session")
        identity, mode, name, created_ms, last_used_ms, start_balance = rows[0]
        return SessionInfo(identity, Mode(mode), name, created_ms, last_used_ms, Decimal(start_balance))

    def used(self, now_ms: int) -> None:
        with self._connection() as connection:
            connection.execute("UPDATE session SET last_used_ms = ?", (now_ms,))

    def settings(self) -> dict[str, object]:
        """The session's own settings by dotted key."""
        return self._read("setting")

    def set_setting(self, key: str, value: object) -> None:
        """None removes it."""
        self._write("setting", key, value)

    def memos(self) -> dict[str, object]:
        """Small facts that outlive a restart: the pause, the chosen coin."""
        return self._read("memo")

    def set_memo(self, key: str, value: object) -> None:
        self._write("memo", key, value)

    def demo_wallet(self) -> DemoWallet:
        """Generated at the first call. Raises InvariantBroken for any other mode."""
        if self.info().mode is not Mode.DEMO:
            raise InvariantBroken("Only a demo session has a generated wallet.")
        with self._connection(reading=True) as connection:
            found = connection.execute("SELECT private_key FROM demo_wallet").fetchall()
        if found:
            return DemoWallet(found[0][0])
        with self._connection() as connection:
            key = 1 + secrets.randbelow(CURVE_ORDER - 1)
            connection.execute("INSERT OR IGNORE INTO demo_wallet VALUES (1, ?)", (f"0x{key:064x}",))
            [(private_key,)] = connection.execute("SELECT private_key FROM demo_wallet").fetchall()
        return DemoWallet(private_key)

    def _read(self, table: str) -> dict[str, object]:
        with self._connection(reading=True) as connection:
            rows = connection.execute(f"SELECT key, value FROM {table} ORDER BY key").fetchall()
        return {key: json.loads(value) for key, value in rows}

    def _write(self, table: str, key: str, value: object) -> None:
        with self._connection() as connection:
            if value is None:
                connection.execute(f"DELETE FROM {table} WHERE key = ?", (key,))
            else:
                text = json.dumps(value, default=str)
                connection.execute(f"INSERT OR REPLACE INTO {table} VALUES (?, ?)", (key, text))

    @contextlib.contextmanager
    def _connection(self, *, reading: bool = False) -> Iterator[sqlite3.Connection]:
        """One transaction; errors of SQLite as ours."""
        try:
            if reading:
                check_not_empty(self.path)
            access = "ro" if reading else "rw"
            with (
                contextlib.closing(sqlite3.connect(f"{self.path.as_uri()}?mode={access}", uri=True)) as connection,
                connection,
            ):
                connection.execute("PRAGMA synchronous = FULL")
                if reading:
                    self._prove(connection)
                yield connection
        except sqlite3.Error as error:
            if is_damage(error) or "no such table" in str(error):
                raise damaged(self.path, reason(error)) from error
            raise StorageError(
                f"The session's file {self.path} cannot be used: {reason(error)}.",
                "Free some space, or make the folder writable.",
            ) from error
        except FileNotFoundError as error:
            raise damaged(self.path, "it is missing") from error

    def _prove(self, connection: sqlite3.Connection) -> None:
        [(version,)] = connection.execute("PRAGMA user_version").fetchall()
        if version > VERSION:
            raise DatabaseTooNew(
                f"The session's file {self.path} was written by a newer version of this program.",
                "Update the program to open it.",
            )
        check_sound(connection, self.path)
