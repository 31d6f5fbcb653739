"""What a tick and the mouse leave alone, kept as pictures: the grid, closed candles, studies, scales and times.

The picture of the panes is wider than what is seen of it: a pan shows another part, and is painted only where it comes
to the picture's end, then for some pans to come.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from PySide6.QtCore import QRect, QRectF, QSize
from PySide6.QtGui import QPainter, QPixmap, QRegion

from hlmaster.ui.charts.axis import axis_of, draw_words
from hlmaster.ui.charts.drawing import draw_still_pane
from hlmaster.ui.charts.frame import FUZZ, Frame
from hlmaster.ui.charts.scales import draw_time_scale
from hlmaster.ui.charts.tag import Word
from hlmaster.ui.ink import colour

SPARE = 256
"""Pixels that the picture of the panes has beyond what is seen of it."""
AHEAD = 48
"""Pixels that are painted beyond the edge to which the view moves."""
CHUNK = 64
"""Pixels by which a picture grows: new memory at each step of a window's edge costs as much as a pane."""
SEAM = 3
"""Pixels painted again beside what is there: a line that ended at the old edge had no neighbour there."""


@dataclass(slots=True)
class StillPicture:
    """Pixels of the panes' picture are counted from its left edge, ``_origin`` from the first slot."""

    _panes: QPixmap = field(default_factory=QPixmap)
    _axes: QPixmap = field(default_factory=QPixmap)
    _times: QPixmap = field(default_factory=QPixmap)
    _ratio: float = 0.0
    _step: int = 1
    """The fewest pixels that are whole on the screen too."""
    _looks: tuple[object, ...] = ()
    _states: dict[str, tuple[object, ...]] = field(default_factory=dict)
    _painted: dict[str, tuple[int, int]] = field(default_factory=dict)
    """By pane: from which pixel to which it is painted."""
    _words: dict[str, tuple[Word, ...]] = field(default_factory=dict)
    _origin: float = 0.0
    _left: float = 0.0
    """Of the view, in pixels from the first slot."""

    def draw(self, painter: QPainter, frame: Frame, exposed: QRegion | None = None) -> None:
        """All of it, or only in ``exposed``: of a painter that paints in many places a whole picture is cut to each."""
        left = self._bring_up_to_date(frame, painter.device().devicePixelRatio())
        ratio, height = self._ratio, frame.time_scale.top()
        axes = QRectF(frame.price_scale.left(), 0, frame.price_scale.width(), height)
        sheets = (
            (QRectF(0, 0, frame.price_pane.width(), height), self._panes, round(left * ratio)),
            (axes, self._axes, 0),
            (frame.time_scale, self._times, 0),
        )
        exposed = exposed or QRegion(frame.whole.toAlignedRect())
        parts = [_scaled(QRectF(part), ratio) for part in exposed]  # type: ignore[attr-defined]
        # In the device's own pixels: there a picture is copied as it is, at any scaling.
        painter.save()
        painter.scale(1 / ratio, 1 / ratio)
        for area, sheet, begin in sheets:
            place = _scaled(area, ratio)
            for part in parts:
                seen = place.intersected(part)
                if not seen.isEmpty():
                    # A clip of many parts would be asked about at every line of the picture.
                    painter.setClipRect(seen)
                    painter.drawPixmap(seen, sheet, seen.translated(begin - place.left(), -place.top()))
        painter.restore()

    def _bring_up_to_date(self, frame: Frame, ratio: float) -> int:
        """Returns the pixel of the panes' picture at which the view begins."""
        shared, states = frame.still_parts()
        looks, left = (*shared, frame.price_scale.width()), frame.view.left * frame.view.pitch
        is_new = looks != self._looks or ratio != self._ratio or states.keys() != self._states.keys()
        if is_new:
            self._begin(frame, ratio)
        self._states, before = states, self._states
        for pane, state in states.items():
            if is_new or state != before[pane]:
                self._painted.pop(pane, None)
        begin = self._place(frame, left)
        self._paint_panes(frame, begin, math.copysign(1, left - self._left) if left != self._left else 0)
        self._paint_words(frame, {pane for pane in states if is_new or states[pane][1:3] != before[pane][1:3]})
        if is_new or left != self._left:
            self._paint_times(frame)
        self._looks, self._left, self._words = looks, left, frame.axis_words
        return begin

    def _begin(self, frame: Frame, ratio: float) -> None:
        self._ratio = ratio
        steps = (step for step in range(1, SPARE) if abs(step * ratio - round(step * ratio)) < FUZZ)
        self._step = next(steps, SPARE)
        width, height = frame.price_pane.width() + SPARE, frame.time_scale.top()
        self._panes = self._sheet(self._panes, width, height)
        self._axes = self._sheet(self._axes, frame.price_scale.width(), height)
        self._axes.fill(colour(frame.palette.background))
        self._times = self._sheet(self._times, frame.time_scale.width(), frame.time_scale.height())
        self._painted.clear()

    def _sheet(self, last: QPixmap, width: float, height: float) -> QPixmap:
        size = QSize(*(math.ceil(side * self._ratio / CHUNK) * CHUNK for side in (width, height)))
        sheet = last if last.size() == size else QPixmap(size)
        sheet.setDevicePixelRatio(self._ratio)
        return sheet

    def _place(self, frame: Frame, left: float) -> int:
        """Where in the picture the view begins; what is painted is moved there where that would be beyond its ends."""
        begin, spare = round(left - self._origin), SPARE
        is_whole = abs(left - self._origin - begin) < FUZZ
        if is_whole and 0 <= begin <= spare:
            return begin
        moved = begin - spare // 2
        if not is_whole or not self._painted or abs(moved) >= self._panes.width() / self._ratio:
            self._painted.clear()
            self._origin = left - spare // 2
            return spare // 2
        moved = moved // self._step * self._step
        self._panes.scroll(-round(moved * self._ratio), 0, self._panes.rect())
        self._origin += moved
        end = math.floor(self._panes.width() / self._ratio)
        shifted = {pane: (max(low - moved, 0), min(high - moved, end)) for pane, (low, high) in self._painted.items()}
        self._painted = {pane: (low, high) for pane, (low, high) in shifted.items() if low < high}
        return begin - moved

    def _paint_panes(self, frame: Frame, begin: int, way: float) -> None:
        """Paint what is missing of each pane between the edges of the view, and some more where the view moves."""
        end, room = begin + math.ceil(frame.price_pane.width()), math.ceil(frame.price_pane.width()) + SPARE
        missing: dict[tuple[int, int], list[str]] = {}
        for pane in frame.panes_shown():
            low, high = self._painted.get(pane, (begin, begin))
            if high < begin or low > end:
                low = high = begin
            parts = []
            if low > begin:
                parts.append((max(begin - AHEAD, 0), low))
            if high < end:
                parts.append((high, min(end + AHEAD, room) if way > 0 or high > low else end))
            if low == high:
                parts = [(max(begin - AHEAD, 0) if way < 0 else begin, min(end + AHEAD, room) if way > 0 else end)]
            for part in parts:
                missing.setdefault(part, []).append(pane)
                low, high = part if low == high else (min(low, part[0]), max(high, part[1]))
            self._painted[pane] = low, high
        if not missing:
            return
        brush = QPainter(self._panes)
        for (low, high), names in missing.items():
            # Bars keep to the screen's pixels, which count from where a strip begins.
            low, high = max(low - SEAM, 0) // self._step * self._step, min(high + SEAM, room)
            strip = frame.reaching(low - begin, high - begin)
            brush.save()
            brush.translate(low, 0)
            for pane in names:
                area = strip.area_of(pane)
                brush.setClipRect(area)
                brush.fillRect(area, colour(frame.palette.background))
                draw_still_pane(brush, strip, pane)
            brush.restore()
        brush.end()

    def _paint_words(self, frame: Frame, moved: set[str]) -> None:
        """The round values of the panes that were given another place, or whose values are others."""
        panes = [pane for pane, words in frame.axis_words.items() if pane in moved or words != self._words.get(pane)]
        if not panes:
            return
        brush = QPainter(self._axes)
        brush.translate(-frame.price_scale.left(), 0)
        for pane in panes:
            axis = axis_of(frame, pane)
            brush.setClipRect(axis)
            brush.fillRect(axis, colour(frame.palette.background))
            draw_words(brush, frame, pane)
        brush.end()

    def _paint_times(self, frame: Frame) -> None:
        self._times.fill(colour(frame.palette.background))
        brush = QPainter(self._times)
        brush.translate(-frame.time_scale.topLeft())
        draw_time_scale(brush, frame, frame.time_scale)
        brush.end()


def _scaled(area: QRectF, ratio: float) -> QRect:
    return QRectF(area.topLeft() * ratio, area.size() * ratio).toAlignedRect()
