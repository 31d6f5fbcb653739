"""The whole window's hands: every action has its place in the palette, keys clash nowhere, and the help tells them."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from hlmaster.ui.dialogs.confirm import Confirm
from hlmaster.ui.dialogs.help import page_text
from hlmaster.ui.hands.help_text import tables
from hlmaster.ui.hands.keys import normal
from tests.ui.decided import ready
from tests.ui.desks import settled, until
from tests.ui.questions import met
from tests.ui.windows import opened

Key = Qt.Key
HEADING = "## Everywhere\n\n"


@pytest.fixture
def behind(qtbot: QtBot) -> QWidget:
    """Stays open: with the last window that closes Qt would end the loop."""
    made = QWidget()
    qtbot.addWidget(made)
    made.show()
    return made


async def test_every_action_is_reached_from_the_palette_by_its_title(behind: QWidget, tmp_path: Path) -> None:
    async with ready() as scene, opened(scene, tmp_path) as window:
        palette = window.hands.palette
        window.hands.open_palette()
        for action in window.context.actions.all():
            palette.search.setText(action.title)
            rows = (palette.model.entry(row) for row in range(palette.model.rowCount()))
            first = [entry for entry in rows if entry is not None and entry.title == action.title]
            assert f"action.{action.key}" in [entry.key for entry in first], action.title
            assert palette.chosen in first, action.title


async def test_no_default_clashes_and_the_help_names_them_all(behind: QWidget, tmp_path: Path) -> None:
    async with ready() as scene, opened(scene, tmp_path) as window:
        assert window.hands.keymap.unmet() == []
        meant = tables(window.context.actions.all(), lambda action: normal(action.keys))
        told = page_text("keyboard").partition(HEADING)[2].partition("\n## ")[0]
        assert told.strip() == meant.strip(), f"write this below {HEADING.strip()!r} of keyboard.md:\n{meant}"


async def test_keys_do_what_the_specification_names(behind: QWidget, tmp_path: Path) -> None:
    async with ready() as scene, opened(scene, tmp_path) as window:
        window.activateWindow()
        await until(window.isActiveWindow)
        window.setFocus()
        actions = {action.key: normal(action.keys) for action in window.context.actions.all()}
        wanted = {"desk.pause": "P", "desk.reset": "R", "window.quit": "Q", "window.save": "Ctrl+S"}
        wanted |= {f"desk.threshold_{level}": str(level) for level in range(1, 5)}
        assert wanted.items() <= actions.items()
        QTest.keyClick(window, Key.Key_P)
        assert scene.desk.guard.is_restrained_by("pause")
        QTest.keyClick(window, Key.Key_P)
        assert not scene.desk.guard.is_restrained_by("pause")
        QTest.keyClick(window, Key.Key_F4)
        assert window.context.arming.is_on
        for key in (Key.Key_R, Key.Key_Q):
            window.activateWindow()
            await until(window.isActiveWindow)
            QTest.keyClick(window, key)
            question = await met(Confirm)
            question.no.click()
            await settled(scene)
        assert not window.closed.is_set()


async def test_tooltips_and_the_status_bar_follow_the_users_map(behind: QWidget, tmp_path: Path) -> None:
    (tmp_path / "keys.toml").write_text('[keys]\n"desk.pause" = "F7"\n"gone" = "Nonsense"\n')
    async with ready() as scene, opened(scene, tmp_path) as window:
        assert window._top._pause.toolTip().endswith("(F7)")
        assert "F4" in window._top.arming.toolTip()
        await until(lambda: "keys.toml" in scene.sentences())
        window.hands.keymap.set("desk.pause", "F8")
        await until(lambda: window._top._pause.toolTip().endswith("(F8)"))


async def test_the_coin_in_focus_comes_to_the_watchlist_and_goes(behind: QWidget, tmp_path: Path) -> None:
    async with ready() as scene, opened(scene, tmp_path) as window:
        context, actions = window.context, window.context.actions
        before = context.desk.settings.market.watchlist
        assert not actions.run("market.watch"), "it is there already"
        assert actions.run("market.unwatch")
        assert context.desk.settings.market.watchlist == tuple(coin for coin in before if coin != context.coin)
        assert actions.run("market.watch")
        assert sorted(context.desk.settings.market.watchlist) == sorted(before)
