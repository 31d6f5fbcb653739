"""The worth of one coin's position, in per cent of equity and, where a cap is set, in coins."""

from __future__ import annotations

from decimal import Decimal

from hlmaster.core.orders import Order, RuleResult
from hlmaster.core.rounding import wire_text
from hlmaster.trading.risk.limits import RiskLimits
from hlmaster.trading.risk.rule import failed, limit, passed, rule
from hlmaster.trading.situation import Situation
from hlmaster.trading.stakes import After, after

NAME = "position"
CAP = "position cap"
WITHIN = passed(CAP)


@limit(
    NAME,
    "RSK-111",
    title="{coin} position",
    of_equity=True,
    cure="Make the order smaller, or cancel {coin} orders that still wait (Settings, Risk, Position per coin).",
    per_coin=True,
)
def read(filled: After, situation: Situation, limits: RiskLimits) -> tuple[Decimal, Decimal]:
    allowed = limits.max_position_percent if filled.by_strategy else limits.hand_position_percent
    return filled.value, allowed * filled.percent


@rule(CAP, "RSK-112", off=lambda limits: not limits.position_caps)
def check(order: Order, situation: Situation, limits: RiskLimits) -> RuleResult:
    cap = limits.position_cap(order.coin)
    if cap is None:
        return WITHIN
    filled = after(order, situation.stake, situation.standing, situation.equity)
    if filled.grown <= 0 or filled.reach <= cap:
        return WITHIN
    value, allowed = f"{wire_text(filled.reach)} {order.coin}", f"{wire_text(cap)} {order.coin}"
    sentence = f"The position would be {value}; your cap is {allowed} (Settings, Risk, Position caps in coins)."
    return failed(CAP, sentence, value, allowed)
