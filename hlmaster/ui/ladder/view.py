"""One picture of a ladder: all that its paint needs, compared with the last one before anything is painted anew."""

from __future__ import annotations

from dataclasses import dataclass

from hlmaster.ui.ink import Ink
from hlmaster.ui.ladder.columns import BookColumns, Column, LadderColumns
from hlmaster.ui.ladder.rows import Row
from hlmaster.ui.theme import Theme, number_font


@dataclass(frozen=True, slots=True)
class Look:
    """Theme, inks and the heights that follow from them, in pixels."""

    theme: Theme
    ink: Ink
    strong: Ink
    small: Ink
    big: Ink
    row: int
    head: int
    middle: int
    strip: int

    @classmethod
    def of(cls, theme: Theme) -> Look:
        pixels = theme.font_pixels
        return cls(
            theme,
            Ink(number_font(pixels)),
            Ink(number_font(pixels, strong=True)),
            Ink(number_font(pixels - 1)),
            Ink(number_font(pixels + 3, strong=True)),
            row=pixels + 5,
            head=pixels + 6,
            middle=2 * pixels + 10,
            strip=2 * (pixels + 3) + 5,
        )


@dataclass(frozen=True, slots=True)
class Pointed:
    """The row and column under the pointer or the keys' cursor; ``row`` counts from the top."""

    row: int
    column: Column
    is_trading: bool
    """A click there trades."""


@dataclass(frozen=True, slots=True)
class View:
    """``notes`` stand beside the price in the middle of the book; ``says`` are the two lines at the bottom."""

    coin: str
    columns: BookColumns | LadderColumns
    rows: tuple[Row, ...]
    price_decimals: int
    size_decimals: int
    total_decimals: int
    in_usd: bool
    cumulative: bool
    traded: bool
    last: str
    falls: bool
    notes: tuple[str, ...]
    stale: str
    says: tuple[str, str]
    warns: bool
    """The first line says why a gesture does nothing."""
    is_armed: bool
    told: bool = False
    """The first line says what came of a gesture: it is read whole, over as many rows as it takes."""
    gap: str = ""
    """Since when traded volume is counted, where there was a gap before."""
    pointed: Pointed | None = None
    cursor: int | None = None
