"""Where the columns of a ladder are: how wide for a width of the panel, and which one is under the pointer."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from itertools import pairwise

from hlmaster.core.model import Side

MARGIN = 10
NARROW = 215
OWN_ROOM = 4
"""Characters that one's own size always has."""


class Column(Enum):
    OWN_BUY = auto()
    BUY = auto()
    PRICE = auto()
    SELL = auto()
    OWN_SELL = auto()
    LEVEL = auto()
    """A row of the book, which is one side's."""
    OWN = auto()
    """One's own size on a row of the book."""

    @property
    def is_own(self) -> bool:
        return self in (Column.OWN_BUY, Column.OWN_SELL, Column.OWN)

    @property
    def side(self) -> Side | None:
        """What a click in it means to do; None where the price decides."""
        return _SIDES.get(self)


_SIDES = {
    Column.OWN_BUY: Side.BUY,
    Column.BUY: Side.BUY,
    Column.SELL: Side.SELL,
    Column.OWN_SELL: Side.SELL,
}


@dataclass(frozen=True, slots=True)
class Span:
    left: float
    right: float

    @property
    def width(self) -> float:
        return self.right - self.left

    def room(self, advance: float, padding: float = 6) -> int:
        """Characters that fit, at least 4 (or 3 where even those do not)."""
        return max(3, int((self.width - padding) / advance))


@dataclass(frozen=True, slots=True)
class BookColumns:
    """Price at the left, one's own size beside it, then size and the total."""

    price: Span
    own: Span
    size: Span
    total: Span | None

    @classmethod
    def of(cls, width: int, price_chars: int, advance: float, small: float, *, totals: bool) -> BookColumns:
        price = Span(MARGIN, MARGIN + price_chars * advance)
        own = Span(price.right + 4, price.right + 4 + OWN_ROOM * small + 6)
        if not totals:
            return cls(price, own, Span(own.right, width - MARGIN), None)
        # A whole number of characters apart, so that size and total are one text
        chars = round((width * (0.35 if width >= NARROW else 0.31) - MARGIN) / advance)
        size = Span(own.right, width - MARGIN - chars * advance)
        return cls(price, own, size, Span(size.right, width - MARGIN))

    def at(self, x: float) -> Column:
        return Column.OWN if x < self.own.right and x >= self.own.left else Column.LEVEL


@dataclass(frozen=True, slots=True)
class LadderColumns:
    """Own buys, bids, prices, asks, own sells."""

    spans: tuple[Span, Span, Span, Span, Span]

    @classmethod
    def of(cls, width: int, price_chars: int, advance: float, small: float) -> LadderColumns:
        price = price_chars * advance + 10
        rest = max(0.0, width - price) / 2
        own = min(max(rest * 0.4, OWN_ROOM * small + 5), rest / 2, 70.0)
        edges = (0.0, own, rest, rest + price, width - own, float(width))
        spans = [Span(left, right) for left, right in pairwise(edges)]
        return cls((spans[0], spans[1], spans[2], spans[3], spans[4]))

    def span(self, column: Column) -> Span:
        return self.spans[_ORDER.index(column)]

    def at(self, x: float) -> Column:
        return next((column for column, span in zip(_ORDER, self.spans, strict=True) if x < span.right), _ORDER[-1])


_ORDER = (Column.OWN_BUY, Column.BUY, Column.PRICE, Column.SELL, Column.OWN_SELL)
Columns = BookColumns | LadderColumns
