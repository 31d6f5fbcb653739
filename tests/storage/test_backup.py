"""Backups: taken while the desk writes, restored as they were, refused when they are not whole."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal
from pathlib import Path

import pytest

from hlmaster.core.clock import ManualClock
from hlmaster.core.errors import DatabaseDamaged, SessionBusy, StorageError
from hlmaster.core.model import Mode, Side
from hlmaster.core.orders import Intent, Order
from hlmaster.storage.recorder import Recorder
from hlmaster.storage.sessions import Session, Sessions
from tests.storage.facts import NOW, a_fill, intent_about


@pytest.fixture
def sessions(tmp_path: Path) -> Sessions:
    return Sessions(tmp_path / "data", ManualClock(NOW))


def intent(n: int) -> Intent:
    order = Order("BTC", Side.BUY, Decimal("0.01"), Decimal(97_000))
    return intent_about(order, NOW + n)


async def worked(session: Session) -> None:
    """Some of everything, left open, as a running desk has it."""
    session.layout_path.write_text("{}")
    journal = session.journal()
    journal.open()
    await journal.commit([intent(1), intent(2)])
    recorder = Recorder(session.info, session.database())
    recorder.start()
    recorder.save_fill(a_fill(1), Decimal(0))
    await recorder.flush()
    recorder.close()
    journal.close()


async def test_a_backup_taken_while_writing_is_whole(sessions: Sessions, tmp_path: Path) -> None:
    session = sessions.create(Mode.DEMO, "main")
    journal = session.journal()
    journal.open()
    backing = asyncio.create_task(asyncio.to_thread(sessions.backup, Mode.DEMO, "main", tmp_path / "copy"))
    committed = 0
    while committed < 20 or not backing.done():
        await journal.commit([intent(committed)])
        committed += 1
    await backing
    journal.close()
    session.close()
    sessions.restore(Mode.DEMO, "again", tmp_path / "copy")
    again = sessions.resume(Mode.DEMO, "again")
    restored = again.journal()
    restored.open()
    assert 0 <= len(await restored.unresolved()) <= committed
    restored.close()
    again.close()


async def test_a_restored_session_is_as_it_was(sessions: Sessions, tmp_path: Path) -> None:
    session = sessions.create(Mode.DEMO, "main", Decimal(777))
    await worked(session)
    sessions.backup(Mode.DEMO, "main", tmp_path / "copy")
    session.close()
    sessions.reset(Mode.DEMO, "main").close()
    sessions.restore(Mode.DEMO, "main", tmp_path / "copy")
    back = sessions.resume(Mode.DEMO, "main")
    assert back.info.start_balance == Decimal(777)
    assert back.layout_path.read_text() == "{}"
    journal = back.journal()
    journal.open()
    assert len(await journal.unresolved()) == 2
    journal.close()
    recorder = Recorder(back.info, back.database())
    recorder.start()
    assert await recorder.fills() == [a_fill(1)]
    recorder.close()
    back.close()
    assert len(list((sessions.data / "demo" / ".archive").iterdir())) == 2
    for path in (tmp_path / "copy").iterdir():
        assert path.stat().st_mode & 0o077 == 0


def test_a_running_session_is_not_restored_over(sessions: Sessions, tmp_path: Path) -> None:
    session = sessions.create(Mode.DEMO, "main")
    sessions.backup(Mode.DEMO, "main", tmp_path / "copy")
    with pytest.raises(SessionBusy):
        sessions.restore(Mode.DEMO, "main", tmp_path / "copy")
    session.close()


def test_a_demo_backup_is_not_restored_as_live(sessions: Sessions, tmp_path: Path) -> None:
    sessions.create(Mode.DEMO, "main").close()
    sessions.backup(Mode.DEMO, "main", tmp_path / "copy")
    with pytest.raises(StorageError, match="holds no live session"):
        sessions.restore(Mode.LIVE, "main", tmp_path / "copy")


def test_a_backup_that_is_not_whole_is_refused(sessions: Sessions, tmp_path: Path) -> None:
    sessions.create(Mode.DEMO, "main").close()
    copy = sessions.backup(Mode.DEMO, "main", tmp_path / "copy")
    (copy / "journal.sqlite").write_bytes((copy / "journal.sqlite").read_bytes()[:5000])
    with pytest.raises((DatabaseDamaged, StorageError)):
        sessions.restore(Mode.DEMO, "main", copy)
    (copy / "journal.sqlite").unlink()
    with pytest.raises(StorageError, match=r"lacks journal\.sqlite"):
        sessions.restore(Mode.DEMO, "main", copy)
    (copy / "backup.json").write_text(json.dumps({"files": ["../../etc/passwd"]}))
    with pytest.raises(StorageError, match="lacks"):
        sessions.restore(Mode.DEMO, "main", copy)
    (copy / "backup.json").unlink()
    with pytest.raises(StorageError, match="no finished backup"):
        sessions.restore(Mode.DEMO, "main", copy)
    sessions.resume(Mode.DEMO, "main").close()


def test_a_backup_never_overwrites(sessions: Sessions, tmp_path: Path) -> None:
    sessions.create(Mode.DEMO, "main").close()
    with pytest.raises(StorageError, match="already exists"):
        sessions.backup(Mode.DEMO, "main", tmp_path)
