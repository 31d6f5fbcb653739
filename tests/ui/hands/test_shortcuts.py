"""Keys that are pressed: who gets them, what they do, and what keeps them from trading."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPlainTextEdit, QSpinBox
from pytestqt.qtbot import QtBot

from tests.ui.desks import until
from tests.ui.hands.room import CONTROL, SHIFT, room

Key = Qt.Key


async def test_keys_run_their_action_and_follow_the_map(qtbot: QtBot) -> None:
    async with room(qtbot) as here:
        here.add("pause", "P")
        here.press(Key.Key_P)
        assert here.ran == ["pause"]
        here.keymap.set("pause", "F7")
        await until(lambda: here.shortcuts.made(here.window)["pause"].key().toString() == "F7")
        here.press(Key.Key_P)
        here.press(Key.Key_F7)
        assert here.ran == ["pause", "pause"]


async def test_letters_typed_into_a_field_are_text_and_nothing_else(qtbot: QtBot) -> None:
    async with room(qtbot) as here:
        here.scene.context.arming.set(True)
        for key, keys in (("pause", "P"), ("go", "G, C"), ("one", "1"), ("buy", "Shift+B")):
            here.add(key, keys, trades=key == "buy")
        area, spin = QPlainTextEdit(here.window), QSpinBox(here.window)
        for field in (here.line, area, spin):
            field.show()
            for letter in (Key.Key_P, Key.Key_G, Key.Key_C, Key.Key_1):
                here.press(letter, at=field)
            here.press(Key.Key_B, SHIFT, at=field)
        assert here.ran == []
        assert here.line.text() == "pgc1b"
        assert area.toPlainText() == "pgc1b"
        assert "1" in spin.text()


async def test_other_keys_work_while_typing_unless_they_trade(qtbot: QtBot) -> None:
    async with room(qtbot) as here:
        here.scene.context.arming.set(True)
        here.add("save", "Ctrl+S")
        here.add("buy", "Ctrl+Shift+B", trades=True)
        here.press(Key.Key_S, CONTROL, at=here.line)
        here.press(Key.Key_B, CONTROL | SHIFT, at=here.line)
        assert here.ran == ["save"]
        assert "while you type" in here.scene.sentences()


async def test_trading_keys_work_only_while_armed_and_say_so(qtbot: QtBot) -> None:
    async with room(qtbot) as here:
        here.add("buy", "Shift+B", trades=True)
        here.press(Key.Key_B, SHIFT)
        assert here.ran == []
        assert "Locked. Arm with F4" in here.scene.sentences()
        here.scene.context.arming.set(True)
        here.press(Key.Key_B, SHIFT)
        assert here.ran == ["buy"]


async def test_what_is_not_possible_says_why(qtbot: QtBot) -> None:
    async with room(qtbot) as here:
        here.add("close", "F6", possible=False, hint="there is no position.")
        here.press(Key.Key_F6)
        assert here.ran == []
        assert here.scene.sentences() == "Close. Not now: there is no position."


async def test_sequences_need_all_their_keys(qtbot: QtBot) -> None:
    async with room(qtbot) as here:
        here.add("chart", "G, C")
        here.add("tape", "G, T")
        here.press(Key.Key_G)
        assert here.ran == []
        here.press(Key.Key_T)
        here.press(Key.Key_C)
        assert here.ran == ["tape"]


async def test_a_key_that_is_held_down_is_pressed_once(qtbot: QtBot) -> None:
    async with room(qtbot) as here:
        here.add("buy", "Shift+B", trades=True)
        assert {made.autoRepeat() for made in here.shortcuts.made(here.window).values()} == {False}


async def test_an_action_that_goes_takes_its_keys_along(qtbot: QtBot) -> None:
    async with room(qtbot) as here:
        here.add("pause", "P")
        assert "pause" in here.shortcuts.made(here.window)
        here.keymap.set("pause", "")
        await until(lambda: "pause" not in here.shortcuts.made(here.window))
