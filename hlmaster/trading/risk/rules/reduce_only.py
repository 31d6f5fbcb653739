"""A reduce-only order must have something to reduce, on the other side, and no more than there is."""

from __future__ import annotations

from hlmaster.core.orders import Order, Purpose, RuleResult
from hlmaster.core.rounding import wire_text
from hlmaster.trading.risk.limits import RiskLimits
from hlmaster.trading.risk.rule import failed, passed, rule
from hlmaster.trading.situation import Situation

NAME = "reduce-only"
SOUND = passed(NAME)


@rule(NAME, "RSK-104", for_exits=True, only="exits")
def check(order: Order, situation: Situation, limits: RiskLimits) -> RuleResult:
    if not order.reduce_only:
        return SOUND
    if order.purpose is Purpose.FLATTEN:
        # Its side and size are the exchange's own statement, which our books may not have heard of yet.
        return SOUND
    position = situation.position
    if position == 0:
        if order.purpose is Purpose.PROTECT:
            # The stop that travels with its entry: the venue holds it back until there is a position.
            return SOUND
        return failed(NAME, f"There is no {order.coin} position to reduce.", "0")
    if position * order.side.sign > 0:
        held = "long" if position > 0 else "short"
        other = order.side.opposite
        return failed(
            NAME, f"You are {held} {order.coin}: a reduce-only order must {other}, not {order.side}.", str(position)
        )
    if order.size > abs(position) and order.purpose is Purpose.PROTECT:
        # It travels with an entry that adds to the position.
        return SOUND
    if order.size > abs(position):
        text = wire_text(abs(position))
        sentence = f"A reduce-only order of {wire_text(order.size)} is larger than the position of {text} {order.coin}."
        return failed(NAME, sentence, wire_text(order.size), text)
    return SOUND
