"""Locking oneself out: for how long no order is sent by hand."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

WIDTH = 420
TIMES = (("30 minutes", 30), ("2 hours", 120), ("8 hours", 480), ("1 day", 1_440), ("1 week", 10_080))


class LockoutDialog(QDialog):
    """``chosen`` carries minutes."""

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Lock me out")
        self.setFixedWidth(WIDTH)
        heading = QLabel("Lock me out")
        heading.setProperty("role", "brand")
        text = QLabel(
            "You open nothing by hand until it ends. Closing, stops and cancels go on. Ending it earlier takes a typed "
            "sentence and a wait."
        )
        text.setWordWrap(True)
        self.time = QComboBox()
        self.time.setAccessibleName("For how long")
        for words, minutes in TIMES:
            self.time.addItem(words, minutes)
        self.time.setCurrentIndex(1)
        self.yes, no = QPushButton("Lock"), QPushButton("Cancel")
        self.yes.setProperty("role", "primary")
        no.setDefault(True)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(no)
        buttons.addWidget(self.yes)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 16, 18, 14)
        layout.setSpacing(10)
        for widget in (heading, text, self.time):
            layout.addWidget(widget)
        layout.addLayout(buttons)
        self.yes.clicked.connect(self._choose)
        no.clicked.connect(self.reject)

    def _choose(self) -> None:
        self.chosen.emit(int(self.time.currentData()))
        self.accept()
