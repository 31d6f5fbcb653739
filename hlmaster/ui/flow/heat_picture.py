"""The heat map's pixels: a ring of columns, of which only the new ones are made and written at each frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from hlmaster.core.candles import Floats, Ints
from hlmaster.market.flow.heat import COLUMN_MS, HeatHistory
from hlmaster.ui.flow.ramp import SHADES, Pixels

FULL_QUANTILE = 98.0
"""Per cent of the levels shown that are not brighter than the scale's end, unless the user says otherwise."""
PER_COLUMN = ("bid", "ask", "bought", "bought_at", "sold", "sold_at", "heard")


@dataclass(frozen=True, slots=True)
class HeatView:
    """Which part of the history is shown: columns [first, first + count) of ``step_ms``, rows as in ``HeatWindow``."""

    first: int
    count: int
    step_ms: int
    low: int
    rows: int
    row_units: int

    def is_moved(self, other: HeatView) -> bool:
        """Whether ``other`` shows the same grid, only further in time."""
        same = (self.count, self.step_ms, self.low, self.rows, self.row_units)
        return same == (other.count, other.step_ms, other.low, other.rows, other.row_units)

    @property
    def last(self) -> int:
        return self.first + self.count - 1


class HeatPicture:
    """``columns`` tells best prices and trades of what is shown; ``size_at`` reads a cell."""

    def __init__(self) -> None:
        self.view: HeatView | None = None
        self.written = 0
        """Columns made so far: tests and benchmarks read it."""
        self._ramp: Pixels = np.zeros(SHADES, np.uint32)
        self._gap = np.uint32(0)
        self._full = 0.0
        self._scaled_for: tuple[float, HeatView] | None = None
        self._source: HeatHistory | None = None
        self._done = 0
        """Number of the first column that may still change."""
        self._size: Floats = np.empty((0, 0))
        self._ring: dict[str, Floats] = {}
        self._pixels: Pixels = np.empty((0, 0), np.uint32)
        self._image = QImage()

    def dress(self, ramp: Pixels, gap: int) -> None:
        self._ramp, self._gap = ramp, np.uint32(gap)
        if self.view is not None:
            self._shade(self._order(self.view))

    def show(self, history: HeatHistory, view: HeatView, brightness: float) -> None:
        """``brightness`` 1 is the automatic scale, 2 shows half of a size as brightly."""
        old = self.view
        if old is None or history is not self._source or not old.is_moved(view) or view.first < old.first:
            self._make_room(view)
            start = view.first
        else:
            start = max(view.first, min(self._done, view.last + 1))
        self.view, self._source = view, history
        self._done = min(view.last + 1, history.head * COLUMN_MS // view.step_ms)
        if start <= view.last:
            self._write(history, view, start)
        scaled_for = (brightness, view)
        if scaled_for != self._scaled_for:
            self._scaled_for = scaled_for
            if self._rescaled(brightness):
                self._shade(self._order(view))

    def _make_room(self, view: HeatView) -> None:
        self._size = np.zeros((view.count, view.rows))
        self._ring = {name: np.zeros(view.count) for name in PER_COLUMN}
        self._pixels = np.full((view.rows, view.count), self._gap, np.uint32)
        # Over the array's own memory: what is written there is painted
        self._image = QImage(
            self._pixels.data, view.count, view.rows, self._pixels.strides[0], QImage.Format.Format_RGB32
        )

    def _write(self, history: HeatHistory, view: HeatView, start: int) -> None:
        count = view.last - start + 1
        window = history.window(start, count, view.step_ms, view.low, view.rows, view.row_units)
        places = np.arange(start, view.last + 1) % view.count
        self._size[places] = window.size
        for name in PER_COLUMN:
            self._ring[name][places] = getattr(window, name)
        self.written += count
        self._shade(places)

    def _rescaled(self, brightness: float) -> bool:
        """A scale that moves a little would flicker: it follows by steps."""
        known = self._size[self._size > 0]
        if not len(known):
            return False
        wanted = float(np.percentile(known, FULL_QUANTILE)) / brightness
        if 0.85 * self._full <= wanted <= 1.18 * self._full:
            return False
        self._full = wanted
        return True

    def _shade(self, places: Ints) -> None:
        if not len(places):
            return
        share = np.sqrt(self._size[places] / (self._full or 1.0))
        shades = self._ramp[np.minimum(share * (SHADES - 1), SHADES - 1).astype(np.uint8)]
        shades[self._ring["heard"][places] == 0] = self._gap
        self._pixels[:, places] = shades.T[::-1]

    def _order(self, view: HeatView) -> Ints:
        return np.arange(view.first, view.last + 1) % view.count

    # --- what is shown ---

    @property
    def columns(self) -> dict[str, Floats]:
        """From the first column shown to the last; see ``PER_COLUMN``."""
        if self.view is None:
            return {}
        order = self._order(self.view)
        return {name: ring[order] for name, ring in self._ring.items()}

    def size_at(self, column: int, row: int) -> float | None:
        """Coins that rested in a row, on average; None outside and where nothing was heard. Numbers as in the view."""
        view = self.view
        if view is None or not (view.first <= column <= view.last and 0 <= row < view.rows):
            return None
        place = column % view.count
        return float(self._size[place, row]) if self._ring["heard"][place] else None

    def paint(self, painter: QPainter, target: QRectF) -> None:
        """The ring's older part, then its newer one."""
        view = self.view
        if view is None:
            return
        seam, pitch = view.first % view.count, target.width() / view.count
        older = view.count - seam
        painter.drawImage(
            QRectF(target.left(), target.top(), older * pitch, target.height()),
            self._image,
            QRectF(seam, 0, older, view.rows),
        )
        if seam:
            painter.drawImage(
                QRectF(target.left() + older * pitch, target.top(), seam * pitch, target.height()),
                self._image,
                QRectF(0, 0, seam, view.rows),
            )
