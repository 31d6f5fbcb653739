"""The coins the embedded exchange lists, and the price grid of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hlmaster.core.clock import DAY_MS
from hlmaster.core.rounding import PERP_MAX_DECIMALS, SIGNIFICANT_FIGURES

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

THREE_YEARS_MS = 3 * 365 * DAY_MS + DAY_MS

MARGIN_TABLES: Mapping[int, tuple[tuple[int, int], ...]] = {
    51: ((0, 10), (3_000_000, 5)),
    52: ((0, 10), (20_000_000, 5)),
    54: ((0, 20), (70_000_000, 10)),
    55: ((0, 25), (100_000_000, 15)),
    56: ((0, 40), (150_000_000, 20)),
}
"""Tiers by table id as (lower bound in USD, max leverage). An id below 50 is its own single tier."""


def margin_tiers(table_id: int) -> tuple[tuple[int, int], ...]:
    return MARGIN_TABLES[table_id] if table_id >= 50 else ((0, table_id),)


BUSIEST_EVENTS_PER_SECOND = 16.0
TRADES_PER_EVENT = 0.14
FACTOR_VOL = 0.42
"""Yearly volatility of the factor common to all coins."""
PREMIUM_SPREAD = 0.00042
"""Standard deviation of the premium of perpetual over oracle, as a fraction."""
PREMIUM_MEMORY_HOURS = 2.0


@dataclass(frozen=True, slots=True)
class Listing:
    """One perpetual and the character of its market.

    Prices live on an integer grid fine enough for every price the venue's rule allows at any magnitude: one tick is
    ``10 ** -(6 - size_decimals)``. Near a given price only multiples of ``step(ticks)`` obey the five-figure rule;
    everything the market itself quotes does. ``annual_vol`` is the yearly standard deviation of log returns, ``beta``
    the loading on the common factor, ``trades_per_day`` and ``daily_volume_usd`` long-run means.
    """

    coin: str
    size_decimals: int
    max_leverage: int
    margin_table_id: int
    start_price: float
    annual_vol: float
    beta: float
    daily_volume_usd: float
    listed_ms_offset: int = THREE_YEARS_MS
    premium_bias: float = 0.0
    """Where the perpetual's premium over the oracle rests, as a fraction."""

    def __post_init__(self) -> None:
        if not 0 <= self.size_decimals <= PERP_MAX_DECIMALS:
            raise ValueError(f"size_decimals of {self.coin} must be 0 to {PERP_MAX_DECIMALS}, not {self.size_decimals}")
        if min(self.start_price, self.annual_vol, self.daily_volume_usd, self.listed_ms_offset) <= 0:
            raise ValueError(f"price, volatility, volume and age of {self.coin} must be positive")
        if self.start_price < self.tick:
            raise ValueError(f"the start price of {self.coin}, {self.start_price}, is below one tick of {self.tick}")

    @property
    def price_decimals(self) -> int:
        """Decimals of one tick."""
        return PERP_MAX_DECIMALS - self.size_decimals

    @property
    def ticks_per_unit(self) -> int:
        return int(10**self.price_decimals)

    @property
    def lots_per_coin(self) -> int:
        return int(10**self.size_decimals)

    @property
    def tick(self) -> float:
        return float(10.0**-self.price_decimals)

    @property
    def lot(self) -> float:
        return float(10.0**-self.size_decimals)

    @property
    def trades_per_day(self) -> int:
        """Long-run mean number of trades in 24 hours, from the size of the market."""
        return int(86_400 * TRADES_PER_EVENT * self.events_per_second)

    @property
    def events_per_second(self) -> float:
        """Long-run mean rate of order actions by all participants."""
        return float(BUSIEST_EVENTS_PER_SECOND * min(1.0, (self.daily_volume_usd / 2.5e9) ** 0.25))

    def step(self, ticks: float) -> int:
        """Spacing in ticks of valid prices around ``ticks``: five significant figures, or whole numbers."""
        figures = len(str(int(ticks))) - SIGNIFICANT_FIGURES
        return int(10 ** max(0, min(figures, self.price_decimals)))

    def steps(self, ticks: NDArray[np.float64]) -> NDArray[np.int64]:
        """``step`` of every element."""
        import numpy as np  # here, for a fifth of a second less until the exchange is ready

        figures = np.floor(np.log10(np.maximum(ticks, 1.0)) + 1e-12).astype(np.int64) + 1 - SIGNIFICANT_FIGURES
        return np.power(10, np.clip(figures, 0, self.price_decimals))

    def snap(self, ticks: float) -> int:
        """The nearest valid price."""
        step = self.step(ticks)
        return max(step, round(ticks / step) * step)

    def ticks(self, price: float) -> int:
        """The nearest valid price, in ticks."""
        return self.snap(price * self.ticks_per_unit)

    def price(self, ticks: float) -> float:
        return ticks / self.ticks_per_unit


LISTINGS: tuple[Listing, ...] = (
    Listing("BTC", 5, 40, 56, 96_500.0, 0.46, 1.0, 2_600e6),
    Listing("ETH", 4, 25, 55, 3_350.0, 0.66, 1.35, 1_500e6),
    Listing("SOL", 2, 20, 54, 168.0, 0.78, 1.5, 640e6),
    Listing("HYPE", 2, 10, 52, 38.5, 0.95, 1.4, 420e6, premium_bias=0.0001),
    Listing("DOGE", 0, 10, 52, 0.1985, 0.88, 1.5, 95e6),
    Listing("ARB", 1, 10, 51, 0.4120, 0.98, 1.6, 24e6, premium_bias=-0.0001),
    Listing("LINK", 1, 10, 52, 17.25, 0.84, 1.45, 60e6),
    Listing("AVAX", 2, 10, 52, 23.8, 0.86, 1.5, 48e6),
    Listing("kPEPE", 0, 10, 52, 0.01065, 1.05, 1.7, 70e6, premium_bias=0.00005),
)
"""What a demo trades: magnitudes of 2026, invented figures."""


def listing(coin: str) -> Listing | None:
    """The built-in listing of a coin, None when there is none."""
    return next((one for one in LISTINGS if one.coin == coin), None)
