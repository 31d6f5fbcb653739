"""The workspaces, by hand: each button, Enter in each list, and what is chosen in the files' choosers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QLabel, QMenu, QWidget
from pytestqt.qtbot import QtBot

from hlmaster.ui import frame_window, panel_set
from hlmaster.ui.context import Context
from hlmaster.ui.dialogs.workspaces import NO_VERSIONS, WorkspacesDialog
from hlmaster.ui.menu import Menus, WorkspaceButton
from hlmaster.ui.workspaces.nodes import Rect
from hlmaster.ui.workspaces.store import LONGEST_NAME
from tests.ui.desks import until
from tests.ui.market_desk import MarketScene, open_context
from tests.ui.questions import met
from tests.ui.readable import unfit
from tests.ui.test_names import nameless
from tests.ui.windows import Light, keep, light, plain_kinds


@pytest.fixture
def context(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Context:
    behind = QWidget()
    qtbot.addWidget(behind)
    behind.show()
    monkeypatch.setattr(frame_window, "screens", lambda: [Rect(0, 0, 2560, 1400)])
    monkeypatch.setattr(panel_set, "ALWAYS", plain_kinds())
    return open_context(MarketScene(), qtbot, "BTC")


@asynccontextmanager
async def managed(context: Context, folder: Path) -> AsyncIterator[tuple[Light, WorkspacesDialog]]:
    async with light(context, folder) as window:
        await keep(window)
        dialog = WorkspacesDialog(window.keeper, None, window.main)
        dialog.open()
        yield window, dialog
        dialog.reject()


def choose(dialog: WorkspacesDialog, name: str) -> None:
    rows = [dialog.names.item(row).data(Qt.ItemDataRole.UserRole) for row in range(dialog.names.count())]
    dialog.names.setCurrentRow(rows.index(name))


async def test_each_button_does_what_it_says(context: Context, tmp_path: Path) -> None:
    async with managed(context, tmp_path) as (window, dialog):
        store, buttons = window.keeper.store, dialog.buttons
        assert not [*unfit(dialog), *nameless(dialog)]
        assert not buttons["Save as"].isEnabled(), "without a name there is nothing to save as"
        dialog.name.setText("Mine")
        buttons["Save as"].click()
        assert store.current == "Mine"
        assert dialog.name.text() == ""
        buttons["Duplicate"].click()
        choose(dialog, "Mine copy")
        dialog.name.setText("Other")
        buttons["Rename"].click()
        choose(dialog, "Other")
        buttons["Delete"].click()
        assert "Other" not in store.names
        choose(dialog, "Scalping")
        buttons["Open"].click()
        assert store.current == "Scalping"
        choose(dialog, "Scalping")
        assert not buttons["Open"].isEnabled()
        assert not buttons["Delete"].isEnabled(), "the one that is shown stays"


async def test_enter_opens_in_the_list_and_saves_in_the_field_and_the_dialog_stays(
    context: Context, tmp_path: Path
) -> None:
    async with managed(context, tmp_path) as (window, dialog):
        await until(dialog.isActiveWindow)
        choose(dialog, "Swing")
        dialog.names.setFocus()
        QTest.keyClick(dialog.names, Qt.Key.Key_Return)
        assert window.keeper.store.current == "Swing"
        dialog.name.setFocus()
        QTest.keyClicks(dialog.name, "x" * (LONGEST_NAME + 9))
        QTest.keyClick(dialog.name, Qt.Key.Key_Return)
        assert window.keeper.store.current == "x" * LONGEST_NAME
        assert dialog.isVisible()
        QTest.keyClick(dialog, Qt.Key.Key_Escape)
        assert not dialog.isVisible()


async def test_a_version_is_restored_and_an_empty_list_teaches(context: Context, tmp_path: Path) -> None:
    async with managed(context, tmp_path) as (window, dialog):
        teaching = next(label for label in dialog.findChildren(QLabel) if label.text() == NO_VERSIONS)
        window.stage.add("chart")
        await keep(window)
        window.stage.add("chart")
        await keep(window)
        assert dialog.versions.count() >= 2
        assert not teaching.isVisible()
        before = len(window.stage.arrangement().keys)
        dialog.versions.setCurrentRow(dialog.versions.count() - 1)
        dialog.buttons["Restore"].click()
        await keep(window)
        assert len(window.stage.arrangement().keys) < before


async def test_a_file_is_written_and_read_back(context: Context, tmp_path: Path) -> None:
    async with managed(context, tmp_path) as (window, dialog):
        choose(dialog, "Review")
        dialog.buttons["Export …"].click()
        chooser = await met(QFileDialog)
        chooser.fileSelected.emit(str(tmp_path / "review.json"))
        chooser.reject()
        dialog.buttons["Import …"].click()
        chooser = await met(QFileDialog)
        chooser.fileSelected.emit(str(tmp_path / "review.json"))
        chooser.reject()
        assert any(name.startswith("Review ") for name in window.keeper.store.names)


async def test_the_menu_of_workspaces_switches_with_a_click(context: Context, tmp_path: Path) -> None:
    async with light(context, tmp_path) as window:
        await keep(window)
        button = WorkspaceButton(Menus(context, window.stage, window.keeper), window.keeper)
        button.setParent(window.main)
        menu = button.menu()
        menu.popup(window.main.mapToGlobal(window.main.rect().center()))
        ticked = [action.text() for action in menu.actions() if action.isChecked()]
        assert ticked == [window.keeper.store.current]
        swing = next(action for action in menu.actions() if action.text() == "Swing")
        QTest.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(swing).center())
        assert window.keeper.store.current == "Swing"
        assert button.text().startswith("Swing")
        versions = next(action.menu() for action in menu.actions() if action.text() == "Versions")
        assert isinstance(versions, QMenu)
