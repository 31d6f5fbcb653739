"""Every dialog fits, shows its words whole, names what can be used, answers F1, and goes with Escape."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from hlmaster.core.model import Mode
from hlmaster.desk.connector import Connector
from hlmaster.settings import Settings
from hlmaster.storage.sessions import Sessions
from hlmaster.ui.actions import Action
from hlmaster.ui.dialogs.connect import ConnectDialog
from hlmaster.ui.dialogs.help import PAGES
from hlmaster.ui.dialogs.keys import KeysDialog
from hlmaster.ui.dialogs.kill_report import KillReport
from hlmaster.ui.dialogs.sessions import SessionsDialog
from hlmaster.ui.dialogs.settings import SettingsDialog
from hlmaster.ui.hands.dialog_help import HELP, DialogHelp, page_of
from hlmaster.ui.hands.keymap import KeyMap
from hlmaster.ui.stop_rows import StopRows
from tests.ui import every_dialog as every
from tests.ui.decided import ready
from tests.ui.desks import until
from tests.ui.readable import unfit
from tests.ui.tabbing import steps_back
from tests.ui.test_names import nameless

DANGEROUS = ("danger", "kill", "caution")
OVER_A_WIDGET = {
    "order": every._order,
    "confirm": every._confirm,
    "approve_all": every._approve_all,
    "checklist": every._checklist,
    "lockout": every._lockout,
    "typed": every._typed,
    "report": every._report,
    "report_bad": every._report_bad,
    "report_entries": every._report_entries,
    "protection": every._protection,
    "veto": every._veto,
    "swap": every._swap,
    "scope": every._scope,
    "scope_wrong": every._scope_wrong,
    "why_nothing": every._why_nothing,
    "dossier": every._dossier,
    "challenger": every._challenger,
}
"""Those that need no whole window."""


class Place(QWidget):
    """A window with no more than what dialogs are opened from."""


@asynccontextmanager
async def place(qtbot: QtBot) -> AsyncIterator[every.Stand]:
    async with ready("ETH") as scene:
        window = Place()
        window.context = scene.context  # type: ignore[attr-defined]
        qtbot.addWidget(window)
        window.resize(1280, 800)
        window.show()
        yield every.Stand(scene, window)  # type: ignore[arg-type]


def told(dialog: QDialog) -> list[str]:
    """What a reviewer would send back."""
    found = [*unfit(dialog), *nameless(dialog), *steps_back(dialog)]
    focused = dialog.focusWidget()
    if isinstance(focused, QPushButton) and focused.property("role") in DANGEROUS:
        found.append(f"the keys begin on “{focused.text()}”, which is dangerous")
    if page_of(dialog) not in PAGES:
        found.append(f"F1 leads to “{page_of(dialog)}”")
    for button in dialog.findChildren(QPushButton):
        if button.isDefault() and button.property("role") in DANGEROUS:
            found.append(f"Enter means “{button.text()}”")
    return found


async def settled_complaints(dialog: QDialog) -> list[str]:
    """Once rows that are made bit by bit are laid out."""
    for _ in range(50):
        if not (wrong := told(dialog)):
            break
        await asyncio.sleep(0.01)
    return wrong


async def test_small_dialogs_are_fit_to_be_used(qtbot: QtBot) -> None:
    complaints = {}
    async with place(qtbot) as stand:
        for name, open_dialog in OVER_A_WIDGET.items():
            dialog = await open_dialog(stand)
            assert isinstance(dialog, QDialog)
            await until(dialog.isVisible)
            await asyncio.sleep(0)
            if wrong := told(dialog):
                complaints[name] = wrong
            QTest.keyClick(dialog, Qt.Key.Key_Escape)
            assert not dialog.isVisible()
    assert not complaints, complaints


async def test_the_windows_own_dialogs_are_fit_to_be_used(qtbot: QtBot, tmp_path: Path) -> None:
    complaints, pages = {}, []
    async with place(qtbot) as stand:
        context, window = stand.window.context, stand.window
        file, sessions = tmp_path / "settings.toml", Sessions(tmp_path, stand.scene.clock)
        keymap = KeyMap(context.actions, None, window)
        made: dict[str, QDialog] = {
            "looks": SettingsDialog(context, file, Settings.load(file)[1], window),
            "keyboard": KeysDialog(context.actions, keymap, window),
            "sessions": SessionsDialog(sessions, Mode.DEMO, "default", window),
            "connecting": ConnectDialog(sessions, Mode.DEMO, Connector(tmp_path, None), window),
        }
        for name, dialog in made.items():
            dialog.open()
            await until(dialog.isVisible)
            if wrong := await settled_complaints(dialog):
                complaints[name] = wrong
            pages.append(page_of(dialog))
            QTest.keyClick(dialog, Qt.Key.Key_Escape)
            assert not dialog.isVisible()
    assert not complaints
    assert pages == list(made)


async def test_the_helps_key_within_a_dialog_is_the_users_own(qtbot: QtBot) -> None:
    async with place(qtbot) as stand:
        actions = stand.scene.context.actions
        actions.add(Action(HELP, "Help", "Window", list, "Ctrl+H"), stand.window)
        keymap = KeyMap(actions, None, stand.window)
        helped = DialogHelp(keymap, stand.window)
        dialog = await every._lockout(stand)
        assert isinstance(dialog, QDialog)
        await until(dialog.isActiveWindow)
        with qtbot.waitSignal(helped.wanted) as page:
            QTest.keyClick(QApplication.focusWidget() or dialog, Qt.Key.Key_H, Qt.KeyboardModifier.ControlModifier)
        assert page.args == ["risk_limits"]


async def test_tab_walks_down_the_tiers_of_a_stop_and_then_to_the_button_that_adds_one(qtbot: QtBot) -> None:
    async with place(qtbot) as stand:
        dialog = await every._edit(stand)
        assert isinstance(dialog, QDialog)
        await until(dialog.isVisible)
        dialog.findChild(StopRows).add.click()  # type: ignore[union-attr]
        assert not steps_back(dialog)


async def test_a_report_is_copied_whole(qtbot: QtBot) -> None:
    async with place(qtbot) as stand:
        report = await every._report_bad(stand)
        assert isinstance(report, KillReport)
        report.copy.click()
        copied = QApplication.clipboard().text()
        assert copied.startswith("Kill switch: You are NOT flat")
        for expected in ("Buy 0.5 ETH at 3,300", "Buy 0.5 ETH at 3,339", "12 SOL short", "did not answer"):
            assert expected in copied
        shown = "\n".join(label.text() for label in report.findChildren(QLabel))
        assert "3,339" not in shown, "what is shown is cut short"


@pytest.mark.parametrize("width", [232, 262, 420])
async def test_a_card_is_never_wider_than_its_panel(qtbot: QtBot, width: int) -> None:
    from hlmaster.ui.theme import theme
    from tests.ui.gallery_states import cards, shown_card

    for _, proposal, left_ms in cards()[:4]:
        around = shown_card(proposal, left_ms, theme("dark"))
        qtbot.addWidget(around)
        around.resize(width, 600)
        for button in around.findChildren(QPushButton):
            if button.isVisible():
                corner = button.mapTo(around, button.rect().bottomRight())
                assert around.rect().contains(corner), button.text()
