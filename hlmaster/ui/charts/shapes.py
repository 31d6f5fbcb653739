"""Candles, volumes and studies as pixels: what the painting functions draw, from what the frame shows."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from PySide6.QtCore import QRect

from hlmaster.ui.charts.frame import FUZZ, Frame
from hlmaster.ui.charts.scale import Scale
from hlmaster.ui.charts.series import Columns, Floats, Indices
from hlmaster.ui.charts.strokes import Rectangles, rectangles

LEAST_BODY_PITCH = 2.8
"""Pixels a candle needs to show a body; below it is a bare wick."""


@dataclass(frozen=True, slots=True)
class CandleShapes:
    """Pixel rectangles of the rising (closing no lower than they opened) and the falling columns."""

    wicks_up: Rectangles
    bodies_up: Rectangles
    wicks_down: Rectangles
    bodies_down: Rectangles


def column_edges(frame: Frame, slots: Indices, width: int) -> tuple[Floats, Floats]:
    """Left and right pixel of each column, both inclusive: bars with a space between while there is room for it."""
    return _edges(slots - frame.view.left, frame.view.pitch, width, np.floor, np.maximum)


def column_ends(frame: Frame, slot: int, width: int) -> tuple[int, int]:
    """`column_edges` of a single column, without arrays of one value."""
    return _edges(slot - frame.view.left, frame.view.pitch, width, math.floor, max)


def _edges(
    at: Any, pitch: float, width: int, floor: Callable[[Any], Any], larger: Callable[[Any, Any], Any]
) -> tuple[Any, Any]:
    body = _body(pitch, width)
    if body:
        left = floor((at + 0.5) * pitch + FUZZ) - (body - 1) // 2
        return left, left + body - 1
    left, end = floor(at * pitch + FUZZ), floor((at + width) * pitch + FUZZ)
    return left, left if width == 1 and pitch > 1.5 else larger(left, end - 1)


def _body(pitch: float, width: int) -> int:
    """Pixels of a candle's body, 0 where there is no room for one: odd, so that the wick stands in the middle; two
    where three would leave no space between."""
    if width > 1 or pitch < LEAST_BODY_PITCH:
        return 0
    body = int(pitch * 0.72)
    return 2 if body < 3 else body - 1 + body % 2


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


def latest_candle(frame: Frame) -> list[QRect]:
    """`candle_shapes` of the column that is still open: its wick, and its body where there is room for one."""
    column, (low, high) = frame.latest, (frame.latest.low.item(), frame.latest.high.item())
    left, right = column_ends(frame, column.slot.item(), column.width)
    middle, is_thin = (left + right) // 2, column.width == 1
    top, bottom = round(frame.prices.row_of(high)), round(frame.prices.row_of(low))
    wick = between(middle if is_thin else left, top, middle if is_thin else right, bottom)
    if not _body(frame.view.pitch, column.width):
        return [wick]
    first, last = sorted(round(frame.prices.row_of(price.item())) for price in (column.open, column.close))
    return [wick, between(left, first, right, last - 1)]


def latest_volume(frame: Frame, scale: Scale) -> list[QRect]:
    """`volume_bars` of the column that is still open; empty while nothing was traded in it."""
    column, volume = frame.latest, frame.latest.volume.item()
    if not volume > 0:
        return []
    left, right = column_ends(frame, column.slot.item(), column.width)
    return [between(left, math.floor(scale.y_of(volume) + FUZZ), right, int(scale.height - 1))]


def between(left: int, top: int, right: int, bottom: int) -> QRect:
    """The pixels from one to the other, both inclusive; at least one."""
    return QRect(left, top, max(right - left, 0) + 1, max(bottom - top, 0) + 1)


def volume_bars(frame: Frame, scale: Scale, columns: Columns) -> tuple[Rectangles, Rectangles]:
    """Bars standing on the pane's floor: of the rising and of the falling columns."""
    left, right = column_edges(frame, columns.slot, columns.width)
    bars = rectangles(left, np.floor(scale.rows_of(columns.volume) + FUZZ), right, np.full(len(left), scale.height - 1))
    traded = columns.volume > 0
    rising = columns.close >= columns.open
    return bars[rising & traded], bars[~rising & traded]


def histogram_bars(frame: Frame, scale: Scale, column: str, points: slice) -> tuple[Rectangles, Rectangles]:
    """Bars from 0 up to the positive and down to the negative values; none where the value is not known."""
    slots, values = frame.column_slots[points], frame.sampled(column)[points]
    left, right = column_edges(frame, slots, frame.columns.width)
    zero, known = np.rint(_zero_of(scale)), np.isfinite(values)
    rows = np.rint(scale.rows_of(np.where(known, values, 0.0)))
    bars = rectangles(left, np.minimum(rows, zero), right, np.maximum(rows, zero) - 1)
    return bars[known & (values > 0)], bars[known & (values < 0)]


def latest_bar(frame: Frame, scale: Scale, column: str) -> list[QRect]:
    """`histogram_bars` of the column that is still open; empty where its value is not known or 0."""
    value = frame.sampled(column).item(-1)
    if not math.isfinite(value) or value == 0:
        return []
    left, right = column_ends(frame, frame.column_slots.item(-1), frame.columns.width)
    first, last = sorted((round(_zero_of(scale)), round(scale.row_of(value))))
    return [between(left, first, right, last - 1)]


def _zero_of(scale: Scale) -> float:
    """The row on which a histogram's bars stand, held within the pane."""
    return min(max(scale.y_of(0.0), 0.0), scale.height)
