"""A decision that takes typing: a sentence, word for word, so that it is never made by reflex."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QLineEdit, QWidget

from hlmaster.ui.dialogs.question import Question


class TypedSentenceDialog(Question):
    """``typed`` carries the text once it is the sentence; spaces and a full stop at the end do not matter."""

    HELP = "risk_limits"
    typed = Signal(str)

    def __init__(self, title: str, why: str, sentence: str, yes: str, parent: QWidget | None = None) -> None:
        super().__init__(parent, title, why, yes)
        self._sentence = sentence
        shown = QLabel(f"Type: {sentence}")
        shown.setProperty("role", "number")
        shown.setWordWrap(True)
        self.line = QLineEdit()
        self.line.setAccessibleName(f"Type exactly: {sentence}")
        for widget in (shown, self.line):
            self.middle.addWidget(widget)
        self.yes.setEnabled(False)
        self.line.textChanged.connect(lambda _: self.yes.setEnabled(self._is_typed()))
        self.line.setFocus()

    def _is_typed(self) -> bool:
        return " ".join(self.line.text().split()).rstrip(".") == self._sentence

    def answer(self) -> None:
        self.typed.emit(self.line.text())
        self.accept()
