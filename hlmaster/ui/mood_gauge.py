"""A mood between fear and greed, as a mark on a line."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from hlmaster.core.opinions import CoinSentiment
from hlmaster.insight.sentiment.features import FEAR, GREED
from hlmaster.ui.ink import colour
from hlmaster.ui.theme import Theme, text_font

TRACK, MARK, HEIGHT = 6, 6.0, 36
UNKNOWN = "Nothing is known of its mood."


class MoodGauge(QWidget):
    """The mark fades with the confidence; a line under the track spans the averages of 3, 7 and 14 days."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._seen: CoinSentiment | None = None
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(UNKNOWN)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def show_sentiment(self, seen: CoinSentiment | None) -> None:
        self._seen = seen
        if seen is None or seen.score is None:
            self.setAccessibleName(UNKNOWN)
        else:
            self.setAccessibleName(f"Mood of {seen.coin}: {seen.score:.2f} between 0, fear, and 1, greed")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(160, HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(80, HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, theme = QPainter(self), self._theme
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        track = QRectF(MARK, 7, self.width() - 2 * MARK, TRACK)
        score = None if self._seen is None else self._seen.score
        shades = QLinearGradient(track.topLeft(), track.topRight())
        for at, shade in ((0.0, theme.down), (0.5, theme.raised), (1.0, theme.up)):
            shades.setColorAt(at, QColor(shade if score is not None else theme.raised))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(shades)
        painter.drawRoundedRect(track, TRACK / 2, TRACK / 2)
        painter.setPen(QPen(colour(theme.faint), 1))
        for at in (FEAR, 0.5, GREED):
            x = round(track.left() + at * track.width()) + 0.5
            painter.drawLine(QPointF(x, track.bottom() + 2), QPointF(x, track.bottom() + 5))
        self._paint_words(painter, track)
        if score is not None:
            self._paint_marks(painter, track, score)
        painter.end()

    def _paint_words(self, painter: QPainter, track: QRectF) -> None:
        painter.setFont(text_font(self._theme.caption_pixels))
        painter.setPen(colour(self._theme.muted))
        line = QRectF(track.left(), track.bottom() + 7, track.width(), 14)
        for words, side in (
            ("fear", Qt.AlignmentFlag.AlignLeft),
            ("nothing", Qt.AlignmentFlag.AlignHCenter),
            ("greed", Qt.AlignmentFlag.AlignRight),
        ):
            painter.drawText(line, side, words)

    def _paint_marks(self, painter: QPainter, track: QRectF, score: float) -> None:
        theme, seen = self._theme, self._seen
        assert seen is not None
        before = [one for one in seen.averages if one is not None]
        if before:
            painter.setPen(QPen(colour(theme.muted), 2))
            left, right = (track.left() + at * track.width() for at in (min(before), max(before)))
            painter.drawLine(QPointF(left, track.top() - 4), QPointF(max(right, left + 2), track.top() - 4))
        fill = QColor(theme.text)
        fill.setAlphaF(min(1.0, 0.45 + 0.55 * (seen.confidence or 0.0)))
        painter.setPen(QPen(QColor(theme.panel), 2))
        painter.setBrush(fill)
        painter.drawEllipse(QPointF(track.left() + score * track.width(), track.center().y()), MARK, MARK)
