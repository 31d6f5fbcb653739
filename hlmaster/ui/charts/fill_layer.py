"""Executions painted on the candles, and trades as thin lines from entry to exit."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from hlmaster.ui.charts.candle_chart import CandleChart
from hlmaster.ui.charts.fill_marks import (
    GAP,
    LARGEST,
    SMALLEST,
    Deal,
    FillMark,
    PlacedMark,
    Trip,
    gathered,
    in_view,
    radius_of,
)
from hlmaster.ui.charts.frame import Frame
from hlmaster.ui.charts.layers import OVER
from hlmaster.ui.charts.marks import MARK_ROOM
from hlmaster.ui.charts.palette import faded

JOIN_OPACITY = 0.75
LETTERED_FROM = 5.0
"""Pixels a column needs so that marks beside each other can be told apart; below it they are dots."""
DOT = 3.0
BESIDE = LARGEST + 1
"""Pixels by which a mark may reach out of its column."""
FOOT = GAP + 2 * LARGEST + 1
"""Pixels that a mark takes under its candle."""


class FillLayer:
    """``deals`` and ``trips`` belong to whoever sets them."""

    def __init__(self, chart: CandleChart) -> None:
        self._chart = chart
        self._deals: tuple[Deal, ...] = ()
        self._trips: tuple[Trip, ...] = ()
        self._marks: list[FillMark] = []
        self._gathered: tuple[object, ...] = ()
        self._signals_of: tuple[object, ...] = ()
        self._taken: set[tuple[int, bool]] = set()
        self._version = 0
        self._layer = chart.add_layer(self.paint, z=OVER, state=self._state)

    def show(self, deals: Sequence[Deal], trips: Sequence[Trip]) -> None:
        deals, trips = tuple(deals), tuple(trips)
        if (deals, trips) != (self._deals, self._trips):
            self._deals, self._trips, self._gathered = deals, trips, ()
            self._version += 1
            self._chart.set_fill_room(FOOT if deals else 0.0)
            self._chart.repaint_layers()

    def mark_at(self, x: float, y: float) -> FillMark | None:
        """The topmost one there."""
        return next((one.mark for one in reversed(self.placed) if one.covers(x, y)), None)

    @property
    def placed(self) -> list[PlacedMark]:
        """Those on the screen."""
        return self._place(self._chart.shown)

    def _state(self) -> Hashable:
        """What the picture hangs on beside the candles that are closed: the open one moves its marks."""
        if not (self._deals or self._trips or self._chart.shown.marks):
            return ()
        series = self._chart.shown.series
        is_marked = bool(self._deals) and bool(len(series)) and self._deals[-1].time_ms >= int(series.time[-1])
        ends = (float(series.field("low")[-1]), float(series.field("high")[-1])) if is_marked else ()
        return self._version, ends, self._chart.shown.marks, self._largest()

    def paint(self, painter: QPainter, frame: Frame, area: QRectF) -> None:
        placed = self._place(frame)
        if self._trips:
            self._draw_trips(painter, frame, area)
        if not placed:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.setFont(frame.fonts.caption)
        rim = QPen(QColor(frame.palette.background), 1)
        for one in placed:
            painter.setPen(rim)
            painter.setBrush(QColor(frame.palette.up if one.mark.is_buy else frame.palette.down))
            painter.drawEllipse(QPointF(one.x, one.y), one.radius, one.radius)
            if one.radius >= SMALLEST:
                painter.setPen(QColor(frame.palette.on_tag))
                box = QRectF(one.x - one.radius, one.y - one.radius, 2 * one.radius, 2 * one.radius)
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, "B" if one.mark.is_buy else "S")
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _place(self, frame: Frame) -> list[PlacedMark]:
        """Also those of the columns beside the picture: their marks may reach into it."""
        columns, pitch = frame.columns, frame.view.pitch * frame.columns.width
        if not len(columns):
            return []
        beside = (int(BESIDE / pitch) + 1) * columns.width
        first, end = int(columns.slot[0]) - beside, int(columns.slot[-1]) + columns.width + beside
        shown = in_view(self._gather(frame), first, end)
        if not shown:
            return []
        columns = frame.series.columns(first, end, columns.width)
        places = np.searchsorted(columns.slot, [mark.slot for mark in shown], side="right") - 1
        ends = [
            float((columns.low if mark.is_buy else columns.high)[place])
            for mark, place in zip(shown, places.tolist(), strict=True)
        ]
        largest = self._largest()
        return [
            self._put(frame, mark, price, radius_of(mark.size, largest) if pitch >= LETTERED_FROM else DOT)
            for mark, price in zip(shown, ends, strict=True)
        ]

    def _gather(self, frame: Frame) -> list[FillMark]:
        """All marks, in the columns as they are now."""
        series, width = frame.series, frame.columns.width
        known = (len(series), int(series.time[0]), series.interval_ms, width) if len(series) else ()
        if known != self._gathered:
            self._gathered, self._marks = known, gathered(self._deals, series, width)
        return self._marks

    def _largest(self) -> float:
        """The size of the largest mark on the screen."""
        frame = self._chart.shown
        slots = frame.columns.slot
        if not self._deals or not len(slots):
            return 0.0
        shown = in_view(self._gather(frame), int(slots[0]), int(slots[-1]) + frame.columns.width)
        return max((mark.size for mark in shown), default=0.0)

    def _put(self, frame: Frame, mark: FillMark, price: float, radius: float) -> PlacedMark:
        x = frame.view.x_of(mark.slot + frame.columns.width / 2)
        away = GAP + radius + (MARK_ROOM if (mark.slot, mark.is_buy) in self._signals(frame) else 0.0)
        y, edge = frame.y_of(price) + away * (1 if mark.is_buy else -1), radius + 1
        if frame.shows(price):  # at the end of the scale too it is seen whole
            y = min(max(y, edge), frame.price_pane.height() - edge)
        return PlacedMark(mark, x, y, radius)

    def _signals(self, frame: Frame) -> set[tuple[int, bool]]:
        """(slot, below the candle) where a strategy's mark stands."""
        known = (frame.marks, self._gathered)
        if known != self._signals_of:
            width = frame.columns.width
            taken = {(frame.series.slot_at(mark.time_ms) // width * width, mark.rising) for mark in frame.marks}
            self._signals_of, self._taken = known, taken
        return self._taken

    def _draw_trips(self, painter: QPainter, frame: Frame, area: QRectF) -> None:
        series, view = frame.series, frame.view
        if not len(series):
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        first_ms = int(series.time[0])
        for trip in self._trips:
            if trip.closed_ms < first_ms:
                continue
            left, right = (
                view.x_of(series.slot_at(max(moment, first_ms)) + 0.5) for moment in (trip.opened_ms, trip.closed_ms)
            )
            if right < 0 or left > area.width():
                continue
            colour = frame.palette.up if trip.net >= 0 else frame.palette.down
            painter.setPen(QPen(faded(colour, JOIN_OPACITY), 1.2, Qt.PenStyle.DashLine))
            painter.drawLine(QLineF(left, frame.y_of(trip.entry_price), right, frame.y_of(trip.exit_price)))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
