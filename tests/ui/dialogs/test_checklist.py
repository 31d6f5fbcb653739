"""Every sentence is ticked, or the answer is no; the window is not stopped meanwhile."""

from __future__ import annotations

import asyncio

from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from hlmaster.ui.dialogs.checklist import Checklist, all_ticked
from tests.ui.questions import met


async def test_yes_is_there_once_all_is_ticked(qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    task = asyncio.create_task(all_ticked(parent, "Buy 1 ETH", ("The stop is set.", "I am calm.")))
    dialog = await met(Checklist)
    assert not dialog.isModal()
    first, second = dialog.boxes
    first.setChecked(True)
    assert not dialog.yes.isEnabled()
    second.setChecked(True)
    dialog.yes.click()
    assert await task


async def test_leaving_it_is_no(qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    task = asyncio.create_task(all_ticked(parent, "Buy 1 ETH", ("The stop is set.",)))
    (await met(Checklist)).reject()
    assert not await task


async def test_no_sentences_ask_nothing() -> None:
    assert await all_ticked(None, "Buy 1 ETH", ())
