"""The dialog in which keys are given, taken and reset."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from hlmaster.ui.actions import Action, Actions
from hlmaster.ui.dialogs.keys import KeysDialog
from hlmaster.ui.hands.keymap import KeyMap


class Desk:
    def __init__(self, qtbot: QtBot, file: Path) -> None:
        self.actions = Actions()
        self.owner = QObject(self.actions)
        for key, keys, trades in (("pause", "P", False), ("buy", "Shift+B", True), ("chart", "G, C", False)):
            action = Action(key, key.capitalize(), "Desk" if key == "pause" else "Test", list, keys, trades)
            self.actions.add(action, self.owner)
        self.keymap = KeyMap(self.actions, file)
        self.dialog = KeysDialog(self.actions, self.keymap)
        qtbot.addWidget(self.dialog)
        self.dialog.show()


@pytest.fixture
def desk(qtbot: QtBot, tmp_path: Path) -> Desk:
    return Desk(qtbot, tmp_path / "keys.toml")


def press(desk: Desk, key: Qt.Key) -> None:
    desk.dialog.recorder.begin()
    QTest.keyClick(desk.dialog.recorder, key)
    desk.dialog.recorder.finish()


def test_pressed_keys_are_in_force_and_in_the_file(desk: Desk, tmp_path: Path) -> None:
    desk.dialog.choose("pause")
    press(desk, Qt.Key.Key_F7)
    assert desk.keymap.of("pause") == "F7"
    assert "F7" in (tmp_path / "keys.toml").read_text()
    assert desk.dialog.chosen is not None
    assert desk.dialog.chosen.key == "pause", "it stays chosen"


@pytest.mark.parametrize(
    ("button", "pause", "chart"), [("swap", "G, C", "P"), ("take", "", "P"), ("leave", "P", "G, C")]
)
def test_a_clash_names_the_other_and_offers_a_choice(desk: Desk, button: str, pause: str, chart: str) -> None:
    desk.dialog.choose("chart")
    press(desk, Qt.Key.Key_P)
    assert desk.dialog.sentence.text() == "P already means “Pause”."
    assert desk.keymap.of("chart") == "G, C", "nothing is taken before somebody chose"
    choice: QPushButton = getattr(desk.dialog, button)
    assert choice.isVisible()
    choice.click()
    assert (desk.keymap.of("pause"), desk.keymap.of("chart")) == (pause, chart)
    assert not choice.isVisible()


def test_reserved_keys_are_refused_with_their_owner(desk: Desk) -> None:
    desk.dialog.choose("buy")
    press(desk, Qt.Key.Key_Tab)
    assert "belongs to whatever has the focus" in desk.dialog.sentence.text()
    assert not desk.dialog.swap.isVisible()
    assert not desk.dialog.take.isVisible()
    assert desk.keymap.of("buy") == "Shift+B"


def test_one_and_all_are_reset(desk: Desk) -> None:
    desk.dialog.choose("pause")
    desk.dialog.clear.click()
    desk.dialog.choose("buy")
    press(desk, Qt.Key.Key_F7)
    assert (desk.keymap.of("pause"), desk.keymap.of("buy")) == ("", "F7")
    desk.dialog.reset.click()
    assert desk.keymap.of("buy") == "Shift+B"
    desk.dialog.reset_all.click()
    assert desk.keymap.of("pause") == "P"
    assert not desk.dialog.reset_all.isEnabled()


def test_the_search_finds_titles_groups_and_keys(desk: Desk) -> None:
    tree = desk.dialog.tree
    groups = [item for place in range(tree.topLevelItemCount()) if (item := tree.topLevelItem(place)) is not None]
    for words, shown in (("shift", ["Buy"]), ("desk", ["Pause"]), ("", ["Pause", "Buy", "Chart"])):
        desk.dialog.search.setText(words)
        rows = [child for group in groups for row in range(group.childCount()) if (child := group.child(row))]
        assert [row.text(0) for row in rows if not row.isHidden()] == shown


def test_what_the_file_said_wrong_is_told(qtbot: QtBot, tmp_path: Path) -> None:
    file = tmp_path / "keys.toml"
    file.write_text('[keys]\n"gone.away" = "F9"\n"pause" = "Nonsense"\n')
    said = Desk(qtbot, file).dialog.problems.text()
    assert "gone.away" in said
    assert "'Nonsense'" in said


def test_the_map_is_copied_and_saved_as_text(desk: Desk, tmp_path: Path) -> None:
    desk.dialog._copy()
    target = tmp_path / "keys.txt"
    desk.dialog.export(target)
    assert QGuiApplication.clipboard().text() == target.read_text() == desk.keymap.as_text()
    desk.dialog.export(tmp_path)
    assert "cannot be written" in desk.dialog.sentence.text()
