"""Locking oneself out: for how long no order is sent by hand."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QWidget

from hlmaster.ui.dialogs.question import Question

WHAT = (
    "You open nothing by hand until it ends. Closing, stops and cancels go on. Ending it earlier takes a typed "
    "sentence and a wait."
)
TIMES = (("30 minutes", 30), ("2 hours", 120), ("8 hours", 480), ("1 day", 1_440), ("1 week", 10_080))


class LockoutDialog(Question):
    """``chosen`` carries minutes."""

    HELP = "risk_limits"
    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, "Lock me out", WHAT, "Lock", careful=True)
        self.time = QComboBox()
        self.time.setAccessibleName("For how long")
        for words, minutes in TIMES:
            self.time.addItem(words, minutes)
        self.time.setCurrentIndex(1)
        self.middle.addWidget(self.time)
        self.time.setFocus()

    def answer(self) -> None:
        self.chosen.emit(int(self.time.currentData()))
        self.accept()
