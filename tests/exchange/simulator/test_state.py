"""The state file: what was committed is there again, and what cannot be read is said in one sentence."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from hlmaster.core.errors import DatabaseDamaged, DatabaseTooNew, SessionBusy, StorageError
from hlmaster.exchange.simulator.state import SCHEMA, Change, StateFile

USER = "0x" + "11" * 20


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "demo.state"


def test_a_fresh_file_knows_no_venue(path: Path) -> None:
    store = StateFile(path)
    assert store.venue_state() is None
    assert store.document("nonces") is None
    store.close()


def test_documents_are_replaced_and_rows_and_candles_appended(path: Path) -> None:
    store = StateFile(path)
    for turn in (1, 2):
        store.commit(
            Change(
                {"venue": {"turn": turn}, "nonces": {USER: [turn]}},
                {USER: {"cash": str(turn)}},
                {USER: {"fills": [{"n": turn}], "funding": []}},
                {"BTC": [[turn, "1.5"]]},
            )
        )
    store.close()
    store = StateFile(path)
    assert store.document("nonces") == {USER: [2]}
    assert store.venue_state() == {
        "venue": {"turn": 2},
        "candles": {"BTC": [[1, "1.5"], [2, "1.5"]]},
        "users": {USER: {"account": {"cash": "2"}, "rows": {"fills": [{"n": 1}, {"n": 2}]}}},
    }
    store.close()


def test_a_second_server_is_told_that_the_file_is_in_use(path: Path) -> None:
    store = StateFile(path)
    with pytest.raises(SessionBusy, match=r"in use by another exchange"):
        StateFile(path)
    store.close()
    StateFile(path).close()


def test_a_file_of_another_kind_is_damaged(path: Path) -> None:
    path.write_text("this is no database, but it is long enough to be looked at " * 20)
    with pytest.raises(DatabaseDamaged, match=r"is damaged"):
        StateFile(path)


def test_a_database_of_another_program_is_not_touched(path: Path) -> None:
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE theirs (x)")
    other.commit()
    other.close()
    with pytest.raises(DatabaseDamaged, match=r"not a state file"):
        StateFile(path)


def test_a_torn_file_is_damaged(path: Path) -> None:
    store = StateFile(path)
    store.commit(Change({"venue": {"filler": "x" * 200_000}}))
    store.close()
    whole = path.read_bytes()
    path.write_bytes(whole[:8192] + b"\xff" * 4096 + whole[12288 : len(whole) // 2])
    with pytest.raises(DatabaseDamaged, match=r"Restore a copy"):
        StateFile(path)


def test_a_newer_file_is_left_to_the_newer_version(path: Path) -> None:
    StateFile(path).close()
    newer = sqlite3.connect(path)
    newer.execute(f"PRAGMA user_version = {SCHEMA + 1}")
    newer.close()
    with pytest.raises(DatabaseTooNew, match=r"newer version"):
        StateFile(path)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"cannot be opened"):
        StateFile(tmp_path / "nowhere" / "demo.state")


def test_a_commit_that_fails_leaves_nothing_behind(path: Path) -> None:
    store = StateFile(path)
    store.commit(Change({"venue": {"turn": 1}}))
    store._database.execute("PRAGMA max_page_count = 1")
    with pytest.raises(StorageError, match=r"cannot be written"):
        store.commit(Change({"venue": {"filler": "x" * 500_000}}, candles={"BTC": [[1]]}))
    assert store.document("venue") == {"turn": 1}
    store.close()
