"""Studies as they are painted in a pane: lines, level steps, histograms and event marks."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from hlmaster.ui.charts.frame import Frame
from hlmaster.ui.charts.palette import faded
from hlmaster.ui.charts.scale import Scale
from hlmaster.ui.charts.shapes import FUZZ, histogram_bars
from hlmaster.ui.charts.strokes import fill, rectangles, strips, trace
from hlmaster.ui.charts.study import Study, Trace

EVENT = 4.0
"""Half the width of an event's triangle."""
FILL_OPACITY = 0.07
LEVEL_DASHES = [2.0, 3.0]


def draw_studies(painter: QPainter, frame: Frame, pane: str, scale: Scale, area: QRectF, *, kept: bool) -> None:
    """The closed part of a pane's studies for the kept picture, else the part at the open candle."""
    live = bool(len(frame.latest))
    if not kept and not live:
        return
    # The line to the open candle begins at the last closed one; a bar stands by itself.
    end = len(frame.column_slots) - (1 if live else 0)
    points, alone = slice(end - 1, None), slice(end, None)
    if kept:
        clip = painter.clipBoundingRect()
        seen = frame.points_between(clip.left(), clip.right())
        points = alone = slice(seen.start, min(seen.stop, end))
    for study in frame.studies_in(pane):
        if kept:
            _draw_levels(painter, frame, study, scale, area)
        if study.fill is not None:
            _draw_fill(painter, frame, study, scale, alone)
        for one in study.traces:
            if one.kind == "histogram":
                _draw_histogram(painter, frame, one, pane, alone)
            elif one.kind == "events":
                _draw_events(painter, frame, one, scale, alone)
            elif one.kind == "line" and not kept:
                _draw_latest(painter, frame, one, scale)
            else:
                _draw_line(painter, frame, one, scale, points)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def _pen(colour: str, width: float) -> QPen:
    return QPen(QColor(colour), width)


def _draw_levels(painter: QPainter, frame: Frame, study: Study, scale: Scale, area: QRectF) -> None:
    if study.levels:
        pen = _pen(frame.palette.faint, 1.0)
        pen.setDashPattern(LEVEL_DASHES)
        pen.setDashOffset(
            round(frame.view.left * frame.view.pitch) % sum(LEVEL_DASHES)
        )  # so that dashes can be scrolled
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(pen)
        for level in study.levels:
            y = round(scale.y_of(level))
            painter.drawLine(0, y, int(area.width()), y)


def _draw_line(painter: QPainter, frame: Frame, one: Trace, scale: Scale, points: slice) -> None:
    x, values = frame.column_middles()[points], frame.sampled(one.column)[points]
    rows = scale.rows_of(values)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, one.kind == "line")
    painter.setPen(_pen(one.colour, one.width))
    if one.kind == "steps":
        # Each level reaches from the left end of its first column to the right end of its last.
        half = frame.columns.width * frame.view.pitch / 2
        strips(painter, x - half, x + half, np.rint(rows))
    elif one.turn:
        signs = frame.sampled(one.turn)[points]
        for colour, is_side in ((one.colour, signs >= 0), (one.fall, signs < 0)):
            painter.setPen(_pen(colour, one.width))
            trace(painter, x, np.where(is_side, rows, np.nan))
    else:
        trace(painter, x, rows)


def _draw_latest(painter: QPainter, frame: Frame, one: Trace, scale: Scale) -> None:
    """The way to the open candle, which every tick moves: as `_draw_line`, without arrays of one or two values."""
    values = frame.sampled(one.column)[-2:].tolist()
    if len(values) < 2 or not math.isfinite(values[0]) or not math.isfinite(values[1]):
        return
    colour = one.colour
    if one.turn:
        signs = frame.sampled(one.turn)[-2:].tolist()
        if (signs[0] >= 0, signs[0] < 0) != (signs[1] >= 0, signs[1] < 0):
            return
        colour = one.colour if signs[1] >= 0 else one.fall
    (left, right), (start, end) = frame.column_middles()[-2:].tolist(), (scale.row_of(value) for value in values)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setPen(_pen(colour, one.width))
    painter.drawLine(QLineF(left, start, right, end))


def _draw_histogram(painter: QPainter, frame: Frame, one: Trace, pane: str, points: slice) -> None:
    sub = frame.panes.get(pane)
    if sub is None:
        return
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setPen(Qt.PenStyle.NoPen)
    bars = histogram_bars(frame, sub, one.column, points)
    for colour, rects in zip((one.colour, one.fall or one.colour), bars, strict=True):
        painter.setBrush(QColor(colour))
        fill(painter, rects)


def _draw_events(painter: QPainter, frame: Frame, one: Trace, scale: Scale, points: slice) -> None:
    values = frame.sampled(one.column)[points]
    found = np.flatnonzero(np.isfinite(values) & (values != 0))
    if not len(found):
        return
    x = frame.column_middles()[points]
    slots = frame.column_slots[points]
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setPen(Qt.PenStyle.NoPen)
    for index in found.tolist():
        rising = values[index] > 0
        way = 1 if rising else -1
        end = frame.series.field("low" if rising else "high")[slots[index]]
        tip = scale.y_of(float(end)) + way * EVENT
        foot = tip + way * 1.6 * EVENT
        middle = float(x[index])
        painter.setBrush(QColor(one.colour if rising else one.fall or one.colour))
        painter.drawPolygon(
            QPolygonF([QPointF(middle, tip), QPointF(middle - EVENT, foot), QPointF(middle + EVENT, foot)])
        )


def _draw_fill(painter: QPainter, frame: Frame, study: Study, scale: Scale, points: slice) -> None:
    """A tint between two lines in each column where both are known: a polygon would take ten times as long."""
    assert study.fill is not None
    upper, lower = (scale.rows_of(frame.sampled(column)[points]) for column in study.fill)
    left = np.floor((frame.column_slots[points] - frame.view.left) * frame.view.pitch + FUZZ)
    right = np.floor((frame.column_slots[points] + frame.columns.width - frame.view.left) * frame.view.pitch + FUZZ) - 1
    known = np.isfinite(upper) & np.isfinite(lower)
    rows = [np.rint(np.where(known, edge, 0.0)) for edge in (np.fmin(upper, lower), np.fmax(upper, lower))]
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(faded(study.traces[0].colour, FILL_OPACITY))
    fill(painter, rectangles(left, rows[0], right, rows[1] - 1)[known])
