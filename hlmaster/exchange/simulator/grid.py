"""Integer ticks and lots of one coin, and their exact Decimal meaning.

One tick is ``10 ** -(6 - size_decimals)`` and one lot ``10 ** -size_decimals``, so ticks times lots is always USD times
a million: notional is exact in integers for every coin.
"""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal

from hlmaster.core.rounding import PERP_MAX_DECIMALS, SIGNIFICANT_FIGURES

MICRO = -6
"""Decimal shift from tick-lots to USD."""


class Grid:
    """Converts prices and sizes of one coin; the five-figure price rule on ticks."""

    __slots__ = ("lots_per_coin", "price_decimals", "size_decimals", "ticks_per_unit")

    def __init__(self, size_decimals: int) -> None:
        self.size_decimals = size_decimals
        self.price_decimals = PERP_MAX_DECIMALS - size_decimals
        self.ticks_per_unit = int(10**self.price_decimals)
        self.lots_per_coin = int(10**size_decimals)

    def price(self, ticks: int) -> Decimal:
        return Decimal(ticks).scaleb(-self.price_decimals)

    def size(self, lots: int) -> Decimal:
        return Decimal(lots).scaleb(-self.size_decimals)

    def ticks(self, price: Decimal) -> int:
        """Towards zero; exact for every valid price."""
        return int(price.scaleb(self.price_decimals).to_integral_value(ROUND_FLOOR))

    def lots(self, size: Decimal) -> int:
        """Towards zero; exact for every valid size."""
        return int(size.scaleb(self.size_decimals))

    def step(self, ticks: float) -> int:
        """Spacing of valid prices around ``ticks``."""
        return int(10 ** max(0, min(len(str(int(ticks))) - SIGNIFICANT_FIGURES, self.price_decimals)))

    def snap(self, ticks: float) -> int:
        """The nearest valid price, at least one step."""
        step = self.step(ticks)
        return max(step, round(ticks / step) * step)

    def snap_inside(self, ticks: float, *, up: bool) -> int:
        """The nearest valid price not below (``up``) or not above ``ticks``."""
        step = self.step(ticks)
        return max(step, int(-(-ticks // step) if up else ticks // step) * step)


def notional(tick_lots: int) -> Decimal:
    """USD of ticks times lots."""
    return Decimal(tick_lots).scaleb(MICRO)
