"""Prices and sizes lie on the venue's grid."""

from __future__ import annotations

from hlmaster.core.orders import Order, RuleResult
from hlmaster.core.rounding import is_valid_price, is_valid_size, tick_size, wire_text
from hlmaster.trading.risk.limits import RiskLimits
from hlmaster.trading.risk.rule import failed, passed, rule
from hlmaster.trading.situation import Situation

NAME = "price and size grid"
ON_GRID = passed(NAME)


@rule(NAME, "RSK-106", for_exits=True)
def check(order: Order, situation: Situation, limits: RiskLimits) -> RuleResult:
    decimals, trigger = situation.instrument.size_decimals, order.trigger
    if (
        is_valid_size(order.size, decimals)
        and is_valid_price(order.price, decimals)
        and (trigger is None or is_valid_price(trigger.price, decimals))
    ):
        return ON_GRID
    if not is_valid_size(order.size, decimals):
        lot = wire_text(situation.instrument.lot)
        if not order.size.is_finite() or order.size <= 0:
            return failed(NAME, "The size must be above zero.", str(order.size), f"lot {lot}")
        return failed(NAME, f"The size must be a multiple of {lot} {order.coin}.", str(order.size), f"lot {lot}")
    prices = [("limit", order.price)]
    if trigger is not None:
        prices.append(("trigger", trigger.price))
    for name, price in prices:
        if not price.is_finite() or price <= 0:
            return failed(NAME, f"The {name} price must be above zero.", str(price))
        if not is_valid_price(price, decimals):
            tick = wire_text(tick_size(price, decimals))
            sentence = f"The {name} price {wire_text(price)} is off the grid; here prices move in steps of {tick}."
            return failed(NAME, sentence, wire_text(price), f"tick {tick}")
    return ON_GRID
