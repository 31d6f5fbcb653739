"""Trading fees. Schedule: the venue's documentation of September 2026, base perpetuals."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from hlmaster.core.model import FeeRates


@dataclass(frozen=True, slots=True)
class FeeTier:
    """Rates from this 14-day weighted volume (USD) upward."""

    volume: Decimal
    taker: Decimal
    maker: Decimal


PERP_TIERS = tuple(
    FeeTier(Decimal(volume), Decimal(taker), Decimal(maker))
    for volume, taker, maker in (
        ("0", "0.00045", "0.00015"),
        ("5000000", "0.0004", "0.00012"),
        ("25000000", "0.00035", "0.00008"),
        ("100000000", "0.0003", "0.00004"),
        ("500000000", "0.00028", "0"),
        ("2000000000", "0.00026", "0"),
        ("7000000000", "0.00024", "0"),
    )
)


def rates_for_volume(volume: Decimal) -> FeeRates:
    """Rates for a 14-day weighted volume in USD (exclusive bounds: more than, not at least)."""
    tier = PERP_TIERS[0]
    for candidate in PERP_TIERS[1:]:
        if volume > candidate.volume:
            tier = candidate
    return FeeRates(tier.taker, tier.maker)


def fee(price: Decimal, size: Decimal, rate: Decimal) -> Decimal:
    """Fee in USD; negative is a rebate."""
    return price * abs(size) * rate
