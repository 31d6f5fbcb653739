"""Orders to other prices, several at once: what may go where, and what became of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from hlmaster.core.events import TrackedOrder
from hlmaster.core.model import Side
from hlmaster.core.orders import Order, TriggerKind
from hlmaster.core.rounding import snap_price, wire_text
from hlmaster.desk.desk import Desk
from hlmaster.desk.outcome import Outcome
from hlmaster.trading.situation import Situation
from hlmaster.ui import gestures
from hlmaster.ui.gestures import Refused

GONE = "This order is not open any more."
SOME_GONE = "One of these orders is not open any more, so none was moved."


@dataclass(frozen=True, slots=True)
class Moves:
    """``orders``: each with its new price, or its trigger's; ``kept``: the ones among them that protection moves."""

    coin: str
    orders: Mapping[str, Decimal]
    kept: Mapping[str, Decimal]
    note: str = ""
    """What is to be said first."""


def planned(desk: Desk, prices: Mapping[str, float]) -> Moves:
    """On the grid. An exit may be moved on an old picture, and that is said; raises Refused for all else."""
    found = [desk.orders.get(name) for name in prices]
    orders = [tracked.order for tracked in found if tracked is not None and tracked.status.is_live]
    if not orders or len(orders) < len(found):
        raise Refused(GONE if len(found) == 1 else SOME_GONE)
    coin = orders[0].coin
    now, names = desk.survey(coin), desk.protector.kept(coin)
    if now.stale is not None and not all(order.reduce_only for order in orders):
        raise Refused(now.stale)
    wanted = {name: gestures.on_grid(price, now) for name, price in prices.items()}
    if now.stale is None:
        for order in orders:
            _refuse_passed(order, wanted[order.client_order_id], now)
    note = "" if now.stale is None else f"The picture of {coin} is old, and its exit is moved by it. {now.stale}"
    kept = {name: price for name, price in wanted.items() if name in names}
    return Moves(coin, {name: price for name, price in wanted.items() if name not in kept}, kept, note)


def _refuse_passed(order: Order, price: Decimal, now: Situation) -> None:
    """A stop that the market has passed already would fire at once. Exits of an entry that waits are judged by it."""
    is_stop = order.trigger is not None and order.trigger.kind is TriggerKind.STOP
    sleeps = order.reduce_only and now.position * order.side.sign >= 0
    if is_stop and not sleeps and now.reference is not None and (price - now.reference) * order.side.sign <= 0:
        where = "above" if order.side is Side.BUY else "below"
        raise Refused(f"A {order.side} stop must lie {where} the mark price; {wire_text(price)} does not.")


async def carried_out(desk: Desk, moves: Moves) -> Outcome:
    """What protection keeps goes first, all of it or nothing; of the others the first that fails ends the rest.

    The exchange changes one order at a time: what did move before a failure stays there, and is named.
    """
    told: list[str] = []
    if moves.kept:
        ok, sentence = desk.protector.move(moves.coin, moves.kept)
        if not ok or not moves.orders:
            return Outcome(ok, sentence)
        told.append(sentence)
    for number, (name, price) in enumerate(moves.orders.items()):
        tracked = desk.orders.get(name)
        if tracked is None:
            outcome = Outcome(False, GONE)
        else:
            outcome = await desk.manual.modify(name, **_change(tracked, price, desk))
        if not outcome.ok:
            return _broken_off(outcome, number, len(moves.orders), told)
        told.append(outcome.sentence)
    return Outcome(True, " ".join(told))


def _change(tracked: TrackedOrder, wanted: Decimal, desk: Desk) -> dict[str, Decimal]:
    """A waiting order's trigger; a limit behind it keeps its distance."""
    order = tracked.order
    if order.trigger is None:
        return {"price": wanted}
    if order.trigger.market:
        return {"trigger_price": wanted}
    beside = order.price + wanted - order.trigger.price
    return {"trigger_price": wanted, "price": snap_price(beside, desk.survey.instrument(order.coin).size_decimals)}


def _broken_off(failed: Outcome, done: int, count: int, told: list[str]) -> Outcome:
    if not told:
        rest = f" The other {count - 1} were not moved either." if count > 1 else ""
        return Outcome(False, f"{failed.sentence}{rest}")
    left = count - done - 1
    rest = f" {left} more stayed where {'it was' if left == 1 else 'they were'}." if left else ""
    return Outcome(False, f"Only a part was moved. {failed.sentence}{rest} Moved: {' '.join(told)}")
