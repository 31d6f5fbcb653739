"""The panes under the prices: which there are, how the height is shared out, and the scale of each."""

from copy import copy
from dataclasses import dataclass, field, replace

from PySide6.QtCore import QRectF

from hlmaster.ui.charts.scale import Scale
from hlmaster.ui.charts.study import VOLUME_PANE

PANE_SHARE = 0.17
"""Share of the height that a new pane takes."""
MOST_SHARE = 0.52
"""What all of them take together, unless their borders were dragged."""
LEAST_HEIGHT = 180.0
"""A chart lower than this shows prices alone."""
LEAST_PANE, LEAST_PRICES = 34.0, 96.0
MOST_PANE_SHARE = 0.9
VOLUME_HEAD = 20.0
"""Pixels kept free over the highest volume."""


@dataclass(slots=True)
class SubPane:
    """`area` is its plot, `axis` its part of the scales' column; without height while there is no room for it."""

    key: str
    share: float = PANE_SHARE
    area: QRectF = field(default_factory=QRectF)
    axis: QRectF = field(default_factory=QRectF)
    scale: Scale = field(default_factory=Scale)
    ticks: list[float] = field(default_factory=list)
    fitted: tuple[float, float, float, tuple[float, ...]] | None = None
    """Lowest and highest value, the height that the scale was fitted to, and the levels that it marks."""

    @property
    def is_shown(self) -> bool:
        return self.area.height() > 0


class Panes:
    """From top to bottom, in the order in which they were added; the volume first."""

    def __init__(self) -> None:
        self.all: list[SubPane] = [SubPane(VOLUME_PANE)]
        self._shares: dict[str, float] = {}
        """Of panes that were closed, or are to come: a pane that opens again is as high as it was."""
        self._were_dragged = False

    @property
    def shown(self) -> list[SubPane]:
        return [pane for pane in self.all if pane.is_shown]

    def get(self, key: str) -> SubPane | None:
        return next((pane for pane in self.all if pane.key == key), None)

    def open(self, key: str) -> SubPane:
        """The pane of that name, made at the bottom unless it is there; the volume is always the first."""
        pane = self.get(key)
        if pane is None:
            pane = SubPane(key, self._shares.get(key, PANE_SHARE))
            self.all.insert(0 if key == VOLUME_PANE else len(self.all), pane)
        return pane

    def close(self, key: str) -> None:
        pane = self.get(key)
        if pane is not None:
            self._shares[key] = pane.share
            self.all.remove(pane)

    def of_width(self, plot: float) -> "Panes":
        """The same panes, as wide as that, in the same scales."""
        result = copy(self)
        result.all = [replace(pane, area=QRectF(0, pane.area.top(), plot, pane.area.height())) for pane in self.all]
        return result

    def at(self, y: float) -> SubPane | None:
        """The pane under a pixel row of the chart."""
        return next((pane for pane in self.shown if pane.area.top() <= y < pane.area.bottom()), None)

    def lay_out(self, plot: float, axis: float, height: float) -> float:
        """Give the panes their places over the first `height` pixels; returns the height left to the prices."""
        heights = self._heights(height)
        top = prices = height - sum(heights)
        for pane, high in zip(self.all, heights, strict=True):
            pane.area = QRectF(0, top, plot, high)
            pane.axis = QRectF(plot, top, axis, high)
            pane.scale.height = high
            top += high
        return prices

    def _heights(self, height: float) -> list[float]:
        if height < LEAST_HEIGHT:
            return [0.0] * len(self.all)
        wanted = sum(pane.share for pane in self.all)
        ease = 1.0 if self._were_dragged else min(1.0, MOST_SHARE / max(wanted, 1e-9))
        left, heights = height - LEAST_PRICES, []
        for pane in self.all:
            high = float(max(round(height * pane.share * ease), LEAST_PANE))
            high = high if high <= left else LEAST_PANE if left >= LEAST_PANE else 0.0
            left -= high
            heights.append(high)
        return heights

    def drag_border(self, key: str, pixels: float, prices: float) -> None:
        """Move the upper border of a pane down, taking from it and giving to what is above, or the reverse."""
        shown = self.shown
        index = next((at for at, pane in enumerate(shown) if pane.key == key), None)
        if index is None:
            return
        total = prices + sum(pane.area.height() for pane in shown)
        heights = [pane.area.height() for pane in shown]
        above, least = (heights[index - 1], LEAST_PANE) if index else (prices, LEAST_PRICES)
        moved = max(least - above, min(pixels, heights[index] - LEAST_PANE))
        heights[index] -= moved
        if index:
            heights[index - 1] += moved
        self._were_dragged = True
        for pane, high in zip(shown, heights, strict=True):
            pane.share = high / total

    # -- what is remembered -------------------------------------------------------------------------------------

    def shares(self) -> dict[str, float]:
        return {**self._shares, **{pane.key: round(pane.share, 4) for pane in self.all}}

    def set_shares(self, shares: dict[str, float], *, dragged: bool) -> None:
        """Shares of the chart's height by the panes' names, also of panes that open later; odd ones are passed over."""
        fit = {key: share for key, share in shares.items() if 0 < share < MOST_PANE_SHARE}
        self._shares |= fit
        self._were_dragged = dragged
        for pane in self.all:
            pane.share = fit.get(pane.key, pane.share)

    @property
    def were_dragged(self) -> bool:
        return self._were_dragged
