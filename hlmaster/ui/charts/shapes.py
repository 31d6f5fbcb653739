"""Candles, volumes and studies as pixels: what the painting functions draw, from what the frame shows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hlmaster.ui.charts.frame import Frame
from hlmaster.ui.charts.panes import VOLUME_HEAD, SubPane
from hlmaster.ui.charts.series import Columns, Floats, Indices
from hlmaster.ui.charts.strokes import Rectangles, rectangles

LEAST_BODY_PITCH = 2.8
"""Pixels a candle needs to show a body; below it is a bare wick."""
FUZZ = 1e-6
"""Pixels added before rounding down: an edge that falls on a pixel must not jump with the last bit of the view."""


@dataclass(frozen=True, slots=True)
class CandleShapes:
    """Pixel rectangles of the rising (closing no lower than they opened) and the falling columns."""

    wicks_up: Rectangles
    bodies_up: Rectangles
    wicks_down: Rectangles
    bodies_down: Rectangles


def column_edges(frame: Frame, slots: Indices, width: int) -> tuple[Floats, Floats]:
    """Left and right pixel of each column, both inclusive: bars with a space between while there is room for it."""
    pitch = frame.view.pitch
    slot = slots - frame.view.left
    if width == 1 and pitch >= LEAST_BODY_PITCH:
        body = int(pitch * 0.72)
        # Odd, so that the wick stands in the middle; two pixels where three would leave no space between.
        body = 2 if body < 3 else body - 1 + body % 2
        left = np.floor((slot + 0.5) * pitch + FUZZ) - (body - 1) // 2
        return left, left + body - 1
    left, end = np.floor(slot * pitch + FUZZ), np.floor((slot + width) * pitch + FUZZ)
    return left, left if width == 1 and pitch > 1.5 else np.maximum(left, end - 1)


def candle_shapes(frame: Frame, columns: Columns) -> CandleShapes:
    left, right = column_edges(frame, columns.slot, columns.width)
    rising = columns.close >= columns.open
    high, low = np.rint(frame.rows_of(columns.high)), np.rint(frame.rows_of(columns.low))
    middle = np.floor((left + right) / 2)
    thin = columns.width == 1
    wicks = rectangles(middle if thin else left, high, middle if thin else right, low)
    if not thin or frame.view.pitch < LEAST_BODY_PITCH:
        none = wicks[:0]
        return CandleShapes(wicks[rising], none, wicks[~rising], none)
    top = np.rint(frame.rows_of(np.maximum(columns.open, columns.close)))
    bottom = np.rint(frame.rows_of(np.minimum(columns.open, columns.close)))
    bodies = rectangles(left, top, right, bottom - 1)
    return CandleShapes(wicks[rising], bodies[rising], wicks[~rising], bodies[~rising])


def volume_bars(frame: Frame, pane: SubPane, columns: Columns) -> tuple[Rectangles, Rectangles]:
    """Bars standing on the pane's floor: of the rising and of the falling columns."""
    height = pane.area.height()
    left, right = column_edges(frame, columns.slot, columns.width)
    top = np.floor(height - columns.volume / frame.volume_high * (height - VOLUME_HEAD))
    bars = rectangles(left, top, right, np.full(len(left), height - 1))
    traded = columns.volume > 0
    rising = columns.close >= columns.open
    return bars[rising & traded], bars[~rising & traded]


def histogram_bars(frame: Frame, pane: SubPane, column: str, points: slice) -> tuple[Rectangles, Rectangles]:
    """Bars from 0 up to the positive and down to the negative values; none where the value is not known."""
    slots, values = frame.column_slots[points], frame.sampled(column)[points]
    left, right = column_edges(frame, slots, frame.columns.width)
    zero = np.rint(np.clip(pane.scale.y_of(0.0), 0, pane.area.height()))
    known = np.isfinite(values)
    rows = np.rint(pane.scale.rows_of(np.where(known, values, 0.0)))
    bars = rectangles(left, np.minimum(rows, zero), right, np.maximum(rows, zero) - 1)
    return bars[known & (values > 0)], bars[known & (values < 0)]
