"""Which slots are on the screen: scrolling and zooming, with no Qt in it."""

import math
from dataclasses import dataclass

MIN_SLOTS = 10
KEPT_SLOTS = 5
"""Slots of the series that stay on the screen however far it is dragged."""
DEFAULT_PITCH = 7.5
MAX_PITCH = 80.0
MARGIN = 0.035
"""Free room right of the latest candle, as a share of the width."""


@dataclass(slots=True)
class View:
    """A window of `width` pixels on the slots; slot s covers [s, s + 1). `pitch` is pixels per slot.

    A resize keeps `right` and `pitch`, so a wider window shows more history and the candles keep their size.
    """

    right: float = 0.0
    pitch: float = DEFAULT_PITCH
    width: float = 800.0

    @property
    def span(self) -> float:
        return self.width / self.pitch

    @property
    def left(self) -> float:
        return self.right - self.span

    def slot_at(self, x: float) -> int:
        """The slot under a pixel column, counted from the pane's left edge; may lie outside the series."""
        return int((self.left + x / self.pitch) // 1)

    def x_of(self, slot: float) -> float:
        return (slot - self.left) * self.pitch

    def visible(self, count: int) -> tuple[int, int]:
        """The half-open range of existing slots of which at least a part is on the screen."""
        first = max(0, int(self.left // 1))
        last = min(count, int(-(-self.right // 1)))
        return (first, last) if first < last else (0, 0)

    def column_width(self) -> int:
        """Slots to fold into one column so that a column is at least a pixel wide."""
        return max(1, int(-(-self.span // max(self.width, 1.0))))

    def shows_latest(self, count: int) -> bool:
        return self.right >= count - 0.5

    def to_latest(self, count: int) -> None:
        """Put the latest candle near the right edge; the zoom stays, as far as it suits so many candles."""
        self._clamp_pitch(count)
        self.right = count + max(1.0, self.span * MARGIN)

    def resize(self, width: float, count: int) -> None:
        if width != self.width:
            self.width = width
            self._clamp_pitch(count)

    def pan(self, slots: float, count: int) -> None:
        """Move by whole pixels, at least one: then what is painted already can be shifted instead of painted anew."""
        moved = round(slots * self.pitch) or math.copysign(1.0, slots)
        self.right += moved / self.pitch
        self._clamp(count)

    def zoom(self, factor: float, x: float, count: int) -> None:
        """Make candles `factor` times as wide, keeping what is under pixel x in place."""
        held = self.left + x / self.pitch
        self.pitch *= factor
        self._clamp_pitch(count)
        self.right = held + (self.width - x) / self.pitch
        self._clamp(count)

    def to_oldest(self, count: int) -> None:
        self.right = self.span * (1 - MARGIN)
        self._clamp(count)

    def show(self, slots: float, count: int) -> None:
        """Fit the latest `slots` slots to the width."""
        self.pitch = self.width * (1 - MARGIN) / max(slots, 1.0)
        self.to_latest(count)

    def _clamp_pitch(self, count: int) -> None:
        if not count:  # an empty chart has nothing to fill its width with; the first candles take the pitch as it is
            return
        widest = max(count * 1.1, MIN_SLOTS * 4.0)
        self.pitch = min(max(self.pitch, self.width / widest), MAX_PITCH, self.width / MIN_SLOTS)

    def _clamp(self, count: int) -> None:
        kept = min(KEPT_SLOTS, count)
        self.right = min(max(self.right, kept), count - kept + self.span)
