"""The heat map over its pixels: gaps, best prices, trades, own orders, axes and the read-out under the mouse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen

from hlmaster.core.candles import Floats
from hlmaster.market.flow.coin_flow import CoinFlow
from hlmaster.market.flow.heat import COLUMN_MS
from hlmaster.ui import figures
from hlmaster.ui.charts.figures import compact, round_values
from hlmaster.ui.charts.palette import faded
from hlmaster.ui.charts.strokes import trace
from hlmaster.ui.charts.times import LocalTime, time_ticks
from hlmaster.ui.flow.bubbles import LEAST, disc, radii_of
from hlmaster.ui.flow.flow_panel import WRAPPED
from hlmaster.ui.flow.heat_frame import TIME_HEIGHT, HeatFrame
from hlmaster.ui.flow.heat_picture import HeatPicture
from hlmaster.ui.ink import Ink, colour
from hlmaster.ui.theme import Theme, text_font

BEGINS = "The heat map begins here: nothing of the past is kept by the exchange."
LARGE_QUANTILE = 95.0


@dataclass(slots=True)
class HeatPainter:
    """Paints one frame; made anew for each."""

    painter: QPainter
    theme: Theme
    small: Ink
    flow: CoinFlow
    frame: HeatFrame
    picture: HeatPicture
    plot: QRectF
    width: float
    decimals: int
    zone: tzinfo | None

    def paint(self, orders: Sequence[tuple[float, bool]], hover: QPointF | None) -> None:
        """``orders``: prices of own resting orders, and whether they buy."""
        painter, plot = self.painter, self.plot
        columns = self.picture.columns
        painter.save()
        painter.setClipRect(plot)
        self.picture.paint(
            painter, QRectF(self.frame.left(plot), plot.top(), plot.right() - self.frame.left(plot), plot.height())
        )
        self._paint_gaps(columns["heard"] == 0)
        self._paint_best(columns)
        self._paint_bubbles(columns)
        self._paint_orders(orders)
        painter.restore()
        self._paint_prices(columns, orders)
        self._paint_times()
        if hover is not None and plot.contains(hover):
            self._paint_hover(hover)

    def _y(self, prices: Floats) -> Floats:
        frame, plot = self.frame, self.plot
        rows = prices * self.flow.grid.scale / frame.row_units - frame.low + 0.5
        return np.asarray(plot.bottom() - rows * plot.height() / frame.rows)

    def _y_of(self, price: float) -> float:
        return float(self._y(np.array([price]))[0])

    # --- what was not heard ---

    def _paint_gaps(self, lost: Floats) -> None:
        """Hatched after the start; before it there is nothing, and it says why."""
        edges = np.flatnonzero(np.diff(np.r_[False, lost, False].astype(np.int8))).reshape(-1, 2)
        begun = self.flow.heat.begun * COLUMN_MS // self.frame.step_ms - self.frame.view.first
        hatch = QBrush(faded(self.theme.faint, 0.5), Qt.BrushStyle.BDiagPattern)
        for first, last in edges.tolist():
            if last > begun:
                self._hatch(max(first, begun), last, hatch)
        if begun > 0:
            self._paint_beginning(begun)

    def _hatch(self, first: float, last: float, hatch: QBrush) -> None:
        left = self.frame.left(self.plot)
        area = QRectF(
            left + first * self.frame.pitch, self.plot.top(), (last - first) * self.frame.pitch, self.plot.height()
        )
        self.painter.fillRect(area, colour(self.theme.raised))
        self.painter.fillRect(area, hatch)
        if area.width() > self.small.width("no data") + 8:
            self.small.use(self.painter, self.theme.warning)
            self.small.left(self.painter, "no data", area.left() + 4, self.plot.top() + 4)

    def _paint_beginning(self, begun: float) -> None:
        painter, plot, theme = self.painter, self.plot, self.theme
        x = min(round(self.frame.left(plot) + begun * self.frame.pitch), int(plot.right()))
        area = QRectF(plot.left(), plot.top(), x - plot.left(), plot.height())
        painter.fillRect(area, colour(theme.panel))
        painter.setPen(QPen(colour(theme.border), 1))
        painter.drawLine(x, int(plot.top()), x, int(plot.bottom()))
        if area.width() > 110:
            painter.setFont(text_font(theme.font_pixels))
            painter.setPen(colour(theme.muted))
            painter.drawText(area.adjusted(10, 0, -10, 0), WRAPPED, BEGINS)

    # --- what was heard ---

    def _paint_best(self, columns: dict[str, Floats]) -> None:
        left, pitch = self.frame.left(self.plot), self.frame.pitch
        edges = left + np.arange(len(columns["bid"]) + 1) * pitch
        x = np.repeat(edges, 2)[1:-1]
        for name, tone in (("bid", self.theme.up), ("ask", self.theme.down)):
            y = np.repeat(self._y(columns[name]), 2)
            for width, shade in ((3.0, faded(self.theme.panel, 0.55)), (1.4, QColor(tone))):
                self.painter.setPen(QPen(shade, width))
                trace(self.painter, x, y)

    def _paint_bubbles(self, columns: dict[str, Floats]) -> None:
        bought, sold = columns["bought"], columns["sold"]
        worth = {
            "bought": np.nan_to_num(bought * columns["bought_at"]),
            "sold": np.nan_to_num(sold * columns["sold_at"]),
        }
        known = np.concatenate([part[part > 0] for part in worth.values()])
        if not len(known):
            return
        large, ratio = float(np.percentile(known, LARGE_QUANTILE)), self.painter.device().devicePixelRatio()
        left, pitch, draw = self.frame.left(self.plot), self.frame.pitch, self.painter.drawPixmap
        for name, tone in (("sold", self.theme.down), ("bought", self.theme.up)):
            radii = radii_of(worth[name], large)
            shown = np.flatnonzero(radii >= LEAST)
            x, y = left + (shown + 0.5) * pitch, self._y(columns[f"{name}_at"][shown])
            for radius, across, down in zip(radii[shown].tolist(), x.tolist(), y.tolist(), strict=True):
                picture = disc(radius, tone, self.theme.panel, ratio)
                draw(QPointF(across - radius - 1, down - radius - 1), picture)

    def _paint_orders(self, orders: Sequence[tuple[float, bool]]) -> None:
        for price, _ in orders:
            y = round(self._y_of(price))
            for width, shade in ((3.0, faded(self.theme.panel, 0.7)), (1.0, QColor(self.theme.accent))):
                self.painter.setPen(QPen(shade, width))
                self.painter.drawLine(int(self.plot.left()), y, int(self.plot.right()), y)

    # --- axes ---

    def _paint_prices(self, columns: dict[str, Floats], orders: Sequence[tuple[float, bool]]) -> None:
        frame, plot, theme = self.frame, self.plot, self.theme
        axis = QRectF(plot.right(), 0, self.width - plot.right(), plot.bottom())
        self.painter.fillRect(axis, colour(theme.panel))
        tags = [(price, theme.accent) for price, _ in orders]
        for name, tone in (("bid", theme.up), ("ask", theme.down)):
            last = columns[name][-1]
            if np.isfinite(last):
                tags.append((float(last), tone))
        taken: list[float] = []
        half = self.small.height / 2 + 1
        for price, tone in reversed(tags):
            y = min(max(self._y_of(price), plot.top() + half), plot.bottom() - half)
            while any(abs(y - other) < 2 * half for other in taken):
                y += 1 if tone == theme.up else -1
            taken.append(y)
            if not plot.top() <= y <= plot.bottom():
                continue
            self.painter.fillRect(QRectF(axis.left(), y - half, axis.width(), 2 * half), colour(tone))
            self._write(price, y, theme.on_colour)
        scale = self.flow.grid.scale
        low, high = frame.units_at(plot.bottom(), plot) / scale, frame.units_at(plot.top(), plot) / scale
        for price in round_values(low, high, max(2, int(plot.height() / 44)), self.decimals):
            y = self._y_of(price)
            if plot.top() + half < y < plot.bottom() - half and all(abs(y - other) >= 2 * half for other in taken):
                self._write(price, y, theme.muted)

    def _write(self, price: float, y: float, tone: str) -> None:
        self.small.use(self.painter, tone)
        text = figures.fixed(price, self.decimals)
        self.small.right(self.painter, text, self.width - 5, y - self.small.height / 2)

    def _paint_times(self) -> None:
        frame, plot, theme = self.frame, self.plot, self.theme
        self.painter.fillRect(QRectF(0, plot.bottom(), self.width, TIME_HEIGHT), colour(theme.panel))
        self.painter.setPen(colour(theme.border))
        self.painter.drawLine(QPointF(0, plot.bottom()), QPointF(self.width, plot.bottom()))
        view = frame.view
        times = np.arange(view.first, view.last + 1, dtype=np.int64) * frame.step_ms
        room = self.small.advance * 11
        slots = np.arange(view.count)
        for tick in time_ticks(times, slots, max(1, int(room / frame.pitch)), LocalTime(self.zone), frame.step_ms):
            x = frame.left(plot) + tick.slot * frame.pitch
            half = self.small.width(tick.text) / 2
            if plot.left() + half < x < plot.right() - half:
                self.small.use(self.painter, theme.text if tick.strong else theme.muted)
                self.small.left(
                    self.painter, tick.text, x - half, plot.bottom() + (TIME_HEIGHT - self.small.height) / 2
                )

    # --- under the mouse ---

    def _paint_hover(self, at: QPointF) -> None:
        painter, plot, theme = self.painter, self.plot, self.theme
        painter.setPen(QPen(faded(theme.text, 0.7), 1, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(plot.left(), round(at.y())), QPointF(plot.right(), round(at.y())))
        painter.drawLine(QPointF(round(at.x()), plot.top()), QPointF(round(at.x()), plot.bottom()))
        lines = self.read(at)
        width = max(self.small.width(text) for text in lines) + 12
        height = len(lines) * (self.small.height + 1) + 6
        x = plot.left() + 4 if at.x() > plot.center().x() else plot.right() - width - 4
        box = QRectF(x, plot.top() + 4, width, height)
        painter.fillRect(box, faded(theme.panel, 0.9))
        painter.setPen(colour(theme.border))
        painter.drawRect(box)
        for row, text in enumerate(lines):
            self.small.use(painter, theme.text if row else theme.muted)
            self.small.left(painter, text, box.left() + 6, box.top() + 3 + row * (self.small.height + 1))

    def read(self, at: QPointF) -> list[str]:
        """Time, price and size under a point, and what was traded in its column."""
        frame, grid = self.frame, self.flow.grid
        column, view = frame.column_at(at.x(), self.plot), frame.view
        row = int(frame.units_at(at.y(), self.plot) // frame.row_units) - frame.low
        low = grid.price((frame.low + row) * frame.row_units)
        size = self.picture.size_at(column, row)
        lines = [figures.clock(column * frame.step_ms, self.zone), figures.fixed(low, self.decimals)]
        lines.append("no data" if size is None else f"{compact(size)} {self.flow.coin} resting")
        shown = self.picture.columns
        place = column - view.first
        if 0 <= place < view.count:
            for name in ("bought", "sold"):
                if shown[name][place] > 0:
                    lines.append(f"{compact(float(shown[name][place]))} {name}")
        return lines
