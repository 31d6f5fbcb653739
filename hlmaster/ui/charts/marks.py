"""Moments marked on candles: who said what, as a triangle below or above the candle and words beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hlmaster.ui.charts.series import CandleSeries

NAMED = 3
"""Marks with words: the latest ones in view; of the others the triangle is enough."""
MARK_ROOM = 16.0
"""Pixels that a triangle takes beside its candle."""


@dataclass(frozen=True, slots=True)
class Mark:
    """``rising`` points up from below the candle that holds ``time_ms``, else down from above it."""

    time_ms: int
    rising: bool
    text: str


@dataclass(frozen=True, slots=True)
class Placed:
    slot: int
    price: float
    """The end of the candle that the mark touches."""
    rising: bool
    text: str


def placed(marks: Sequence[Mark], series: CandleSeries, first: int, last: int) -> list[Placed]:
    """Those on the candles [first, last), oldest first; one for each candle and way, and words for the latest alone."""
    found: dict[tuple[int, bool], Placed] = {}
    if not len(series):
        return []
    low, high = series.field("low"), series.field("high")
    for mark in sorted(marks, key=lambda mark: mark.time_ms):
        slot = series.slot_at(mark.time_ms)
        if first <= slot < last:
            price = float((low if mark.rising else high)[slot])
            if np.isfinite(price):
                found.pop((slot, mark.rising), None)
                found[slot, mark.rising] = Placed(slot, price, mark.rising, mark.text)
    shown = list(found.values())
    bare = [Placed(one.slot, one.price, one.rising, "") for one in shown[:-NAMED]]
    return [*bare, *shown[-NAMED:]]
