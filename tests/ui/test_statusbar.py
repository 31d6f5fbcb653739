"""The strip at the bottom leaves out what matters least and cuts nothing."""

from __future__ import annotations

from itertools import pairwise

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from hlmaster.ui.statusbar import SPACING, StatusBar
from tests.ui.desks import trading

DIRECT = Qt.FindChildOption.FindDirectChildrenOnly


@pytest.mark.parametrize(("width", "told"), [(1900, True), (1180, True), (760, False)])
async def test_words_stand_whole_and_evenly_apart(qtbot: QtBot, width: int, told: bool) -> None:
    async with trading() as scene:
        bar = StatusBar(scene.context)
        qtbot.addWidget(bar)
        bar.show_keys(lambda _: "F1")
        bar.resize(width, 26)
        bar.show()
        bar.refresh()
        bar.layout().activate()  # type: ignore[union-attr]
        shown = [label for label in bar.findChildren(QLabel, options=DIRECT) if label.isVisible()]
        assert all(label.text() and label.width() >= label.sizeHint().width() for label in shown)
        left = [label for label in bar._labels if label.isVisible()]
        gaps = {after.x() - before.geometry().right() - 1 for before, after in pairwise(left)}
        assert gaps == {SPACING}
        assert bar._gate.isVisible()
        assert bar._budget.isVisible() == told


async def test_before_anything_was_heard_it_says_starting_and_not_that_a_line_was_lost(qtbot: QtBot) -> None:
    async with trading(start=False) as scene:
        bar = StatusBar(scene.context)
        qtbot.addWidget(bar)
        assert bar._link.text() == "● Starting"
