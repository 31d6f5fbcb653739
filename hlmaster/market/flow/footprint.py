"""Footprints: who bought and sold at which price within each candle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hlmaster.market.flow.cells import PriceCells
from hlmaster.market.flow.listening import Listening
from hlmaster.market.flow.rows import Flags, Rows, rows_of

RATIO = 3.0
"""From so many times the opposite side's size a row counts as imbalanced, as footprint charts usually have it."""
LEAST_SHARE = 0.05
"""An imbalance needs this share of the candle's volume: ratios of crumbs mean nothing."""


@dataclass(frozen=True, slots=True)
class Footprint:
    """``partial`` says why it does not hold the whole candle; empty when it does."""

    open_ms: int
    rows: Rows
    partial: str

    @property
    def sold(self) -> float:
        return float(self.rows.sold.sum())

    @property
    def bought(self) -> float:
        return float(self.rows.bought.sum())

    @property
    def delta(self) -> float:
        return self.bought - self.sold


def footprint(
    cells: PriceCells, listening: Listening, open_ms: int, close_ms: int, step: int, now_ms: int
) -> Footprint | None:
    """Of the candle [open, close), in rows of ``step`` units; None for one that ended before anybody listened."""
    if close_ms <= listening.begun_ms:
        return None
    partial = ""
    if open_ms < listening.begun_ms:
        partial = "began before we listened"
    elif not listening.is_whole(open_ms, close_ms, now_ms):
        partial = "a gap in the data"
    return Footprint(open_ms, rows_of(cells.between(open_ms, close_ms), step), partial)


def imbalances(rows: Rows, ratio: float = RATIO, least_share: float = LEAST_SHARE) -> tuple[Flags, Flags]:
    """(sellers', buyers'): rows whose aggressors outweigh the opposite ones a row further, diagonally.

    What was bought (at the ask) is held against what was sold (at the bid) one row below, what was sold against what
    was bought one row above; against nothing, every size that counts outweighs.
    """
    least = least_share * rows.total
    below = np.r_[0.0, rows.sold[:-1]] if len(rows) else rows.sold
    above = np.r_[rows.bought[1:], 0.0] if len(rows) else rows.bought
    buyers: Flags = (rows.bought > 0) & (rows.bought >= least) & (rows.bought >= ratio * below)
    sellers: Flags = (rows.sold > 0) & (rows.sold >= least) & (rows.sold >= ratio * above)
    return sellers, buyers
