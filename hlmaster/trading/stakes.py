"""What is at stake on each coin and on all together, with every order that may still fill counted as filled.

A coin's worst case is the larger of two: all its buys fill and no sell does, or the other way round. Orders that only
reduce never count. Nothing offsets anything across coins: what is long on one is not held against what is short on
another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

import msgspec

from hlmaster.core.events import TrackedOrder
from hlmaster.core.model import Side
from hlmaster.core.orders import Order
from hlmaster.trading.execution.by_coin import Owed

ZERO, CENT = Decimal(0), Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Stake:
    """One coin's. Sizes in coins, money in USD at ``price``: the mark, or the entry price while there is no mark."""

    size: Decimal = ZERO
    """Signed position."""
    long: Decimal = ZERO
    """Coins it may come to once everything that may still be bought is: by orders that are not final, and by fills that
    are on their way. Below zero for what stays short."""
    short: Decimal = ZERO
    """The same of what may still be sold, counted from the other side."""
    price: Decimal = ZERO
    worst: Decimal = ZERO
    """Coins of the position as it would be at worst."""
    value: Decimal = ZERO
    """Of those."""
    swing: Decimal | None = None
    """What a coin's price falls or rises against us in a day, exceeded on one day in twenty: a fraction, or unknown."""
    orders: Mapping[str, TrackedOrder] = field(default_factory=dict)
    """Those counted, by client order id."""

    @property
    def value_at_risk(self) -> Decimal | None:
        """USD lost in a day, exceeded on one day in twenty; None where the swing is not known."""
        if not self.value:
            return ZERO
        return None if self.swing is None else self.value * self.swing

    def own(self, order: Order) -> Decimal:
        """Coins of this order that are counted already: one that is changed or looked at again has its own room."""
        known = self.orders.get(order.client_order_id)
        return ZERO if known is None or known.order.side is not order.side else unfilled(known)


def unfilled(tracked: TrackedOrder) -> Decimal:
    """Coins that may still fill, by the larger of what it is and what a change on its way would make of it."""
    left = tracked.remaining
    return left if tracked.replacement is None else max(left, tracked.replacement.size)


def stake(
    size: Decimal,
    price: Decimal | None,
    orders: Iterable[TrackedOrder] = (),
    owed: Iterable[Owed] = (),
    swing: Decimal | None = None,
) -> Stake:
    """``orders``: all of the coin's that are not final. Without a price an order is valued at its own."""
    counted = {tracked.client_order_id: tracked for tracked in orders if not tracked.order.reduce_only}
    buys = sells = ZERO
    for tracked in counted.values():
        if tracked.order.side is Side.BUY:
            buys += unfilled(tracked)
        else:
            sells += unfilled(tracked)
    for missing in owed:
        if missing.side is Side.BUY:
            buys += missing.size
        else:
            sells += missing.size
    long, short = size + buys, sells - size
    worst = max(abs(size), long, short)
    if price is None:
        price = max((tracked.order.price for tracked in counted.values()), default=ZERO)
    return Stake(size, long, short, price, worst, worst * price, swing, counted)


@dataclass(frozen=True, slots=True)
class Standing:
    """All coins of the account together, in USD."""

    gross: Decimal = ZERO
    open_coins: frozenset[str] = frozenset()
    """Those with a position, or with an order that may open one."""
    value_at_risk: Decimal = ZERO
    """Of the coins whose swing is known."""
    unknown: frozenset[str] = frozenset()
    """Open coins whose swing is not."""


FLAT = Standing()


def standing(stakes: Mapping[str, Stake]) -> Standing:
    gross = at_risk = ZERO
    unknown = []
    for coin, one in stakes.items():
        gross += one.value
        lost = one.value_at_risk
        if lost is None:
            unknown.append(coin)
        else:
            at_risk += lost
    return Standing(gross, frozenset(coin for coin, one in stakes.items() if one.worst), at_risk, frozenset(unknown))


class After(msgspec.Struct, frozen=True, gc=False):
    """The stakes with one order more, filled whole. Coins, and USD; with no order, the stakes as they are."""

    order: Order | None
    stake: Stake
    percent: Decimal
    """One per cent of equity, USD: what limits are shares of. Nothing of an account that is worth nothing."""
    grown: Decimal
    """Coins that the order adds to what may come to be held on its side."""
    added: Decimal
    """Coins that it adds to the worst case: less where it first undoes what is held on the other side."""
    reach: Decimal
    """Coins held on its side, at worst."""
    value: Decimal
    """Of those."""
    worst: Decimal
    """Of the coin's worst case."""
    gross: Decimal
    by_strategy: bool
    """An idea of a strategy, whoever approved it."""


def after(order: Order, stake: Stake, standing: Standing, equity: Decimal) -> After:
    """Valued at the stake's price; at the order's own where there is none."""
    size = order.size
    if order.side.sign > 0:
        reach, other = stake.long, stake.short
    else:
        reach, other = stake.short, stake.long
    if order.client_order_id in stake.orders:
        reach -= stake.own(order)
    # Comparisons instead of ``max``, which takes longer than the rest of this function.
    before = reach if reach > other else other
    then = reach + size
    price = stake.price or order.price
    value = then * price
    if then > before:
        added, worst = then - before, value
    else:
        added, worst = ZERO, before * price
    gross = standing.gross - stake.value + worst
    grown = then if reach < ZERO else size
    return After(order, stake, equity * CENT, grown, added, then, value, worst, gross, order.basis is not None)


def as_it_stands(stake: Stake, standing: Standing, equity: Decimal, by_strategy: bool = True) -> After:
    return After(
        None,
        stake,
        equity * CENT,
        ZERO,
        ZERO,
        stake.worst,
        stake.value,
        stake.value,
        standing.gross,
        by_strategy,
    )
