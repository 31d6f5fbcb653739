"""Executions on candles: gathered for each candle and side, and joined from entry to exit. Pure."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from hlmaster.ui.charts.series import CandleSeries

SMALLEST, LARGEST = 6.0, 10.0
"""Radii in pixels: of the smallest and of the largest of the marks on the screen."""
GAP = 4.0
"""Between a candle's end and the mark."""


@dataclass(frozen=True, slots=True)
class Deal:
    """One execution. ``note``: its order's kind and source, and why it left."""

    time_ms: int
    is_buy: bool
    price: float
    size: float
    fee: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class Trip:
    """A closed trade; ``net`` in USD after all costs."""

    opened_ms: int
    closed_ms: int
    entry_price: float
    exit_price: float
    net: float


@dataclass(frozen=True, slots=True)
class FillMark:
    """All executions of one side in one column of candles."""

    slot: int
    is_buy: bool
    time_ms: int
    """Of the last."""
    price: float
    """Weighted by size."""
    size: float
    fee: float
    count: int
    notes: tuple[str, ...]
    """Each once, in the order of their coming."""


@dataclass(frozen=True, slots=True)
class PlacedMark:
    mark: FillMark
    x: float
    y: float
    radius: float

    def covers(self, x: float, y: float) -> bool:
        return math.hypot(x - self.x, y - self.y) <= self.radius + 1


def gathered(deals: Sequence[Deal], series: CandleSeries, width: int) -> list[FillMark]:
    """By column of ``width`` slots and side, from the left; what lies before the first candle is left out."""
    groups: dict[tuple[int, bool], list[Deal]] = {}
    if len(series):
        first = int(series.time[0])
        for deal in deals:
            if deal.time_ms >= first:
                slot = min(series.slot_at(deal.time_ms), len(series) - 1) // width * width
                groups.setdefault((slot, deal.is_buy), []).append(deal)
    return [_mark(slot, is_buy, group) for (slot, is_buy), group in sorted(groups.items())]


def _mark(slot: int, is_buy: bool, deals: Sequence[Deal]) -> FillMark:
    size = math.fsum(deal.size for deal in deals)
    price = math.fsum(deal.price * deal.size for deal in deals) / size if size else deals[-1].price
    notes = tuple(dict.fromkeys(deal.note for deal in deals if deal.note))
    fee = math.fsum(deal.fee for deal in deals)
    return FillMark(slot, is_buy, max(deal.time_ms for deal in deals), price, size, fee, len(deals), notes)


def in_view(marks: Sequence[FillMark], first: int, last: int) -> list[FillMark]:
    """Those on the slots [first, last)."""
    low, high = (bisect_left(marks, slot, key=lambda mark: mark.slot) for slot in (first, last))
    return list(marks[low:high])


def radius_of(size: float, largest: float) -> float:
    """By area: four times the size is twice the radius, between the ends that can be seen and read."""
    if not largest > 0:
        return SMALLEST
    return SMALLEST + (LARGEST - SMALLEST) * math.sqrt(min(max(size / largest, 0.0), 1.0))
