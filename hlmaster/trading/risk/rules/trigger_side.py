"""A trigger must wait: one already through the mark is refused by the venue.

An exit that travels with its entry is held against the entry's price instead, by the ticket and by the venue: nothing
of it can wake before there is a position.
"""

from __future__ import annotations

from hlmaster.core.model import Side
from hlmaster.core.orders import Order, Purpose, RuleResult, TriggerKind
from hlmaster.core.rounding import wire_text
from hlmaster.trading.risk.limits import RiskLimits
from hlmaster.trading.risk.rule import failed, passed, rule
from hlmaster.trading.situation import Situation

NAME = "trigger side"
WAITS = passed(NAME)


@rule(NAME, "RSK-103", for_exits=True, only="triggers")
def check(order: Order, situation: Situation, limits: RiskLimits) -> RuleResult:
    if order.trigger is None or situation.mark is None:
        return WAITS
    if order.ticket and order.purpose is Purpose.PROTECT and situation.position * order.side.sign >= 0:
        return WAITS
    # A stop follows the market against the holder: a buy waits above, a sell below; a take profit the other way round.
    waits_above = (order.side is Side.BUY) == (order.trigger.kind is TriggerKind.STOP)
    mark, trigger = situation.mark, order.trigger.price
    if (trigger > mark) == waits_above and trigger != mark:
        return WAITS
    where = "above" if waits_above else "below"
    name = "stop" if order.trigger.kind is TriggerKind.STOP else "take profit"
    sentence = f"The trigger of a {name} that will {order.side} must lie {where} the mark price of {wire_text(mark)}."
    return failed(NAME, sentence, wire_text(trigger), wire_text(mark))
