"""SQL of the recorder: batches in, rows out. Lives on the recorder's thread; imports SQLAlchemy."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import Table, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.sql.dml import Insert

from hlmaster.storage import tables
from hlmaster.storage.database import open_database, translated
from hlmaster.storage.rows import Row
from hlmaster.storage.session_file import SessionInfo


class Writer:
    """One session's rows in the desk store. Raises DatabaseDamaged, DatabaseTooNew or StorageError."""

    def __init__(self, session: SessionInfo, url: str) -> None:
        self._session_id = session.id
        self._url = url
        self._engine = open_database(url)
        self._insert = postgresql.insert if self._engine.dialect.name == "postgresql" else sqlite.insert
        self._upserts = {name: self._upsert(table) for name, table in tables.metadata.tables.items()}
        self.write([("sessions", session_row(session))])

    def close(self) -> None:
        self._engine.dispose()

    def write(self, batch: Sequence[tuple[str, Row]]) -> None:
        """All or nothing. A row of a key that is already there replaces it, so writing again changes nothing."""
        try:
            with self._engine.begin() as connection:
                for table, group in groupby(batch, itemgetter(0)):
                    connection.execute(self._upserts[table], [row for _, row in group])
        except SQLAlchemyError as error:
            raise translated(error, self._url) from error

    def read(self, name: str, *order: str) -> list[Row]:
        table = tables.metadata.tables[name]
        return self._rows(self._own(table).order_by(*(table.c[column] for column in order)))

    def latest(self, name: str, limit: int, by: str = "time_ms") -> list[Row]:
        """The newest rows by time, oldest first."""
        table = tables.metadata.tables[name]
        return self._rows(self._own(table).order_by(table.c[by].desc()).limit(limit))[::-1]

    def among(self, name: str, column: str, values: Collection[str]) -> list[Row]:
        """Rows whose column is one of the values, in the order of their keys."""
        table = tables.metadata.tables[name]
        return self._rows(self._own(table).where(table.c[column].in_(values)).order_by(*table.primary_key))

    def since(self, name: str, by: str, start_ms: int) -> list[Row]:
        """Rows from a time on, oldest first."""
        table = tables.metadata.tables[name]
        return self._rows(self._own(table).where(table.c[by] >= start_ms).order_by(table.c[by]))

    def scored_opinions(self, limit: int) -> list[Row]:
        """The latest that have a known outcome, oldest first, with the outcome's columns beside their own."""
        opinions, outcomes = tables.opinions.c, tables.outcomes.c
        both = (opinions.session_id == outcomes.session_id) & (opinions.call_id == outcomes.call_id)
        told = (outcomes[name] for name in ("at_ms", "change", "right", "naive_right", "regime"))
        query = select(tables.opinions, *told).where(both, outcomes.session_id == self._session_id)
        return self._rows(query.where(outcomes.change.is_not(None)).order_by(outcomes.at_ms.desc()).limit(limit))[::-1]

    def waiting_opinions(self, neutral: str, limit: int) -> list[Row]:
        """The latest for a side that have no outcome, oldest first."""
        opinions, outcomes = tables.opinions.c, tables.outcomes.c
        known = select(outcomes.call_id).where(outcomes.session_id == self._session_id)
        query = self._own(tables.opinions).where(opinions.direction != neutral, opinions.call_id.not_in(known))
        return self._rows(query.order_by(opinions.asked_ms.desc()).limit(limit))[::-1]

    def forget_inputs(self, before_ms: int) -> int:
        """Drop what signals saw that no proposal rests on, and how many they were."""
        inputs, grounds = tables.inputs.c, tables.grounds.c
        used = select(grounds.key).where(grounds.session_id == self._session_id)
        old = (inputs.session_id == self._session_id) & (inputs.row_ms < before_ms) & inputs.key.not_in(used)
        try:
            with self._engine.begin() as connection:
                return connection.execute(delete(tables.inputs).where(old)).rowcount
        except SQLAlchemyError as error:
            raise translated(error, self._url) from error

    def _own(self, table: Table) -> Any:
        return select(table).where(table.c.session_id == self._session_id)

    def _rows(self, query: Any) -> list[Row]:
        try:
            with self._engine.connect() as connection:
                return [dict(row) for row in connection.execute(query).mappings()]
        except SQLAlchemyError as error:
            raise translated(error, self._url) from error

    def _upsert(self, table: Table) -> Insert:
        insert = self._insert(table)
        key = [column.name for column in table.primary_key]
        rest = {column.name: insert.excluded[column.name] for column in table.columns if column.name not in key}
        if key == ["id"] and table is not tables.sessions:
            return insert
        if not rest:
            return insert.on_conflict_do_nothing(index_elements=key)
        return insert.on_conflict_do_update(index_elements=key, set_=rest)


def session_row(session: SessionInfo) -> Row:
    return {
        "id": session.id,
        "mode": session.mode.value,
        "name": session.name,
        "created_ms": session.created_ms,
        "start_balance": session.start_balance,
    }
