"""What an empty place says: a heading, and under it a sentence that teaches how it is filled."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter
from PySide6.QtWidgets import QWidget

from hlmaster.ui.sizes import GAP
from hlmaster.ui.theme import text_font

MARGIN = 16
WRAPPED = int(Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap)


def paint_lesson(on: QWidget, heading: str, sentence: str, *, muted: str, faint: str) -> None:
    """In the middle of the widget, a little above; both wrap where it is narrow. Within its paint event alone."""
    painter, font = QPainter(on), text_font()
    area, metrics = on.rect().adjusted(MARGIN, 0, -MARGIN, 0), QFontMetrics(font)
    head = metrics.boundingRect(area, WRAPPED, heading).height() + GAP
    whole = head + metrics.boundingRect(area, WRAPPED, sentence).height()
    top = max(GAP, min(area.height() - whole - GAP, (area.height() - whole) * 2 // 5))
    painter.setFont(font)
    painter.setPen(QColor(muted))
    painter.drawText(QRect(area.left(), top, area.width(), head), WRAPPED, heading)
    painter.setPen(QColor(faint))
    painter.drawText(QRect(area.left(), top + head, area.width(), area.height()), WRAPPED, sentence)
    painter.end()
