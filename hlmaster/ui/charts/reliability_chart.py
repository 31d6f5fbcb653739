"""The reliability diagram: how often calls came true, against how sure they said they were."""

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from hlmaster.insight.calibration.record import Bin
from hlmaster.ui.charts.palette import ChartPalette, Typefaces, faded

LEFT, BELOW, ROOM = 44, 36, 10
MARKS = (0.0, 0.25, 0.5, 0.75, 1.0)
EMPTY = "No scored calls yet"


class ReliabilityChart(QWidget):
    """A point on the diagonal keeps its word; below it was too sure, above too modest. Bars are 95 % intervals."""

    def __init__(self, palette: ChartPalette, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bins: tuple[Bin, ...] = ()
        self.setMinimumSize(220, 190)
        self.set_palette(palette)
        self.show_bins(())

    def set_palette(self, palette: ChartPalette) -> None:
        self._colours, self._fonts = palette, Typefaces(palette)
        self.update()

    def show_bins(self, bins: Sequence[Bin]) -> None:
        self._bins = tuple(bins)
        said = (f"said {one.confidence:.0%}, came true {one.hits.value:.0%} of {one.calls}" for one in self._bins)
        self.setAccessibleName(f"Reliability diagram: {'; '.join(said) or EMPTY}")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        area = QRectF(self.rect()).adjusted(LEFT, ROOM, -ROOM, -BELOW)
        self._paint_axes(painter, area)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.setPen(QPen(QColor(self._colours.faint), 1, Qt.PenStyle.DashLine))
        painter.drawLine(area.bottomLeft(), area.topRight())
        if self._bins:
            self._paint_bins(painter, area)
        else:
            painter.setFont(self._fonts.words)
            painter.setPen(QColor(self._colours.muted))
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, EMPTY)
        painter.end()

    def _paint_axes(self, painter: QPainter, area: QRectF) -> None:
        painter.fillRect(self.rect(), QColor(self._colours.background))
        painter.setFont(self._fonts.small)
        for mark in MARKS:
            x, y = round(area.left() + mark * area.width()), round(area.bottom() - mark * area.height())
            painter.setPen(QColor(self._colours.grid))
            painter.drawLine(x, int(area.top()), x, int(area.bottom()))
            painter.drawLine(int(area.left()), y, int(area.right()), y)
            painter.setPen(QColor(self._colours.muted))
            text, right = f"{mark:.0%}", Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(QRectF(0, y - 8, LEFT - 6, 16), right, text)
            end = Qt.AlignmentFlag.AlignRight if mark == 1 else Qt.AlignmentFlag.AlignHCenter
            box = QRectF(x - 36, area.bottom() + 3, 36 if mark == 1 else 72, 14)
            painter.drawText(box, end, text)
        painter.setFont(self._fonts.caption)
        below = QRectF(area.left(), self.height() - 16, area.width(), 14)
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, "CONFIDENCE SAID")
        painter.drawText(QPointF(area.left() + 6, area.top() + 14), "CAME TRUE")

    def _paint_bins(self, painter: QPainter, area: QRectF) -> None:
        most = max(one.calls for one in self._bins)
        for one in self._bins:
            x = area.left() + one.confidence * area.width()
            low, value, high = (
                area.bottom() - it * area.height() for it in (one.hits.low, one.hits.value, one.hits.high)
            )
            painter.setPen(QPen(faded(self._colours.accent, 0.55), 2))
            painter.drawLine(QPointF(x, low), QPointF(x, high))
            radius = 3.0 + 4.0 * (one.calls / most) ** 0.5
            painter.setPen(QPen(QColor(self._colours.background), 1.5))
            painter.setBrush(QColor(self._colours.accent))
            painter.drawEllipse(QPointF(x, value), radius, radius)
            painter.setFont(self._fonts.small)
            painter.setPen(QColor(self._colours.muted))
            painter.drawText(QPointF(x + radius + 3, value - 4), f"{one.calls}")
