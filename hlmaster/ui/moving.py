"""Orders to other prices, several at once: what may go where, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from hlmaster.core.events import TrackedOrder
from hlmaster.core.model import Side
from hlmaster.core.orders import Order, TriggerKind
from hlmaster.core.rounding import snap_price
from hlmaster.desk.changing import GONE, Change
from hlmaster.desk.desk import Desk
from hlmaster.desk.outcome import Outcome
from hlmaster.trading.protection.cover import parent_of
from hlmaster.trading.situation import Situation
from hlmaster.ui import gestures
from hlmaster.ui.gestures import Refused

ON_ITS_WAY = "This order is on its way to another price already."
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
    why = next(iter(obstacles(desk, coin, wanted).values()), "")
    if why:
        raise Refused(f"Nothing was moved: {why}.")
    note = "" if now.stale is None else f"The picture of {coin} is old, and its exit is moved by it. {now.stale}"
    kept = {name: price for name, price in wanted.items() if name in names}
    return Moves(coin, {name: price for name, price in wanted.items() if name not in kept}, kept, note)


# --- what may go where ---


def obstacles(desk: Desk, coin: str, wanted: Mapping[str, Decimal]) -> dict[str, str]:
    """Why orders cannot wait at the prices that are wanted for them, by name; those that can are left out.

    An old picture forbids nothing: what is known then is how entries and their exits lie to each other.
    """
    now, orders = desk.survey(coin), desk.orders.live(coin)
    held = desk.portfolio.position(coin)
    end = None if held is None else held.liquidation_price
    found: dict[str, str] = {}
    for tracked in orders:
        name = tracked.client_order_id
        parent = parent_of(tracked, orders) if tracked.order.reduce_only else None
        if name in wanted:
            why = "" if now.stale is not None else _passed(tracked.order, wanted[name], now, asleep=parent is not None)
            why = why or ("" if parent is not None else _too_late(tracked.order, wanted[name], now, end))
            found[name] = why
        if parent is None or not {name, parent.client_order_id} & wanted.keys():
            continue
        entry, exit_price = _price(parent, wanted), _price(tracked, wanted)
        why = _crossed(tracked.order, exit_price, parent.order.side, entry)
        for one in (name, parent.client_order_id):
            if why and one in wanted:
                found[one] = found.get(one) or why
    return {name: why for name, why in found.items() if why}


def _price(tracked: TrackedOrder, wanted: Mapping[str, Decimal]) -> Decimal:
    order = tracked.order
    return wanted.get(tracked.client_order_id, order.price if order.trigger is None else order.trigger.price)


def _passed(order: Order, price: Decimal, now: Situation, *, asleep: bool) -> str:
    """What the market has passed already would not wait. Exits of an entry that waits are judged by it alone."""
    trigger, side = order.trigger, order.side
    if trigger is None:
        best = now.best_ask if side is Side.BUY else now.best_bid
        if best is None or (price - best) * side.sign < 0:
            return ""
        return f"at or {'above the ask' if side is Side.BUY else 'below the bid'} it would fill at once"
    asleep = asleep or (order.reduce_only and now.position * side.sign >= 0)
    away = side.sign if trigger.kind is TriggerKind.STOP else -side.sign
    if asleep or now.reference is None or (price - now.reference) * away > 0:
        return ""
    name = "stop" if trigger.kind is TriggerKind.STOP else "take profit"
    return f"a {side} {name} must lie {'above' if away > 0 else 'below'} the mark price"


def _too_late(order: Order, price: Decimal, now: Situation, end: Decimal | None) -> str:
    """A stop behind the liquidation price ends nothing."""
    is_stop = order.trigger is not None and order.trigger.kind is TriggerKind.STOP and order.reduce_only
    if not is_stop or end is None or now.position * order.side.sign >= 0 or (price - end) * order.side.sign < 0:
        return ""
    return "the position would be liquidated before its stop"


def _crossed(order: Order, price: Decimal, entry_side: Side, entry: Decimal) -> str:
    is_stop = order.trigger is not None and order.trigger.kind is TriggerKind.STOP
    beyond = -entry_side.sign if is_stop else entry_side.sign
    if (price - entry) * beyond > 0:
        return ""
    what = "stop" if is_stop else "target"
    return f"the {what} of a {entry_side} entry must lie {'above' if beyond > 0 else 'below'} it"


# --- carrying it out ---


async def carried_out(desk: Desk, moves: Moves) -> Outcome:
    """What protection keeps goes first, all of it or nothing; the others in one action, together or not at all."""
    told = ""
    if moves.kept:
        ok, told = desk.protector.move(moves.coin, moves.kept)
        if not ok or not moves.orders:
            return Outcome(ok, told)
    outcome = await desk.manual.modify_all(list(_changes(desk, moves.orders)))
    if not told:
        return outcome
    between = " " if outcome.ok else " Only a part was moved. "
    return Outcome(outcome.ok, f"{told}{between}{outcome.sentence}", outcome.orders, outcome.verdict)


def _changes(desk: Desk, prices: Mapping[str, Decimal]) -> Iterator[Change]:
    """A waiting order's trigger; a limit behind it keeps its distance."""
    for name, wanted in prices.items():
        tracked = desk.orders.get(name)
        trigger = None if tracked is None else tracked.order.trigger
        if tracked is None or trigger is None:
            yield Change(name, price=wanted)
        elif trigger.market:
            yield Change(name, trigger_price=wanted)
        else:
            beside = tracked.order.price + wanted - trigger.price
            decimals = desk.survey.instrument(tracked.order.coin).size_decimals
            yield Change(name, price=snap_price(beside, decimals), trigger_price=wanted)
