"""Buttons side by side that go on in the next row where the width ends; they never widen what they stand in."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRect, QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

GAP = 6


class WrappingRow(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self._shown: tuple[QWidget, ...] = ()
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def put(self, widgets: Sequence[QWidget]) -> None:
        """These, in this order; others that were here stay its children, out of sight."""
        if self._shown != tuple(widgets):
            for gone in set(self._shown) - set(widgets):
                gone.hide()
            self._shown = tuple(widgets)
            for widget in widgets:
                if widget.parentWidget() is not self:
                    widget.setParent(self)
                widget.show()
            self.updateGeometry()
            self._place()

    def heightForWidth(self, width: int) -> int:
        places = self._places(width)
        return max((place.bottom() + 1 for place in places), default=0)

    def sizeHint(self) -> QSize:
        widths = [widget.sizeHint().width() for widget in self._shown]
        return QSize(sum(widths) + GAP * max(0, len(widths) - 1), self.heightForWidth(self.width()))

    def minimumSizeHint(self) -> QSize:
        return QSize(max((widget.sizeHint().width() for widget in self._shown), default=0), 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        for widget, place in zip(self._shown, self._places(self.width()), strict=True):
            widget.setGeometry(place)

    def _places(self, width: int) -> list[QRect]:
        """All as high as the highest of them."""
        places: list[QRect] = []
        height = max((widget.sizeHint().height() for widget in self._shown), default=0)
        corner = QPoint(0, 0)
        for widget in self._shown:
            size = QSize(widget.sizeHint().width(), height)
            if corner.x() and corner.x() + size.width() > width:
                corner = QPoint(0, corner.y() + height + GAP)
            places.append(QRect(corner, size))
            corner = corner + QPoint(size.width() + GAP, 0)
        return places
