"""Named sessions: one folder each, ``DATA/MODE/NAME``, locked while open, archived and never deleted."""

from __future__ import annotations

import builtins
import re
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from hlmaster.core.clock import Clock
from hlmaster.core.errors import DatabaseDamaged, StorageError
from hlmaster.core.model import Mode
from hlmaster.storage.backup import backup, restore, verify
from hlmaster.storage.files import private_folder, reason, stamp, unused
from hlmaster.storage.intents import open_journal
from hlmaster.storage.journal import SqliteJournal
from hlmaster.storage.lock import SessionLock
from hlmaster.storage.reserve import Reserve
from hlmaster.storage.session_file import DemoWallet, SessionFile, SessionInfo

DEFAULT_NAME = "default"
DEFAULT_BALANCE = Decimal(10_000)
ARCHIVE = ".archive"
ACCOUNT_MEMO = "account"
"""Which account a session of testnet or live trades; a fresh start keeps it."""
LOCKS = ".locks"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_RESERVED = re.compile(r"(?i)(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?")


class Session:
    """An open session. Whoever opened it closes it."""

    def __init__(self, folder: Path, info: SessionInfo, lock: SessionLock, clock: Clock) -> None:
        self.folder = folder
        self.info = info
        self.file = SessionFile(folder / "session.sqlite")
        self._lock = lock
        self._clock = clock

    @property
    def journal_path(self) -> Path:
        return self.folder / "journal.sqlite"

    @property
    def desk_path(self) -> Path:
        return self.folder / "desk.sqlite"

    @property
    def layout_path(self) -> Path:
        """Docks and windows; JSON of the face that draws them."""
        return self.folder / "layout.json"

    def journal(self) -> SqliteJournal:
        """Not yet open."""
        return SqliteJournal(self.journal_path, self._clock)

    def database(self, configured: str | None = None) -> str:
        """The desk store's URL: PostgreSQL if one is configured, else the session's own SQLite file."""
        return configured or f"sqlite:///{self.desk_path}"

    def close(self) -> None:
        self.file.used(self._clock.wall_ms())
        self._lock.release()


class DemoSession(Session):
    """The only kind of session with a wallet in its folder, and with the embedded exchange's state."""

    @property
    def exchange_path(self) -> Path:
        return self.folder / "exchange.sqlite"

    def check_exchange(self) -> None:
        """Raises DatabaseDamaged when the exchange it traded on is gone: a new one would contradict its books."""
        state = self.exchange_path
        if self.desk_path.exists() and not (state.exists() and state.stat().st_size):
            raise DatabaseDamaged(
                f"The embedded exchange's file {state} is missing or empty, and with it the account of this session.",
                f"Restore a backup, or begin afresh with `hlmaster sessions reset --session {self.info.name}`; "
                "the old session is archived.",
            )

    def wallet(self) -> DemoWallet:
        return self.file.demo_wallet()


