"""Rows of decision grids on their way to the disk: as they were known when they closed, with what it takes to go on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from hlmaster.core.candles import Floats, Ints


@dataclass(frozen=True, slots=True)
class IndicatorState:
    """An indicator before the first row of a block: whoever advances it over the rows gets the bits that were seen."""

    name: str
    params: Mapping[str, float | int | str]
    state: tuple[Any, ...]
    memory: tuple[tuple[float, ...], ...]
    anchor_ms: int
    """When the first row that it was ever given had closed; 0 while it has been given none."""


@dataclass(frozen=True, slots=True)
class RowBlock:
    """Consecutive rows of one coin and grid. Arrays are views of rows that never change again."""

    coin: str
    grid: str
    epoch: str
    """Blocks of one epoch follow each other and have the same columns and indicators."""
    first_row: int
    """Number of the first row, counted from the anchor."""
    time_ms: Ints
    columns: Mapping[str, Floats]
    """``time`` (when the row opened), ``live`` (0 for history that was loaded), prices and what was declared."""
    indicators: tuple[IndicatorState, ...]

    def __len__(self) -> int:
        return len(self.time_ms)


class RowRecorder(Protocol):
    """Takes rows at once and writes them soon, on a thread of its own."""

    def save(self, block: RowBlock) -> None: ...
