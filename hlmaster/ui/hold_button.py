"""A button that fires only when it is held: a bar fills it meanwhile, and letting go earlier does nothing."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, QVariantAnimation, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QPaintEvent, QPalette
from PySide6.QtWidgets import QPushButton, QStyle, QStyleOptionButton, QStylePainter, QWidget

from hlmaster.ui.palettes import is_bright

HOLD_MS = 1_000
ARMED_MS = 3_000
HINT_MS = 1_500
HINT = "KEEP HOLDING"
BAR, EDGE, SHADE_ALPHA = 4, 2, 70
"""Pixels of the bar and from the edges to it, and the shade over what is done, both behind the words."""


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
        self._hint = QTimer(self, singleShot=True, interval=HINT_MS)
        self._hint.timeout.connect(lambda: self.setText(self._says))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter is a key like the others: once asks, twice fires. Held down it is one press."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if not event.isAutoRepeat():
                self.press_key()
        else:
            super().keyPressEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        """What is out of sight is neither held nor asked for twice."""
        super().hideEvent(event)
        self.progress.stop()
        self._hint.stop()
        if self._armed.isActive():
            self.rest()

    def press_key(self) -> None:
        """The first press asks for a second one; the second one fires."""
        if not self.isEnabled():
            return
        if self._armed.isActive():
            self._fire()
            return
        self._armed.start()
        self._hint.stop()
        self.setText(self._again)

    def busy(self, text: str) -> None:
        """What was fired is under way."""
        self._hint.stop()
        self.setEnabled(False)
        self.setText(text)

    def rest(self) -> None:
        self._armed.stop()
        self.setEnabled(True)
        self.setText(self._says)

    def _fire(self) -> None:
        self.progress.stop()
        self._armed.stop()
        self._hint.stop()
        self.setText(self._says)
        self.update()
        self.fired.emit()

    def _let_go(self) -> None:
        """A click does nothing, and says why: who clicks here is in a hurry."""
        if self.progress.state() is QVariantAnimation.State.Running and not self._armed.isActive():
            self.setText(HINT)
            self._hint.start()
        self.progress.stop()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.progress.state() is not QVariantAnimation.State.Running:
            super().paintEvent(event)
            return
        share: float = self.progress.currentValue()
        bar, done = self.palette().color(QPalette.ColorRole.ButtonText), round(self.width() * share)
        shade = bar.darker(800) if is_bright(bar.name()) else bar.lighter(300)
        shade.setAlpha(SHADE_ALPHA)
        option, painter = QStyleOptionButton(), QStylePainter(self)
        self.initStyleOption(option)
        painter.drawControl(QStyle.ControlElement.CE_PushButtonBevel, option)
        painter.fillRect(0, 0, done, self.height(), shade)
        painter.fillRect(EDGE, self.height() - BAR - EDGE, max(0, done - 2 * EDGE), BAR, bar)
        painter.drawControl(QStyle.ControlElement.CE_PushButtonLabel, option)
        painter.end()
