"""What a rule is, and where rules register.

A plain rule looks at an order and says yes or no. A limit is a figure that grows with what is open: it can be read at
any time, for the panel, for a proposal's effect, and for an order, which it refuses when it would be exceeded. A limit
is asked only of orders that add to what it measures, so nothing that gets out is ever in its way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, TypeAlias

from hlmaster.core.orders import Order, RuleResult
from hlmaster.core.registry import Registry
from hlmaster.core.rounding import wire_text
from hlmaster.trading.risk.limits import RiskLimits
from hlmaster.trading.situation import Situation
from hlmaster.trading.stakes import ZERO, After

Check = Callable[[Order, Situation, RiskLimits], RuleResult]
Figure: TypeAlias = Decimal | int
Read = Callable[[After, Situation, RiskLimits], tuple[Figure, Figure] | None]
"""(value, limit) once the order is filled, or as things stand; None where there is nothing to measure.

What is limited as a share of equity is read in USD, and told in per cent.
"""
Kind = Literal["", "ideas", "by hand", "triggers", "exits"]


@dataclass(frozen=True, slots=True)
class Rule:
    """``for_exits``: also asked of orders that only reduce. Such a rule states venue facts, never a limit of ours.

    ``only`` names the kind of order that it can refuse at all, and ``off`` tells of limits under which it never does:
    then it is not even asked.
    """

    name: str
    check: Check
    for_exits: bool = False
    code: str = ""
    """Stable, for refusals: ``RSK-101``."""
    only: Kind = ""
    off: Callable[[RiskLimits], bool] = lambda limits: False

    @property
    def ok(self) -> RuleResult:
        return passed(self.name)


@dataclass(frozen=True, slots=True)
class Limit:
    """``title`` and ``text`` are for panels. ``cure`` says what to do, with {coin} where it is about one."""

    name: str
    code: str
    title: str
    read: Read
    words: Callable[[Figure, Decimal], str]
    """A figure, and the equity it is told of."""
    of_equity: bool
    cure: str
    per_coin: bool
    """Of the order's own coin and side; else of all positions together, and asked only of what adds to those."""
    ok: RuleResult

    @property
    def about_coin(self) -> bool:
        return "{coin}" in self.title

    def check(self, filled: After, situation: Situation, limits: RiskLimits) -> RuleResult:
        if (filled.grown if self.per_coin else filled.added) <= ZERO:
            return self.ok
        found = self.read(filled, situation, limits)
        # Not the same as "above": what cannot be compared is refused.
        if found is None or found[0] <= found[1]:
            return self.ok
        return self.refusal(*found, situation)

    def refusal(self, value: Figure, limit: Figure, situation: Situation) -> RuleResult:
        coin, equity = situation.instrument.coin, situation.equity
        shown, allowed = self.words(value, equity), self.words(limit, equity)
        of = " of equity" if self.of_equity else ""
        sentence = f"{self.title}: it would be {shown}{of}, and at most {allowed} is allowed. {self.cure}"
        return RuleResult(self.name, False, shown, allowed, sentence.format(coin=coin))


RULES: Registry[Rule] = Registry("risk rule")
LIMITS: Registry[Limit] = Registry("risk limit")


def rule(
    name: str,
    code: str = "",
    *,
    for_exits: bool = False,
    only: Kind = "",
    off: Callable[[RiskLimits], bool] = lambda limits: False,
) -> Callable[[Check], Check]:
    """Register a rule; the gate asks rules in the order of their registration."""

    def register(check: Check) -> Check:
        RULES.register(name)(Rule(name, check, for_exits, code, only, off))
        return check

    return register


def limit(
    name: str,
    code: str,
    *,
    title: str,
    cure: str,
    words: Callable[[Figure, Decimal], str] | None = None,
    of_equity: bool = False,
    per_coin: bool = False,
) -> Callable[[Read], Read]:
    """Register a limit; all of them are asked after the plain rules. One ``of_equity`` is told in per cent of it."""

    def register(read: Read) -> Read:
        LIMITS.register(name)(
            Limit(name, code, title, read, words or share_words, of_equity, cure, per_coin, passed(name))
        )
        return read

    return register


def code_of(name: str) -> str:
    """The reason code of a rule or limit; empty for one that is not registered."""
    if name in RULES:
        return RULES[name].code
    return LIMITS[name].code if name in LIMITS else ""


def passed(name: str, value: str = "", limit: str = "") -> RuleResult:
    return RuleResult(name, True, value, limit)


def failed(name: str, sentence: str, value: str = "", limit: str = "") -> RuleResult:
    return RuleResult(name, False, value, limit, sentence)


def usd(amount: Decimal) -> str:
    return f"${amount:,.2f}"


def share_words(value: Figure, equity: Decimal) -> str:
    """``9.8 %``, of equity."""
    if equity <= 0:
        return usd(Decimal(value))
    return f"{wire_text(round(value * 100 / equity, 2))} %"


def count_words(value: Figure, equity: Decimal) -> str:
    return f"{value:,.0f}"
