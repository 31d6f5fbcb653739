"""A slider from nothing to all of what is possible; it follows what is typed elsewhere without answering back."""

from __future__ import annotations

from decimal import Decimal

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QSlider, QWidget

PAGE = 5
ALL = 100


class ShareSlider(QSlider):
    """Per cent. ``chosen`` comes from hands alone, never from ``follow``; the wheel scrolls what lies around it."""

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setRange(0, ALL)
        self.setPageStep(PAGE)
        self._follows = False
        self.valueChanged.connect(self._on_value)

    def follow(self, share: Decimal | None) -> None:
        """Show a share that came about otherwise; not while the handle is held."""
        if self.isSliderDown():
            return
        self._follows = True
        self.setValue(round(min(max(share or Decimal(0), Decimal(0)), Decimal(ALL))))
        self._follows = False

    def _on_value(self, value: int) -> None:
        if not self._follows:
            self.chosen.emit(value)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()
