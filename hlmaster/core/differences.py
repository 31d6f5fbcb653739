"""Where our books and the venue's part: facts on the bus, and kept."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """Reconciliation found our books and the venue's apart; the venue won."""

    subject: str
    ours: str
    venues: str
    explanation: str
    time_ms: int


@dataclass(frozen=True, slots=True)
class Adjustment:
    """The venue's statement put in the place of our books, where the facts that explain it are out of reach.

    With a ``coin``: its position is ``size`` (signed) at ``entry_price`` from ``time_ms`` on. Without: ``amount`` USD
    of the account's value has no explanation. What happened until ``time_ms`` and was not booked by then is part of it.
    """

    time_ms: int
    coin: str
    size: Decimal
    entry_price: Decimal
    amount: Decimal
    explanation: str
