"""How much stands before an own resting order at its price: an estimate from the book and the trades.

The venue tells sizes of levels, not places in them. The rule: at placement everything that rests at the price is ahead.
A trade there takes from the front; a trade beyond the price leaves nothing ahead. What leaves the level otherwise was
cancelled, and cancels are taken to be spread evenly over all that is not ours, so the part ahead shrinks in proportion.
What joins later stands behind. The estimate is never below zero nor above what others have at the level; it is unknown
where the level was not in sight at placement, and doubtful once the book was stale.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from hlmaster.core.model import Side

RULE = "An estimate: the level's size at placement, less trades there, with cancels spread evenly over the level."


@dataclass(frozen=True, slots=True)
class Place:
    """One order's. ``ahead``, ``others`` (all at the level that is not ours) in coins, None where unknown.

    ``book_ms`` and ``trade_ms`` are the venue's times of the newest book and trade that were taken into account.
    """

    side: Side
    price: float
    ahead: float | None
    others: float | None
    book_ms: int
    trade_ms: int = 0
    is_doubtful: bool = False

    @property
    def brief(self) -> str:
        return "unknown" if self.ahead is None else "?" if self.is_doubtful else f"{self.ahead:,.4g}"

    @property
    def text(self) -> str:
        if self.ahead is None:
            return "unknown: the level was not in sight when the order was placed"
        return "? (the book was stale meanwhile)" if self.is_doubtful else f"{self.brief} ahead (estimate)"


def placed(side: Side, price: float, level: float | None, time_ms: int) -> Place:
    """``level``: what rested there before the order did, coins; None where it was not in sight."""
    return Place(side, price, level, level, time_ms)


def after_trade(place: Place, price: float, size: float, is_buy: bool, time_ms: int) -> Place:
    """``is_buy``: the aggressor bought, so asks were taken."""
    if place.ahead is None or place.others is None or is_buy is (place.side is Side.BUY):
        return place
    beyond = (place.price - price) * place.side.sign
    if beyond > 0:
        return replace(place, ahead=0.0, others=0.0, trade_ms=time_ms)
    if beyond < 0:
        return place
    if time_ms > place.book_ms:
        others = max(0.0, place.others - size)
        return replace(place, ahead=min(others, max(0.0, place.ahead - size)), others=others, trade_ms=time_ms)
    # The book showed it before the tape told of it: it counted as a cancel, so in proportion, and the rest is taken now
    share = place.ahead / place.others if place.others > 0 else 0.0
    return replace(place, ahead=max(0.0, place.ahead - size * (1 - share)))


def after_book(place: Place, level: float | None, own: float, time_ms: int) -> Place:
    """``level`` as a book of ``time_ms`` shows it, ``own`` of it all of one's own; None while it is out of sight.

    Changes nothing when the book is older than what is known.
    """
    if level is None or place.ahead is None or time_ms <= place.book_ms or time_ms < place.trade_ms:
        return place
    others = max(0.0, level - own)
    before = place.others if place.others is not None else others
    ahead = place.ahead * others / before if 0 < others < before else place.ahead
    return replace(place, ahead=min(ahead, others), others=others, book_ms=time_ms)


def first(place: Place) -> Place:
    """A part of the order was filled: nothing stands before it."""
    return place if place.ahead is None else replace(place, ahead=0.0)


def doubted(place: Place) -> Place:
    """The book was stale meanwhile."""
    return replace(place, is_doubtful=True)
