"""A button that fires only when it is held: a bar fills it meanwhile, and letting go earlier does nothing."""

from __future__ import annotations

from PySide6.QtCore import QTimer, QVariantAnimation, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QPushButton, QWidget

HOLD_MS = 1_000
ARMED_MS = 3_000
BAR_ALPHA = 150


class HoldButton(QPushButton):
    """``fired`` after ``HOLD_MS`` of mouse or space bar, or after a key's second press within ``ARMED_MS``."""

    fired = Signal()

    def __init__(self, text: str, again: str, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self._says, self._again = text, again
        self.progress = QVariantAnimation(self)
        self.progress.setStartValue(0.0)
        self.progress.setEndValue(1.0)
        self.progress.setDuration(HOLD_MS)
        self.progress.valueChanged.connect(lambda _: self.update())
        self.progress.finished.connect(self._fire)
        self.pressed.connect(self.progress.start)
        self.released.connect(self._let_go)
        self._armed = QTimer(self, singleShot=True, interval=ARMED_MS)
        self._armed.timeout.connect(self.rest)

    def press_key(self) -> None:
        """The first press asks for a second one; the second one fires."""
        if not self.isEnabled():
            return
        if self._armed.isActive():
            self._fire()
            return
        self._armed.start()
        self.setText(self._again)

    def busy(self, text: str) -> None:
        """What was fired is under way."""
        self.setEnabled(False)
        self.setText(text)

    def rest(self) -> None:
        self._armed.stop()
        self.setEnabled(True)
        self.setText(self._says)

    def _fire(self) -> None:
        self.progress.stop()
        self._armed.stop()
        self.setText(self._says)
        self.update()
        self.fired.emit()

    def _let_go(self) -> None:
        self.progress.stop()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.progress.state() is not QVariantAnimation.State.Running:
            return
        share: float = self.progress.currentValue()
        bar = self.palette().color(QPalette.ColorRole.ButtonText)
        bar.setAlpha(BAR_ALPHA)
        painter = QPainter(self)
        painter.fillRect(0, 0, round(self.width() * share), self.height(), bar)
        painter.end()
