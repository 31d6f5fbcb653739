"""Backup and restore of a session's folder, with the desk running.

Each database is copied through SQLite's backup interface, so the copy is whole whoever writes meanwhile. The order
matters for a restore: the desk first and the exchange last, so that no copy knows of orders its exchange never saw.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
from contextlib import closing
from pathlib import Path

from hlmaster.core.errors import StorageError
from hlmaster.storage.files import check_sound, private_folder, reason, sqlite_files, touch_private

DATABASES = ("desk.sqlite", "journal.sqlite", "session.sqlite", "exchange.sqlite")
OTHERS = ("layout.json", "paper.json")
AUDIT = re.compile(r"audit(-\d{6})?\.jsonl|audit\.head")
MANIFEST = "backup.json"


def backup(folder: Path, target: Path, now_ms: int) -> Path:
    """Copy the session in ``folder`` into the new folder ``target``. Raises StorageError or DatabaseDamaged."""
    if not (folder / "session.sqlite").exists():
        raise StorageError(f"There is no session in {folder}.", "Name an existing session.")
    if target.exists():
        raise StorageError(f"{target} already exists.", "Choose a new folder for the backup.")
    private_folder(target)
    copied = [name for name in DATABASES if (folder / name).exists()]
    for name in copied:
        _copy(folder / name, target / name)
    # The head of the audit log comes first: it may vouch for less than there is, never for more.
    others = sorted(path.name for path in folder.iterdir() if path.name in OTHERS or AUDIT.fullmatch(path.name))
    for name in others:
        _write(target / name, (folder / name).read_bytes())
    manifest = {"time_ms": now_ms, "session": folder.name, "files": copied + others}
    _write(target / MANIFEST, json.dumps(manifest, indent=1).encode())
    return target


def verify(backup_folder: Path) -> list[str]:
    """The files of a backup, each proven sound. Raises StorageError or DatabaseDamaged."""
    try:
        names = [str(name) for name in json.loads((backup_folder / MANIFEST).read_bytes())["files"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StorageError(f"{backup_folder} is no finished backup.", "Choose a folder that a backup made.") from error
    for name in names:
        path = backup_folder / name
        if not (name in DATABASES + OTHERS or AUDIT.fullmatch(name)) or not path.is_file():
            raise StorageError(f"The backup {backup_folder} lacks {name}.", "Choose another backup.")
        if name in DATABASES:
            _prove(path)
    return names


def restore(backup_folder: Path, folder: Path) -> None:
    """Make ``folder``, which must not exist, a session as it was backed up. Raises StorageError or DatabaseDamaged."""
    names = verify(backup_folder)
    if folder.exists():
        raise StorageError(f"{folder} already exists.", "Reset or rename that session first.")
    fresh = private_folder(folder.with_name(f".new-{folder.name}"))
    for name in names:
        for file in sqlite_files(fresh / name):
            file.unlink(missing_ok=True)
        if name in DATABASES:
            _copy(backup_folder / name, fresh / name)
        else:
            _write(fresh / name, (backup_folder / name).read_bytes())
    fresh.replace(folder)


def _copy(source: Path, target: Path) -> None:
    try:
        touch_private(target)
        with (
            closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as reader,
            closing(sqlite3.connect(target)) as writer,
        ):
            reader.backup(writer)
        _prove(target)
    except sqlite3.Error as error:
        raise StorageError(f"{source} cannot be copied to {target}: {reason(error)}.", "Free some space.") from error
    except OSError as error:
        raise StorageError(f"{source} cannot be copied to {target}: {error.strerror}.", "Free some space.") from error


def _prove(path: Path) -> None:
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            check_sound(connection, path)
    except sqlite3.Error as error:
        raise StorageError(f"The copy {path} cannot be read: {reason(error)}.", "Choose another backup.") from error


def _write(path: Path, content: bytes) -> None:
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            out.write(content)
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {error.strerror}.", "Free some space.") from error
