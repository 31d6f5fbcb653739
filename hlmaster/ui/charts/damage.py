"""What of the picture has to be painted again: after a tick a narrow column, some words, and two lines of pixels."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest

from PySide6.QtCore import QRect, QRectF
from PySide6.QtGui import QRegion

from hlmaster.ui.charts.axis import axis_of
from hlmaster.ui.charts.frame import Frame
from hlmaster.ui.charts.legend_cell import Cell
from hlmaster.ui.charts.study import PRICE_PANE
from hlmaster.ui.charts.tag import AxisValue, Tag, Word

REACH = 6
"""Pixels by which a line's end or an event's triangle may stand out of its column."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A frame as it was shown. Where `ground` differs from another's, nothing is known to be the same."""

    ground: tuple[object, ...]
    ticks: int
    row: int
    """Of the latest price's line."""
    tags: list[Tag]
    words: dict[str, tuple[Word, ...]]
    values: dict[str, tuple[AxisValue, ...]]
    cells: list[Cell]


def seen(frame: Frame) -> Seen | None:
    """None without candles."""
    if not len(frame.series):
        return None
    latest = frame.series.latest_range() if frame.marks else ()
    told = frame.stale, frame.cursor, frame.cursor_slot, frame.lines, frame.marks, latest, frame.labels
    ground = frame.still(), frame.layers.live(frame), *told
    row = round(frame.y_of(frame.last_price))
    return Seen(ground, frame.series.ticks, row, frame.tags, frame.axis_words, frame.axis_values, frame.legend)


def damage(before: Seen | None, now: Seen | None, frame: Frame) -> QRegion | None:
    """Where the second one, of this frame, looks otherwise than the first; None for everywhere."""
    if before is None or now is None or before.ground != now.ground:
        return None
    result = QRegion()
    if frame.is_open_drawn and before.ticks != now.ticks:
        middles = frame.column_middles()
        left = int(middles[-2] if len(middles) > 1 else 0) - REACH
        right = frame.view.x_of(frame.column_slots.item(-1) + frame.columns.width) + REACH
        result += QRect(left, 0, int(right) - left, int(frame.time_scale.top()))
    for row in {before.row, now.row} if before.ticks != now.ticks else ():
        result += QRect(0, row - 1, int(frame.price_pane.width()), 3)
    if before.tags != now.tags:
        result += frame.price_scale.toAlignedRect()
    for pane in (PRICE_PANE, *(pane.key for pane in frame.panes.shown)):
        if before.words.get(pane) != now.words.get(pane) or before.values.get(pane) != now.values.get(pane):
            result += axis_of(frame, pane).toAlignedRect()
    rows: dict[float, QRectF] = {}
    for old, new in zip_longest(before.cells, now.cells):
        if old != new:
            for box in (cell.box for cell in (old, new) if cell is not None):
                rows[box.top()] = box.united(rows.get(box.top(), QRectF()))
    # One part for each row: every part costs more than what lies between two cells.
    for box in rows.values():
        result += box.toAlignedRect().adjusted(-1, -1, 1, 1)
    return result
