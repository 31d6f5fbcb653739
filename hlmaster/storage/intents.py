"""The journal's file: its tables, and intents as checked rows."""

from __future__ import annotations

import hashlib
import sqlite3
import sys
from collections.abc import Iterable
from pathlib import Path

import msgspec

from hlmaster.core.errors import DatabaseTooNew, JournalUnavailable, StorageError
from hlmaster.core.orders import Intent
from hlmaster.storage.files import check_not_empty, check_sound, damaged, is_damage, reason, sqlite_files, touch_private

VERSION = 1
SCHEMA = """
CREATE TABLE intents (
    id INTEGER PRIMARY KEY,
    client_order_id TEXT NOT NULL,
    nonce INTEGER NOT NULL,
    body BLOB NOT NULL,
    checksum BLOB NOT NULL,
    status TEXT,
    text TEXT,
    resolved_ms INTEGER
) STRICT;
CREATE INDEX open_intents ON intents (client_order_id) WHERE status IS NULL;
CREATE INDEX nonces ON intents (nonce);
CREATE TABLE nonce_bound (one INTEGER PRIMARY KEY CHECK (one = 1), bound INTEGER NOT NULL) STRICT;
INSERT INTO nonce_bound VALUES (1, 0);
"""
PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "trusted_schema": 0}
"""Set at opening and read back; synchronous 2 is FULL. On macOS a real flush needs fullfsync as well."""

Row = tuple[str, int, bytes, bytes]
"""Client order id, nonce, the whole intent as JSON, checksum over the three."""

_decoder = msgspec.json.Decoder(Intent)


def open_journal(path: Path) -> sqlite3.Connection:
    """The journal's connection, created when missing, proven sound, writable and durable.

    Raises DatabaseDamaged, DatabaseTooNew or JournalUnavailable.
    """
    try:
        if not path.exists():
            _create(path)
        check_not_empty(path)
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=2.0)
    except sqlite3.Error as error:
        raise unavailable(path, reason(error)) from error
    except OSError as error:
        raise unavailable(path, str(error.strerror).lower()) from error
    try:
        _prove(connection, path)
    except sqlite3.Error as error:
        connection.close()
        raise (damaged(path, str(error)) if is_damage(error) else unavailable(path, reason(error))) from error
    except StorageError:
        connection.close()
        raise
    return connection


def unavailable(path: Path, why: str) -> JournalUnavailable:
    return JournalUnavailable(
        f"The journal {path} cannot be written: {why}.",
        "New orders are off until it can; closing and cancelling go on. Free some space, or make the folder writable.",
    )


def write_intents(connection: sqlite3.Connection, rows: Iterable[Row]) -> None:
    connection.executemany("INSERT INTO intents (client_order_id, nonce, body, checksum) VALUES (?, ?, ?, ?)", rows)


def read_unresolved(connection: sqlite3.Connection, path: Path) -> list[Intent]:
    """Oldest first. Raises DatabaseDamaged when a row is not what was written."""
    rows = connection.execute(
        "SELECT id, client_order_id, nonce, body, checksum FROM intents WHERE status IS NULL ORDER BY id"
    ).fetchall()
    for number, client_order_id, nonce, body, checksum in rows:
        if checksum != _checksum(client_order_id, nonce, body):
            raise damaged(path, f"row {number} of its intents does not match its checksum")
    return [_decoder.decode(row[3]) for row in rows]


def row_of(intent: Intent) -> Row:
    body = msgspec.json.encode(intent)
    client_order_id = intent.order.client_order_id
    return client_order_id, intent.nonce, body, _checksum(client_order_id, intent.nonce, body)


def _checksum(client_order_id: str, nonce: int, body: bytes) -> bytes:
    return hashlib.blake2b(b"%s|%d|%s" % (client_order_id.encode(), nonce, body), digest_size=8).digest()


def _create(path: Path) -> None:
    fresh = path.with_name(f"{path.name}.new")
    for file in sqlite_files(fresh):
        file.unlink(missing_ok=True)
    touch_private(fresh)
    connection = sqlite3.connect(fresh)
    try:
        connection.executescript(f"PRAGMA synchronous = FULL; BEGIN; {SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;")
    finally:
        connection.close()
    fresh.replace(path)


def _prove(connection: sqlite3.Connection, path: Path) -> None:
    wanted = PRAGMAS | ({"fullfsync": 1, "checkpoint_fullfsync": 1} if sys.platform == "darwin" else {})
    for name, value in wanted.items():
        connection.execute(f"PRAGMA {name} = {value}")
        [(found,)] = connection.execute(f"PRAGMA {name}").fetchall()
        if found != value:
            raise unavailable(path, f"the disk does not support {name} {value} (it answers {found})")
    [(version,)] = connection.execute("PRAGMA user_version").fetchall()
    if version > VERSION:
        raise DatabaseTooNew(
            f"The journal {path} was written by a newer version of this program.", "Update the program to open it."
        )
    check_sound(connection, path)
    if version != VERSION:
        raise damaged(path, "it holds no journal")
    read_unresolved(connection, path)
