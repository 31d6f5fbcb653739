"""Judges a recorded schedule: the desk's books and files against the exchange's own truth.

C0 nothing of ours broke by itself          C5 states of an order only move forward
C1 no intent became more than one order     C6 no limit was passed
C2 no fill is lost or counted twice         C7 nothing reached the exchange without an intent on disk
C3 positions and cash equal the exchange's  C8 no secret in any file or log
C4 no position without a stop               C9 everything is resolved in time
"""

from __future__ import annotations

import base64
from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from hlmaster.core.orders import Fill, OrderStatus
from hlmaster.desk.desk import Desk
from hlmaster.exchange.simulator.house import House
from tests.hostile.history import Finding, History

SLIGHT = Decimal("0.000001")
"""Of a price: the exchange rounds the entry prices it states."""
CENT = Decimal("0.01")
RANK = {status: rank for rank, status in enumerate(OrderStatus)}
RANK[OrderStatus.WAITING] = RANK[OrderStatus.RESTING]
"""A trigger that fired may rest; both are open."""
IN_DOUBT = (OrderStatus.INTENDED, OrderStatus.SENT, OrderStatus.UNKNOWN)

FillKey = tuple[str, int, int]


def disagreements(desk: Desk, house: House, user: str) -> list[Finding]:
    """C2, C3 and C9 as things stand now; empty when desk and exchange agree."""
    return [*_fills([booked.fill for booked in desk.portfolio.fills], house, user, "the books"),
            *_money(desk, house, user), *_orders(desk, house, user)]  # fmt: skip


def _fills(ours: list[Fill], house: House, user: str, where: str, due: set[FillKey] | None = None) -> Iterator[Finding]:
    """``due``: those that must be there by now; None for all that the exchange has."""
    theirs = {(row.coin, row.time_ms, row.tid) for row in house.venue.fills(user)}
    counted = Counter(fill.key for fill in ours)
    for key in sorted((theirs if due is None else due) - set(counted)):
        yield Finding("C2", f"fill {key} is lost in {where}")
    for key in sorted(set(counted) - theirs):
        yield Finding("C2", f"fill {key} in {where} is unknown to the exchange")
    for key, count in counted.items():
        if count > 1:
            yield Finding("C2", f"fill {key} is {count} times in {where}")


def stored_fills(fills: list[Fill], booked: set[FillKey], house: House, user: str) -> list[Finding]:
    """``booked`` were in the desk's books before the store was asked: the market goes on while it answers."""
    return list(_fills(fills, house, user, "the store", booked))


def _money(desk: Desk, house: House, user: str) -> Iterator[Finding]:
    account = house.venue.account_state(user)
    theirs = {position.coin: position.size for position in account.positions if position.size}
    ours = {coin: desk.portfolio.size(coin) for coin in house.venue.instruments if desk.portfolio.size(coin)}
    if ours != theirs:
        yield Finding("C3", f"positions are {ours} here and {theirs} at the exchange")
    books = desk.portfolio.ledger
    for position in account.positions:
        held = books.holding(position.coin)
        if position.size and abs(held.entry_price - position.entry_price) > position.entry_price * SLIGHT:
            yield Finding("C3", f"{position.coin} was entered at {held.entry_price} here, {position.entry_price} there")
    at_entry = sum((held.size * held.entry_price for held in books.holdings.values()), Decimal(0))
    at_mark = sum((held.size * house.venue.mark(held.coin) for held in books.holdings.values()), Decimal(0))
    own, value = books.settled + at_mark - at_entry, account.summary.account_value
    if abs(value - own) > CENT:
        yield Finding("C3", f"the account is worth {own} here and {value} at the exchange, at the exchange's marks")


