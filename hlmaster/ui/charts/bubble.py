"""A few lines of words beside a point of the chart."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from hlmaster.ui.charts.frame import Frame

AWAY = 12.0
PAD_X, PAD_Y = 9.0, 5.0


def draw_bubble(
    painter: QPainter, frame: Frame, area: QRectF, at: QPointF, lines: Sequence[str], colour: str = ""
) -> None:
    """To the lower right of ``at``, or where there is room. ``colour``: of the border and the first line."""
    palette = frame.palette
    font = frame.fonts.small
    metrics = QFontMetricsF(font)
    width = max(metrics.horizontalAdvance(line) for line in lines) + 2 * PAD_X
    row = metrics.height()
    height = row * len(lines) + 2 * PAD_Y
    left = at.x() + AWAY if at.x() + AWAY + width <= area.right() else at.x() - AWAY - width
    top = at.y() + AWAY if at.y() + AWAY + height <= area.bottom() else at.y() - AWAY - height
    box = QRectF(max(left, area.left() + 2), max(top, area.top() + 2), width, height)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setPen(QPen(QColor(colour or palette.border), 1))
    painter.setBrush(QColor(palette.raised))
    painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setFont(font)
    for number, line in enumerate(lines):
        painter.setPen(QColor(colour if colour and not number else palette.text))
        place = QRectF(box.left() + PAD_X, box.top() + PAD_Y + number * row, width, row)
        painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, line)
