"""Trades as discs whose area is their worth, drawn from pictures made once for each size."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap

LEAST, MOST = 2, 11
"""Radii in pixels; what would be smaller is not drawn."""


@lru_cache(maxsize=256)
def disc(radius: int, colour: str, edge: str, ratio: float) -> QPixmap:
    """A disc of 2 * radius + 2 pixels with an edge that parts it from a ground of its own colour."""
    side = 2 * radius + 2
    picture = QPixmap(round(side * ratio), round(side * ratio))
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    fill = QColor(colour)
    fill.setAlphaF(0.82)
    painter.setBrush(fill)
    painter.setPen(QPen(QColor(edge), 1.2))
    painter.drawEllipse(QPointF(side / 2, side / 2), radius, radius)
    painter.end()
    return picture


def radius_of(worth: float, large: float) -> int:
    """``large`` is worth two thirds of the largest disc."""
    return min(MOST, round(MOST * 0.66 * (worth / large) ** 0.5)) if large > 0 else 0
