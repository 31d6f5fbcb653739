"""A scale ladder: one size spread over limit orders between two prices."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from hlmaster.core.model import Instrument, Side
from hlmaster.core.orders import Order, Purpose, TimeInForce
from hlmaster.core.rounding import round_price, round_size, wire_text
from hlmaster.trading.risk.rules.minimum_notional import VENUE_MINIMUM

MOST_RUNGS = 40
"""In one action: the exchange takes more, the eye does not."""


class Shape(StrEnum):
    """How the size is spread from the price nearest to the market to the one farthest from it."""

    FLAT = "flat"
    RISING = "rising"
    FALLING = "falling"


@dataclass(frozen=True, slots=True)
class Scale:
    """``size`` in coins over all rungs; ``near`` and ``far`` are the first and the last price."""

    coin: str
    side: Side
    size: Decimal
    near: Decimal
    far: Decimal
    rungs: int
    shape: Shape = Shape.FLAT
    post_only: bool = False
    reduce_only: bool = False


@dataclass(frozen=True, slots=True)
class Ladder:
    """The orders of a scale, or the sentences that say why there are none."""

    orders: tuple[Order, ...] = ()
    problems: tuple[str, ...] = ()


def ladder(scale: Scale, instrument: Instrument) -> Ladder:
    """Prices evenly apart and on the grid, sizes in whole lots that add up to the size asked for, to the lot."""
    problems = _problems(scale)
    if problems:
        return Ladder(problems=problems)
    prices = _prices(scale, instrument)
    if len(set(prices)) < len(prices):
        return Ladder(problems=("The prices lie too close together for so many orders; use fewer.",))
    sizes = _sizes(scale, instrument)
    if not all(sizes):
        lot = wire_text(instrument.lot)
        return Ladder(problems=(f"One of the orders would be less than one lot of {lot} {scale.coin}; use fewer.",))
    smallest = min(size * price for size, price in zip(sizes, prices, strict=True))
    if smallest < VENUE_MINIMUM:
        sentence = f"The smallest of the {scale.rungs} orders would be worth ${smallest:.2f}, under the exchange's"
        return Ladder(problems=(f"{sentence} least of ${VENUE_MINIMUM}. Use fewer orders or a larger size.",))
    return Ladder(tuple(_rung(scale, price, size) for price, size in zip(prices, sizes, strict=True)))


def _problems(scale: Scale) -> tuple[str, ...]:
    found = []
    if not (scale.size.is_finite() and scale.size > 0):
        found.append("Enter a size above zero.")
    if not 2 <= scale.rungs <= MOST_RUNGS:
        found.append(f"A ladder has from 2 to {MOST_RUNGS} orders, not {scale.rungs}.")
    if not all(price.is_finite() and price > 0 for price in (scale.near, scale.far)):
        found.append("Both prices of the ladder must be above zero.")
    elif (scale.near - scale.far) * scale.side.sign <= 0:
        where = "below" if scale.side is Side.BUY else "above"
        found.append(f"The last price of a {scale.side} ladder must lie {where} the first.")
    return tuple(found)


def _prices(scale: Scale, instrument: Instrument) -> list[Decimal]:
    step = (scale.far - scale.near) / (scale.rungs - 1)
    return [
        round_price(scale.near + step * number, instrument.size_decimals, scale.side) for number in range(scale.rungs)
    ]


def _sizes(scale: Scale, instrument: Instrument) -> list[Decimal]:
    """Whole lots; what rounding leaves over goes, lot by lot, to the rungs that lost most."""
    weights = [Decimal(1)] * scale.rungs
    if scale.shape is not Shape.FLAT:
        weights = [Decimal(number) for number in range(1, scale.rungs + 1)]
    if scale.shape is Shape.FALLING:
        weights.reverse()
    total = round_size(scale.size, instrument.size_decimals)
    exact = [total * weight / sum(weights) for weight in weights]
    sizes = [round_size(size, instrument.size_decimals) for size in exact]
    by_loss = sorted(range(scale.rungs), key=lambda number: sizes[number] - exact[number])
    left = int((total - sum(sizes)) / instrument.lot)
    for number in by_loss[:left]:
        sizes[number] += instrument.lot
    return sizes


def _rung(scale: Scale, price: Decimal, size: Decimal) -> Order:
    return Order(
        coin=scale.coin,
        side=scale.side,
        size=size,
        price=price,
        time_in_force=TimeInForce.ALO if scale.post_only else TimeInForce.GTC,
        reduce_only=scale.reduce_only,
        purpose=Purpose.REDUCE if scale.reduce_only else Purpose.ENTRY,
        source="scale",
    )
