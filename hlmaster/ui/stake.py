"""What is won or lost where a line is reached."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Stake:
    """Coins of a position, or of one that is meant, that leave at a price. Money in USD."""

    entry: Decimal
    size: Decimal
    """Signed as the position is."""
    paid: Decimal = ZERO
    """Their share of the fees paid so far, less the funding received."""
    fee_rate: Decimal = ZERO
    """Of the notional that leaves."""

    def result(self, price: Decimal) -> Decimal:
        """(price - entry) x size, less what was paid and the fee of leaving."""
        return (price - self.entry) * self.size - self.paid - abs(self.size) * price * self.fee_rate


def distance(price: Decimal, mark: Decimal | None) -> Decimal | None:
    """From the mark price, as a fraction of it, signed; None while there is none."""
    return None if not mark else price / mark - 1
