"""Sessions: created whole, resumed as they were, archived and never deleted, open once at a time."""

from __future__ import annotations

import sqlite3
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.core.clock import ManualClock
from hlmaster.core.errors import DatabaseDamaged, DatabaseTooNew, InvariantBroken, SessionBusy, StorageError
from hlmaster.core.events import EquityPoint
from hlmaster.core.model import Mode
from hlmaster.storage.recorder import Recorder
from hlmaster.storage.session_file import CURVE_ORDER, SessionFile
from hlmaster.storage.sessions import DemoSession, Session, Sessions, check_name

NOW = 1_700_000_000_000


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def sessions(tmp_path: Path, clock: ManualClock) -> Sessions:
    return Sessions(tmp_path / "data", clock)


def everything(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_without_any_there_are_none(sessions: Sessions) -> None:
    assert sessions.list(Mode.DEMO) == []


def test_a_new_session_is_private_and_listed(sessions: Sessions, clock: ManualClock) -> None:
    session = sessions.create(Mode.DEMO, "main", Decimal("500.5"))
    clock.advance(5_000)
    session.close()
    [info] = sessions.list(Mode.DEMO)
    assert (info.name, info.created_ms, info.last_used_ms) == ("main", NOW, NOW + 5_000)
    assert (info.start_balance, info.equity, info.trouble) == (Decimal("500.5"), None, "")
    assert sessions.list(Mode.PAPER) == []
    for path in [sessions.data, *sessions.data.rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, path


def test_opening_creates_then_resumes(sessions: Sessions) -> None:
    first = sessions.open(Mode.PAPER)
    first.close()
    second = sessions.open(Mode.PAPER, start_balance=Decimal(7))
    assert second.info.id == first.info.id
    assert second.info.start_balance == Decimal(10_000)
    second.close()


def test_an_open_session_is_busy(sessions: Sessions) -> None:
    session = sessions.create(Mode.DEMO, "main")
    for attempt in (sessions.resume, sessions.reset, sessions.create, sessions.open):
        with pytest.raises(SessionBusy):
            attempt(Mode.DEMO, "main")
    sessions.create(Mode.DEMO, "other").close()
    session.close()
    sessions.resume(Mode.DEMO, "main").close()


def test_a_name_that_is_taken_is_refused_whatever_its_case(sessions: Sessions) -> None:
    sessions.create(Mode.DEMO, "Main").close()
    for name in ("Main", "main"):
        with pytest.raises(StorageError, match="already a demo session called Main"):
            sessions.create(Mode.DEMO, name)


def test_a_session_that_is_not_there_names_those_that_are(sessions: Sessions) -> None:
    sessions.create(Mode.DEMO, "main").close()
    with pytest.raises(StorageError, match=r"no demo session called mian.* Sessions: main\."):
        sessions.resume(Mode.DEMO, "mian")


@pytest.mark.parametrize(
    "name", ["", ".", "..", ".hidden", "a/b", "a\\b", "a b", "é", "x" * 41, "CON", "nul.txt", "end."]
)
def test_names_no_folder_could_have_are_refused(name: str) -> None:
    with pytest.raises(StorageError, match="1 to 40 letters"):
        check_name(name)


@given(st.text(max_size=50))
def test_a_name_that_passes_stays_in_its_folder(name: str) -> None:
    try:
        check_name(name)
    except StorageError:
        return
    assert (Path("/data/demo") / name).parent == Path("/data/demo")
    assert name.isascii()


@pytest.mark.parametrize("balance", ["0", "-1", "NaN", "Infinity", "1E+10"])
def test_balances_that_make_no_sense_are_refused(sessions: Sessions, balance: str) -> None:
    with pytest.raises(StorageError, match="cannot start"):
        sessions.create(Mode.DEMO, "main", Decimal(balance))
    assert sessions.list(Mode.DEMO) == []


def test_a_reset_archives_and_keeps_layout_and_settings(sessions: Sessions, clock: ManualClock) -> None:
    session = sessions.create(Mode.DEMO, "main")
    assert isinstance(session, DemoSession)
    session.layout_path.write_text("{}")
    session.file.set_setting("demo.speed", 2)
    session.file.set_memo("paused", True)
    wallet = session.wallet()
    before = everything(session.folder)
    session.close()
    clock.advance(1_000)
    fresh = sessions.reset(Mode.DEMO, "main", Decimal(500))
    assert isinstance(fresh, DemoSession)
    assert fresh.info.id != session.info.id
    assert fresh.info.start_balance == Decimal(500)
    assert fresh.file.settings() == {"demo.speed": 2}
    assert fresh.file.memos() == {}
    assert fresh.layout_path.read_text() == "{}"
    assert fresh.wallet() != wallet
    fresh.close()
    [archived] = (sessions.data / "demo" / ".archive").iterdir()
    assert everything(archived) == before
    assert [info.name for info in sessions.list(Mode.DEMO)] == ["main"]
    sessions.reset(Mode.DEMO, "main").close()
    assert len(list((sessions.data / "demo" / ".archive").iterdir())) == 2


def test_deleting_is_refused(sessions: Sessions) -> None:
    sessions.create(Mode.DEMO, "main").close()
    with pytest.raises(StorageError, match="not deleted"):
        sessions.delete(Mode.DEMO, "main")
    assert len(sessions.list(Mode.DEMO)) == 1


def test_own_settings_and_memos_survive(sessions: Sessions) -> None:
    session = sessions.create(Mode.PAPER, "main")
    session.file.set_setting("risk.price_band_percent", "2.5")
    session.file.set_setting("demo.seed", 4)
    session.file.set_setting("demo.seed", None)
    session.file.set_memo("coin", "ETH")
    session.close()
    again = sessions.resume(Mode.PAPER, "main")
    assert again.file.settings() == {"risk.price_band_percent": "2.5"}
    assert again.file.memos() == {"coin": "ETH"}
    again.close()


async def test_listing_shows_the_last_recorded_equity(sessions: Sessions) -> None:
    session = sessions.create(Mode.DEMO, "main")
    recorder = Recorder(session.info, session.database())
    recorder.start()
    for n in range(3):
        recorder.save_equity(EquityPoint(NOW + n, Decimal(10_000 + n)))
    await recorder.flush()
    assert sessions.list(Mode.DEMO)[0].equity == Decimal(10_002)
    recorder.close()
    session.close()
    assert sessions.list(Mode.DEMO)[0].equity == Decimal(10_002)


# --- the demo wallet ---


def test_a_demo_session_has_one_valid_wallet_for_life(sessions: Sessions) -> None:
    session = sessions.create(Mode.DEMO, "main")
    assert isinstance(session, DemoSession)
    wallet = session.wallet()
    session.close()
    again = sessions.resume(Mode.DEMO, "main")
    assert isinstance(again, DemoSession)
    assert again.wallet() == wallet
    assert 0 < int(wallet.private_key, 16) < CURVE_ORDER
    assert len(wallet.private_key) == 66
    assert wallet.private_key[2:] not in repr(wallet)
    again.close()


@pytest.mark.parametrize("mode", [Mode.PAPER, Mode.TESTNET, Mode.LIVE])
def test_no_other_mode_has_a_wallet(sessions: Sessions, mode: Mode) -> None:
    session = sessions.create(mode, "main")
    assert type(session) is Session
    assert not hasattr(session, "wallet")
    with pytest.raises(InvariantBroken):
        session.file.demo_wallet()
    other = sqlite3.connect(session.file.path)
    tables = {name for (name,) in other.execute("SELECT name FROM sqlite_master")}
    other.close()
    assert "demo_wallet" not in tables
    session.close()


def test_a_demo_folder_moved_under_live_does_not_open(sessions: Sessions) -> None:
    sessions.create(Mode.DEMO, "main").close()
    (sessions.data / "live").mkdir()
    (sessions.data / "demo" / "main").rename(sessions.data / "live" / "main")
    with pytest.raises(StorageError, match="belongs to demo, not to live"):
        sessions.resume(Mode.LIVE, "main")


# --- what can be wrong ---


@pytest.mark.parametrize("content", [b"", b"garbage" * 1000])
def test_a_damaged_session_is_listed_with_its_trouble_and_can_be_reset(sessions: Sessions, content: bytes) -> None:
    session = sessions.create(Mode.DEMO, "main")
    session.close()
    session.file.path.write_bytes(content)
    [info] = sessions.list(Mode.DEMO)
    assert "damaged" in info.trouble
    with pytest.raises(DatabaseDamaged):
        sessions.resume(Mode.DEMO, "main")
    sessions.reset(Mode.DEMO, "main").close()
    assert sessions.list(Mode.DEMO)[0].trouble == ""


def test_a_folder_without_a_session_is_said(sessions: Sessions) -> None:
    (sessions.data / "demo" / "stray").mkdir(parents=True)
    assert "missing" in sessions.list(Mode.DEMO)[0].trouble
    with pytest.raises(DatabaseDamaged, match="missing"):
        sessions.resume(Mode.DEMO, "stray")


def test_a_newer_session_is_left_alone(sessions: Sessions) -> None:
    session = sessions.create(Mode.DEMO, "main")
    session.close()
    other = sqlite3.connect(session.file.path)
    other.execute("PRAGMA user_version = 99")
    other.close()
    with pytest.raises(DatabaseTooNew):
        sessions.resume(Mode.DEMO, "main")


def test_a_data_folder_that_cannot_be_made_is_explained(tmp_path: Path, clock: ManualClock) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="--data"):
        Sessions(tmp_path / "file", clock).open(Mode.DEMO)


def test_a_creation_cut_short_leaves_no_session(sessions: Sessions) -> None:
    (sessions.data / "demo" / ".new-main").mkdir(parents=True)
    (sessions.data / "demo" / ".new-main" / "session.sqlite").write_bytes(b"half")
    assert sessions.list(Mode.DEMO) == []
    sessions.create(Mode.DEMO, "main").close()
    assert SessionFile(sessions.data / "demo" / "main" / "session.sqlite").info().name == "main"


@pytest.mark.parametrize("victim", ["session.sqlite", "journal.sqlite"])
def test_a_disk_too_full_for_a_new_session_is_said_in_one_sentence(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch, victim: str
) -> None:
    connect: Any = sqlite3.connect

    def on_full_disk(path: str | Path, **options: Any) -> Any:
        if victim in str(path):
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise error
        return connect(path, **options)

    monkeypatch.setattr(sqlite3, "connect", on_full_disk)
    folder = sessions.data / "demo"
    with pytest.raises(StorageError) as raised:
        sessions.create(Mode.DEMO, "main")
    assert raised.value.sentence == f"The session main cannot be created in {folder}: the disk is full."
    assert "--data" in raised.value.cure
    assert sorted(path.name for path in folder.iterdir()) == [".locks"]
    monkeypatch.undo()
    sessions.create(Mode.DEMO, "main").close()
