"""Studies as they are painted in a pane: lines, level steps, histograms and event marks."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QPolygonF

from hlmaster.ui.charts.frame import FUZZ, Frame
from hlmaster.ui.charts.own_pixels import own_pixels
from hlmaster.ui.charts.palette import faded, flat_pen
from hlmaster.ui.charts.scale import Scale
from hlmaster.ui.charts.shapes import between, histogram_bars, latest_bar
from hlmaster.ui.charts.strokes import fill, rectangles, strips, traces
from hlmaster.ui.charts.study import Study, Trace
from hlmaster.ui.ink import colour
from hlmaster.ui.palettes import mixed

EVENT = 4.0
"""Half the width of an event's triangle."""
FILL_OPACITY, LEVEL_OPACITY = 0.07, 0.6
LEVEL_DASHES = (2.0, 3.0)


def draw_fills(painter: QPainter, frame: Frame, pane: str, scale: Scale, *, kept: bool) -> None:
    """The tints between two lines, under all else: of the kept picture, else of the open candle."""
    live = frame.is_open_drawn
    if not kept and not live:
        return
    filled = [study for study in frame.studies_in(pane) if study.fill is not None]
    if filled and kept:
        points = _points_painted(painter, frame)
        alone = slice(points.start, min(points.stop, len(frame.column_slots) - live))
    for study in filled:
        if kept:
            _draw_fill(painter, frame, study, scale, alone)
        else:
            _draw_latest_fill(painter, frame, study, scale)


def draw_studies(painter: QPainter, frame: Frame, pane: str, scale: Scale, area: QRectF, *, kept: bool) -> None:
    """The closed part of a pane's studies for the kept picture, else the part at the open candle."""
    live = frame.is_open_drawn
    if not kept and not live:
        return
    # The line to the open candle begins at the last closed one; a bar stands by itself.
    end = len(frame.column_slots) - (1 if live else 0)
    points, alone = slice(end - 1, None), slice(end, None)
    if kept:
        seen = _points_painted(painter, frame)
        points = alone = slice(seen.start, min(seen.stop, end))
    lines: list[Trace] = []
    for study in frame.studies_in(pane):
        if kept:
            _draw_levels(painter, frame, study, scale, area)
        for one in study.traces:
            if one.kind == "histogram":
                (_draw_histogram if kept else _draw_latest_bar)(painter, frame, one, scale, alone)
            elif one.kind == "events":
                _draw_events(painter, frame, one, scale, alone)
            elif one.kind == "steps":
                _draw_steps(painter, frame, one, scale, points)
            else:
                lines.append(one)
    if lines:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        (_draw_lines if kept else _draw_latest)(painter, frame, lines, scale, points)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def _points_painted(painter: QPainter, frame: Frame) -> slice:
    clip = painter.clipBoundingRect()
    return frame.points_between(clip.left(), clip.right())


def _draw_levels(painter: QPainter, frame: Frame, study: Study, scale: Scale, area: QRectF) -> None:
    if study.levels:
        pen = QPen(flat_pen(frame.palette.faint, LEVEL_DASHES, opacity=LEVEL_OPACITY))
        # So that dashes can be scrolled.
        pen.setDashOffset(round(frame.view.left * frame.view.pitch) % sum(LEVEL_DASHES))
        painter.setPen(pen)
        for level in study.levels:
            y = round(scale.y_of(level))
            painter.drawLine(0, y, int(area.width()), y)


def _draw_steps(painter: QPainter, frame: Frame, one: Trace, scale: Scale, points: slice) -> None:
    """Each level reaches from the left end of its first column to the right end of its last."""
    x, rows = frame.column_middles()[points], scale.rows_of(frame.sampled(one.column)[points])
    half = frame.columns.width * frame.view.pitch / 2
    painter.setPen(flat_pen(one.colour, width=one.width))
    strips(painter, x - half, x + half, np.rint(rows))


def _draw_lines(painter: QPainter, frame: Frame, lines: list[Trace], scale: Scale, points: slice) -> None:
    """All of a pane at once: they share their columns, and of a strip there are but a few values of each."""
    values, pens = [], []
    for one in lines:
        column = frame.sampled(one.column)[points]
        if one.turn:
            signs = frame.sampled(one.turn)[points]
            values += [np.where(signs >= 0, column, np.nan), np.where(signs < 0, column, np.nan)]
            pens += [flat_pen(one.colour, width=one.width), flat_pen(one.fall, width=one.width)]
        else:
            values.append(column)
            pens.append(flat_pen(one.colour, width=one.width))
    traces(painter, frame.column_middles()[points], scale.rows_of(np.array(values)), pens)


