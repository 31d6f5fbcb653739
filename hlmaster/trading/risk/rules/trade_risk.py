"""What the coin's position would lose at its stop, fees of both ends included.

The stop is the one the idea names, else the one that protection would place. The whole position counts, so that a
trade cannot pass in slices.
"""

from __future__ import annotations

from decimal import Decimal

from hlmaster.core.orders import Order, RuleResult
from hlmaster.trading.conduct import WHOLE
from hlmaster.trading.risk.limits import RiskLimits
from hlmaster.trading.risk.rule import failed, limit, passed, rule
from hlmaster.trading.situation import Situation
from hlmaster.trading.stakes import ZERO, After

NAME = "trade risk"
HAS_STOP = "stop known"
KNOWN = passed(HAS_STOP)


def stop_price(order: Order, situation: Situation) -> Decimal | None:
    """None where neither the idea nor protection has a stop."""
    basis = order.basis
    if basis is not None and basis.stop_price is not None:
        return basis.stop_price
    return None if situation.stop is None else situation.stop.stop_of(entry(order, situation), order.side.sign)


def entry(order: Order, situation: Situation) -> Decimal:
    """Where it is expected to fill: a market order's price is only the worst it would take."""
    if order.market and situation.reference is not None:
        return situation.reference
    return order.trigger.price if order.trigger is not None else order.price


def money_at_risk(coins: Decimal, order: Order, situation: Situation) -> Decimal | None:
    """USD; None without a stop. A stop that lies on the winning side loses nothing but the fees."""
    basis = order.basis
    stop = stop_price(order, situation) if basis is None or basis.stop_price is None else basis.stop_price
    if stop is None:
        return None
    price = order.price if order.trigger is None and not order.market else entry(order, situation)
    distance = price - stop if order.side.sign > 0 else stop - price
    fees = (price + stop) * situation.fees.taker
    return coins * (distance + fees if distance > ZERO else fees)


@limit(
    NAME,
    "RSK-115",
    title="Loss at the stop",
    of_equity=True,
    cure="Make the order smaller or the stop nearer (Settings, Risk, Risk of a trade).",
    per_coin=True,
)
def read(filled: After, situation: Situation, limits: RiskLimits) -> tuple[Decimal, Decimal] | None:
    order = filled.order
    if order is None:
        return None
    money = money_at_risk(filled.reach, order, situation)
    if money is None:
        return None
    allowed = (limits.max_trade_risk_percent if filled.by_strategy else limits.hand_trade_risk_percent) * filled.percent
    factor = situation.conduct.size_factor
    return money, allowed if factor is WHOLE else allowed * factor


@rule(HAS_STOP, "RSK-116", only="ideas")
def check(order: Order, situation: Situation, limits: RiskLimits) -> RuleResult:
    basis = order.basis
    if basis is None or basis.stop_price is not None or stop_price(order, situation) is not None:
        return KNOWN
    sentence = "This idea has no stop, so its risk is not known. Give positions a stop (Settings, Protection, Stop)."
    return failed(HAS_STOP, sentence, "no stop")
