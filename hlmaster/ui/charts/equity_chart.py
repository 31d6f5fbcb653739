"""The equity curve: what the account was worth, and how far below its best it stood."""

import math
from collections.abc import Sequence
from datetime import tzinfo

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QLinearGradient, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from hlmaster.ui import figures
from hlmaster.ui.charts.figures import round_values
from hlmaster.ui.charts.palette import ChartPalette, Typefaces, faded
from hlmaster.ui.charts.series import Floats, Times
from hlmaster.ui.charts.strokes import trace
from hlmaster.ui.charts.times import MINUTE, LocalTime, moment_text, time_ticks
from hlmaster.ui.charts.trade_dots import ClosedTrade, Dot, dot_at, dots
from hlmaster.ui.teaching import paint_lesson

EMPTY = (
    "No curve yet",
    "What the account is worth is drawn here as time goes by, with the falls from its highs below.",
)

TIME_HEIGHT = 20
DRAWDOWN_SHARE = 0.22
LEAST_HEIGHT_WITH_DRAWDOWN = 150
HEAD = 26.0
"""Pixels over the curve for the read-out."""
DOT = 3.5
WHOLE_DOLLARS = 6.0
"""A curve that spans more than this many dollars is labelled without cents."""
CENT = 0.01


def drawdown(equity: Floats) -> Floats:
    """float64[n]: equity against its highest so far, as a fraction of that: 0 at a high, -0.1 ten per cent below."""
    best = np.maximum.accumulate(equity)
    return np.divide(equity, best, out=np.ones_like(equity), where=best > 0) - 1.0


def fold(x: Floats, values: Floats) -> tuple[Floats, Floats]:
    """The lowest and the highest value of each whole pixel x, so that a long curve keeps its every spike."""
    starts = np.flatnonzero(np.diff(np.floor(x), prepend=-np.inf))
    if len(x) <= 2 * len(starts):
        return x, values
    pair = np.column_stack((np.minimum.reduceat(values, starts), np.maximum.reduceat(values, starts)))
    return np.repeat(np.floor(x[starts]), 2), pair.ravel()


