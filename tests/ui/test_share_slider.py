"""The slider tells what hands choose, and nothing else."""

from __future__ import annotations

from decimal import Decimal

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from hlmaster.ui.share_slider import ShareSlider


@pytest.fixture
def slider(qtbot: QtBot) -> ShareSlider:
    made = ShareSlider()
    qtbot.addWidget(made)
    made.show()
    return made


@pytest.mark.parametrize(
    ("share", "value"), [("24.6", 25), ("-3", 0), ("1e30", 100), ("99.5", 100), ("0.4", 0), (None, 0)]
)
def test_it_follows_any_share_in_silence(slider: ShareSlider, share: str | None, value: int) -> None:
    said: list[int] = []
    slider.chosen.connect(said.append)
    slider.setValue(50)
    slider.follow(None if share is None else Decimal(share))
    assert (slider.value(), said) == (value, [50])


def test_keys_choose_and_a_held_handle_is_not_moved_away(slider: ShareSlider) -> None:
    said: list[int] = []
    slider.chosen.connect(said.append)
    QTest.keyClick(slider, Qt.Key.Key_Right)
    QTest.keyClick(slider, Qt.Key.Key_PageUp)
    assert said == [1, 6]
    slider.setSliderDown(True)
    slider.follow(Decimal(90))
    assert slider.value() == 6


def test_the_wheel_scrolls_what_lies_around(slider: ShareSlider) -> None:
    at = QPointF(5, 5)
    wheel = QWheelEvent(
        at,
        at,
        QPoint(),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(slider, wheel)
    assert slider.value() == 0
