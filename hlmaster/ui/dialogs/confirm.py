"""A question with two buttons that is awaited; the window goes on meanwhile."""

from __future__ import annotations

import asyncio

from PySide6.QtWidgets import QDialog, QWidget

from hlmaster.ui.dialogs.question import Question

WIDTH = 420


class Confirm(Question):
    """``reply`` is done once: True for yes; False for no, Escape, or a window that closes meanwhile."""

    def __init__(
        self,
        parent: QWidget | None,
        title: str,
        sentence: str,
        yes: str,
        no: str = "Cancel",
        *,
        danger: bool = False,
        heading: str = "",
    ) -> None:
        super().__init__(parent, title, sentence, yes, no, careful=danger, heading=heading, width=WIDTH)
        if danger:
            self.yes.setProperty("role", "danger")
        reply: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self.reply = reply
        self.finished.connect(lambda result: _settle(reply, result == QDialog.DialogCode.Accepted))
        self.destroyed.connect(lambda: _settle(reply, False))


def _settle(reply: asyncio.Future[bool], value: bool) -> None:
    if not reply.done():
        reply.set_result(value)


async def ask(
    parent: QWidget | None, title: str, sentence: str, yes: str = "Yes", no: str = "Cancel", *, danger: bool = False
) -> bool:
    """With ``danger`` Enter means no. Cancelling the wait closes the question."""
    dialog = Confirm(parent, title, sentence, yes, no, danger=danger)
    dialog.open()
    return await answered(dialog)


async def answered(dialog: Confirm) -> bool:
    """What a question that is shown is answered with; it goes then."""
    dialog.finished.connect(dialog.deleteLater)
    try:
        return await dialog.reply
    except asyncio.CancelledError:
        dialog.reject()
        raise
