"""A decision that takes typing: a sentence, word for word, so that it is never made by reflex."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

WIDTH = 460


class TypedSentenceDialog(QDialog):
    """``typed`` carries the text once it is the sentence; spaces and a full stop at the end do not matter."""

    typed = Signal(str)

    def __init__(self, title: str, why: str, sentence: str, yes: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setFixedWidth(WIDTH)
        self._sentence = sentence
        heading, text, shown = QLabel(title), QLabel(why), QLabel(f"Type: {sentence}")
        heading.setProperty("role", "brand")
        shown.setProperty("role", "number")
        for label in (text, shown):
            label.setWordWrap(True)
        self.line = QLineEdit()
        self.line.setAccessibleName(f"Type exactly: {sentence}")
        self.yes, no = QPushButton(yes), QPushButton("Cancel")
        self.yes.setProperty("role", "primary")
        self.yes.setEnabled(False)
        no.setAutoDefault(False)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(no)
        buttons.addWidget(self.yes)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 16, 18, 14)
        layout.setSpacing(10)
        for widget in (heading, text, shown, self.line):
            layout.addWidget(widget)
        layout.addLayout(buttons)
        self.line.textChanged.connect(lambda _: self.yes.setEnabled(self._is_typed()))
        self.yes.clicked.connect(self._accept)
        no.clicked.connect(self.reject)

    def _is_typed(self) -> bool:
        return " ".join(self.line.text().split()).rstrip(".") == self._sentence

    def _accept(self) -> None:
        self.typed.emit(self.line.text())
        self.accept()