class Sessions:
    """All sessions under one data folder."""

    def __init__(self, data: Path, clock: Clock) -> None:
        self.data = data.absolute()
        self._clock = clock

    def list(self, mode: Mode) -> builtins.list[SessionInfo]:
        """By last use, newest first; sessions that cannot be read say why in ``trouble``."""
        folder = self.data / mode.value
        if not folder.is_dir():
            return []
        found = [self._look(mode, path) for path in folder.iterdir() if path.is_dir() and _NAME.fullmatch(path.name)]
        return sorted(found, key=lambda info: (-info.last_used_ms, info.name))

    def create(self, mode: Mode, name: str, start_balance: Decimal = DEFAULT_BALANCE) -> Session:
        """A new session, open. Raises StorageError when the name is taken or impossible."""
        check_name(name)
        _check_balance(start_balance)
        lock = self._locked(mode, name)
        try:
            self._refuse_taken(mode, name)
            info = self._build(mode, name, start_balance)
            return self._opened(info, lock)
        except BaseException:
            lock.release()
            raise

    def resume(self, mode: Mode, name: str) -> Session:
        """An existing session, open. Raises SessionBusy, DatabaseDamaged, DatabaseTooNew or StorageError."""
        folder = self._existing(mode, name)
        lock = self._locked(mode, name)
        try:
            file = SessionFile(folder / "session.sqlite")
            info = file.info()
            if info.mode is not mode:
                raise StorageError(
                    f"The session {name} in {folder} belongs to {info.mode.value}, not to {mode.value}.",
                    f"Move its folder to {self._folder(info.mode, name)}.",
                )
            file.used(self._clock.wall_ms())
            return self._opened(replace(info, name=name), lock)
        except BaseException:
            lock.release()
            raise

    def open(self, mode: Mode, name: str = DEFAULT_NAME, start_balance: Decimal = DEFAULT_BALANCE) -> Session:
        """Resume the session, or create it when there is none of that name."""
        check_name(name)
        return self.resume(mode, name) if self._folder(mode, name).is_dir() else self.create(mode, name, start_balance)

    def reset(self, mode: Mode, name: str, start_balance: Decimal = DEFAULT_BALANCE) -> Session:
        """Begin again with this balance, open. The old folder is archived; layout, settings and account stay."""
        check_name(name)
        _check_balance(start_balance)
        folder = self._folder(mode, name)
        if not folder.is_dir():
            return self.create(mode, name, start_balance)
        lock = self._locked(mode, name)
        try:
            archived = self._archive(folder)
            session = self._opened(self._build(mode, name, start_balance), lock)
            if (archived / "layout.json").exists():
                shutil.copy(archived / "layout.json", session.layout_path)
            settings, account = _kept_of(archived)
            for key, value in settings.items():
                session.file.set_setting(key, value)
            if account is not None:
                session.file.set_memo(ACCOUNT_MEMO, account)
            return session
        except BaseException:
            lock.release()
            raise

    def export(self, mode: Mode, name: str, target: Path, database: str | None = None, settings_toml: str = "") -> Path:
        """A zip of CSV, JSON and settings, also of a session that is running. ``database`` as for ``Session``."""
        from hlmaster.storage.export import export_session

        folder = self._existing(mode, name)
        return export_session(folder, database or f"sqlite:///{folder / 'desk.sqlite'}", target, settings_toml)

    def backup(self, mode: Mode, name: str, target: Path) -> Path:
        """A copy in the new folder ``target``, also of a session that is running."""
        return backup(self._existing(mode, name), target, self._clock.wall_ms())

    def restore(self, mode: Mode, name: str, source: Path) -> None:
        """Bring a backup back under ``name``; a session of that name is archived first. It must not be running."""
        check_name(name)
        names = verify(source)
        info = SessionFile(source / "session.sqlite").info() if "session.sqlite" in names else None
        if info is None or info.mode is not mode:
            raise StorageError(
                f"The backup {source} holds no {mode.value} session.", "Restore it in the mode it comes from."
            )
        lock = self._locked(mode, name)
        try:
            if self._folder(mode, name).exists():
                self._archive(self._folder(mode, name))
            restore(source, self._folder(mode, name))
        finally:
            lock.release()

    def delete(self, mode: Mode, name: str) -> None:
        """Always refused: a session is the record of what was traded."""
        raise StorageError(
            f"The {mode.value} session {name} is not deleted, for it is the record of what was traded.",
            f"Reset it (the old one is kept in {self.data / mode.value / ARCHIVE}), or remove its folder by hand.",
        )

    def _look(self, mode: Mode, folder: Path) -> SessionInfo:
        try:
            info = SessionFile(folder / "session.sqlite").info()
        except StorageError as error:
            return SessionInfo("", mode, folder.name, 0, 0, Decimal(0), trouble=str(error))
        return replace(info, name=folder.name, equity=_last_equity(folder / "desk.sqlite", info.id))

    def _folder(self, mode: Mode, name: str) -> Path:
        return self.data / mode.value / name

    def _existing(self, mode: Mode, name: str) -> Path:
        check_name(name)
        folder = self._folder(mode, name)
        if not folder.is_dir():
            known = ", ".join(info.name for info in self.list(mode)) or "none yet"
            raise StorageError(f"There is no {mode.value} session called {name}.", f"Sessions: {known}.")
        return folder

    def _locked(self, mode: Mode, name: str) -> SessionLock:
        lock = SessionLock(self.data / mode.value / LOCKS / f"{name}.lock")
        lock.acquire()
        return lock

    def _refuse_taken(self, mode: Mode, name: str) -> None:
        for other in (self.data / mode.value).iterdir():
            if other.name.casefold() == name.casefold():
                raise StorageError(
                    f"There is already a {mode.value} session called {other.name}.",
                    "Resume it, reset it, or choose another name.",
                )

    def _build(self, mode: Mode, name: str, start_balance: Decimal) -> SessionInfo:
        """The folder appears whole or not at all."""
        now_ms = self._clock.wall_ms()
        info = SessionInfo(f"{mode.value}/{name}/{now_ms}", mode, name, now_ms, now_ms, start_balance)
        folder = self._folder(mode, name)
        fresh = folder.with_name(f".new-{name}")
        try:
            shutil.rmtree(fresh, ignore_errors=True)
            private_folder(fresh)
            SessionFile(fresh / "session.sqlite").create(info)
            open_journal(fresh / "journal.sqlite").close()
            fresh.replace(folder)
        except (OSError, StorageError) as error:
            shutil.rmtree(fresh, ignore_errors=True)
            raise StorageError(
                f"The session {name} cannot be created in {folder.parent}: {_cause(error)}.",
                "Free some space, make the folder writable, or choose another one with --data.",
            ) from error
        return info

    def _opened(self, info: SessionInfo, lock: SessionLock) -> Session:
        kind = DemoSession if info.mode is Mode.DEMO else Session
        return kind(self._folder(info.mode, info.name), info, lock, self._clock)

    def _archive(self, folder: Path) -> Path:
        archive = private_folder(folder.parent / ARCHIVE)
        target = unused(archive / f"{folder.name}-{stamp(self._clock.wall_ms())}")
        Reserve(folder / "reserve").release()
        try:
            return folder.replace(target)
        except OSError as error:
            raise StorageError(f"The session {folder.name} cannot be archived: {error.strerror}.") from error


