"""The field for one number."""

from __future__ import annotations

from decimal import Decimal

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from hlmaster.ui.number_field import NumberField

D = Decimal
SHIFT = Qt.KeyboardModifier.ShiftModifier


def made(qtbot: QtBot) -> NumberField:
    field = NumberField()
    qtbot.addWidget(field)
    field.step = lambda value, steps: (value or D(0)) + steps
    return field


def test_arrows_step_and_shift_steps_tenfold(qtbot: QtBot) -> None:
    field = made(qtbot)
    QTest.keyClick(field, Qt.Key.Key_Up)
    QTest.keyClick(field, Qt.Key.Key_Up, SHIFT)
    assert field.text() == "11"
    QTest.keyClick(field, Qt.Key.Key_Down)
    assert field.value == D(10)


def test_arrows_leave_what_is_not_a_number(qtbot: QtBot) -> None:
    field = made(qtbot)
    field.setText("1,5")
    QTest.keyClick(field, Qt.Key.Key_Up)
    assert field.text() == "1,5"


def test_every_edit_is_told_once(qtbot: QtBot) -> None:
    field, told = made(qtbot), list[str]()
    field.changed.connect(lambda: told.append(field.text()))
    QTest.keyClicks(field, "12")
    field.set_value(D("3.50"))
    field.set_value(None)
    assert told == ["1", "12", "3.5", ""]


def test_its_caption_is_its_name_for_those_who_cannot_see_it(qtbot: QtBot) -> None:
    field = made(qtbot)
    field.set_caption("Price")
    assert field.accessibleName() == "Price"
    field.resize(140, 28)
    field.set_bad(True)
    assert not field.grab().isNull()
