"""A question with two buttons that is awaited; the window goes on meanwhile."""

from __future__ import annotations

import asyncio

from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

WIDTH = 420


class Confirm(QDialog):
    """``answer`` is done once: True for yes; False for no, Escape, or a window that closes meanwhile."""

    def __init__(
        self, parent: QWidget | None, title: str, sentence: str, yes: str, no: str = "Cancel", *, danger: bool = False
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setFixedWidth(WIDTH)
        self.answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        heading, text = QLabel(title), QLabel(sentence)
        heading.setProperty("role", "brand")
        text.setWordWrap(True)
        self.yes, self.no = QPushButton(yes), QPushButton(no)
        self.yes.setProperty("role", "danger" if danger else "primary")
        (self.no if danger else self.yes).setDefault(True)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.no)
        buttons.addWidget(self.yes)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 16, 18, 14)
        layout.setSpacing(10)
        layout.addWidget(heading)
        layout.addWidget(text)
        self.middle = QVBoxLayout()
        layout.addLayout(self.middle)
        layout.addSpacing(6)
        layout.addLayout(buttons)
        self.yes.clicked.connect(self.accept)
        self.no.clicked.connect(self.reject)
        answer = self.answer
        self.finished.connect(lambda result: _settle(answer, result == QDialog.DialogCode.Accepted))
        self.destroyed.connect(lambda: _settle(answer, False))


def _settle(answer: asyncio.Future[bool], value: bool) -> None:
    if not answer.done():
        answer.set_result(value)


async def ask(
    parent: QWidget | None, title: str, sentence: str, yes: str = "Yes", no: str = "Cancel", *, danger: bool = False
) -> bool:
    """With ``danger`` Enter means no. Cancelling the wait closes the question."""
    dialog = Confirm(parent, title, sentence, yes, no, danger=danger)
    dialog.open()
    return await answered(dialog)


async def answered(dialog: Confirm) -> bool:
    """What a question that is shown is answered with; it goes then."""
    answer = dialog.answer
    dialog.finished.connect(dialog.deleteLater)
    try:
        return await answer
    except asyncio.CancelledError:
        dialog.reject()
        raise
