"""The button that must be held."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt, QVariantAnimation
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from hlmaster.ui.hold_button import HoldButton

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def button(qtbot: QtBot) -> HoldButton:
    made = HoldButton("HOLD", "AGAIN")
    qtbot.addWidget(made)
    made.show()
    return made


def counted(button: HoldButton) -> list[int]:
    seen: list[int] = []
    button.fired.connect(lambda: seen.append(1))
    return seen


def test_held_long_enough_it_fires_once(button: HoldButton, qtbot: QtBot) -> None:
    seen = counted(button)
    button.progress.setDuration(30)
    QTest.mousePress(button, LEFT)
    qtbot.waitUntil(lambda: seen == [1])
    QTest.mouseRelease(button, LEFT)
    assert seen == [1]


def test_a_click_does_nothing(button: HoldButton, qtbot: QtBot) -> None:
    seen = counted(button)
    QTest.mouseClick(button, LEFT)
    assert button.progress.state() is QVariantAnimation.State.Stopped
    assert seen == []


def test_the_space_bar_holds_it_too(button: HoldButton, qtbot: QtBot) -> None:
    seen = counted(button)
    button.progress.setDuration(30)
    QTest.keyPress(button, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: seen == [1])
    QTest.keyRelease(button, Qt.Key.Key_Space)
    assert seen == [1]


def test_progress_is_visible_while_it_is_held(button: HoldButton, qtbot: QtBot) -> None:
    before = button.grab().toImage()
    QTest.mousePress(button, LEFT)
    button.progress.setCurrentTime(600)
    held = button.grab().toImage()
    QTest.mouseRelease(button, LEFT)
    assert held.pixelColor(4, 4) != before.pixelColor(4, 4)


def test_a_key_fires_at_its_second_press_and_says_so_at_the_first(button: HoldButton) -> None:
    seen = counted(button)
    button.press_key()
    assert (button.text(), seen) == ("AGAIN", [])
    button.press_key()
    assert (button.text(), seen) == ("HOLD", [1])


def test_a_key_is_forgotten_after_a_while(button: HoldButton, qtbot: QtBot) -> None:
    seen = counted(button)
    button._armed.setInterval(20)
    button.press_key()
    qtbot.waitUntil(lambda: button.text() == "HOLD")
    button.press_key()
    assert seen == []


def test_while_it_is_busy_nothing_fires(button: HoldButton) -> None:
    seen = counted(button)
    button.busy("GOING …")
    button.press_key()
    button.press_key()
    assert (button.text(), seen) == ("GOING …", [])
    button.rest()
    assert button.isEnabled()


def test_out_of_sight_it_is_neither_held_nor_asked_for_a_second_time(button: HoldButton, qtbot: QtBot) -> None:
    seen = counted(button)
    button.progress.setDuration(20)
    QTest.mousePress(button, LEFT)
    button.hide()
    assert button.progress.state() is QVariantAnimation.State.Stopped
    button.show()
    button.press_key()
    button.hide()
    button.show()
    button.press_key()
    assert (seen, button.text()) == ([], "AGAIN"), "the press before does not count any more"


def test_a_hold_that_leaves_the_button_is_no_hold(button: HoldButton, qtbot: QtBot) -> None:
    seen = counted(button)
    QTest.mousePress(button, LEFT)
    outside = QPointF(button.width() + 40.0, 5.0)
    away = QMouseEvent(
        QEvent.Type.MouseMove,
        outside,
        button.mapToGlobal(outside),
        Qt.MouseButton.NoButton,
        LEFT,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(button, away)
    assert button.progress.state() is QVariantAnimation.State.Stopped
    QTest.mouseRelease(button, LEFT, pos=outside.toPoint())
    assert seen == []
