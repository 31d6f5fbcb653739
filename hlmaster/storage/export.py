"""A session as a zip that any spreadsheet reads: one CSV and one JSON a table, what the session is, and the settings.

Imports SQLAlchemy. Never holds the demo wallet, nor the rows that signals saw: a backup does.
"""

from __future__ import annotations

import csv
import io
import json
import os
import zipfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from hlmaster.core.errors import StorageError
from hlmaster.storage import tables
from hlmaster.storage.database import open_database, translated
from hlmaster.storage.session_file import SessionFile

WHEN = ("time_ms", "created_ms", "row_ms", "opened_ms", "start_ms", "asked_ms", "at_ms", "heard_ms")
"""What tables are ordered by."""


def export_session(folder: Path, database: str, target: Path, settings_toml: str = "") -> Path:
    """Write ``target`` (a new .zip) from the session in ``folder`` and its desk store. Raises StorageError."""
    file = SessionFile(folder / "session.sqlite")
    info, own = file.info(), file.settings()
    contents = _tables(database, info.id)
    contents["session.json"] = _json({**asdict(info), "settings": own})
    contents["settings.toml"] = settings_toml
    try:
        with (
            os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out,
            zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive,
        ):
            for name, text in contents.items():
                archive.writestr(name, text)
    except OSError as error:
        raise StorageError(f"The export {target} cannot be written: {error.strerror}.", "Choose a new file.") from error
    return target


def _tables(database: str, session_id: str) -> dict[str, str]:
    engine = open_database(database)
    contents: dict[str, str] = {}
    try:
        with engine.connect() as connection:
            for name, table in tables.metadata.tables.items():
                if table in (tables.sessions, tables.inputs):
                    continue
                when = [table.c[name] for name in WHEN if name in table.c] or list(table.primary_key)
                query = select(table).where(table.c.session_id == session_id).order_by(*when)
                found = [dict(row) for row in connection.execute(query).mappings()]
                columns = [column.name for column in table.columns]
                contents[f"{name}.csv"], contents[f"{name}.json"] = _csv(columns, found), _json(found)
    except SQLAlchemyError as error:
        raise translated(error, database) from error
    finally:
        engine.dispose()
    return contents


def _csv(columns: Sequence[str], found: Sequence[dict[str, Any]]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, columns)
    writer.writeheader()
    writer.writerows(found)
    return out.getvalue()


def _json(value: object) -> str:
    return json.dumps(value, indent=1, default=str, ensure_ascii=False)
