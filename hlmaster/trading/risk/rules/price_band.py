"""Fat fingers: an entry priced far beyond the mark on its losing side."""

from __future__ import annotations

from decimal import Decimal

from hlmaster.core.model import Side
from hlmaster.core.orders import Order, RuleResult
from hlmaster.core.rounding import wire_text
from hlmaster.trading.risk.limits import RiskLimits
from hlmaster.trading.risk.rule import failed, passed, rule
from hlmaster.trading.situation import Situation

NAME = "price band"
WITHIN = passed(NAME)
ZERO, HUNDRED = Decimal(0), Decimal(100)
ROUNDING = Decimal("0.1")
"""Per cent that the grid may take a price further than its cap."""
VENUE_BAND = Decimal("0.8")
"""Further than 80 % from its reference price the venue refuses any order."""


@rule(NAME, "RSK-105")
def check(order: Order, situation: Situation, limits: RiskLimits) -> RuleResult:
    reference = situation.mark if situation.mark is not None else situation.mid
    if reference is None:
        return failed(NAME, f"There is no mark price for {order.coin} to compare with; wait for data.")
    price, base, band = order.price, reference, limits.price_band_percent
    if order.trigger is not None:
        base = order.trigger.price
        if order.trigger.market:
            band = limits.exit_slippage_cap_percent + ROUNDING
    away = price - base if order.side.sign > 0 else base - price
    apart = away if order.trigger is None else price - reference
    if (away <= ZERO or away * HUNDRED <= band * base) and abs(apart) <= reference * VENUE_BAND:
        return WITHIN
    beyond = away * HUNDRED / base
    if beyond > band:
        where = "above" if order.side is Side.BUY else "below"
        sentence = (
            f"The price {wire_text(order.price)} is {abs(beyond):.2f} % {where} "
            f"{'its trigger' if order.trigger else 'the mark price'}; at most {limits.price_band_percent} % is allowed."
        )
        return failed(NAME, sentence, f"{beyond:+.2f} %", f"{limits.price_band_percent} %")
    return failed(
        NAME, "The venue refuses prices further than 80 % from the reference price.", f"{beyond:+.2f} %", "80 %"
    )
