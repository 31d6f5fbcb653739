"""How far from its entry a new position's stop will lie: what its risk is measured to before there is a position."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from hlmaster.trading.protection.policy import HUNDRED, TIERS, Policy, StopKind

TIERED = sum((multiple * share for multiple, share in TIERS), Decimal(0)) / HUNDRED
"""Multiples of the average true range to the tiers' stops, weighted by their shares."""


@dataclass(frozen=True, slots=True)
class StopDistance:
    """One of the three is known."""

    price: Decimal | None = None
    """The mean of its stops, weighted by their shares."""
    distance: Decimal | None = None
    """In units of price."""
    fraction: Decimal | None = None
    """Of the entry price."""

    def stop_of(self, entry: Decimal, sign: int) -> Decimal:
        """The stop's price for a position entered at ``entry``; ``sign`` +1 long, -1 short."""
        if self.price is not None:
            return self.price
        away = self.distance if self.distance is not None else entry * (self.fraction or Decimal(0))
        return entry - sign * away


def stop_distance(policy: Policy, atr: Decimal | None) -> StopDistance | None:
    """None where the policy places no stop. Without a known average true range it stands at its percentage."""
    if policy.is_off:
        return None
    if policy.tiers:
        return StopDistance(price=sum((price * share for price, share in policy.tiers), Decimal(0)) / HUNDRED)
    if policy.stop is StopKind.PERCENT or atr is None:
        return StopDistance(fraction=policy.stop_percent / HUNDRED)
    multiple = TIERED if policy.stop is StopKind.TIERED else policy.atr_multiple
    return StopDistance(distance=multiple * atr)
