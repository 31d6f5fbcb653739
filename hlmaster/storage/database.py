"""The desk store's database: opened, checked, created or migrated. SQLite by default, PostgreSQL by URL.

Imports SQLAlchemy: only the recorder's thread and offline work import this module.
"""

from __future__ import annotations

import logging
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import StaticPool

from hlmaster.core.errors import DatabaseTooNew, StorageError
from hlmaster.core.redaction import redact
from hlmaster.storage import tables
from hlmaster.storage.files import check_not_empty, check_sound, damaged, is_damage, reason, sqlite_files, touch_private

log = logging.getLogger(__name__)
HEAD = tables.REVISIONS[-1]
MIGRATIONS = Path(__file__).with_name("migrations")


def open_database(url: str) -> Engine:
    """An engine on a database of the present schema, created or migrated as needed.

    Raises DatabaseDamaged, DatabaseTooNew or StorageError.
    """
    path = sqlite_path(url)
    try:
        if path is None:
            return _prepared(_engine(url), url)
        if not path.exists():
            _create(path)
        check_not_empty(path)
        _check(path)
        return _prepared(_engine(url), url)
    except ModuleNotFoundError as error:
        raise StorageError(
            f"PostgreSQL needs the Python package {error.name}.",
            "Install hlmaster[postgresql], or unset storage.database_url.",
        ) from error
    except (SQLAlchemyError, NoSuchModuleError, sqlite3.Error, OSError) as error:
        raise translated(error, url) from error


def sqlite_path(url: str) -> Path | None:
    """The file behind an SQLite URL; None for PostgreSQL."""
    parsed = make_url(url)
    return Path(parsed.database) if parsed.get_backend_name() == "sqlite" and parsed.database else None


def translated(error: Exception, url: str) -> StorageError:
    """Whatever a driver raised, as one of ours; a password in the URL is not shown."""
    path = sqlite_path(url)
    original = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    where = str(path) if path is not None else redact(url)
    if isinstance(original, sqlite3.Error):
        if path is not None and is_damage(original):
            return damaged(path, reason(original))
        why = reason(original)
    else:
        why = redact(str(original).strip().splitlines()[0] if str(original).strip() else type(original).__name__)
    return StorageError(
        f"The database {where} cannot be used: {why}.",
        "What is recorded waits in memory; free some space, make the folder writable, or check the server.",
    )


def _engine(url: str) -> Engine:
    """One connection, used by one thread at a time."""
    if sqlite_path(url) is None:
        parsed = make_url(url)
        driver = "postgresql+psycopg" if parsed.drivername == "postgresql" else parsed.drivername
        return create_engine(parsed.set(drivername=driver), pool_pre_ping=True, pool_size=1, max_overflow=1)
    engine = create_engine(url, poolclass=StaticPool, connect_args={"check_same_thread": False, "timeout": 5.0})

    def connected(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # SQLAlchemy's "begin" event below opens transactions, DDL included
        for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}")

    def begun(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", begun)
    return engine


def _create(path: Path) -> None:
    """Whole or not at all: made beside, then renamed."""
    fresh = path.with_name(f"{path.name}.new")
    for file in sqlite_files(fresh):
        file.unlink(missing_ok=True)
    touch_private(fresh)
    engine = _engine(f"sqlite:///{fresh}")
    try:
        _create_tables(engine)
    finally:
        engine.dispose()
    fresh.replace(path)


def _create_tables(engine: Engine) -> None:
    """The tables as they are now, stamped as if all migrations had run; spares the first start alembic's import."""
    with engine.begin() as connection:
        tables.metadata.create_all(connection)
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
        connection.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": HEAD})


def _check(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        check_sound(connection, path)


def _prepared(engine: Engine, url: str) -> Engine:
    try:
        found = _revision(engine)
        path = sqlite_path(url)
        if found is None and path is not None:
            raise damaged(path, "it holds no tables")
        if found is None:
            _create_tables(engine)
        elif found not in tables.REVISIONS:
            raise DatabaseTooNew(
                f"The database {path or redact(url)} was written by a newer version of this program "
                f"(schema {found}, this program knows {HEAD}).",
                "Update the program to open it.",
            )
        elif found != HEAD:
            _keep_copy(url, found)
            migrate(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine


def _revision(engine: Engine) -> str | None:
    with engine.connect() as connection:
        names = set(inspect(connection).get_table_names())
        if "alembic_version" not in names:
            if names & set(tables.metadata.tables):
                raise StorageError("The database holds tables of this name that are not ours.", "Use an empty one.")
            return None
        return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one())


def _keep_copy(url: str, revision: str) -> None:
    """What it was before a migration; a PostgreSQL server's own backups are its owner's business."""
    path = sqlite_path(url)
    if path is None:
        return
    copy = path.with_name(f"{path.name}.before-{revision}")
    touch_private(copy)
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    log.info("kept a copy of %s before migrating it", path)


def migrate(engine: Engine, revision: str = "head") -> None:
    """Run the migrations up to ``revision``, in one transaction where the database allows it."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
