"""Reads the candle under the cursor."""

from __future__ import annotations

import numpy as np

from hlmaster.ui.charts.frame import Frame
from hlmaster.ui.charts.reading import Reading


def read(frame: Frame) -> Reading | None:
    """The column under the cursor, or the latest candle when there is no cursor. None without candles."""
    series = frame.series
    if not len(series):
        return None
    width, slot, price = 1, len(series) - 1, None
    if frame.cursor is not None:
        width, slot = frame.columns.width, min(max(frame.cursor_slot, 0), len(series) - 1)
        price = frame.price_at(frame.cursor[1]) if frame.cursor[1] < frame.price_pane.height() else None
    slot = slot // width * width
    column = series.columns(slot, slot + 1, width)
    if not len(column):
        hole = float("nan")
        return Reading(slot, series.time_at(slot), hole, hole, hole, hole, 0.0, 0.0, series.missing(slot), price)
    opened, high, low, close, volume = (
        float(part[0]) for part in (column.open, column.high, column.low, column.close, column.volume)
    )
    before = float(series.field("close")[slot - 1]) if slot else float("nan")
    before = before if np.isfinite(before) else opened
    change = close / before - 1 if before else 0.0
    return Reading(slot, series.time_at(slot), opened, high, low, close, volume, change, 0, price)
