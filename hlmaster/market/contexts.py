"""What an asset context means: day change, basis, yearly funding."""

from __future__ import annotations

from hlmaster.core.events import AssetContext

HOURS_PER_YEAR = 24 * 365


def day_change_fraction(context: AssetContext) -> float | None:
    """Mark against the price 24 hours ago, as the venue shows it; None for a coin younger than a day."""
    if context.previous_day_price <= 0:
        return None
    return context.mark_price / context.previous_day_price - 1


def basis_fraction(context: AssetContext) -> float:
    """Mark over oracle, minus one."""
    return context.mark_price / context.oracle_price - 1


def funding_per_year(context: AssetContext) -> float:
    """The present hourly rate, simply annualised, as a fraction."""
    return context.funding_rate * HOURS_PER_YEAR
