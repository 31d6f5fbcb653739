"""The border between float64 and Decimal, and the venue's price and size grid.

Price rule for perpetuals: integers are always valid; otherwise at most five significant figures and at most
``6 - size_decimals`` decimals. Sizes are multiples of ``10 ** -size_decimals``.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_EVEN, ROUND_UP, Decimal, InvalidOperation

from hlmaster.core.model import Side

SIGNIFICANT_FIGURES = 5
PERP_MAX_DECIMALS = 6
ZERO = Decimal(0)


def to_decimal(value: float, decimals: int) -> Decimal:
    """A measured float as money, rounded half to even at ``decimals`` places."""
    return Decimal(repr(value)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN)


def to_float(value: Decimal) -> float:
    return float(value)


_STEPS = {exponent: Decimal(1).scaleb(exponent) for exponent in range(-32, 1)}


def tick_size(price: Decimal, size_decimals: int) -> Decimal:
    """The price step that applies around ``price``: never finer than the rule allows, never coarser than 1."""
    if price <= 0:
        raise ValueError(f"a price must be positive, not {price}")
    by_figures = price.adjusted() - (SIGNIFICANT_FIGURES - 1)
    by_decimals = -(PERP_MAX_DECIMALS - size_decimals)
    return _STEPS[min(0, max(by_figures, by_decimals))]


def price_decimals(price: Decimal, size_decimals: int) -> int:
    """How many decimals a price near ``price`` may have; what a column of prices shows."""
    return max(0, -int(tick_size(price, size_decimals).as_tuple().exponent))


def is_valid_price(price: Decimal, size_decimals: int) -> bool:
    if not price.is_finite() or price <= ZERO:
        return False
    try:
        return price == price.to_integral_value() or not price % tick_size(price, size_decimals)
    except InvalidOperation:
        return False


def is_valid_size(size: Decimal, size_decimals: int) -> bool:
    try:
        return size.is_finite() and size > ZERO and not size % _STEPS[-size_decimals]
    except InvalidOperation:  # more digits than arithmetic carries, so more than any venue takes
        return False


def round_price(price: Decimal, size_decimals: int, side: Side, *, marketable: bool = False) -> Decimal:
    """Onto the grid: passive bids down and asks up, marketable ones the other way round."""
    up = (side is Side.SELL) != marketable
    tick = tick_size(price, size_decimals)
    return (price / tick).to_integral_value(ROUND_CEILING if up else ROUND_FLOOR) * tick


def snap_price(price: Decimal, size_decimals: int) -> Decimal:
    """To the nearest valid price: what a typed or dragged value becomes."""
    tick = tick_size(price, size_decimals)
    return (price / tick).to_integral_value(ROUND_HALF_EVEN) * tick


def round_size(size: Decimal, size_decimals: int) -> Decimal:
    """Down to the lot: rounding never makes a position larger than asked."""
    return size.quantize(Decimal(1).scaleb(-size_decimals), ROUND_DOWN)


def round_size_up(size: Decimal, size_decimals: int) -> Decimal:
    return size.quantize(Decimal(1).scaleb(-size_decimals), ROUND_UP)


def wire_text(value: Decimal) -> str:
    """Minimal decimal text for signed actions: no exponent, no trailing zeros, no negative zero.

    >>> wire_text(Decimal("100.00")), wire_text(Decimal("0.020")), wire_text(Decimal("-0.0"))
    ('100', '0.02', '0')
    """
    if not value.is_finite():
        raise ValueError(f"{value} cannot be sent")
    if value == 0:
        return "0"
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
