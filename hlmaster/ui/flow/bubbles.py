"""Trades as discs whose area is their worth, drawn from pictures made once for each size."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap

from hlmaster.core.candles import Floats, Ints

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


def radii_of(worths: Floats, large: float) -> Ints:
    """In pixels; what is worth ``large`` has two thirds of the greatest."""
    return np.minimum(np.rint(MOST * 0.66 * np.sqrt(worths / large)), MOST).astype(np.int64)
