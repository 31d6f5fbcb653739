"""Keeping a strategy off a coin, and giving it one."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from hlmaster.desk.outcome import Outcome
from hlmaster.ui.dialogs.leading import SwapDialog, VetoDialog
from tests.ui.decided import ready

NAME = "momentum_scalper"


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    """Stays open behind a dialog: with the last window that closes Qt would end the loop."""
    behind = QWidget()
    qtbot.addWidget(behind)
    behind.show()
    return behind


async def test_a_veto_and_its_end_are_told(window: QWidget) -> None:
    async with ready() as scene:
        card = scene.desk.engine.card(NAME)
        for index, sentence in ((1, "vetoed on ETH for 3600 s"), (4, "may propose ETH again")):
            dialog = VetoDialog(scene.context, card, window)
            dialog.open()
            dialog.time.setCurrentIndex(index)
            dialog.yes.click()
            assert sentence in scene.sentences()
            assert not dialog.isVisible()


async def test_a_coin_is_given_to_a_strategy(window: QWidget) -> None:
    async with ready() as scene:
        dialog = SwapDialog(scene.context, scene.desk.engine.card(NAME), window)
        dialog.open()
        answers: list[Outcome] = []
        dialog.answered.connect(answers.append)
        dialog.how.setCurrentIndex(1)
        dialog.yes.click()
        assert answers[0].ok
        assert "(keep)" in answers[0].sentence
