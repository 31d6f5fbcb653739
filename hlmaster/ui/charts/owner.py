"""Who owns the lines on a chart: what the hand asks before it does anything."""

from __future__ import annotations

from dataclasses import dataclass

from hlmaster.core.model import Side
from hlmaster.ui.charts.click_orders import ClickKind

Held = tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """What clicks at ``price`` would do, a line for each button; ``colour`` is that of the first one's side."""

    price: float
    words: tuple[str, ...]
    colour: str


class Owner:
    """What the hand asks. ``locked`` says why nothing trades now, empty when it does."""

    locked: str = ""
    plain_clicks: bool = False
    """Clicks trade without Ctrl."""

    def seconds(self) -> float:
        """That only rise."""
        return 0.0

    def snap(self, price: float) -> float:
        """Onto the grid, above zero."""
        return price

    def held(self, key: str, *, together: bool) -> Held:
        """(key, price) of the lines that a drag of this one takes along, this one first; empty when it is gone."""
        return ()

    def busy(self, key: str) -> str:
        """Why a line cannot be taken for now, in a sentence; empty for one that can, and for one that never could."""
        return ""

    def preview(self, price: float) -> Preview | None:
        """None while nothing would be sent."""
        return None

    def side(self, kind: ClickKind, price: float) -> Side | None:
        """Of the order that a click would be; None while there is no market."""
        return None

    def tip(self, x: float, y: float) -> tuple[str, ...]:
        """About what is there beside lines, in pixels of the price pane."""
        return ()
