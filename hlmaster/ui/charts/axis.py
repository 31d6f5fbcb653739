"""What stands in the column of the scales: round values, which lie still, and each pane's latest values."""

from __future__ import annotations

import math

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter

from hlmaster.ui.charts.figures import compact, pane_label
from hlmaster.ui.charts.frame import Frame
from hlmaster.ui.charts.lines import spread
from hlmaster.ui.charts.panes import SubPane
from hlmaster.ui.charts.study import PRICE_PANE, VOLUME_PANE
from hlmaster.ui.charts.tag import TAG_HEIGHT, AxisMade, AxisValue, Word
from hlmaster.ui.ink import colour

RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
INSET = 8.0
ROW = 18.0
VOLUME_WORD = 20.0


def mark_axes(frame: Frame) -> None:
    """Find out what is written beside each pane: a round value gives way to tags and latest values."""
    height = frame.price_pane.height()
    covered = [((tag.height + TAG_HEIGHT) / 2 - 3, tag.centre) for tag in frame.tags]
    words = tuple(
        word
        for word in _words(frame, PRICE_PANE)
        if 8 < word.y < height - 8 and all(abs(centre - word.y) >= reach for reach, centre in covered)
    )
    frame.axis_made = {pane.key: _made(frame, pane) for pane in frame.panes.shown}
    frame.axis_values = {key: made.values for key, made in frame.axis_made.items()}
    frame.axis_words = {PRICE_PANE: words, **{key: made.words for key, made in frame.axis_made.items()}}


def _made(frame: Frame, pane: SubPane) -> AxisMade:
    """What is written beside a pane; the same as before where that hangs on the same."""
    (revision, *_), panes = frame.still_parts()
    key = (panes[pane.key], revision, frame.series.ticks, frame.price_scale.width(), frame.palette)
    found = frame.axis_made.get(pane.key)
    if found is not None and found.key == key:
        return found
    values = _latest(frame, pane)
    words = (
        word
        for word in _words(frame, pane.key)
        if 8 < word.y < pane.axis.height() - 6 and all(abs(word.y - value.y) > ROW - 4 for value in values)
    )
    return AxisMade(key, values, tuple(words))


def draw_words(painter: QPainter, frame: Frame, pane: str) -> None:
    """The round values of a pane: of the kept picture."""
    area = axis_of(frame, pane)
    painter.setFont(frame.fonts.numbers if pane == PRICE_PANE else frame.fonts.small)
    painter.setPen(QColor(frame.palette.faint if pane == VOLUME_PANE else frame.palette.muted))
    for word in frame.axis_words.get(pane, ()):
        painter.drawText(_row(area, word.y), RIGHT, word.text)


def draw_values(painter: QPainter, frame: Frame, pane: SubPane) -> None:
    """The latest value of each of a pane's lines, in its colour."""
    ink, area = frame.fonts.small_ink, pane.axis
    right, head = area.right() - INSET, area.top() - ink.height / 2
    painter.setFont(ink.font)
    for value in frame.axis_values.get(pane.key, ()):
        painter.setPen(colour(value.colour))
        ink.again(painter, value.text, math.floor(right - ink.width(value.text)), math.floor(head + value.y + 0.5))


def axis_of(frame: Frame, pane: str) -> QRectF:
    found = frame.panes.get(pane)
    return frame.price_scale if found is None else found.axis


def _words(frame: Frame, pane: str) -> tuple[Word, ...]:
    """All round values of a pane, written anew only when its scale has changed."""
    sub = frame.panes.get(pane)
    scale, ticks = frame.scale_of(pane), frame.price_ticks if sub is None else sub.ticks
    room, volume = _room(frame), frame.volume_high if pane == VOLUME_PANE and len(frame.columns) else 0.0
    key = (scale.key(), tuple(ticks), frame.decimals, room, volume)
    known = frame.axis_known.get(pane)
    if known is not None and known[0] == key:
        return known[1]
    if sub is None:
        words = tuple(Word(frame.y_of(price), frame.price_text(price)) for price in ticks)
    elif pane == VOLUME_PANE:
        words = (Word(VOLUME_WORD, compact(volume)),) if volume else ()
    else:
        words = tuple(Word(scale.y_of(tick), pane_label(tick, scale.high - scale.low, room)) for tick in ticks)
    frame.axis_known[pane] = key, words
    return words


def _latest(frame: Frame, pane: SubPane) -> tuple[AxisValue, ...]:
    """As many of the latest values as find room, kept out of each other's way."""
    if pane.key == VOLUME_PANE or not len(frame.series):
        return ()
    scale, room, last = pane.scale, _room(frame), len(frame.series) - 1
    values = [
        (value, trace.colour)
        for study in frame.studies_in(pane.key)
        for trace in study.traces
        if trace.kind in ("line", "steps") and scale.holds(value := frame.series.value_of(trace.column, last))
    ]
    height, span = pane.axis.height(), scale.high - scale.low
    values = values[: int(height / ROW)]
    centres = spread([scale.y_of(value) for value, _ in values], [ROW - 2] * len(values), 0.0, height)
    return tuple(
        AxisValue(centre, pane_label(value, span, room), colour)
        for (value, colour), centre in zip(values, centres, strict=True)
    )


def _room(frame: Frame) -> int:
    """Characters that find room beside a pane."""
    return int((frame.price_scale.width() - INSET) / frame.fonts.small_digit)


def _row(area: QRectF, y: float) -> QRectF:
    return QRectF(area.left(), area.top() + y - ROW / 2, area.width() - INSET, ROW)
