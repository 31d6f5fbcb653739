"""Volume by price row: what a footprint's candle and a volume profile are made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hlmaster.core.candles import CandleBlock, Floats, Ints
from hlmaster.market.flow.cells import Cells
from hlmaster.market.flow.grid import PriceGrid, weighed
from hlmaster.market.indicators.volume_profile import VALUE_SHARE, value_area

Flags = NDArray[np.bool_]
NONE = np.empty(0)


@dataclass(frozen=True, slots=True)
class Rows:
    """Row i holds prices of ``step`` units from ``(first + i) * step`` on. Sizes in coins.

    ``unsided`` is volume of which nobody told here who the aggressor was.
    """

    step: int
    first: int
    sold: Floats
    bought: Floats
    unsided: Floats

    def __len__(self) -> int:
        return len(self.sold)

    @property
    def delta(self) -> Floats:
        """Bought minus sold."""
        return np.asarray(self.bought - self.sold)

    @property
    def volume(self) -> Floats:
        return np.asarray(self.sold + self.bought + self.unsided)

    @property
    def total(self) -> float:
        return float(self.volume.sum())

    @property
    def sided_share(self) -> float:
        """The part of the volume that comes from trades, 0 to 1; 1 for none."""
        total = self.total
        return 1.0 - float(self.unsided.sum()) / total if total > 0 else 1.0

    def value_area(self, share: float = VALUE_SHARE) -> tuple[int, int, int] | None:
        """Indices of the fullest row (point of control), of the lowest and of the highest row of the value area; None
        without volume. Rules: see ``market.indicators.volume_profile``."""
        volume = self.volume
        total = float(volume.sum())
        if not total > 0:
            return None
        return value_area(volume.tolist(), 1 << len(volume).bit_length(), 0, len(volume) - 1, share * total)

    def regrouped(self, factor: int) -> Rows:
        """Rows of ``factor`` times as many units."""
        first = self.first // factor
        into = (np.arange(len(self)) + self.first) // factor - first
        count = int(into[-1]) + 1 if len(into) else 0
        return Rows(
            self.step * factor,
            first,
            *(weighed(into, side, count) for side in (self.sold, self.bought, self.unsided)),
        )


def rows_of(cells: Cells, step: int) -> Rows:
    if not len(cells):
        return Rows(step, 0, NONE, NONE, NONE)
    at = cells.units // step
    first = int(at.min())
    at = at - first
    count = int(at.max()) + 1
    return Rows(step, first, weighed(at, cells.sold, count), weighed(at, cells.bought, count), np.zeros(count))


def rows_of_candles(block: CandleBlock, grid: PriceGrid, step: int) -> Rows:
    """Each candle's volume spread evenly over the units from its low to its high, both included."""
    if not len(block):
        return Rows(step, 0, NONE, NONE, NONE)
    low, high = grid.units_of(block.low), grid.units_of(block.high)
    first = int(low.min()) // step
    count = int(high.max()) // step - first + 1
    return Rows(step, first, np.zeros(count), np.zeros(count), _spread(low, high, block.volume, first, count, step))


def _spread(low: Ints, high: Ints, volume: Floats, first: int, count: int, step: int) -> Floats:
    """float64[count]. A whole row inside a candle gets density times step: added as a step function's differences."""
    density = volume / (high - low + 1)
    a, b = low // step - first, high // step - first
    result = np.zeros(count)
    same = a == b
    np.add.at(result, a[same], volume[same])
    low, high, a, b, density = (column[~same] for column in (low, high, a, b, density))
    np.add.at(result, a, density * ((a + first + 1) * step - low))
    np.add.at(result, b, density * (high + 1 - (b + first) * step))
    inner = np.zeros(count + 1)
    np.add.at(inner, a + 1, density * step)
    np.add.at(inner, b, -density * step)
    # Differences of floats leave dust where no candle is
    covered = np.zeros(count + 1, np.int64)
    np.add.at(covered, a + 1, 1)
    np.add.at(covered, b, -1)
    inside: Floats = np.where(np.cumsum(covered) > 0, np.cumsum(inner), 0.0)[:count].clip(0.0)
    return np.asarray(result + inside)


def joined(one: Rows, other: Rows) -> Rows:
    """Both together. Raises ValueError when their rows differ in height."""
    if one.step != other.step:
        raise ValueError(f"rows of {one.step} and of {other.step} units cannot be added")
    if not len(one) or not len(other):
        return one if len(one) else other
    first = min(one.first, other.first)
    count = max(one.first + len(one), other.first + len(other)) - first
    sides = []
    for a, b in ((one.sold, other.sold), (one.bought, other.bought), (one.unsided, other.unsided)):
        side = np.zeros(count)
        side[one.first - first :][: len(a)] += a
        side[other.first - first :][: len(b)] += b
        sides.append(side)
    return Rows(one.step, first, *sides)
