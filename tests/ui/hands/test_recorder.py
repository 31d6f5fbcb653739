"""Keys are told by pressing them."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from hlmaster.ui.hands.recorder import WAITING, Recorder
from tests.ui.hands.room import CONTROL, SHIFT

Key = Qt.Key


@pytest.fixture
def recorder(qtbot: QtBot) -> Recorder:
    made = Recorder()
    qtbot.addWidget(made)
    made.show_keys("F4")
    made.show()
    return made


def told(recorder: Recorder) -> list[str]:
    heard: list[str] = []
    recorder.recorded.connect(heard.append)
    return heard


def test_what_is_pressed_is_recorded_tab_and_enter_too(recorder: Recorder) -> None:
    heard = told(recorder)
    for key, modifiers in ((Key.Key_K, CONTROL | SHIFT), (Key.Key_Tab, CONTROL), (Key.Key_Return, CONTROL)):
        recorder.begin()
        assert recorder.text() == WAITING
        QTest.keyClick(recorder, key, modifiers)
        recorder.finish()
    assert heard == ["Ctrl+Shift+K", "Ctrl+Tab", "Ctrl+Return"]


def test_keys_after_one_another_are_a_sequence(recorder: Recorder) -> None:
    heard = told(recorder)
    recorder.begin()
    for key in (Key.Key_G, Key.Key_C):
        QTest.keyClick(recorder, key)
    assert heard == []
    recorder.finish()
    recorder.begin()
    for key in (Key.Key_G, Key.Key_C, Key.Key_D):
        QTest.keyClick(recorder, key)
    assert heard == ["G, C", "G, C, D"], "a third key is the last"


def test_esc_leaves_it_as_it_was(recorder: Recorder) -> None:
    heard = told(recorder)
    recorder.begin()
    QTest.keyClick(recorder, Key.Key_G)
    QTest.keyClick(recorder, Key.Key_Escape)
    assert (recorder.text(), recorder.is_recording, heard) == ("F4", False, [])
