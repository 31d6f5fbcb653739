"""The journal's file: its tables, and intents as checked rows."""

from __future__ import annotations

import hashlib
import sqlite3
import sys
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import msgspec

from hlmaster.core.errors import DatabaseTooNew, JournalUnavailable, StorageError
from hlmaster.core.orders import ActionKind, Intent, Order
from hlmaster.core.rounding import wire_text
from hlmaster.storage.files import check_not_empty, check_sound, damaged, is_damage, reason, sqlite_files, touch_private

VERSION = 2
SCHEMA = """
CREATE TABLE intents (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    nonce INTEGER NOT NULL,
    body BLOB NOT NULL,
    checksum BLOB NOT NULL,
    status TEXT,
    text TEXT,
    resolved_ms INTEGER
) STRICT;
CREATE INDEX open_intents ON intents (subject) WHERE status IS NULL;
CREATE INDEX nonces ON intents (nonce);
CREATE TABLE nonce_bound (one INTEGER PRIMARY KEY CHECK (one = 1), bound INTEGER NOT NULL) STRICT;
INSERT INTO nonce_bound VALUES (1, 0);
CREATE TABLE ending (one INTEGER PRIMARY KEY CHECK (one = 1), clean INTEGER NOT NULL) STRICT;
INSERT INTO ending VALUES (1, 1);
"""
"""``ending.clean`` is 0 from an opening to an orderly end; after a crash it stays 0 until a person has confirmed it."""
PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "trusted_schema": 0}
"""Set at opening and read back; synchronous 2 is FULL. On macOS a real flush needs fullfsync as well."""

Row = tuple[str, str, int, bytes, bytes]
"""Kind, subject, nonce, the whole intent as JSON, checksum over the four."""

_decoder = msgspec.json.Decoder(Intent)


class _Intent1(msgspec.Struct):
    """An intent as version 1 wrote it: orders and modifications alone."""

    order: Order
    kind: ActionKind
    nonce: int
    expires_ms: int | None
    payload_hash: str
    created_ms: int


_decoder_1 = msgspec.json.Decoder(_Intent1)


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
    connection.executemany("INSERT INTO intents (kind, subject, nonce, body, checksum) VALUES (?, ?, ?, ?, ?)", rows)


def read_unresolved(connection: sqlite3.Connection, path: Path) -> list[Intent]:
    """Oldest first. Raises DatabaseDamaged when a row is not what was written."""
    rows = connection.execute(
        "SELECT id, kind, subject, nonce, body, checksum FROM intents WHERE status IS NULL ORDER BY id"
    ).fetchall()
    for number, *written, checksum in rows:
        if checksum != checksum_of(*written):
            raise damaged(path, f"row {number} of its intents does not match its checksum")
    return [_decoder.decode(row[4]) for row in rows]


def row_of(intent: Intent) -> Row:
    written = (intent.kind.value, intent.subject, intent.nonce, msgspec.json.encode(intent))
    return *written, checksum_of(*written)


def checksum_of(*written: str | int | bytes) -> bytes:
    parts = (part if isinstance(part, bytes) else str(part).encode() for part in written)
    return hashlib.blake2b(b"|".join(parts), digest_size=8).digest()


def take_nonce_floor(connection: sqlite3.Connection) -> int:
    """The highest nonce that any earlier run may have used."""
    [(last,)] = connection.execute(
        "SELECT max(bound, (SELECT ifnull(max(nonce), 0) FROM intents)) FROM nonce_bound"
    ).fetchall()
    return int(last)


def was_clean(connection: sqlite3.Connection) -> bool:
    [(clean,)] = connection.execute("SELECT clean FROM ending").fetchall()
    return bool(clean)


def note_ending(connection: sqlite3.Connection, clean: bool) -> None:
    connection.execute("UPDATE ending SET clean = ?", (clean,))


def upgrade_from_1(connection: sqlite3.Connection, path: Path) -> None:
    """All of it or nothing, after a copy beside it. Raises DatabaseDamaged, sqlite3.Error."""
    aside = path.with_name(f"{path.name}.v1")
    touch_private(aside)
    with closing(sqlite3.connect(aside)) as copy:
        connection.backup(copy)
    connection.execute("BEGIN IMMEDIATE")
    try:
        rows = connection.execute(
            "SELECT id, client_order_id, nonce, body, checksum, status, text, resolved_ms FROM intents ORDER BY id"
        ).fetchall()
        [(bound,)] = connection.execute("SELECT bound FROM nonce_bound").fetchall()
        connection.execute("DROP TABLE intents")
        connection.execute("DROP TABLE nonce_bound")
        for statement in SCHEMA.strip().split(";\n"):
            connection.execute(statement)
        for number, name, nonce, body, checksum, *end in rows:
            if checksum != _checksum_1(name, nonce, body):
                raise damaged(path, f"row {number} of its intents does not match its checksum")
            write_intents(connection, [row_of(_from_1(_decoder_1.decode(body)))])
            connection.execute(
                "UPDATE intents SET status = ?, text = ?, resolved_ms = ? WHERE id = last_insert_rowid()", end
            )
        connection.execute("UPDATE nonce_bound SET bound = ?", (bound,))
        connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _from_1(old: _Intent1) -> Intent:
    order = old.order
    return Intent(
        old.kind,
        order.client_order_id,
        old.nonce,
        old.expires_ms,
        old.payload_hash,
        old.created_ms,
        None,
        wire_text(order.price),
        wire_text(order.size),
        order.purpose,
        order.side,
        order.reduce_only,
        order,
    )


def _checksum_1(client_order_id: str, nonce: int, body: bytes) -> bytes:
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
    if version == 1:
        upgrade_from_1(connection, path)
    elif version != VERSION:
        raise damaged(path, "it holds no journal")
    read_unresolved(connection, path)
