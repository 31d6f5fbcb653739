"""A line without axes, small enough for a table cell."""

from functools import lru_cache

import numpy as np
from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QPainter, QPen

from hlmaster.ui.charts.series import Floats
from hlmaster.ui.charts.strokes import joined, lines

KEPT = 256
"""Lines that are kept worked out."""
NOTHING: Floats = np.empty((0, 4))


def paint_sparkline(painter: QPainter, rect: QRect, values: Floats, colour: QColor, width: float = 1.0) -> None:
    """Paint `values` (float64[n], NaN leaves a hole), lowest at the floor of `rect`, highest at its top.

    An array longer than the rectangle is wide is sampled, one value a pixel with the first and the last among them.
    Fewer than two values, or none that is finite, paint nothing; a flat line runs through the middle.
    """
    found = _line(values.tobytes(), rect.width(), rect.height())
    if len(found):
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.setPen(QPen(colour, width))
        painter.translate(rect.topLeft())
        lines(painter, found)
        painter.restore()


@lru_cache(KEPT)
def _line(values: bytes, width: int, height: int) -> Floats:
    """Its segments in a rectangle of that size; a table that is painted again has the same ones."""
    course = np.frombuffer(values)
    count = len(course)
    if count < 2 or width < 2:
        return NOTHING
    y = course if count <= width else course[np.arange(width) * (count - 1) // (width - 1)]
    if not np.isfinite(y).any():
        return NOTHING
    low, high = float(np.nanmin(y)), float(np.nanmax(y))
    share = (high - y) / (high - low) if high > low else y * 0 + 0.5
    return joined(np.linspace(0.5, width - 0.5, len(y)), (share * (height - 1) + 0.5)[np.newaxis])[0]
