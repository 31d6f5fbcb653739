"""Scored calls in columns, so that a record over thousands of them takes a moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hlmaster.core.candles import Floats, Ints
from hlmaster.core.opinions import OutcomeKnown


@dataclass(frozen=True, slots=True)
class Scored:
    """Columns of equal length, in the order in which the calls were asked; ``right`` and ``naive`` are 0 or 1."""

    asked_ms: Ints
    due_ms: Ints
    right: Floats
    naive: Floats
    change: Floats
    confidence: Floats
    coin: NDArray[np.str_]
    regime: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.asked_ms)

    @classmethod
    def of(cls, known: Sequence[OutcomeKnown]) -> Scored:
        """In any order; those whose outcome is unknown are left out."""
        pairs = [(one.opinion, one.outcome) for one in known if one.outcome.known]
        pairs.sort(key=lambda pair: pair[0].asked_ms)
        opinions, outcomes = [opinion for opinion, _ in pairs], [outcome for _, outcome in pairs]
        asked = np.array([opinion.asked_ms for opinion in opinions], np.int64)
        return cls(
            asked,
            asked + np.array([opinion.horizon_ms for opinion in opinions], np.int64),
            np.array([outcome.right for outcome in outcomes], np.float64),
            np.array([outcome.naive_right for outcome in outcomes], np.float64),
            np.array([outcome.change for outcome in outcomes], np.float64),
            np.array([opinion.confidence for opinion in opinions], np.float64),
            np.array([opinion.coin for opinion in opinions], np.str_),
            np.array([outcome.regime for outcome in outcomes], np.str_),
        )

    def where(self, chosen: NDArray[np.bool_]) -> Scored:
        return Scored(
            self.asked_ms[chosen],
            self.due_ms[chosen],
            self.right[chosen],
            self.naive[chosen],
            self.change[chosen],
            self.confidence[chosen],
            self.coin[chosen],
            self.regime[chosen],
        )
