"""The frame of every small question: a heading, a sentence, what is asked, and two buttons."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from hlmaster.ui.dialogs.frames import FittedDialog

WIDTH = 460


class Question(FittedDialog):
    """``middle`` holds what is asked. Yes calls ``answer``, which accepts; no, and Escape, reject.

    ``careful``: Enter means no as long as no button was chosen by hand.
    """

    HELP = "window"

    def __init__(
        self,
        parent: QWidget | None,
        title: str,
        sentence: str = "",
        yes: str = "OK",
        no: str = "Cancel",
        *,
        heading: str = "",
        careful: bool = False,
        width: int = WIDTH,
    ) -> None:
        """``heading``: over the sentence, where it is not the title."""
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setFixedWidth(width)
        head, self.text = QLabel(heading or title), QLabel(sentence)
        head.setProperty("role", "brand")
        for label in (head, self.text):
            label.setWordWrap(True)
        self.text.setVisible(bool(sentence))
        self.yes, self.no = QPushButton(yes), QPushButton(no)
        self.yes.setProperty("role", "primary")
        (self.no if careful else self.yes).setDefault(True)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        for button in (self.no, self.yes):
            button.setMinimumWidth(84)
            buttons.addWidget(button)
        self.middle = QVBoxLayout()
        self.middle.setSpacing(8)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 16, 18, 14)
        layout.setSpacing(10)
        layout.addWidget(head)
        layout.addWidget(self.text)
        layout.addLayout(self.middle)
        layout.addSpacing(6)
        layout.addLayout(buttons)
        if careful:
            self.no.setFocus()
        self.yes.clicked.connect(self.answer)
        self.no.clicked.connect(self.reject)

        for button in (self.yes, self.no):
            button.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A key that is held down since before the question came is no answer to it."""
        return isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress and event.isAutoRepeat()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not event.isAutoRepeat():
            super().keyPressEvent(event)

    def answer(self) -> None:
        """What a yes does."""
        self.accept()
