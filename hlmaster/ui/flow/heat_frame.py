"""Where things lie on the heat map: columns and rows, prices and times, for one size of the widget."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from PySide6.QtCore import QRectF

from hlmaster.market.flow.grid import row_step, step_after
from hlmaster.ui.flow.heat_picture import HeatView

ZOOMS = ((250, 8), (250, 4), (250, 2), (500, 2), (1_000, 2), (2_000, 2), (5_000, 2), (10_000, 2), (30_000, 2))
"""Milliseconds a column stands for, and its pixels."""
USUAL_ZOOM = 4
ROW_PIXELS = 6
"""A row is at least this high, unless the user wants more of them."""
BOOK_SHARE = 0.62
"""Of the height, that the book takes at first."""
LOOSE = 0.28
"""The price may come this near to an edge, as a share of the height, before the map follows it."""
TIME_HEIGHT = 20


@dataclass(slots=True)
class HeatFrame:
    """``low`` is the lowest row shown, in rows of ``row_units``; ``anchor`` the newest column shown, None for now."""

    zoom: int = USUAL_ZOOM
    row_units: int = 0
    low: int = 0
    rows: int = 1
    count: int = 1
    anchor: int | None = None
    newest: int = 0
    follows_price: bool = True
    is_fitted: bool = False
    """The height of rows is as the user chose it, or as the first book needed it."""

    @property
    def step_ms(self) -> int:
        return ZOOMS[self.zoom][0]

    @property
    def pitch(self) -> int:
        return ZOOMS[self.zoom][1]

    def lay_out(self, plot: QRectF, now_ms: int) -> None:
        self.count = max(1, int(plot.width()) // self.pitch)
        self.rows = max(4, ceil(plot.height() / ROW_PIXELS))
        self.newest = now_ms // self.step_ms
        if self.anchor is not None and self.anchor >= self.newest:
            self.anchor = None

    def fit(self, span: int, tick: int) -> None:
        """Rows so high that a book over ``span`` units fills its share."""
        if not self.is_fitted and span > 0:
            self.is_fitted = True
            self.row_units = row_step(span / BOOK_SHARE, self.rows, tick)
        self.row_units = max(self.row_units, tick)

    def follow(self, units: int) -> None:
        """Keep a price in sight."""
        row = units // self.row_units
        if self.follows_price and not LOOSE * self.rows <= row - self.low <= (1 - LOOSE) * self.rows:
            self.low = row - self.rows // 2

    @property
    def view(self) -> HeatView:
        last = self.newest if self.anchor is None else self.anchor
        return HeatView(last - self.count + 1, self.count, self.step_ms, self.low, self.rows, self.row_units)

    # --- moving ---

    def zoom_time(self, closer: bool) -> None:
        old = self.step_ms
        self.zoom = min(max(self.zoom + (-1 if closer else 1), 0), len(ZOOMS) - 1)
        if self.anchor is not None:
            self.anchor = self.anchor * old // self.step_ms

    def zoom_price(self, closer: bool, tick: int) -> None:
        middle = (self.low + self.rows / 2) * self.row_units
        self.row_units = max(step_after(self.row_units, tick, finer=closer), tick)
        self.low = round(middle / self.row_units - self.rows / 2)

    def pan(self, columns: int, rows: int, oldest: int) -> None:
        """Back in time and down in price when positive; ``oldest`` is the first column there is."""
        last = (self.newest if self.anchor is None else self.anchor) - columns
        last = max(last, min(oldest + self.count // 4, self.newest))
        self.anchor = None if last >= self.newest else last
        if rows:
            self.low -= rows
            self.follows_price = False

    def to_now(self) -> None:
        self.anchor, self.follows_price = None, True

    # --- mapping: pixels of the plot ---

    def y_of(self, units: float, plot: QRectF) -> float:
        return plot.bottom() - (units / self.row_units - self.low) * plot.height() / self.rows

    def units_at(self, y: float, plot: QRectF) -> float:
        return ((plot.bottom() - y) * self.rows / plot.height() + self.low) * self.row_units

    def column_at(self, x: float, plot: QRectF) -> int:
        return self.view.first + int((x - self.left(plot)) // self.pitch)

    def x_of(self, column: float, plot: QRectF) -> float:
        return self.left(plot) + (column - self.view.first) * self.pitch

    def left(self, plot: QRectF) -> float:
        """The newest column ends at the plot's right edge."""
        return plot.right() - self.count * self.pitch
