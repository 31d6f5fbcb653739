"""What a user pays for trading: volume by UTC day and the fee tier that follows from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from hlmaster.core.clock import DAY_MS
from hlmaster.core.fees import rates_for_volume
from hlmaster.core.model import FeeRates

ZERO = Decimal(0)
TIER_DAYS = 14
KEPT_DAYS = 15


@dataclass(slots=True)
class Volumes:
    """Traded notional (USD) by UTC day, taker and maker apart, and the sum of all time."""

    days: dict[int, tuple[Decimal, Decimal]] = field(default_factory=dict)
    total: Decimal = ZERO
    _rates: tuple[int, FeeRates] | None = None

    def add(self, time_ms: int, notional: Decimal, *, taker: bool) -> None:
        day = time_ms // DAY_MS
        took, made = self.days.get(day, (ZERO, ZERO))
        self.days[day] = (took + notional, made) if taker else (took, made + notional)
        self.total += notional
        if len(self.days) > KEPT_DAYS:
            del self.days[min(self.days)]

    def weighted(self, time_ms: int) -> Decimal:
        """Of the fourteen UTC days before this one."""
        today = time_ms // DAY_MS
        return sum((took + made for day, (took, made) in self.days.items() if 0 < today - day <= TIER_DAYS), ZERO)

    def rates(self, time_ms: int) -> FeeRates:
        """Assessed once a day."""
        today = time_ms // DAY_MS
        if self._rates is None or self._rates[0] != today:
            self._rates = (today, rates_for_volume(self.weighted(time_ms)))
        return self._rates[1]
