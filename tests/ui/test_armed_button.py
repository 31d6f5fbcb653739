"""The button that asks back."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from hlmaster.ui.armed_button import ArmedButton


def made(qtbot: QtBot) -> tuple[ArmedButton, list[int]]:
    button, seen = ArmedButton(), list[int]()
    qtbot.addWidget(button)
    button.say("Cancel all", "ghost")
    button.confirmed.connect(lambda: seen.append(1))
    return button, seen


def test_the_second_click_confirms(qtbot: QtBot) -> None:
    button, seen = made(qtbot)
    button.click()
    assert (button.text(), button.property("role"), seen) == ("Sure?", "danger", [])
    button.click()
    assert (button.text(), button.property("role"), seen) == ("Cancel all", "ghost", [1])


def test_it_forgets_after_a_while(qtbot: QtBot) -> None:
    button, seen = made(qtbot)
    button._timer.setInterval(20)
    button.click()
    qtbot.waitUntil(lambda: not button.is_armed)
    button.click()
    assert seen == []


def test_what_it_says_meanwhile_is_shown_when_it_is_disarmed(qtbot: QtBot) -> None:
    button, _ = made(qtbot)
    button.click()
    button.say("Cancel ETH", "ghost")
    assert button.text() == "Sure?"
    button.disarm()
    assert button.text() == "Cancel ETH"


def test_without_arming_it_is_an_ordinary_button(qtbot: QtBot) -> None:
    button, seen = made(qtbot)
    button.needs_arming = False
    button.click()
    assert seen == [1]


def test_a_double_click_only_asks(qtbot: QtBot) -> None:
    button, seen = made(qtbot)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    QTest.mouseDClick(button, Qt.MouseButton.LeftButton)
    assert (button.is_armed, seen) == (True, [])
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert seen == [1]
