"""Prices of one coin as whole numbers, so that rows and sums never part by a rounding."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hlmaster.core.candles import Floats, Ints
from hlmaster.core.rounding import PERP_MAX_DECIMALS, price_decimals

STEPS = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class PriceGrid:
    """A unit is ``10 ** -decimals``, for as long as the coin is followed."""

    decimals: int

    @staticmethod
    def around(price: float, size_decimals: int) -> PriceGrid:
        """Ten times finer than the venue's tick near ``price`` where it may become so: a price that falls below a power
        of ten has finer ticks."""
        decimals = price_decimals(Decimal(repr(price)), size_decimals) + 1
        return PriceGrid(max(0, min(decimals, PERP_MAX_DECIMALS - size_decimals)))

    @property
    def scale(self) -> float:
        """Units in a price of 1; exact, and dividing by it gives the float nearest to the decimal price."""
        return 10.0**self.decimals

    def units(self, price: float) -> int:
        return round(price * self.scale)

    def units_of(self, prices: Floats) -> Ints:
        return np.rint(prices * self.scale).astype(np.int64)

    def price(self, units: float) -> float:
        return units / self.scale

    def tick(self, price: float, size_decimals: int) -> int:
        """The venue's tick near ``price`` in units, at least one."""
        return max(1, int(10 ** (self.decimals - price_decimals(Decimal(repr(price)), size_decimals))))


def row_step(span: float, most: int, tick: int) -> int:
    """Units a row has so that ``span`` units make at most ``most`` rows: a tick times 1, 2, 5, 10, 20 and so on."""
    wanted = max(1, ceil(span / max(most, 1) / tick))
    power = 1
    while True:
        for step in STEPS:
            if step * power >= wanted:
                return step * power * tick
        power *= 10


def step_after(step: int, tick: int, *, finer: bool) -> int:
    """The next of the steps that ``row_step`` gives; the finest is ``tick``."""
    steps = [tick * step * 10**power for power in range(8) for step in STEPS]
    if finer:
        return max((s for s in steps if s < step), default=tick)
    return min((s for s in steps if s > step), default=step)


def weighed(places: Ints, weights: NDArray[Any], count: int) -> Floats:
    """float64[count]: the weights summed by place."""
    return np.asarray(np.bincount(places, weights, count), np.float64)
