"""Limits that together leave nothing to trade, said before an order is refused for it."""

from __future__ import annotations

from decimal import Decimal

from hlmaster.trading.risk.limits import RiskLimits
from hlmaster.trading.risk.rule import usd

HUNDRED = Decimal(100)


def conflicts(limits: RiskLimits, equity: Decimal) -> tuple[str, ...]:
    """A sentence for each pair of limits that cannot both be met by an account worth ``equity`` USD."""
    if equity <= 0:
        return ()
    found = []
    least = limits.minimum_notional_usd
    shares = (
        ("Position per coin, strategies", limits.max_position_percent),
        ("Position per coin, by hand", limits.hand_position_percent),
        ("Gross exposure, strategies", limits.max_exposure_percent),
        ("Gross exposure, by hand", limits.hand_exposure_percent),
        ("Leverage, strategies", limits.max_leverage * HUNDRED),
        ("Leverage, by hand", limits.hand_leverage * HUNDRED),
    )
    for title, percent in shares:
        room = equity * percent / HUNDRED
        if room < least:
            needed = least * HUNDRED / percent
            found.append(
                f"“{title}” leaves {usd(room)} and “Smallest order” asks for {usd(least)}: nothing can be opened with "
                f"{usd(equity)}. It takes {usd(needed)}, or a wider limit."
            )
    if limits.max_order_value_usd < least:
        found.append(
            f"“Largest order” is {usd(limits.max_order_value_usd)} and “Smallest order” {usd(least)}: no order fits."
        )
    if limits.max_exposure_percent < limits.max_position_percent:
        found.append(
            "“Gross exposure, strategies” is below “Position per coin, strategies”: no position can become as large "
            "as its own limit says."
        )
    named = set(limits.allowed_coins)
    if named and named <= set(limits.forbidden_coins):
        found.append("Every coin of “Allowed coins” is on “Forbidden coins” too: nothing can be opened.")
    return tuple(found)
