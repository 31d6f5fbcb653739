"""The lines of a tape: single trades, or what one order took at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from hlmaster.core.events import Trade

LARGE_QUANTILE = 0.95
"""A line is large when it is among the largest twentieth of those it is compared with."""
LEAST_COMPARED = 20


@dataclass(slots=True)
class Print:
    """``fills`` trades of one moment and one side; ``price`` is the last of them, the furthest that was reached."""

    time_ms: int
    is_buy: bool
    price: float
    size: float
    notional: float
    """USD."""
    fills: int = 1


def prints(newest_first: Iterable[Trade], *, grouped: bool) -> Iterator[Print]:
    """Newest first. ``grouped``: neighbours with one time and side are one line, for a block holds what an order took
    under a single time."""
    open_line: Print | None = None
    for trade in newest_first:
        worth = trade.price * trade.size
        if grouped and open_line is not None and (trade.time_ms, trade.is_buy) == (open_line.time_ms, open_line.is_buy):
            open_line.size += trade.size
            open_line.notional += worth
            open_line.fills += 1
            continue
        if open_line is not None:
            yield open_line
        open_line = Print(trade.time_ms, trade.is_buy, trade.price, trade.size, worth)
    if open_line is not None:
        yield open_line


def large_from(notionals: Sequence[float]) -> float:
    """The notional from which a line stands out among these; infinite while there are too few to say."""
    if len(notionals) < LEAST_COMPARED:
        return float("inf")
    return sorted(notionals)[int(len(notionals) * LARGE_QUANTILE)]
