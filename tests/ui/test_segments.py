"""The row of words of which one is chosen."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from hlmaster.ui.segments import Segments


def made(qtbot: QtBot) -> Segments:
    segments = Segments()
    qtbot.addWidget(segments)
    segments.set_options([("b", "Buy", "", "buy"), ("s", "Sell", "", "sell"), ("n", "None", "", "")])
    return segments


def test_the_first_is_chosen_and_only_the_chosen_wears_its_role(qtbot: QtBot) -> None:
    segments = made(qtbot)
    assert segments.value == "b"
    segments.choose("s")
    assert [button.property("role") for button in segments.buttons()] == ["small", "sell", "ghost"]


def test_a_choice_is_told_once(qtbot: QtBot) -> None:
    segments, told = made(qtbot), list[str]()
    segments.chosen.connect(told.append)
    segments.choose("n")
    segments.choose("n")
    assert told == ["n"]


def test_arrows_move_the_choice(qtbot: QtBot) -> None:
    segments = made(qtbot)
    segments.show()
    segments.activateWindow()
    segments.button("b").setFocus()
    qtbot.waitUntil(segments.button("b").hasFocus)
    QTest.keyClick(segments.button("b"), Qt.Key.Key_Right)
    assert segments.value == "s"


def test_what_is_no_option_cannot_be_chosen(qtbot: QtBot) -> None:
    with pytest.raises(ValueError, match="list"):
        made(qtbot).choose("x")
