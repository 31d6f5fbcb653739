"""The only door to a venue: every order, whoever wants it, becomes ``Approved`` here or nowhere."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

from hlmaster.core.bus import Bus
from hlmaster.core.events import Refused
from hlmaster.core.orders import ApprovalMint, Approved, Order, RuleResult, Verdict
from hlmaster.trading.risk import rules as _registered  # noqa: F401  importing the package registers its rules
from hlmaster.trading.risk.limits import RiskLimits
from hlmaster.trading.risk.rule import LIMITS, RULES, Limit, Rule, is_exit
from hlmaster.trading.situation import Situation
from hlmaster.trading.stakes import after

log = logging.getLogger(__name__)


class Gate:
    """Asks every rule and mints ``Approved`` when all say yes.

    ``survey`` describes the situation of a coin at this moment. Orders that only reduce are asked venue facts alone,
    and a limit only refuses what adds to it: nothing of ours ever blocks an exit.
    """

    def __init__(
        self, bus: Bus, mint: ApprovalMint, survey: Callable[[str], Situation], limits: Callable[[], RiskLimits]
    ) -> None:
        self._bus, self._mint, self._survey, self._limits = bus, mint, survey, limits

    def check(self, order: Order) -> Verdict:
        """The verdict without consequences: previews and dry runs."""
        return verdict(order, self._survey(order.coin), self._limits())

    def approve(self, order: Order) -> Approved | Verdict:
        """``Approved``, or the verdict that refused it (also published as ``Refused``)."""
        answer = self.check(order)
        if answer.passed:
            return self._mint.approve(order, answer)
        self._bus.publish(Refused(order, answer, self._survey(order.coin).now_ms))
        return answer


def verdict(order: Order, situation: Situation, limits: RiskLimits) -> Verdict:
    """All rules' results. What raises, or cannot be compared, is a refusal."""
    rules = RULES.entries()
    if is_exit(order):
        return Verdict(tuple(_ask([one for one in rules if one.for_exits], order, situation, limits)))
    results = _ask(rules, order, situation, limits)
    if order.size.is_finite() and order.price.is_finite():
        filled = after(order, situation.stake, situation.standing)
        results += _ask(LIMITS.entries(), filled, situation, limits)
    return Verdict(tuple(results))


def _ask(
    asked: Sequence[Rule] | Sequence[Limit], about: Any, situation: Situation, limits: RiskLimits
) -> list[RuleResult]:
    """``about``: the order for rules, what is at stake after it for limits."""
    results: list[RuleResult] = []
    for one in asked:
        try:
            results.append(one.check(about, situation, limits))
        except Exception as error:
            log.exception("risk rule %r failed", one.name)
            sentence = f"The rule itself failed ({error}); that counts as a refusal."
            results.append(RuleResult(one.name, False, sentence=sentence))
    return results