class EquityChart(QWidget):
    """The whole history of equity, always in view. Times are UTC milliseconds, strictly rising; equity in dollars."""

    crosshair_moved = Signal(object)
    """(time_ms, equity, drawdown) of the point under the mouse; None when it leaves."""

    def __init__(self, parent: QWidget | None = None, palette: ChartPalette | None = None) -> None:
        super().__init__(parent)
        self._time: Times = np.empty(0, np.int64)
        self._equity: Floats = np.empty(0)
        self._count = 0
        self._drawdown_shown = True
        self._trades: tuple[ClosedTrade, ...] = ()
        self._cursor: float | None = None
        self._zone = LocalTime()
        self.setMouseTracking(True)
        self.setMinimumSize(160, 90)
        self.set_palette(palette or ChartPalette())

    def set_palette(self, palette: ChartPalette) -> None:
        self._colours, self._fonts = palette, Typefaces(palette)
        self.update()

    def set_time_zone(self, zone: tzinfo | None) -> None:
        self._zone = LocalTime(zone)
        self.update()

    @property
    def time_zone(self) -> tzinfo | None:
        return self._zone.zone

    def set_drawdown_shown(self, on: bool) -> None:
        self._drawdown_shown = on
        self.update()

    def set_points(self, time_ms: Times, equity: Floats) -> None:
        """Raises ValueError when the arrays differ in length or the times do not rise."""
        if len(time_ms) != len(equity):
            raise ValueError(f"The equity curve has {len(equity)} values for {len(time_ms)} times.")
        if np.any(time_ms[1:] <= time_ms[:-1]):
            raise ValueError("Times of the equity curve must rise strictly.")
        self._time, self._equity = np.array(time_ms, np.int64), np.array(equity, np.float64)
        self._count = len(self._time)
        self.update()

    def append_point(self, time_ms: int, equity: float) -> None:
        """Add a point, or replace the latest when it has the same time. Raises ValueError for an earlier time."""
        latest = int(self._time[self._count - 1]) if self._count else time_ms - 1
        if time_ms < latest:
            raise ValueError(f"The equity curve already ends at {latest} ms, after {time_ms} ms.")
        if time_ms > latest:
            if self._count == len(self._time):
                room = self._count // 2 + 256
                self._time = np.concatenate((self._time, np.empty(room, np.int64)))
                self._equity = np.concatenate((self._equity, np.empty(room)))
            self._count += 1
        self._time[self._count - 1], self._equity[self._count - 1] = time_ms, equity
        self.update()

    def set_trades(self, trades: Sequence[ClosedTrade]) -> None:
        """Mark closed trades on the curve; those beyond its ends are left out."""
        self._trades = tuple(sorted(trades, key=lambda trade: trade.time_ms))
        self.update()

    @property
    def time(self) -> Times:
        return self._time[: self._count]

    @property
    def _is_flat(self) -> bool:
        """Nothing has happened yet: a line says so, an area would look like a result."""
        return bool(np.ptp(self.equity) == 0)

    @property
    def equity(self) -> Floats:
        return self._equity[: self._count]

    # -- painting -----------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(self._colours.background))
        if self._count >= 2:
            curve, below = self._areas()
            x = self._x_of(self.time)
            self._paint_curve(painter, curve, x)
            if below.height():
                self._paint_drawdown(painter, below, x)
            self._paint_times(painter, curve.width())
            marks = self._dots()
            self._paint_dots(painter, curve, marks)
            self._paint_cursor(painter, curve, x, marks)
        painter.end()
        if self._count < 2:
            paint_lesson(self, *EMPTY, muted=self._colours.muted, faint=self._colours.faint)

    def _areas(self) -> tuple[QRectF, QRectF]:
        """Where the curve and the drawdown go; the latter has no height when it is not shown."""
        height = self.height() - TIME_HEIGHT
        below = 0
        if self._drawdown_shown and self.height() >= LEAST_HEIGHT_WITH_DRAWDOWN:
            below = round(height * DRAWDOWN_SHARE)
        width = self._plot_width()
        return QRectF(0, 0, width, height - below), QRectF(0, height - below, width, below)

    def _plot_width(self) -> float:
        spread = float(self.equity.max() - self.equity.min())
        decimals = 0 if spread > WHOLE_DOLLARS else 2
        longest = max(len(self._worth(value, decimals)) for value in (self.equity.max(), self.equity.min()))
        return max(self.width() - math.ceil(self._fonts.small_digit * max(longest, 6)) - 12.0, 40.0)

    def _x_of(self, times: Times) -> Floats:
        first, last = int(self.time[0]), int(self.time[-1])
        return np.asarray((times - first) * ((self._plot_width() - 1) / (last - first)), np.float64)

    def _rows(self, area: QRectF, values: Floats, low: float, high: float) -> Floats:
        rows: Floats = area.top() + (high - values) / (high - low) * area.height()
        return rows

    def _limits(self, area: QRectF) -> tuple[float, float]:
        low, high = float(self.equity.min()), float(self.equity.max())
        room = max(abs(high) * 1e-4, CENT) if self._is_flat else max((high - low) * 0.06, CENT)
        low, high = low - room, high + room
        return low, high + (high - low) * HEAD / max(area.height() - HEAD, 1.0)

    def _paint_curve(self, painter: QPainter, area: QRectF, x: Floats) -> None:
        low, high = self._limits(area)
        painter.setFont(self._fonts.small)
        decimals = 0 if high - low > WHOLE_DOLLARS else 2
        for value in round_values(low, high, max(2, int(area.height() / 48)), decimals):
            y = round(float(self._rows(area, np.array([value]), low, high)[0]))
            if HEAD - 4 < y < area.height() - 6:
                painter.setPen(QColor(self._colours.grid))
                painter.drawLine(0, y, int(area.width()), y)
                painter.setPen(QColor(self._colours.muted))
                self._paint_mark(painter, area, y, self._worth(value, decimals))
        px, py = fold(x, self._rows(area, self.equity, low, high))
        if self._is_flat:
            painter.setPen(QPen(faded(self._colours.accent, 0.6), 1.0))
            painter.drawLine(QPointF(px[0], py[0]), QPointF(px[-1], py[-1]))
            return
        shade = QLinearGradient(0, float(py.min()), 0, area.bottom())
        shade.setColorAt(0, faded(self._colours.accent, 0.30))
        shade.setColorAt(1, faded(self._colours.accent, 0.02))
        self._paint_area(painter, px, py, area.bottom(), QBrush(shade))
        folded = len(px) < self._count
        painter.setPen(QPen(QColor(self._colours.accent), 1.0 if folded else 1.5))
        trace(painter, px, py)

    def _paint_drawdown(self, painter: QPainter, area: QRectF, x: Floats) -> None:
        depth = drawdown(self.equity)
        deepest = min(float(depth.min()), -1e-4)
        has_fallen = bool(depth.min() < 0)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(QColor(self._colours.border))
        painter.drawLine(area.topLeft(), area.topRight())
        inner = area.adjusted(0, 1, 0, -4)
        if has_fallen:
            px, py = fold(x, self._rows(inner, depth, deepest, 0.0))
            self._paint_area(painter, px, py, inner.top(), faded(self._colours.down, 0.35))
            painter.setPen(QPen(QColor(self._colours.down), 1.0))
            trace(painter, px, py)
        painter.setFont(self._fonts.caption)
        words = QRectF(4, area.bottom() - 18, painter.fontMetrics().horizontalAdvance("DRAWDOWN") + 8, 15)
        painter.fillRect(words, faded(self._colours.background, 0.75))
        painter.setPen(QColor(self._colours.muted))
        painter.drawText(words, Qt.AlignmentFlag.AlignCenter, "DRAWDOWN")
        painter.setFont(self._fonts.small)
        painter.setPen(QColor(self._colours.muted))
        fall = f"{deepest * 100:.{1 if deepest < -1e-3 else 2}f}%" if has_fallen else "none"
        self._paint_mark(painter, area, area.bottom() - 9, fall)

    @staticmethod
    def _worth(value: float, decimals: int) -> str:
        return figures.HIDDEN if figures.Veil.is_drawn else f"{'-' if value < 0 else ''}${abs(value):,.{decimals}f}"

    def _paint_mark(self, painter: QPainter, area: QRectF, y: float, text: str) -> None:
        box = QRectF(area.right(), y - 8, self.width() - area.right() - 6, 16)
        painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)

    def _paint_area(self, painter: QPainter, x: Floats, y: Floats, base: float, brush: QBrush | QColor) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(brush)
        corners = [QPointF(float(x[-1]), base), QPointF(float(x[0]), base)]
        painter.drawPolygon(QPolygonF([*map(QPointF, x.tolist(), y.tolist()), *corners]))

    def _paint_times(self, painter: QPainter, width: float) -> None:
        pixels = np.arange(int(width))
        first, last = int(self.time[0]), int(self.time[-1])
        times = first + (pixels * (last - first) / max(len(pixels) - 1, 1)).astype(np.int64)
        every = max((last - first) // max(len(pixels), 1), 1)
        unit = self._fonts.small_digit
        for tick in time_ticks(times, pixels, int(unit * 12), self._zone, every, whole=True):
            half = unit * len(tick.text) / 2
            if half < tick.slot < width - half:
                painter.setFont(self._fonts.strong if tick.strong else self._fonts.small)
                painter.setPen(QColor(self._colours.text if tick.strong else self._colours.muted))
                box = QRectF(tick.slot - half - 6, self.height() - TIME_HEIGHT, 2 * half + 12, TIME_HEIGHT)
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, tick.text)

    def _dots(self) -> list[Dot]:
        first, last = int(self.time[0]), int(self.time[-1])
        seen = [trade for trade in self._trades if first <= trade.time_ms <= last]
        return dots(seen, self._x_of(np.array([trade.time_ms for trade in seen], np.int64)))

    def _paint_dots(self, painter: QPainter, area: QRectF, marks: list[Dot]) -> None:
        """Green for gains, red for losses, on the curve."""
        times = np.array([mark.trades[-1].time_ms for mark in marks], np.float64)
        rows = self._rows(area, np.interp(times, self.time, self.equity), *self._limits(area))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.setPen(QPen(QColor(self._colours.background), 1.5))
        for mark, y in zip(marks, rows.tolist(), strict=True):
            painter.setBrush(QColor(self._colours.up if mark.gain > 0 else self._colours.down))
            painter.drawEllipse(QPointF(mark.x, y), DOT, DOT)

    def _paint_cursor(self, painter: QPainter, area: QRectF, x: Floats, marks: list[Dot]) -> None:
        index = self._count - 1 if self._cursor is None else self._nearest(x)
        value, start = float(self.equity[index]), float(self.equity[0])
        change = value / start - 1 if start else 0.0
        cells = [(self._worth(value, 2), self._colours.text)]
        moved = figures.tone(round(change, 4))
        tone = {"up": self._colours.up, "down": self._colours.down}.get(moved, self._colours.muted)
        cells.append((figures.percent(change, signed=True), tone))
        if self._cursor is not None:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            painter.setPen(QPen(faded(self._colours.muted, 0.8), 1, Qt.PenStyle.DashLine))
            column = round(float(x[index]))
            painter.drawLine(column, int(HEAD) - 4, column, self.height() - TIME_HEIGHT)
            y = float(self._rows(area, self.equity[index : index + 1], *self._limits(area))[0])
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
            painter.setPen(QPen(QColor(self._colours.background), 2))
            painter.setBrush(QColor(self._colours.accent))
            painter.drawEllipse(QPointF(column, y), 4, 4)
            depth = float(drawdown(self.equity)[index])
            cells.append((f"DD {depth * 100:.2f}%", self._colours.down if depth else self._colours.muted))
            cells.append((moment_text(self._zone.at(int(self.time[index])), MINUTE), self._colours.muted))
            self._paint_trade(painter, area, dot_at(marks, self._cursor))
        painter.setFont(self._fonts.small)
        left = 8.0
        for text, colour in cells:
            painter.setPen(QColor(colour))
            painter.drawText(QPointF(left, 17), text)
            left += self._fonts.small_digit * (len(text) + 1.5)

    def _paint_trade(self, painter: QPainter, area: QRectF, dot: Dot | None) -> None:
        """What the trade under the mouse made."""
        if dot is None:
            return
        gain = self._worth(abs(dot.gain), 2)
        text = f"{dot.words}  {'+' if dot.gain > 0 else '-'}{gain}"
        painter.setFont(self._fonts.small)
        width = self._fonts.small_digit * len(text) + 14
        left = min(max(dot.x - width / 2, 2.0), area.width() - width - 2)
        box = QRectF(left, HEAD + 2, width, 20)
        painter.setPen(QColor(self._colours.border))
        painter.setBrush(QColor(self._colours.raised))
        painter.drawRoundedRect(box, 3, 3)
        painter.setPen(QColor(self._colours.up if dot.gain > 0 else self._colours.down))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    # -- mouse --------------------------------------------------------------------------------------------------

    def _nearest(self, x: Floats) -> int:
        return int(np.abs(x - (self._cursor or 0.0)).argmin())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._count >= 2:
            self._cursor = event.position().x()
            index = self._nearest(self._x_of(self.time))
            depth = float(drawdown(self.equity)[index])
            self.crosshair_moved.emit((int(self.time[index]), float(self.equity[index]), depth))
            self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._cursor = None
        self.crosshair_moved.emit(None)
        self.update()
        super().leaveEvent(event)
