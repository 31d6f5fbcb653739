"""The prices that rows of a ladder stand at: the venue's ticks, or groups of them as the venue groups its books."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import ceil, floor, log10

from hlmaster.core.model import Side
from hlmaster.core.rounding import PERP_MAX_DECIMALS
from hlmaster.market.book import SAME, figure_step
from hlmaster.ui import figures

Group = tuple[int, int]
"""Significant figures and mantissa."""
GROUPS: tuple[Group, ...] = ((5, 1), (5, 2), (5, 5), (4, 1), (3, 1), (2, 1))


def groups(price: float, tick: float) -> list[Group]:
    """Of ``GROUPS`` those that are coarser than ``tick`` near ``price``, rising."""
    return [group for group in GROUPS if figure_step(price, *group) > tick * 1.01]


def step_text(step: float) -> str:
    return figures.plain(float(f"{step:.6g}"))


@dataclass(frozen=True, slots=True)
class Grid:
    """All valid prices, or with ``group`` those of its groups. The step widens where a price gains a figure."""

    size_decimals: int
    group: Group | None = None

    def step(self, price: float) -> float:
        """From ``price`` to the next price above it."""
        tick = min(1.0, max(figure_step(price, 5), 10.0 ** (self.size_decimals - PERP_MAX_DECIMALS)))
        return tick if self.group is None else max(tick, figure_step(price, *self.group))

    def below(self, price: float) -> float:
        """The highest price of the grid that is not above ``price``; 0 under the lowest."""
        return _on(price, self.step(price), up=False)

    def above(self, price: float) -> float:
        """The lowest price of the grid that is not below ``price``."""
        return _on(price, self.step(price), up=True)

    def of(self, price: float, side: Side) -> float:
        """Where an order stands in groups: bids are grouped down, asks up."""
        return self.below(price) if side is Side.BUY else self.above(price)

    def nearest(self, price: float) -> float:
        low, high = self.below(price), self.above(price)
        return low if low > 0 and price - low <= high - price else high

    def moved(self, price: float, rows: int) -> float:
        """So many rows further up, or down where negative; never under the lowest price."""
        for _ in range(abs(rows)):
            further = self._next(price) if rows > 0 else self._previous(price)
            if further <= 0:
                return price
            price = further
        return price

    def _next(self, price: float) -> float:
        step = self.step(price)
        return _times(floor(price / step + SAME) + 1, step)

    def _previous(self, price: float) -> float:
        # Under a power of ten the step is the finer one of the prices beneath it
        step = self.step(price * (1 - 1e-7))
        return _times(ceil(price / step - 1e-6) - 1, step)


@lru_cache(maxsize=64)
def prices_around(grid: Grid, anchor: float, above: int, below: int) -> tuple[float, ...]:
    """Of the grid, falling: so many above ``anchor``, itself, and so many below, as far as prices are positive."""
    upper = [anchor]
    for _ in range(above):
        upper.append(grid.moved(upper[-1], 1))
    lower = [anchor]
    for _ in range(below):
        price = grid.moved(lower[-1], -1)
        if price == lower[-1]:
            break
        lower.append(price)
    return (*reversed(upper), *lower[1:])


def _on(price: float, step: float, *, up: bool) -> float:
    quotient = price / step
    whole = round(quotient)
    if abs(quotient - whole) > SAME * max(1.0, quotient):
        whole = ceil(quotient) if up else floor(quotient)
    return _times(whole, step)


def _times(whole: int, step: float) -> float:
    """The float nearest to the decimal price, which is the one that the venue's text of it gives."""
    return round(whole * step, max(0, ceil(-log10(step) - SAME)))
