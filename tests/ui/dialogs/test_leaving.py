from __future__ import annotations

from typing import get_args

import pytest
from pytestqt.qtbot import QtBot

from hlmaster.settings.sections import LeavePolicy
from hlmaster.ui.dialogs.leaving import CHOICES, STAY, LeavingDialog


def test_its_words_are_those_of_the_settings() -> None:
    assert {word for word, *_ in CHOICES} == set(get_args(LeavePolicy)) - {"ask"}


@pytest.mark.parametrize("word", ["keep", "cancel_entries", "flatten", STAY])
def test_each_button_decides_once(qtbot: QtBot, word: str) -> None:
    dialog = LeavingDialog(["0.42 ETH long"], [])
    qtbot.addWidget(dialog)
    said: list[str] = []
    dialog.decided.connect(said.append)
    dialog.open()
    dialog.buttons[word].click()
    assert said == [word]


def test_escape_is_stay(qtbot: QtBot) -> None:
    dialog = LeavingDialog([], ["Buy 1 ETH"])
    qtbot.addWidget(dialog)
    with qtbot.waitSignal(dialog.decided) as said:
        dialog.open()
        dialog.reject()
    assert said.args == [STAY]
