"""What stands in place of what is still on its way: what is happening now, and what comes next."""

from __future__ import annotations

from hlmaster.core.events import LinkState
from hlmaster.desk.desk import Desk
from hlmaster.ui.teaching import Lesson

CONNECTING = "The desk is connecting to the exchange: prices come first, then candles, then the account."
CUT_OFF = "The connection is lost and is tried again by itself; this fills as soon as it stands."
COMPARED = "First the desk connects, then the exchange tells the account, then both books are compared."
NOT_LISTED = "The exchange has no such market. Choose another coin in the watchlist, or press Ctrl+K."


def market_lesson(desk: Desk, coin: str, thing: str, next_to_come: str) -> Lesson:
    """``thing`` of a coin is not there: ``book``, ``trades``. ``next_to_come``: what will be seen, on a live link."""
    if desk.is_ready and coin not in desk.instruments:
        return f"{coin} is not listed", NOT_LISTED
    if not desk.is_connected:
        # Before it ever was ready, every interruption belongs to the way there
        lost = desk.is_ready or desk.link.last.state is LinkState.RECONNECTING
        return f"No {thing} of {coin} yet", CUT_OFF if lost else CONNECTING
    return f"Waiting for the {thing} of {coin}", next_to_come


def account_lesson(desk: Desk, things: str) -> Lesson | None:
    """``things`` of the account are not known before the books agree: an empty table would say that there are none."""
    return None if desk.is_ready else (f"{things} are not known yet", COMPARED)