def _orders(desk: Desk, house: House, user: str) -> Iterator[Finding]:
    if not desk.is_ready:
        yield Finding("C9", "the desk is not ready")
    for order in desk.orders.unsettled():
        if order.status in IN_DOUBT:
            yield Finding("C9", f"order {order.client_order_id} is still {order.status}")
    ours = {order.order_id for order in desk.orders.live()}
    theirs = {order.oid for order in house.venue.open_orders(user)}
    for missing in sorted(theirs - ours):
        yield Finding("C9", f"order {missing} rests at the exchange and is not open here")
    for extra in sorted(ours - theirs, key=str):
        yield Finding("C9", f"order {extra} is open here and not at the exchange")


def judge(history: History, house: House, user: str, limit: Decimal) -> list[Finding]:
    """What needs no agreement: the whole history."""
    return [
        *(Finding("C0", sentence) for sentence in history.broken),
        *_duplicates(history, house, user),
        *_monotonic(history),
        *_limits(history, limit),
        *_intents(history),
    ]


def _duplicates(history: History, house: House, user: str) -> Iterator[Finding]:
    """A name belongs to one order action and to as many orders as its accepted actions; entries to as many verbs."""
    oids: defaultdict[str, set[int]] = defaultdict(set)
    for row in house.venue.historical_orders(user):
        if row.cloid is not None:
            oids[row.cloid].add(row.oid)
    accepted, placed = Counter[str](), Counter[str]()
    for action in history.wire:
        for name in action.names:
            accepted[name] += action.accepted
            placed[name] += action.accepted and action.kind == "order"
    for name, found in oids.items():
        if len(found) > max(1, accepted[name]):
            yield Finding("C1", f"{name} became orders {sorted(found)} by {accepted[name]} actions")
    for name, count in placed.items():
        if count > 1:
            yield Finding("C1", f"{name} was placed {count} times")
    entries = sum(
        any(not reduce_only for _, reduce_only, _, _ in action.values)
        for action in history.wire
        if action.kind == "order" and action.accepted
    )
    asked = sum(history.counts[verb] for verb in ("market", "limit", "reverse", "replace"))
    if entries > asked:
        yield Finding("C1", f"{entries} entries were accepted of {asked} that were asked for")


def _monotonic(history: History) -> Iterator[Finding]:
    last: dict[tuple[int, str, int], tuple[OrderStatus, Decimal]] = {}
    for life, order in history.told:
        if order.order_id is None:
            continue
        key = (life, order.client_order_id, order.order_id)
        status, filled = last.get(key, (order.status, order.filled_size))
        if RANK[order.status] < RANK[status]:
            yield Finding("C5", f"{order.client_order_id} ({order.order_id}) went from {status} back to {order.status}")
        if order.filled_size < filled:
            yield Finding("C5", f"{order.client_order_id} ({order.order_id}) had {filled} filled, then less")
        last[key] = (order.status, order.filled_size)


def _limits(history: History, limit: Decimal) -> Iterator[Finding]:
    for action in history.wire:
        for coin, reduce_only, price, size in action.values:
            if not reduce_only and Decimal(price) * Decimal(size) > limit:
                yield Finding("C6", f"an entry of {size} of asset {coin} at {price} is worth more than {limit} USD")


def _intents(history: History) -> Iterator[Finding]:
    for action in history.wire:
        if not action.intended:
            about = " for " + ", ".join(action.names) if action.names else ""
            yield Finding("C7", f"{action.kind} {action.nonce}{about} arrived with no intent on disk")


def secrets(key: str, folder: Path, logs: list[str]) -> list[Finding]:
    """C8: the private key in any form, in any file below the folder or in the log."""
    raw = bytes.fromhex(key.removeprefix("0x"))
    digits = raw.hex()
    forms = [raw, raw[::-1], base64.b64encode(raw).rstrip(b"="), str(int.from_bytes(raw)).encode()]
    forms += [text.encode() for text in (digits, digits.upper(), digits[::-1], digits[:16], digits[-16:])]
    found = []
    places = [(str(path.relative_to(folder)), path.read_bytes()) for path in folder.rglob("*") if path.is_file()]
    for where, content in [*places, ("the log", "\n".join(logs).encode())]:
        if any(form in content for form in forms):
            found.append(Finding("C8", f"the private key is in {where}"))
    return found
