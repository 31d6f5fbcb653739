"""What has to happen next so that what rests at the exchange becomes what is wanted there. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from hlmaster.core.events import TrackedOrder
from hlmaster.trading.protection.cover import Cover
from hlmaster.trading.protection.epoch import Epoch
from hlmaster.trading.protection.plan import Level, Plan

ZERO = Decimal(0)
REPLACE_SECONDS = 10.0
GROW_SECONDS = 1.0
LEAST_MOVE = Decimal("0.001")
"""Of the price: a stop is not moved for less, for every action counts against the account's budget."""


@dataclass(frozen=True, slots=True)
class Step:
    """One of the three: place these, cancel those, or leave the position for the reason that ``close`` states."""

    place: tuple[Level, ...] = ()
    cancel: tuple[TrackedOrder, ...] = ()
    close: str = ""
    replaces: bool = False
    """What is placed takes the place of something; the next replacement waits, unless cover is wanting."""


def is_bare(size: Decimal, has: Cover, wanted: Plan) -> bool:
    """Part of the position has no stop, though it should."""
    return bool(wanted.stops or wanted.close) and has.by_others + has.by_us < abs(size)


def next_step(epoch: Epoch, size: Decimal, has: Cover, wanted: Plan, now: float, *, arriving: bool) -> Step | None:
    """``arriving``: a stop is on its way that this very moment should not be doubled."""
    if wanted.close:
        return Step(close=wanted.close)
    if now < epoch.retry_at:
        return None
    # What a person has just chosen is done to the tick.
    tolerance = ZERO if epoch.replaced_at == -math.inf else LEAST_MOVE
    missing, spare = match(wanted.stops, has.stops, tolerance)
    if is_bare(size, has, wanted):
        grows_soon = bool(has.stops) and now - epoch.placed_at < GROW_SECONDS
        return None if arriving or grows_soon else Step(place=missing, replaces=bool(has.stops))
    absent, idle = match(wanted.targets, has.targets, tolerance)
    spare = (*spare, *idle, *has.stray)
    if missing or absent:
        replaces = bool(has.stops) and bool(missing or spare)
        if replaces and now - epoch.replaced_at < REPLACE_SECONDS:
            return None
        return Step(place=(*missing, *absent), replaces=replaces)
    return Step(cancel=spare) if spare else None


def match(
    levels: Sequence[Level], orders: Sequence[TrackedOrder], tolerance: Decimal
) -> tuple[tuple[Level, ...], tuple[TrackedOrder, ...]]:
    """(levels that nothing stands for, orders that stand for nothing). ``tolerance``: of the price."""
    pairs = paired(levels, orders, tolerance)
    used = {id(order) for _, order in pairs if order is not None}
    missing = tuple(level for level, order in pairs if order is None)
    return missing, tuple(order for order in orders if id(order) not in used)


def paired(
    levels: Sequence[Level], orders: Sequence[TrackedOrder], tolerance: Decimal
) -> list[tuple[Level, TrackedOrder | None]]:
    """Each level with the order that stands for it."""
    pairs: list[tuple[Level, TrackedOrder | None]] = []
    spare = list(orders)
    for level in levels:
        fitting = [order for order in spare if _distance(level, order) <= tolerance * level.trigger]
        found = min(fitting, key=lambda order: _distance(level, order)) if fitting else None
        if found is not None:
            spare.remove(found)
        pairs.append((level, found))
    return pairs


def assigned(
    levels: Sequence[Level], orders: Sequence[TrackedOrder], tolerance: Decimal
) -> list[tuple[Level, TrackedOrder | None]]:
    """As ``paired``, and what is left over by its price, where as many orders are left as levels: those are to move or
    to grow, and stand until that is done."""
    pairs = paired(levels, orders, tolerance)
    used = {id(order) for _, order in pairs if order is not None}
    idle = sorted((order for order in orders if id(order) not in used), key=_trigger)
    empty = sorted((place for place, (_, order) in enumerate(pairs) if order is None), key=lambda n: levels[n].trigger)
    if len(idle) == len(empty):
        for place, order in zip(empty, idle, strict=True):
            pairs[place] = pairs[place][0], order
    return pairs


def _trigger(order: TrackedOrder) -> Decimal:
    return order.order.price if order.order.trigger is None else order.order.trigger.price


def _distance(level: Level, order: TrackedOrder) -> Decimal:
    trigger = order.order.trigger
    if trigger is None or trigger.kind is not level.kind or order.remaining != level.size:
        return Decimal("Infinity")
    return abs(trigger.price - level.trigger)
