"""Steps one a turn: dropped, finished at once, broken."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from hlmaster.ui.workspaces.turns import Turns


def test_steps_of_a_dropped_work_are_not_done_and_a_broken_one_ends(qtbot: QtBot) -> None:
    owner, done, heard = QObject(), [], []

    def work(name: str, *, breaks: bool = False) -> Iterator[None]:
        for step in range(3):
            if breaks and step:
                raise ValueError(name)
            done.append((name, step))
            yield

    turns = Turns(owner)
    turns.done.connect(lambda: heard.append(len(done)))
    turns.start(work("first"))
    turns.step()
    turns.start(work("second"))
    qtbot.waitUntil(lambda: not turns.is_under_way)
    assert done == [("first", 0), ("second", 0), ("second", 1), ("second", 2)]
    assert heard == [4]
    turns.start(work("third", breaks=True))
    turns.step()
    with pytest.raises(ValueError, match="third"):
        turns.finish()
    assert not turns.is_under_way
    assert heard == [4, 5]