def _draw_latest(painter: QPainter, frame: Frame, lines: list[Trace], scale: Scale, points: slice) -> None:
    """The ways to the open candle, which every tick moves: as `_draw_lines`, without arrays of two values."""
    middles = frame.column_middles()[points].tolist()
    if len(middles) < 2:
        return
    for one in lines:
        start, end = frame.sampled(one.column)[points].tolist()
        if not math.isfinite(start) or not math.isfinite(end):
            continue
        tone = one.colour
        if one.turn:
            before, now = frame.sampled(one.turn)[points].tolist()
            if (before >= 0, before < 0) != (now >= 0, now < 0):
                continue
            tone = one.colour if now >= 0 else one.fall
        painter.setPen(flat_pen(tone, width=one.width))
        painter.drawLine(QLineF(middles[0], scale.row_of(start), middles[1], scale.row_of(end)))


def _draw_histogram(painter: QPainter, frame: Frame, one: Trace, scale: Scale, points: slice) -> None:
    with own_pixels(painter, frame) as (own, ratio):
        painter.setPen(Qt.PenStyle.NoPen)
        bars = histogram_bars(own, scale.enlarged(ratio), one.column, points)
        for tone, rects in zip((one.colour, one.fall or one.colour), bars, strict=True):
            painter.setBrush(colour(tone))
            fill(painter, rects)


def _draw_latest_bar(painter: QPainter, frame: Frame, one: Trace, scale: Scale, points: slice) -> None:
    """As `_draw_histogram`, of the open candle."""
    with own_pixels(painter, frame) as (own, ratio):
        for bar in latest_bar(own, scale.enlarged(ratio), one.column):
            is_fall = bool(one.fall) and frame.sampled(one.column).item(-1) < 0
            painter.fillRect(bar, colour(one.fall if is_fall else one.colour))


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
        painter.setBrush(colour(one.colour if rising else one.fall or one.colour))
        painter.drawPolygon(
            QPolygonF([QPointF(middle, tip), QPointF(middle - EVENT, foot), QPointF(middle + EVENT, foot)])
        )
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def _draw_fill(painter: QPainter, frame: Frame, study: Study, scale: Scale, points: slice) -> None:
    """A tint between two lines in each column where both are known: a polygon would take ten times as long, and so
    would a colour that is not opaque."""
    assert study.fill is not None
    samples = [frame.sampled(column)[points] for column in study.fill]
    slots, tone = frame.column_slots[points], mixed(study.traces[0].colour, frame.palette.background, FILL_OPACITY)
    with own_pixels(painter, frame) as (own, ratio):
        upper, lower = map(scale.enlarged(ratio).rows_of, samples)
        left = np.floor((slots - own.view.left) * own.view.pitch + FUZZ)
        right = np.floor((slots + own.columns.width - own.view.left) * own.view.pitch + FUZZ) - 1
        known = np.isfinite(upper) & np.isfinite(lower)
        rows = [np.rint(np.where(known, edge, 0.0)) for edge in (np.fmin(upper, lower), np.fmax(upper, lower))]
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour(tone))
        fill(painter, rectangles(left, rows[0], right, rows[1] - 1)[known])


def _draw_latest_fill(painter: QPainter, frame: Frame, study: Study, scale: Scale) -> None:
    """As `_draw_fill`, of the open candle."""
    assert study.fill is not None
    first, last = sorted(frame.sampled(column).item(-1) for column in study.fill)
    if math.isfinite(first) and math.isfinite(last):
        slot, view = frame.column_slots.item(-1) - frame.view.left, frame.view
        left = math.floor(slot * view.pitch + FUZZ)
        right = math.floor((slot + frame.columns.width) * view.pitch + FUZZ) - 1
        bar = between(left, round(scale.row_of(last)), right, round(scale.row_of(first)) - 1)
        painter.fillRect(bar, faded(study.traces[0].colour, FILL_OPACITY))
