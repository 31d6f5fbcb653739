"""A line without axes, small enough for a table cell."""

import numpy as np
from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QPainter, QPen

from hlmaster.ui.charts.series import Floats
from hlmaster.ui.charts.strokes import trace


def paint_sparkline(painter: QPainter, rect: QRect, values: Floats, colour: QColor, width: float = 1.0) -> None:
    """Paint `values` (float64[n], NaN leaves a hole), lowest at the floor of `rect`, highest at its top.

    An array longer than the rectangle is wide is sampled, one value a pixel with the first and the last among them.
    Fewer than two values, or none that is finite, paint nothing; a flat line runs through the middle.
    """
    count, pixels = len(values), rect.width()
    if count < 2 or pixels < 2:
        return
    y = values if count <= pixels else values[np.arange(pixels) * (count - 1) // (pixels - 1)]
    if not np.isfinite(y).any():
        return
    x = np.linspace(0.0, pixels - 1.0, len(y))
    low, high = float(np.nanmin(y)), float(np.nanmax(y))
    share = (high - y) / (high - low) if high > low else y * 0 + 0.5
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setPen(QPen(colour, width))
    trace(painter, x + (rect.left() + 0.5), share * (rect.height() - 1) + (rect.top() + 0.5))
    painter.restore()
