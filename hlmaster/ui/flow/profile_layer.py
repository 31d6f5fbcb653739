"""A volume profile at the right edge of a chart's prices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from hlmaster.core.candles import CandleBlock
from hlmaster.core.clock import DAY_MS, SECOND_MS
from hlmaster.core.model import Interval
from hlmaster.market.coin_market import CoinMarket
from hlmaster.market.flow.coin_flow import CoinFlow
from hlmaster.market.flow.grid import row_step
from hlmaster.market.flow.profile import profile
from hlmaster.market.flow.rows import Rows
from hlmaster.ui.charts.frame import Frame
from hlmaster.ui.charts.palette import faded
from hlmaster.ui.charts.strokes import fill, rectangles

SHARE, MOST_WIDTH = 0.24, 190.0
"""Of the prices' width, that the fullest row takes; and in pixels."""
ROW_PIXELS = 3.0
OUTSIDE, INSIDE = 0.16, 0.34
"""Opacity of rows outside and inside the value area."""


@dataclass(frozen=True, slots=True)
class Source:
    """What a chart shows now. ``flow`` is None while no price is known."""

    market: CoinMarket
    interval: Interval
    flow: CoinFlow
    now_ms: int


@dataclass(slots=True)
class ProfileLayer:
    """Of the visible range, or (``by_session``) of the UTC day of the latest candle. Made anew when the view moves
    and once a second. It lies over the candles: it hangs on the whole view, so a pan could not take it along."""

    source: Callable[[], Source | None]
    by_session: bool = True
    rows: Rows | None = None
    _made_of: object = None

    def live(self, frame: Frame) -> object:
        """What the picture hangs on; works the rows out where they are old."""
        source = self.source()
        if source is None or not len(frame.columns):
            self.rows, self._made_of = None, None
            return None
        slots = (
            () if self.by_session else (int(frame.columns.slot[0]), int(frame.columns.slot[-1]), frame.columns.width)
        )
        step = self._step(frame, source)
        second = source.now_ms // SECOND_MS
        made_of = (source.flow, source.interval, self.by_session, slots, step, second)
        if made_of != self._made_of:
            self._made_of = made_of
            self.rows = self._make(frame, source, step)
        return (*made_of[1:], id(source.flow))

    def _step(self, frame: Frame, source: Source) -> int:
        tick = source.flow.grid.tick(frame.high, source.market.instrument.size_decimals)
        span = (frame.high - frame.low) * source.flow.grid.scale
        return row_step(span, int(frame.price_pane.height() / ROW_PIXELS), tick)

    def _make(self, frame: Frame, source: Source, step: int) -> Rows | None:
        series = source.market.series(source.interval)
        if series is None or not len(series):
            return None
        flow, heard = source.flow, (source.flow.cells, source.flow.listening)
        if not self.by_session and frame.columns.width > 1:
            return profile(_folded(frame), source.interval, flow.grid, step, None, source.now_ms)
        block = series.block()
        if self.by_session:
            start, end = int(block.time_ms[-1]) // DAY_MS * DAY_MS, int(block.time_ms[-1]) + 1
        else:
            slots = frame.columns.slot
            start, end = (int(frame.series.time[slots[place]]) for place in (0, -1))
            end += 1
        return profile(block.between(start, end), source.interval, flow.grid, step, heard, source.now_ms)

    # --- painting ---

    def draw(self, painter: QPainter, frame: Frame, area: QRectF) -> None:
        self.live(frame)
        rows, source = self.rows, self.source()
        if rows is None or source is None or not len(rows) or not rows.total > 0:
            return
        scale, palette = source.flow.grid.scale, frame.palette
        marks = rows.value_area()
        width = min(area.width() * SHARE, MOST_WIDTH) / float(rows.volume.max())
        edges = np.array([frame.y_of((rows.first + at) * rows.step / scale) for at in range(len(rows) + 1)])
        top, bottom = np.ceil(edges[1:]), np.maximum(np.ceil(edges[:-1]) - 2, np.ceil(edges[1:]))
        inside = np.zeros(len(rows), np.bool_)
        if marks is not None:
            inside[marks[1] : marks[2] + 1] = True
        painter.setPen(Qt.PenStyle.NoPen)
        right = np.full(len(rows), area.width() - 1)
        for part, tone in ((rows.unsided, palette.accent), (rows.bought, palette.up), (rows.sold, palette.down)):
            left = right - part * width
            for chosen, opacity in ((inside, INSIDE), (~inside, OUTSIDE)):
                seen = chosen & (part > 0) & (bottom >= 0) & (top <= area.height())
                painter.setBrush(faded(tone, opacity))
                fill(painter, rectangles(np.rint(left[seen]), top[seen], np.rint(right[seen]) - 1, bottom[seen]))
            right = left
        if marks is not None:
            self._mark(painter, frame, area, rows, marks, scale)
        self._tell(painter, frame, area, rows)

    def _mark(
        self, painter: QPainter, frame: Frame, area: QRectF, rows: Rows, marks: tuple[int, int, int], scale: float
    ) -> None:
        palette = frame.palette
        control, low, high = marks
        painter.setFont(frame.fonts.caption)
        reach = min(area.width() * SHARE, MOST_WIDTH)
        for name, at, tone in (
            ("POC", control + 0.5, palette.warning),
            ("VAH", high + 1.0, palette.muted),
            ("VAL", float(low), palette.muted),
        ):
            y = round(frame.y_of((rows.first + at) * rows.step / scale))
            if 0 < y < area.height():
                painter.setPen(QPen(QColor(tone), 1, Qt.PenStyle.SolidLine if name == "POC" else Qt.PenStyle.DashLine))
                painter.drawLine(QPointF(area.width() - reach, y), QPointF(area.width(), y))
                room = QRectF(area.width() - reach - 34, y - 8, 30, 16)
                painter.fillRect(room.adjusted(2, 2, 2, -2), faded(palette.background, 0.75))
                painter.setPen(QColor(tone))
                painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, name)

    def _tell(self, painter: QPainter, frame: Frame, area: QRectF, rows: Rows) -> None:
        """Which stretch it is of, and what it is made from."""
        painter.setFont(frame.fonts.caption)
        words = self.words(rows)
        width = painter.fontMetrics().horizontalAdvance(words) + 10
        room = QRectF(area.width() - width - 4, area.height() - 19, width, 15)
        painter.fillRect(room, faded(frame.palette.background, 0.8))
        painter.setPen(QColor(frame.palette.muted))
        painter.drawText(room, Qt.AlignmentFlag.AlignCenter, words)

    def words(self, rows: Rows) -> str:
        of = "SESSION" if self.by_session else "VISIBLE"
        share = rows.sided_share
        if share >= 0.995:
            return f"{of} PROFILE · from trades"
        if share < 0.005:
            return f"{of} PROFILE · from candles"
        return f"{of} PROFILE · {share * 100:.0f}% from trades, rest from candles"


def _folded(frame: Frame) -> CandleBlock:
    """Several candles as one, where more are shown than there are pixels."""
    columns = frame.columns
    known = np.isfinite(columns.low)
    times = frame.series.time[columns.slot]
    whole = CandleBlock(
        times, columns.open, columns.high, columns.low, columns.close, columns.volume, np.zeros(len(times), np.int64)
    )
    return whole.rows(known)
