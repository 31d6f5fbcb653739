"""What a rule is, and where rules register."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from hlmaster.core.orders import Order, RuleResult
from hlmaster.core.registry import Registry
from hlmaster.trading.risk.limits import RiskLimits
from hlmaster.trading.situation import Situation

Check = Callable[[Order, Situation, RiskLimits], RuleResult]


@dataclass(frozen=True, slots=True)
class Rule:
    """``for_exits``: also asked of orders that only reduce. Such a rule states venue facts, never a limit of ours."""

    name: str
    check: Check
    for_exits: bool


RULES: Registry[Rule] = Registry("risk rule")


def rule(name: str, *, for_exits: bool = False) -> Callable[[Check], Check]:
    """Register a rule; the gate asks rules in the order of their registration."""

    def register(check: Check) -> Check:
        RULES.register(name)(Rule(name, check, for_exits))
        return check

    return register


def passed(name: str, value: str = "", limit: str = "") -> RuleResult:
    return RuleResult(name, True, value, limit)


def failed(name: str, sentence: str, value: str = "", limit: str = "") -> RuleResult:
    return RuleResult(name, False, value, limit, sentence)


def usd(amount: Decimal) -> str:
    return f"${amount:,.2f}"


def is_exit(order: Order) -> bool:
    """An order the venue itself keeps from opening anything."""
    return order.reduce_only
