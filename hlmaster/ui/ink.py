"""Figures painted fast: laid out once, kept while they are in use, and drawn again in any colour."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QStaticText, QTransform

KEPT = 1_024
"""Texts: a few hundred are on the screen, and books and tapes come back to the same prices."""


@lru_cache(maxsize=256)
def colour(name: str) -> QColor:
    """Shared: read, do not change."""
    return QColor(name)


def as_figures(font: QFont) -> QFont:
    """This font, letter beside letter: figures have no ligatures, and finding none takes a third of writing them."""
    font.setStyleStrategy(QFont.StyleStrategy.PreferNoShaping)
    return font


class Ink:
    """Text in one monospaced font: ``use`` it, then write. ``top`` is the upper edge of a line."""

    def __init__(self, font: QFont) -> None:
        self.font = font
        metrics = QFontMetricsF(font)
        self.advance, self.height = metrics.horizontalAdvance("0"), metrics.height()
        self.ascent = metrics.ascent()
        self._laid_out = lru_cache(maxsize=KEPT)(self._lay_out)
        self._written: set[str] = set()

    def _lay_out(self, text: str) -> QStaticText:
        laid_out = QStaticText(text)
        laid_out.setTextFormat(Qt.TextFormat.PlainText)
        laid_out.setPerformanceHint(QStaticText.PerformanceHint.AggressiveCaching)
        laid_out.prepare(QTransform(), self.font)
        return laid_out

    def use(self, painter: QPainter, name: str) -> None:
        """Write in this colour from now on."""
        painter.setFont(self.font)
        painter.setPen(colour(name))

    def width(self, text: str) -> float:
        return len(text) * self.advance

    def left(self, painter: QPainter, text: str, x: float, top: float) -> None:
        painter.drawStaticText(QPointF(x, top), self._laid_out(text))

    def right(self, painter: QPainter, text: str, x: float, top: float) -> None:
        """Ending at ``x``."""
        painter.drawStaticText(QPointF(x - len(text) * self.advance, top), self._laid_out(text))

    def right_again(self, painter: QPainter, text: str, x: float, top: float) -> None:
        """Ending at ``x``, for a text that may or may not come back."""
        self.again(painter, text, x - len(text) * self.advance, top)

    def again(self, painter: QPainter, text: str, x: float, top: float) -> None:
        """``left`` for a text that may or may not come back: it is laid out and kept when it is written twice."""
        if text in self._written:
            painter.drawStaticText(QPointF(x, top), self._laid_out(text))
            return
        if len(self._written) >= KEPT:
            self._written.clear()
        self._written.add(text)
        painter.drawText(QPointF(x, top + self.ascent), text)
