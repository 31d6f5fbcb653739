"""The hours in which positions are opened."""

from __future__ import annotations

from hlmaster.core.clock import DAY_MS, MINUTE_MS
from hlmaster.core.orders import Order, RuleResult
from hlmaster.trading.risk.limits import RiskLimits
from hlmaster.trading.risk.rule import failed, passed, rule
from hlmaster.trading.situation import Situation

NAME = "trading hours"
OPEN = passed(NAME)


@rule(NAME, "RSK-132", off=lambda limits: not limits.trading_hours)
def check(order: Order, situation: Situation, limits: RiskLimits) -> RuleResult:
    minute = situation.now_ms % DAY_MS // MINUTE_MS
    for start, end in limits.hours:
        if start <= minute < end if start < end else minute >= start or minute < end:
            return OPEN
    now, hours = f"{minute // 60:02}:{minute % 60:02} UTC", ", ".join(limits.trading_hours)
    return failed(NAME, f"It is {now}; your trading hours are {hours} UTC (Settings, Risk).", now, hours)