def check_name(name: str) -> None:
    """Raises StorageError unless the name can be a folder on every system."""
    if not _NAME.fullmatch(name) or name.endswith(".") or _RESERVED.fullmatch(name):
        raise StorageError(
            f"A session cannot be called {name!r}.",
            "Use 1 to 40 letters, digits, dots, dashes or underscores, beginning with a letter or digit.",
        )


def _cause(error: OSError | StorageError) -> str:
    """What the system or SQLite said, without the words of the file it was said about."""
    first = error.__cause__ if isinstance(error, StorageError) else error
    if isinstance(first, sqlite3.Error):
        return reason(first)
    return str(first.strerror if isinstance(first, OSError) else error).rstrip(".")


def _check_balance(balance: Decimal) -> None:
    if not balance.is_finite() or not 0 < balance <= 1_000_000_000:
        raise StorageError(f"A session cannot start with {balance} USD.", "Use more than 0 and at most 1000000000.")


def _kept_of(folder: Path) -> tuple[dict[str, object], object]:
    """Settings and account, for beginning again; a damaged session is no reason not to."""
    try:
        file = SessionFile(folder / "session.sqlite")
        return file.settings(), file.memos().get(ACCOUNT_MEMO)
    except StorageError:
        return {}, None


def _last_equity(path: Path, session_id: str) -> Decimal | None:
    """From the desk's SQLite file, read directly so that listing sessions needs no SQL library."""
    if not path.exists():
        return None
    query = "SELECT equity FROM account_history WHERE session_id = ? ORDER BY time_ms DESC LIMIT 1"
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
            row = connection.execute(query, (session_id,)).fetchone()
    except sqlite3.Error:
        return None
    return Decimal(row[0]) if row else None
