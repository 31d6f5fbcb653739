"""Values to pixels and back, in a straight or a logarithmic scale."""

from dataclasses import dataclass

import numpy as np

from hlmaster.ui.charts.series import Floats


@dataclass(slots=True)
class Scale:
    """`high` lies at pixel 0, `low` at pixel `height`. A logarithmic scale that reaches 0 or less is drawn straight."""

    low: float = 0.0
    high: float = 1.0
    height: float = 1.0
    wants_log: bool = False

    @property
    def is_log(self) -> bool:
        return self.wants_log and self.low > 0

    def key(self) -> tuple[object, ...]:
        return self.low, self.high, self.height, self.is_log

    def y_of(self, value: float) -> float:
        if self.is_log:
            if value <= 0:
                return 2 * self.height
            return float(np.log(self.high / value) / np.log(self.high / self.low)) * self.height
        return (self.high - value) / (self.high - self.low) * self.height

    def row_of(self, value: float) -> float:
        """`y_of`, held near the pane so that a far value stays drawable."""
        return min(max(self.y_of(value), -self.height), 2 * self.height)

    def rows_of(self, values: Floats) -> Floats:
        """`y_of` for an array, held near the pane so that far values stay drawable."""
        if self.is_log:
            unit = self.height / np.log(self.high / self.low)
            with np.errstate(invalid="ignore", divide="ignore"):
                rows: Floats = (np.log(self.high) - np.log(values)) * unit
        else:
            rows = (self.high - values) * (self.height / (self.high - self.low))
        # Not np.clip: around a few values that takes ten times as long as what it does.
        held: Floats = np.minimum(np.maximum(rows, -self.height), 2 * self.height)
        return held

    def value_at(self, y: float) -> float:
        share = y / max(self.height, 1.0)
        if self.is_log:
            return float(self.high * (self.low / self.high) ** share)
        return self.high - share * (self.high - self.low)

    def holds(self, value: float) -> bool:
        return self.low <= value <= self.high

    def beyond(self, value: float) -> int:
        """1 where the value lies over the scale, -1 where it lies under it."""
        return (value > self.high) - (value < self.low)

    def enlarged(self, ratio: float) -> "Scale":
        """The same values over `ratio` times as many pixels."""
        return Scale(self.low, self.high, self.height * ratio, self.wants_log)

    def fit(self, low: float, high: float, head: float, foot: float) -> None:
        """Let [low, high] fill the height but for `head` and `foot` pixels."""
        self.low, self.high = low, high
        inner = max(self.height - head - foot, 1.0)
        # Through the pixels of the bare range, so that a logarithmic scale leaves the same room.
        bare = Scale(low, high, inner, self.wants_log)
        self.low, self.high = bare.value_at(inner + foot), bare.value_at(-head)

    def shift(self, pixels: float) -> None:
        """Move what is shown down by so many pixels."""
        self.low, self.high = self.value_at(self.height - pixels), self.value_at(-pixels)

    def stretch(self, factor: float) -> None:
        """Show `factor` times as much, about the middle."""
        more = (factor - 1) / 2 * self.height
        self.low, self.high = self.value_at(self.height + more), self.value_at(-more)
