"""Exits as a trader names them: as a price, a distance in per cent, a multiple of the risk, or money. Pure.

Money and multiples are after the taker fees of both ends, as the preview states risk and reward: what a coin makes from
entry ``e`` to exit ``x`` on side ``s`` (+1 long) is ``s (x - e) - (x + e) fee``.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from hlmaster.core.model import Side
from hlmaster.core.rounding import PERP_MAX_DECIMALS, snap_price, tick_size
from hlmaster.trading.ticket import PERCENT, Target

MOST_TARGETS = 3


class ExitUnit(StrEnum):
    PRICE = "price"
    PERCENT = "%"
    RISK = "R"
    """Of a target; a stop is what R is measured by, and is named in per cent beside it."""
    MONEY = "$"


@dataclass(frozen=True, slots=True)
class Entry:
    """What exits are reckoned from. ``size`` in coins, None where it is not known yet."""

    side: Side
    price: Decimal
    size: Decimal | None
    fee: Decimal
    """Taker, a fraction."""
    size_decimals: int

    def result(self, price: Decimal) -> Decimal:
        """USD that a coin makes when it leaves at ``price``."""
        return (price - self.price) * self.side.sign - (price + self.price) * self.fee

    def price_of(self, result: Decimal) -> Decimal:
        """Where a coin makes so much; with zero the break-even price. On the grid; nothing or less where there is no
        such price."""
        sign = self.side.sign
        return self.on_grid((result * sign + self.price * (1 + sign * self.fee)) / (1 - sign * self.fee))

    def on_grid(self, price: Decimal) -> Decimal:
        return snap_price(price, self.size_decimals) if price >= _least(self.size_decimals) else Decimal(0)


def break_even(entry: Entry) -> Decimal:
    """The first price on the grid that costs nothing, fees of both ends included."""
    even = entry.price_of(Decimal(0))
    if even > 0 and entry.result(even) < 0:
        even = entry.on_grid(even + entry.side.sign * tick_size(even, entry.size_decimals))
    return even


def _least(size_decimals: int) -> Decimal:
    return Decimal(1).scaleb(size_decimals - PERP_MAX_DECIMALS)


def stop_price(value: Decimal, unit: ExitUnit, entry: Entry) -> Decimal | None:
    """None where the size is needed and not known."""
    match unit:
        case ExitUnit.PRICE:
            return entry.on_grid(value)
        case ExitUnit.PERCENT | ExitUnit.RISK:
            return entry.on_grid(entry.price * (1 - entry.side.sign * value / PERCENT))
        case ExitUnit.MONEY:
            return None if not entry.size else entry.price_of(-value / entry.size)


def target_price(value: Decimal, unit: ExitUnit, entry: Entry, stop: Decimal | None, share: Decimal) -> Decimal | None:
    """``share``: per cent of the size that leaves there. None where stop or size are needed and not known."""
    match unit:
        case ExitUnit.PRICE:
            return entry.on_grid(value)
        case ExitUnit.PERCENT:
            return entry.on_grid(entry.price * (1 + entry.side.sign * value / PERCENT))
        case ExitUnit.RISK:
            return None if stop is None else entry.price_of(-entry.result(stop) * value)
        case ExitUnit.MONEY:
            return None if not entry.size or not share else entry.price_of(value / (entry.size * share / PERCENT))


def stop_value(price: Decimal, unit: ExitUnit, entry: Entry) -> Decimal | None:
    """The inverse of ``stop_price``: to two decimals, prices to the tick."""
    match unit:
        case ExitUnit.PRICE:
            return entry.on_grid(price)
        case ExitUnit.PERCENT | ExitUnit.RISK:
            return _neat((entry.price - price) * entry.side.sign / entry.price * PERCENT)
        case ExitUnit.MONEY:
            return None if not entry.size else _neat(-entry.result(price) * entry.size)


def target_value(price: Decimal, unit: ExitUnit, entry: Entry, stop: Decimal | None, share: Decimal) -> Decimal | None:
    """The inverse of ``target_price``."""
    match unit:
        case ExitUnit.PRICE:
            return entry.on_grid(price)
        case ExitUnit.PERCENT:
            return _neat((price - entry.price) * entry.side.sign / entry.price * PERCENT)
        case ExitUnit.RISK:
            risk = None if stop is None else -entry.result(stop)
            return None if not risk or risk <= 0 else _neat(entry.result(price) / risk)
        case ExitUnit.MONEY:
            return None if not entry.size else _neat(entry.result(price) * entry.size * share / PERCENT)


def _neat(value: Decimal) -> Decimal | None:
    rounded = round(value, 2)
    return rounded if rounded > 0 else None


@dataclass(frozen=True, slots=True)
class Exits:
    """As typed: ``targets`` hold (value, share in per cent)."""

    unit: ExitUnit
    stop: Decimal | None = None
    targets: tuple[tuple[Decimal, Decimal], ...] = ()


@dataclass(frozen=True, slots=True)
class Priced:
    stop: Decimal | None = None
    targets: tuple[Target, ...] = ()
    problem: str = ""


def priced(exits: Exits, entry: Entry) -> Priced:
    """Every exit by its price, or the sentence about what is wanting."""
    needs_size = "Enter the size first: money at an exit is counted for all of it."
    stop = None
    if exits.stop is not None:
        stop = stop_price(exits.stop, exits.unit, entry)
        if stop is None:
            return Priced(problem=needs_size)
        if stop <= 0:
            return Priced(problem="No price is that far below the entry: choose a nearer stop.")
    targets: list[Target] = []
    for value, share in exits.targets:
        price = target_price(value, exits.unit, entry, stop, share)
        if price is None:
            wants_stop = exits.unit is ExitUnit.RISK
            return Priced(problem="A target in R needs a stop: R is what the stop costs." if wants_stop else needs_size)
        if price <= 0:
            return Priced(problem="No price is that far below the entry: choose a nearer target.")
        targets.append(Target(price, share))
    return Priced(stop, tuple(targets))
