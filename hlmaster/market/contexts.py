"""What an asset context means."""

from __future__ import annotations

from hlmaster.core.events import AssetContext


def day_change_fraction(context: AssetContext) -> float | None:
    """Mark against the price 24 hours ago, as the venue shows it; None for a coin younger than a day."""
    if context.previous_day_price <= 0:
        return None
    return context.mark_price / context.previous_day_price - 1
