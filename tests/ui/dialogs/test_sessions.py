from __future__ import annotations

import zipfile
from decimal import Decimal
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from hlmaster.core.clock import ManualClock
from hlmaster.core.model import Mode
from hlmaster.storage.sessions import Sessions
from hlmaster.ui.dialogs.sessions import SessionsDialog


@pytest.fixture
def sessions(tmp_path: Path) -> Sessions:
    made = Sessions(tmp_path, ManualClock(1_700_000_000_000))
    made.create(Mode.DEMO, "default").close()
    made.create(Mode.DEMO, "small", Decimal(500)).close()
    return made


@pytest.fixture
def dialog(qtbot: QtBot, sessions: Sessions) -> SessionsDialog:
    made = SessionsDialog(sessions, Mode.DEMO, "default")
    qtbot.addWidget(made)
    return made


def test_the_session_that_is_open_cannot_be_opened_again(dialog: SessionsDialog) -> None:
    assert dialog.selected is not None
    assert dialog.selected.name == "default"
    assert not dialog.open_button.isEnabled()


def test_opening_says_the_name_once(qtbot: QtBot, dialog: SessionsDialog) -> None:
    dialog.refresh("small")
    with qtbot.waitSignal(dialog.chosen) as said:
        dialog.open_button.click()
    assert said.args == ["small"]


def test_a_new_session_is_listed_and_selected(dialog: SessionsDialog, sessions: Sessions) -> None:
    dialog.new_name.setText("large")
    dialog.new_balance.setText("50,000")
    dialog.create_button.click()
    assert dialog.selected is not None
    assert (dialog.selected.name, dialog.selected.start_balance) == ("large", Decimal(50_000))
    assert len(sessions.list(Mode.DEMO)) == 3


@pytest.mark.parametrize(
    ("name", "balance", "word"), [("../x", "1", "cannot be called"), ("small", "1", "already"), ("x", "0", "more than")]
)
def test_a_session_that_cannot_be_is_refused_with_a_sentence(
    dialog: SessionsDialog, sessions: Sessions, name: str, balance: str, word: str
) -> None:
    dialog.new_name.setText(name)
    dialog.new_balance.setText(balance)
    dialog.create_button.click()
    assert word in dialog.message.text()
    assert len(sessions.list(Mode.DEMO)) == 2


def test_starting_afresh_takes_two_steps(qtbot: QtBot, dialog: SessionsDialog) -> None:
    dialog.refresh("small")
    with qtbot.assertNotEmitted(dialog.reset_wanted):
        dialog.confirm_button.click()
    dialog.reset_button.click()
    dialog.reset_balance.setText("750")
    with qtbot.waitSignal(dialog.reset_wanted) as said:
        dialog.confirm_button.click()
    assert said.args == ["small", Decimal(750)]


def test_choosing_another_session_disarms_the_reset(qtbot: QtBot, dialog: SessionsDialog) -> None:
    dialog.refresh("small")
    dialog.reset_button.click()
    dialog.refresh("default")
    with qtbot.assertNotEmitted(dialog.reset_wanted):
        dialog.confirm_button.click()


def test_a_damaged_session_says_why_and_can_only_start_afresh(qtbot: QtBot, sessions: Sessions) -> None:
    (sessions.data / "demo" / "small" / "session.sqlite").write_bytes(b"x" * 500)
    dialog = SessionsDialog(sessions, Mode.DEMO, "default")
    qtbot.addWidget(dialog)
    dialog.refresh("small")
    assert dialog.message.text()
    assert (dialog.open_button.isEnabled(), dialog.export_button.isEnabled()) == (False, False)
    assert dialog.reset_button.isEnabled()


async def test_an_export_is_written_beside_the_window_and_holds_no_key(
    dialog: SessionsDialog, sessions: Sessions, tmp_path: Path
) -> None:
    session = sessions.resume(Mode.DEMO, "small")
    key = session.file.demo_wallet().private_key
    session.close()
    dialog.refresh("small")
    task = dialog.export(tmp_path / "out.zip")
    assert task is not None
    assert not dialog.export_button.isEnabled()
    await task
    assert dialog.export_button.isEnabled()
    assert "Exported" in dialog.message.text()
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        assert "session.json" in archive.namelist()
        assert all(key.encode() not in archive.read(name) for name in archive.namelist())
