"""What a click, a drag or a key on a row would do, said before it is done. Nothing is done here."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from hlmaster.core.model import Side
from hlmaster.ui import figures
from hlmaster.ui.ladder.columns import Column
from hlmaster.ui.ladder.rows import Own, OwnOrder, Row

LOCKED = "Locked: arm trading gestures with the padlock above."
NO_SIZE = "No working size: type one into the ticket."


class Deed(Enum):
    NOTHING = auto()
    PICK = auto()
    """The price goes into the ticket."""
    LIMIT = auto()
    STOP = auto()
    CANCEL = auto()
    MOVE = auto()


@dataclass(frozen=True, slots=True)
class Gesture:
    """``text`` says what it does; with ``is_refused`` it says why it does nothing."""

    deed: Deed
    text: str
    price: float = 0.0
    side: Side | None = None
    orders: tuple[str, ...] = ()
    is_refused: bool = False
    takes: bool = False
    """It would fill at once, at the prices of the other side."""


IDLE = Gesture(Deed.NOTHING, "")


@dataclass(frozen=True, slots=True)
class Now:
    """The market as the rows show it, and what stands before a trading gesture. ``stale`` is a sentence or empty."""

    coin: str
    decimals: int
    is_armed: bool
    size_text: str
    bid: float | None
    ask: float | None
    middle: float | None
    stale: str = ""

    def price(self, price: float) -> str:
        return figures.fixed(price, self.decimals)

    @property
    def lock(self) -> str:
        """Why no order may be placed or moved; empty when it may."""
        return self.stale if self.is_armed else LOCKED


def left(column: Column, row: Row, now: Now) -> Gesture:
    """A limit order at the price; the ticket's price while the lock is closed."""
    if not now.is_armed:
        return Gesture(Deed.PICK, f"{now.price(row.price)} into the ticket", row.price)
    own = held(column, row)
    if own is not None:
        return Gesture(Deed.NOTHING, "Drag: move, double: cancel")
    if column in (Column.OWN_BUY, Column.OWN_SELL):
        return IDLE
    side = column.side or row.side or _inferred(row.price, now, below=Side.BUY)
    if side is None:
        return _refused(f"There is no price of {now.coin} to tell the side by.")
    return _entry(Deed.LIMIT, side, row.price, now)


def right(column: Column, row: Row, now: Now) -> Gesture:
    """A stop at the price: above the market it buys, below it sells."""
    if now.lock:
        return _refused(now.lock)
    own = held(column, row)
    if own is not None:
        return Gesture(Deed.NOTHING, _whole(own))
    if column in (Column.OWN_BUY, Column.OWN_SELL):
        return IDLE
    natural = _inferred(row.price, now, below=Side.SELL)
    if natural is None:
        return _refused(f"There is no price of {now.coin} to tell the side by.")
    side = column.side or natural
    if side is not natural:
        where = "above" if side is Side.BUY else "below"
        return _refused(f"A {side} stop lies {where} the market.")
    return _entry(Deed.STOP, side, row.price, now)


def cancel(column: Column, row: Row, now: Now) -> Gesture:
    """One's own orders under the pointer, or all of the row; a stale book is no reason to keep one."""
    own = held(column, row)
    orders = own.orders if own is not None else tuple(order for some in row.mine for order in some.orders)
    if not orders:
        return IDLE
    if not now.is_armed:
        return _refused(LOCKED)
    ids = tuple(order.client_order_id for order in orders)
    return Gesture(Deed.CANCEL, f"Cancel {_what(orders)} @ {now.price(row.price)}", row.price, None, ids)


def move(own: Own, origin: Row, target: Row | None, now: Now) -> Gesture:
    """One's own orders of a row to another one's price; exits on an old picture too, which is then said."""
    if now.lock and not (now.is_armed and all(order.is_exit for order in own.orders)):
        return _refused(now.lock)
    if target is None or target.price == origin.price:
        return Gesture(Deed.NOTHING, "Let go on another price")
    if not now.stale and any(not order.is_trigger for order in own.orders) and _takes(own.side, target.price, now):
        # The exchange changes an order only into one that waits
        where = "at or above the ask" if own.side is Side.BUY else "at or below the bid"
        return _refused(f"Not moved: {where} it would fill at once.")
    text = f"Move {_what(own.orders)} to {now.price(target.price)}"
    ids = tuple(order.client_order_id for order in own.orders)
    return Gesture(Deed.MOVE, text, target.price, own.side, ids)


def held(column: Column, row: Row) -> Own | None:
    """One's own orders in this column of the row."""
    if column is Column.OWN:
        return row.mine[0] if row.mine else None
    if column is Column.OWN_BUY:
        return row.buys
    return row.sells if column is Column.OWN_SELL else None


def _entry(deed: Deed, side: Side, price: float, now: Now) -> Gesture:
    if now.lock:
        return _refused(now.lock)
    if not now.size_text:
        return _refused(NO_SIZE)
    verb, at = side.value.capitalize(), now.price(price)
    if deed is Deed.LIMIT and _takes(side, price, now):
        return Gesture(deed, f"{verb} now {now.size_text}, limit {at}", price, side, takes=True)
    kind = "limit" if deed is Deed.LIMIT else "stop"
    return Gesture(deed, f"{verb} {kind} {now.size_text} @ {at}", price, side)


def _inferred(price: float, now: Now, *, below: Side) -> Side | None:
    if now.middle is None:
        return None
    return below if price <= now.middle else below.opposite


def _takes(side: Side, price: float, now: Now) -> bool:
    best = now.ask if side is Side.BUY else now.bid
    return best is not None and (price - best) * side.sign >= 0


def _what(orders: tuple[OwnOrder, ...]) -> str:
    if len(orders) == 1:
        order = orders[0]
        return f"{order.side} {order.kind.removesuffix(' market')} {figures.size(order.size)}"
    sizes = sum(order.size for order in orders)
    return f"{len(orders)} orders of {figures.size(round(sizes, 8))}"


def _whole(own: Own) -> str:
    """One's orders of a cell and the place of the first in the queue."""
    text, place = _what(own.orders), own.place
    text = f"{text[0].upper()}{text[1:]}"
    return text if place is None else f"{text}, queue {place.brief}"


def _refused(sentence: str) -> Gesture:
    return Gesture(Deed.NOTHING, sentence, is_refused=True)
