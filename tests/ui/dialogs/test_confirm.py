from __future__ import annotations

import asyncio

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from hlmaster.ui.dialogs.confirm import Confirm, ask


async def opened(parent: QWidget) -> Confirm:
    await asyncio.sleep(0)  # the question is put in the task's first step
    dialog = parent.findChild(Confirm)
    assert dialog is not None
    return dialog


@pytest.fixture
def parent(qtbot: QtBot) -> QWidget:
    widget = QWidget()
    qtbot.addWidget(widget)
    return widget


@pytest.mark.parametrize(("button", "answer"), [("yes", True), ("no", False)])
async def test_the_answer_is_the_button_pressed(qtbot: QtBot, parent: QWidget, button: str, answer: bool) -> None:
    task = asyncio.create_task(ask(parent, "Flatten?", "All of it.", "Flatten"))
    getattr(await opened(parent), button).click()
    assert await task is answer


async def test_escape_is_no(qtbot: QtBot, parent: QWidget) -> None:
    task = asyncio.create_task(ask(parent, "Flatten?", "All of it."))
    (await opened(parent)).reject()
    assert await task is False


async def test_what_is_dangerous_is_not_on_enter(qtbot: QtBot, parent: QWidget) -> None:
    task = asyncio.create_task(ask(parent, "Flatten?", "All of it.", danger=True))
    dialog = await opened(parent)
    assert dialog.no.isDefault()
    dialog.reject()
    await task


async def test_giving_up_the_wait_closes_the_question(qtbot: QtBot, parent: QWidget) -> None:
    task = asyncio.create_task(ask(parent, "Flatten?", "All of it."))
    dialog = await opened(parent)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not isValid(dialog) or not dialog.isVisible()
