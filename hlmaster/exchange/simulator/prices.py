"""Oracle, mark, premium and funding rate of one coin (protocol section 11). Measured quantities: floats of ticks.

The mark is the median of the oracle plus a 150 s average of (mid - oracle), of the book (median of bid, ask, last
trade), and of the outside market, which here is the oracle itself; with one of them missing a 30 s average of the
book's stands in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from math import exp
from statistics import median
from typing import Any

import msgspec

from hlmaster.core.margin import funding_rate_per_hour
from hlmaster.core.rounding import to_decimal

BASIS_MEMORY_S = 150.0
BOOK_MEMORY_S = 30.0
RATE_DECIMALS = 10


@dataclass(slots=True)
class Average:
    """``numerator = numerator * exp(-t / memory) + sample * t``, the denominator likewise."""

    memory_s: float
    numerator: float = 0.0
    denominator: float = 0.0

    def add(self, sample: float, seconds: float) -> None:
        fade = exp(-seconds / self.memory_s)
        self.numerator = self.numerator * fade + sample * seconds
        self.denominator = self.denominator * fade + seconds

    @property
    def value(self) -> float | None:
        return self.numerator / self.denominator if self.denominator else None


@dataclass(slots=True)
class Prices:
    """Of one coin; unrounded ticks."""

    oracle: float
    basis: Average = field(default_factory=lambda: Average(BASIS_MEMORY_S))
    book: Average = field(default_factory=lambda: Average(BOOK_MEMORY_S))
    premium_sum: float = 0.0
    premium_samples: int = 0
    """Of this hour."""

    def mark(self, bid: int | None, ask: int | None, last: int | None, seconds: float) -> float:
        """The new mark, ``seconds`` after the last one."""
        inputs = [self.oracle]
        if bid is not None and ask is not None:
            self.basis.add((bid + ask) / 2 - self.oracle, seconds)
        if self.basis.value is not None:
            inputs.append(self.oracle + self.basis.value)
        quoted = [float(ticks) for ticks in (bid, ask, last) if ticks is not None]
        if len(quoted) >= 2:
            self.book.add(median(quoted), seconds)
            inputs.append(median(quoted))
        elif len(inputs) == 2 and self.book.value is not None:
            inputs.append(self.book.value)
        return float(median(inputs))

    def premium(self, impact_bid: float | None, impact_ask: float | None) -> float | None:
        """How far the book stands off the oracle, as a fraction; None when it is too thin to say."""
        if impact_bid is None or impact_ask is None:
            return None
        return (max(impact_bid - self.oracle, 0.0) - max(self.oracle - impact_ask, 0.0)) / self.oracle

    def sample(self, impact_bid: float | None, impact_ask: float | None) -> None:
        premium = self.premium(impact_bid, impact_ask)
        if premium is not None:
            self.premium_sum += premium
            self.premium_samples += 1

    def new_hour(self) -> None:
        self.premium_sum, self.premium_samples = 0.0, 0

    @property
    def average_premium(self) -> Decimal:
        return to_decimal(self.premium_sum / max(1, self.premium_samples), RATE_DECIMALS)

    @property
    def funding_rate(self) -> Decimal:
        """Per hour, as it would be charged now."""
        return round(funding_rate_per_hour(self.average_premium), RATE_DECIMALS)

    def export(self) -> dict[str, Any]:
        return dict(msgspec.to_builtins(self))

    @classmethod
    def restore(cls, state: Mapping[str, Any]) -> Prices:
        return msgspec.convert(state, cls)
