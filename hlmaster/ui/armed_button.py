"""A button that asks back in its own place: the first click arms it, a second one within three seconds acts."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QPushButton, QWidget

from hlmaster.ui.theme import restyle

ARMED_MS = 3_000


class ArmedButton(QPushButton):
    """``confirmed`` says that the user means it. ``needs_arming`` off makes it an ordinary button."""

    confirmed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.question = "Sure?"
        self.needs_arming = True
        self.is_armed = False
        self._says, self._role = "", ""
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(ARMED_MS)
        self._timer.timeout.connect(self.disarm)
        self.clicked.connect(self._on_click)

    def say(self, text: str, role: str) -> None:
        """What it reads and looks like while it is not armed."""
        self._says, self._role = text, role
        if not self.is_armed:
            self._wear(text, role)

    def _on_click(self) -> None:
        if self.needs_arming and not self.is_armed:
            self.is_armed = True
            self._wear(self.question, "danger")
            self._timer.start()
            return
        self.disarm()
        self.confirmed.emit()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """The second half of a double click is no answer to what the first half asked."""
        if not self.is_armed:
            super().mouseDoubleClickEvent(event)

    def disarm(self) -> None:
        self._timer.stop()
        if self.is_armed:
            self.is_armed = False
            self._wear(self._says, self._role)

    def _wear(self, text: str, role: str) -> None:
        if self.text() != text:
            self.setText(text)
        if self.property("role") != role:
            self.setProperty("role", role)
            restyle(self)
