"""Margin, liquidation and funding formulas, after the venue's documentation; both sides of the wire use them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from hlmaster.core.model import MarginTier

ZERO = Decimal(0)
BASE_FUNDING_PER_HOUR = Decimal("0.0000125")
FUNDING_CAP_PER_HOUR = Decimal("0.04")
INTEREST_8H = Decimal("0.0001")
CLAMP_8H = Decimal("0.0005")


def maintenance_rate(tier: MarginTier) -> Decimal:
    """Half the initial margin at the tier's highest leverage."""
    return 1 / (2 * Decimal(tier.max_leverage))


def tier_at(tiers: Sequence[MarginTier], notional: Decimal) -> int:
    """Index of the tier a notional falls into; tiers ascend by lower bound, the first starts at 0."""
    index = 0
    for i, tier in enumerate(tiers):
        if notional >= tier.lower_bound:
            index = i
    return index


def maintenance_deduction(tiers: Sequence[MarginTier], index: int) -> Decimal:
    """``d(0) = 0; d(n) = d(n-1) + lower(n) * (rate(n) - rate(n-1))``."""
    total = ZERO
    for i in range(1, index + 1):
        total += tiers[i].lower_bound * (maintenance_rate(tiers[i]) - maintenance_rate(tiers[i - 1]))
    return total


def maintenance_margin(tiers: Sequence[MarginTier], notional: Decimal) -> Decimal:
    """USD needed to keep a position of this absolute notional."""
    index = tier_at(tiers, notional)
    return notional * maintenance_rate(tiers[index]) - maintenance_deduction(tiers, index)


def initial_margin(notional: Decimal, leverage: int) -> Decimal:
    return notional / leverage


def liquidation_price(
    tiers: Sequence[MarginTier], size: Decimal, price: Decimal, equity: Decimal, other_maintenance: Decimal = ZERO
) -> Decimal | None:
    """Mark price at which equity meets maintenance, or None where no positive price does.

    ``size`` signed, ``price`` the present mark, ``equity`` the value backing it at that mark (account value for cross,
    ``size * mark + raw_usd`` for isolated), ``other_maintenance`` what other cross positions need. Solves
    ``equity + size * (p - price) = |size| * p * rate - deduction + other`` in every tier. Maintenance is the highest of
    the tiers' lines (their rates ascend), so the first answer the price meets on its way is the one.
    """
    if size == 0:
        return None
    answers = []
    for index, tier in enumerate(tiers):
        rate, deduction = maintenance_rate(tier), maintenance_deduction(tiers, index)
        slope = size - abs(size) * rate
        answers.append((size * price - equity - deduction + other_maintenance) / slope)
    answer = max(answers) if size > 0 else min(answers)
    return answer if answer > 0 else None


def funding_rate_per_hour(average_premium: Decimal) -> Decimal:
    """Hourly rate from the average premium of the hour: ``(P + clamp(interest - P)) / 8``, capped at 4 % an hour."""
    eight_hours = average_premium + max(-CLAMP_8H, min(CLAMP_8H, INTEREST_8H - average_premium))
    return max(-FUNDING_CAP_PER_HOUR, min(FUNDING_CAP_PER_HOUR, eight_hours / 8))


def funding_payment(size: Decimal, oracle_price: Decimal, rate: Decimal) -> Decimal:
    """USD received (negative: paid) for one hour; longs pay when the rate is positive. The oracle, not the mark."""
    return -(size * oracle_price * rate)
