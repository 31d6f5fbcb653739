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
VENUE_BAND = Decimal("0.8")
"""Further than 80 % from its reference price the venue refuses any order."""


@rule(NAME)
def check(order: Order, situation: Situation, limits: RiskLimits) -> RuleResult:
    reference = situation.reference
    if reference is None:
        return failed(NAME, f"There is no mark price for {order.coin} to compare with; wait for data.")
    base = order.trigger.price if order.trigger is not None else reference
    beyond = (order.price - base) / base * order.side.sign
    band = limits.price_band_percent / 100
    value, limit = f"{beyond * 100:+.2f} %", f"{limits.price_band_percent} %"
    if order.trigger is not None and order.trigger.market:
        band = limits.exit_slippage_cap_percent / 100 + Decimal("0.001")
    if beyond > band:
        where = "above" if order.side is Side.BUY else "below"
        sentence = (
            f"The price {wire_text(order.price)} is {abs(beyond) * 100:.2f} % {where} "
            f"{'its trigger' if order.trigger else 'the mark price'}; at most {limit} is allowed."
        )
        return failed(NAME, sentence, value, limit)
    if abs(order.price - reference) > VENUE_BAND * reference:
        return failed(NAME, "The venue refuses prices further than 80 % from the reference price.", value, "80 %")
    return passed(NAME, value, limit)
