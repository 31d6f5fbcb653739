"""What a click at a price would do: the side it implies, the words for it, and what cannot be. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hlmaster.core.model import Side


class ClickKind(StrEnum):
    LIMIT = "limit"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Touch:
    """The best prices, or None where a side of the book is empty."""

    bid: float | None = None
    ask: float | None = None

    @property
    def middle(self) -> float | None:
        if self.bid is None or self.ask is None:
            return self.bid if self.ask is None else self.ask
        return (self.bid + self.ask) / 2


@dataclass(frozen=True, slots=True)
class Offer:
    """An entry of the menu; ``reason`` says why it is not possible, empty when it is."""

    kind: ClickKind
    side: Side
    text: str
    reason: str = ""


def implied_side(kind: ClickKind, price: float, touch: Touch) -> Side | None:
    """A limit waits on the near side of the middle, a stop beyond it. None while there is no market."""
    middle = touch.middle
    if middle is None:
        return None
    below = price <= middle
    return Side.BUY if below == (kind is ClickKind.LIMIT) else Side.SELL


def order_words(kind: ClickKind, side: Side, size: str, price: str) -> str:
    """``BUY 0.42 limit 3,434.2``."""
    return " ".join(part for part in (str(side).upper(), size, str(kind), price) if part)


def impossible(kind: ClickKind, side: Side, price: float, touch: Touch) -> str:
    """Why such an order cannot wait at that price; empty when it can."""
    if price <= 0:
        return "a price must be above zero"
    middle = touch.middle
    if middle is None:
        return "there is no market price"
    if kind is ClickKind.LIMIT:
        if side is Side.BUY and touch.ask is not None and price >= touch.ask:
            return "at or above the ask it would fill at once"
        if side is Side.SELL and touch.bid is not None and price <= touch.bid:
            return "at or below the bid it would fill at once"
    elif side is Side.BUY and price <= middle:
        return "a buy stop lies above the market"
    elif side is Side.SELL and price >= middle:
        return "a sell stop lies below the market"
    return ""


def offers(price: float, price_words: str, touch: Touch, size: str, locked: str) -> tuple[Offer, ...]:
    """The four orders a menu names. ``locked``: why no gesture trades now, empty when they do."""
    general = locked or ("" if size else "there is no working size: type one into the ticket")
    return tuple(
        Offer(
            kind,
            side,
            f"{str(side).capitalize()} {kind} here  {' '.join(part for part in (size, '@', price_words) if part)}",
            impossible(kind, side, price, touch) or general,
        )
        for kind in ClickKind
        for side in (Side.BUY, Side.SELL)
    )
