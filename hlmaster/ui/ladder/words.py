"""What is said about rows: tooltips, the description of the cursor's row, and what stands where nothing can."""

from __future__ import annotations

from hlmaster.core.model import Side
from hlmaster.desk.desk import Desk
from hlmaster.market.coin_market import CoinMarket
from hlmaster.ui import figures
from hlmaster.ui.coming import market_lesson
from hlmaster.ui.ladder.columns import LadderColumns
from hlmaster.ui.ladder.gestures import Deed, Gesture
from hlmaster.ui.ladder.queue import RULE
from hlmaster.ui.ladder.rows import Own, Row
from hlmaster.ui.ladder.view import View
from hlmaster.ui.teaching import Lesson

MIDDLE = (
    "Last trade, spread, and how much deeper the bids (+) or asks (−) of the five best levels are. "
    "Left click: limit, right click: stop, middle click: cancel or centre, drag own size: move."
)


def nothing_to_show(desk: Desk, coin: str, market: CoinMarket | None) -> Lesson:
    if market is not None and (market.book.slow or market.book.fast):
        return f"Nobody bids or offers {coin} now", "Orders of others appear here as soon as somebody places one."
    return market_lesson(desk, coin, "book", "Bids and offers come a moment after a coin is chosen.")


def says(view: View, one: Gesture, other: Gesture, said: str, size: str) -> tuple[tuple[str, str], bool]:
    """The two lines at the bottom: what a left and a right click would do; and whether the first is a warning.

    ``said`` is why the last gesture did nothing, ``size`` the working size as text.
    """
    armed = f"ARMED · {size} a click" if size else "ARMED · no size in the ticket"
    lock = armed if view.is_armed else "Locked: click → ticket"
    second = other.text if view.is_armed and not other.is_refused else ""
    second = f"Right: {second[0].lower()}{second[1:]}" if other.deed is Deed.STOP else second or lock
    if said or one.text:
        return (said or one.text, second), bool(said) or one.is_refused or one.takes
    if view.stale:
        return (view.stale, second), True
    if isinstance(view.columns, LadderColumns):
        gap = (f"tape gap, volume since {view.gap}",) if view.gap and view.traded else ()
        return (" · ".join((*gap, *view.notes)), second), False
    return (("Left: limit · right: stop", lock) if view.is_armed else (lock, "The padlock arms trading")), False


def explain(row: Row | None, view: View | None, market: CoinMarket | None) -> str:
    if row is None or view is None or market is None:
        return MIDDLE
    lines = [_resting(row, view, market.coin)]
    if row.traded:
        since = f"since {view.gap}, for the tape has a gap before" if view.gap else "since the ladder listens"
        lines.append(f"Traded here {since}: {figures.plain(round(row.traded, 6))} {market.coin}.")
    for own in row.mine:
        lines += _own(own, market.coin)
    if row.is_entry:
        lines.append("The position was entered here.")
    if row.is_liquidation:
        lines.append("The position is liquidated here.")
    return "\n".join(lines)


def _resting(row: Row, view: View, coin: str) -> str:
    price = figures.fixed(row.price, view.price_decimals)
    if not row.size:
        return f"{price}: {'nothing rests here.' if row.is_known else 'further out than the book that was heard.'}"
    size = row.size / row.price if view.in_usd else row.size
    notional = row.total if view.in_usd else row.total * row.price
    side = "bid" if row.side is Side.BUY else "offered"
    up_to = figures.brief_money(notional)
    return f"{price}: {figures.plain(round(size, 6))} {coin} {side} here, {up_to} up to here."


def _own(own: Own, coin: str) -> list[str]:
    lines = []
    for is_trigger, amount, words in (
        (False, own.size, ("rests", "rest")),
        (True, own.waiting, ("waits for a trigger", "wait for a trigger")),
    ):
        count = sum(1 for order in own.orders if order.is_trigger is is_trigger)
        if count:
            orders, does = ("order", words[0]) if count == 1 else ("orders", words[1])
            size = figures.size(round(amount, 8))
            lines.append(f"Your own: {count} {orders} to {own.side}, {size} {coin}, {does}.")
    place = own.place
    if place is not None:
        lines.append(f"Queue: {place.text}. {RULE}")
    return lines


def describe(row: Row, view: View, gesture: Gesture) -> str:
    """For who does not see it."""
    size = figures.plain(round(row.size, 6))
    unit = "USD" if view.in_usd else view.coin
    side = {Side.BUY: "bid", Side.SELL: "ask", None: "between bid and ask"}[row.side]
    own = "".join(f", own {part.side} {figures.size(round(part.size + part.waiting, 8))}" for part in row.mine)
    price = figures.fixed(row.price, view.price_decimals)
    return f"{price}, {side}, {size} {unit}{own}. Enter: {gesture.text}."
