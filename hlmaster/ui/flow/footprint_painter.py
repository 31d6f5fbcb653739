"""A footprint's picture: cells of what was sold and bought, imbalances, points of control, sums underneath."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen

from hlmaster.core.events import CandleRow
from hlmaster.market.flow.footprint import Footprint, imbalances
from hlmaster.market.flow.grid import PriceGrid
from hlmaster.ui import figures
from hlmaster.ui.charts.figures import compact
from hlmaster.ui.charts.palette import faded
from hlmaster.ui.flow.footprint_frame import BOTH, CANDLES, FOOT, NET, SHADES, FootprintFrame
from hlmaster.ui.ink import Ink, colour
from hlmaster.ui.theme import Theme, mixed, text_font

LINE = 16
STICK = 7
"""Pixels at the left of a candle for its shape."""
BEGINS = "Footprints begin here: who bought and who sold in the past is kept by nobody."
TOO_FAR = "Too many candles for cells: zoom in (+). Until then they are coloured by their delta."


@dataclass(slots=True)
class FootprintPainter:
    """Paints one frame; made anew for each."""

    painter: QPainter
    theme: Theme
    ink: Ink
    strong: Ink
    frame: FootprintFrame
    grid: PriceGrid
    plot: QRectF
    width: float
    decimals: int
    zone: tzinfo | None
    mid: float | None

    def paint(self, hover: QPointF | None) -> None:
        painter, frame = self.painter, self.frame
        painter.save()
        painter.setClipRect(self.plot)
        heard = [place for place, (_, made, _) in enumerate(frame.shown) if made is not None]
        for place, (_, made, candle) in enumerate(frame.shown):
            left = frame.left_of(place, self.plot)
            if made is not None:
                self._paint_cells(made, left)
            if candle is not None:
                self._paint_candle(candle, made, left)
        self._paint_mid()
        self._paint_words(heard)
        painter.restore()
        self._paint_foot()
        self._paint_prices()
        if hover is not None and self.plot.contains(hover):
            self._paint_hover(hover)

    # --- a candle ---

    def _paint_cells(self, made: Footprint, left: float) -> None:
        frame, painter, theme = self.frame, self.painter, self.theme
        if made.partial.startswith("a gap"):
            area = QRectF(left, self.plot.top(), frame.pitch, self.plot.height())
            painter.fillRect(area, QBrush(faded(theme.faint, 0.35), Qt.BrushStyle.BDiagPattern))
        if frame.detail == CANDLES or not len(made.rows):
            return
        rows = made.rows
        area_of = rows.value_area()
        sellers, buyers = imbalances(rows)
        most = float(rows.volume.max())
        start, width = left + STICK, frame.pitch - STICK - 2
        for index in range(len(rows)):
            volume = float(rows.volume[index])
            if volume <= 0:
                continue
            row = rows.first + index - frame.low
            top, bottom = frame.top_of(row, self.plot), frame.top_of(row - 1, self.plot)
            cell = QRectF(start, top, width, bottom - top - 1)
            sold, bought = float(rows.sold[index]), float(rows.bought[index])
            share = 0.10 + 0.38 * volume / most
            tone = theme.up if bought >= sold else theme.down
            painter.fillRect(cell, colour(mixed(tone, theme.panel, round(share, 2))))
            if frame.detail == BOTH:
                self._write_both(cell, sold, bought, sells=bool(sellers[index]), buys=bool(buyers[index]))
            elif frame.detail == NET:
                self._write_net(cell, bought - sold, strong=bool(sellers[index] or buyers[index]))
            if area_of is not None and index == area_of[0]:
                painter.setPen(QPen(colour(theme.warning), 1))
                painter.drawRect(cell.adjusted(0, 0, -1, -1))
        if area_of is not None and frame.detail >= SHADES:
            top = frame.top_of(rows.first + area_of[2] - frame.low, self.plot)
            bottom = frame.top_of(rows.first + area_of[1] - 1 - frame.low, self.plot)
            painter.fillRect(QRectF(start + width, top, 1.5, bottom - top - 1), colour(theme.muted))

    def _write_both(self, cell: QRectF, sold: float, bought: float, *, sells: bool, buys: bool) -> None:
        """What was sold at the left, what was bought at the right of the middle; the imbalanced side in its colour."""
        middle, top = cell.center().x(), cell.top() + (cell.height() - self.ink.height) / 2
        left = QRectF(cell.left(), cell.top(), cell.width() / 2, cell.height())
        for text, is_strong, tone, half in (
            (amount(sold), sells, self.theme.down, left),
            (amount(bought), buys, self.theme.up, left.translated(left.width(), 0)),
        ):
            ink = self.strong if is_strong else self.ink
            if is_strong:
                self.painter.fillRect(half, colour(tone))
            ink.use(self.painter, self.theme.on_colour if is_strong else self._quiet(text))
            if half is left:
                ink.right(self.painter, text, middle - 4, top)
            else:
                ink.left(self.painter, text, middle + 4, top)
        self.painter.setPen(faded(self.theme.muted, 0.6))
        self.painter.drawLine(QPointF(middle, cell.top() + 3), QPointF(middle, cell.bottom() - 3))

    def _quiet(self, text: str) -> str:
        return self.theme.faint if text == "0" else self.theme.text

    def _write_net(self, cell: QRectF, delta: float, *, strong: bool) -> None:
        ink = self.strong if strong else self.ink
        if strong:
            self.painter.fillRect(cell, colour(self.theme.up if delta >= 0 else self.theme.down))
        ink.use(self.painter, self.theme.on_colour if strong else self.theme.text)
        text = brief(delta)
        if ink.width(text) < cell.width():
            ink.right(self.painter, text, cell.right() - 2, cell.top() + (cell.height() - ink.height) / 2)

    def _paint_candle(self, candle: CandleRow, made: Footprint | None, left: float) -> None:
        frame, painter, theme = self.frame, self.painter, self.theme
        opened, high, low, close = (self._y(price) for price in (candle.open, candle.high, candle.low, candle.close))
        tone = theme.up if candle.close >= candle.open else theme.down
        width, middle = 4.0, left + 3.0
        if frame.detail == CANDLES or made is None:
            width = max(1.0, min(frame.pitch - 3.0, 9.0))
            middle = left + frame.pitch / 2
        if frame.detail == CANDLES and made is not None:
            tone = theme.up if made.delta >= 0 else theme.down
        shade = faded(tone, 0.35) if made is None else QColor(tone)
        painter.setPen(QPen(shade, 1))
        painter.drawLine(QPointF(round(middle), high), QPointF(round(middle), low))
        top, bottom = min(opened, close), max(opened, close)
        painter.fillRect(QRectF(round(middle - width / 2), top, width, max(bottom - top, 1.0)), shade)

    def _y(self, price: float) -> float:
        """A price's own tick lies in the middle of its part of the row."""
        return self.frame.y_of(self.grid.units(price) + 0.5, self.plot)

    def _paint_mid(self) -> None:
        if self.mid is not None:
            y = round(self._y(self.mid))
            self.painter.setPen(QPen(faded(self.theme.accent, 0.9), 1, Qt.PenStyle.DotLine))
            self.painter.drawLine(int(self.plot.left()), y, int(self.plot.right()), y)

    def _paint_words(self, heard: list[int]) -> None:
        painter, plot = self.painter, self.plot
        painter.setFont(text_font(self.theme.font_pixels))
        painter.setPen(colour(self.theme.muted))
        begun = self.frame.left_of(heard[0], plot) if heard else plot.right()
        before = QRectF(plot.left(), plot.top(), begun - plot.left(), plot.height())
        if self.frame.detail == CANDLES:
            self._tell(plot, TOO_FAR)
        elif before.width() > 130:
            self._tell(before, BEGINS)

    def _tell(self, room: QRectF, sentence: str) -> None:
        """At the top, on a ground of its own: candles are behind it."""
        top = Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap
        box = self.painter.boundingRect(room.adjusted(12, 8, -12, 0), top, sentence)
        self.painter.fillRect(box.adjusted(-6, -3, 6, 3), faded(self.theme.panel, 0.88))
        self.painter.drawText(box, top, sentence)

    # --- underneath and beside ---

    def _paint_foot(self) -> None:
        painter, theme, frame, plot = self.painter, self.theme, self.frame, self.plot
        area = QRectF(0, plot.bottom(), self.width, FOOT)
        painter.fillRect(area, colour(theme.panel))
        painter.setPen(colour(theme.border))
        painter.drawLine(area.topLeft(), area.topRight())
        sums = [made for _, made, _ in frame.shown if made is not None]
        most = max((abs(made.delta) for made in sums), default=0.0) or 1.0
        fullest = max((made.sold + made.bought for made in sums), default=0.0) or 1.0
        painter.save()
        painter.setClipRect(QRectF(0, plot.bottom(), plot.right(), FOOT))
        last_text = plot.left()
        for place, (open_ms, made, _) in enumerate(frame.shown):
            left = frame.left_of(place, plot)
            if made is not None:
                tone = theme.up if made.delta >= 0 else theme.down
                self._paint_sum(
                    left, 0, self._sum_text(made.delta, partial=bool(made.partial)), tone, abs(made.delta) / most
                )
                self._paint_sum(
                    left, 1, amount(made.sold + made.bought), theme.accent, (made.sold + made.bought) / fullest
                )
            clock = figures.clock(open_ms, self.zone)[:5]
            if left >= last_text and self.ink.width(clock) < plot.right() - left:
                self.ink.use(painter, theme.muted)
                self.ink.left(painter, clock, left + 2, plot.bottom() + 2 * LINE + 3)
                last_text = left + self.ink.width(clock) + 10
        painter.restore()
        if self.width - plot.right() > 40:
            for row, caption in enumerate(("delta", "volume")):
                self.ink.use(painter, theme.faint)
                self.ink.right(painter, caption, self.width - 5, plot.bottom() + 2 + row * LINE)

    def _sum_text(self, delta: float, *, partial: bool) -> str:
        """As exact as the column is wide."""
        sign = "~" if partial else ""
        exact = f"{sign}{'+' if delta > 0 else ''}{amount(delta)}"
        return exact if self.ink.width(exact) + 3 <= self.frame.pitch - 2 else f"{sign}{brief(delta)}"

    def _paint_sum(self, left: float, row: int, text: str, tone: str, share: float) -> None:
        frame = self.frame
        cell = QRectF(left + 1, self.plot.bottom() + 2 + row * LINE, frame.pitch - 2, LINE - 1)
        self.painter.fillRect(cell, colour(mixed(tone, self.theme.panel, round(0.08 + 0.4 * share, 2))))
        if self.ink.width(text) + 3 <= cell.width():
            self.ink.use(self.painter, self.theme.text)
            self.ink.right(self.painter, text, cell.right() - 2, cell.top() + (cell.height() - self.ink.height) / 2)

    def _paint_prices(self) -> None:
        frame, plot, theme = self.frame, self.plot, self.theme
        axis = QRectF(plot.right(), 0, self.width - plot.right(), plot.bottom())
        self.painter.fillRect(axis, colour(theme.panel))
        mid = None if self.mid is None else self._y(self.mid)
        every = max(1, int(np.ceil(18 / (plot.height() / frame.rows))))
        for row in range(frame.rows):
            y = (frame.top_of(row, plot) + frame.top_of(row - 1, plot)) / 2
            if (row + frame.low) % every or (mid is not None and abs(mid - y) < 14):
                continue
            self._write_price(self.grid.price((frame.low + row) * frame.step), y, theme.muted)
        if self.mid is not None and mid is not None and plot.top() < mid < plot.bottom():
            self.painter.fillRect(QRectF(axis.left(), mid - 8, axis.width(), 16), colour(theme.accent))
            self._write_price(self.mid, mid, theme.on_colour)

    def _write_price(self, price: float, y: float, tone: str) -> None:
        self.ink.use(self.painter, tone)
        self.ink.right(self.painter, figures.fixed(price, self.decimals), self.width - 5, y - self.ink.height / 2)

    # --- under the mouse ---

    def _paint_hover(self, at: QPointF) -> None:
        painter, plot, theme, frame = self.painter, self.plot, self.theme, self.frame
        place = len(frame.shown) - 1 - int((plot.right() - at.x()) // frame.pitch)
        if not 0 <= place < len(frame.shown):
            return
        row = int((plot.bottom() - at.y()) * frame.rows / plot.height())
        lines = self.read(place, row + frame.low)
        width = max(self.ink.width(text) for text in lines) + 12
        height = len(lines) * (self.ink.height + 1) + 6
        x = plot.left() + 4 if at.x() > plot.center().x() else plot.right() - width - 4
        box = QRectF(x, plot.top() + 4, width, height)
        painter.fillRect(box, faded(theme.panel, 0.92))
        painter.setPen(colour(theme.border))
        painter.drawRect(box)
        for line, text in enumerate(lines):
            self.ink.use(painter, theme.text if line else theme.muted)
            self.ink.left(painter, text, box.left() + 6, box.top() + 3 + line * (self.ink.height + 1))
        top = frame.top_of(row, plot)
        painter.setPen(QPen(colour(theme.text), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(
            QRectF(frame.left_of(place, plot) + STICK, top, frame.pitch - STICK - 3, plot.height() / frame.rows - 2)
        )

    def read(self, place: int, row: int) -> list[str]:
        """Candle and row, and what was traded there; ``row`` counts from price zero."""
        open_ms, made, _ = self.frame.shown[place]
        low = figures.fixed(self.grid.price(row * self.frame.step), self.decimals)
        lines = [figures.clock(open_ms, self.zone)[:5], low]
        if made is None:
            return [*lines, "before we listened"]
        index = row - made.rows.first
        if 0 <= index < len(made.rows):
            sold, bought = float(made.rows.sold[index]), float(made.rows.bought[index])
            lines += [f"sold {compact(sold)}", f"bought {compact(bought)}", f"delta {_signed(bought - sold)}"]
        return [*lines, f"partial: {made.partial}"] if made.partial else lines


def amount(value: float) -> str:
    """Of a cell, in a column where points stand under points: 0.40 and 12.0; a plain 0 is nothing at all."""
    size = abs(value)
    if not 0 < size < 99.95:
        return compact(value)
    return f"{value:.{1 if size >= 9.995 else 2}f}"


def brief(value: float) -> str:
    """Signed, and as short as may be: +99, -1.2k, +8.7."""
    size = abs(value)
    text = compact(value) if size >= 999.5 else f"{value:.{0 if size >= 9.95 else 1}f}"
    return f"+{text}" if value > 0 else text


def _signed(value: float) -> str:
    text = compact(value)
    return f"+{text}" if value > 0 and text != "0" else text
