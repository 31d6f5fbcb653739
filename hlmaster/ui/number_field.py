"""A field for one number: reads what people type, steps with the arrow keys, says what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QLineEdit, QWidget

from hlmaster.core.rounding import wire_text
from hlmaster.ui.theme import restyle
from hlmaster.ui.typed import Typed, read

BIG_STEP = 10
Step = Callable[[Decimal | None, int], Decimal | None]
"""(value, steps) to the stepped value; both None where there is nothing to step from."""


class NumberField(QLineEdit):
    """The dynamic property ``caption`` is drawn at the left, inside, and what ``set_aside`` says behind it where there
    is room. ``changed`` follows each edit."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.step: Step | None = None
        self._aside = ""
        self.setProperty("role", "number")
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setMaxLength(64)
        self.textChanged.connect(lambda _: self.changed.emit())

    def typed(self) -> Typed:
        return read(self.text())

    @property
    def value(self) -> Decimal | None:
        """None while it is empty or not a number."""
        return self.typed().value

    def set_value(self, value: Decimal | None) -> None:
        self.setText("" if value is None else wire_text(value))

    def set_caption(self, caption: str) -> None:
        if self.property("caption") != caption:
            self.setProperty("caption", caption)
            self.setAccessibleName(caption)
            self.update()

    def set_aside(self, text: str) -> None:
        """What the number comes to: ``≈ $1,700``."""
        if self._aside != text:
            self._aside = text
            self.setAccessibleDescription(text)
            self.update()

    def set_bad(self, bad: bool) -> None:
        if bool(self.property("bad")) != bad:
            self.setProperty("bad", bad)
            restyle(self)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self.step is None or event.key() not in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            super().keyPressEvent(event)
            return
        steps = 1 if event.key() == Qt.Key.Key_Up else -1
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            steps *= BIG_STEP
        if not self.typed().problem:
            stepped = self.step(self.value, steps)
            if stepped is not None:
                self.set_value(stepped)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        caption = self.property("caption") or ""
        used = self.fontMetrics().horizontalAdvance(self.text() or self.placeholderText())
        painter = QPainter(self)
        font = self.font()
        font.setFamilies(self.window().font().families())
        painter.setFont(font)
        room = self.width() - used - 24
        advance = painter.fontMetrics().horizontalAdvance
        if self._aside and advance(f"{caption}  {self._aside}") <= room:
            caption = f"{caption}  {self._aside}"
        if caption and advance(caption) <= room:
            colour = QColor(self.palette().color(QPalette.ColorRole.PlaceholderText))
            painter.setPen(colour)
            painter.drawText(QRect(8, 0, room, self.height()), Qt.AlignmentFlag.AlignVCenter, caption)
        painter.end()
