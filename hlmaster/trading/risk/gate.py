"""The only door to a venue: every order, whoever wants it, becomes ``Approved`` here or nowhere."""

from __future__ import annotations

import logging
from collections.abc import Callable

from hlmaster.core.bus import Bus
from hlmaster.core.events import Refused
from hlmaster.core.orders import ApprovalMint, Approved, Order, RuleResult, Verdict
from hlmaster.trading.risk import rules as _registered  # noqa: F401  importing the package registers its rules
from hlmaster.trading.risk.limits import RiskLimits
from hlmaster.trading.risk.rule import RULES, Rule, is_exit
from hlmaster.trading.situation import Situation

log = logging.getLogger(__name__)


class Gate:
    """Asks every rule and mints ``Approved`` when all say yes.

    ``survey`` describes the situation of a coin at this moment. Orders that only reduce are asked venue facts alone:
    no limit of ours ever blocks an exit.
    """

    def __init__(
        self, bus: Bus, mint: ApprovalMint, survey: Callable[[str], Situation], limits: Callable[[], RiskLimits]
    ) -> None:
        self._bus, self._mint, self._survey, self._limits = bus, mint, survey, limits

    def check(self, order: Order) -> Verdict:
        """The verdict without consequences: previews and dry runs."""
        situation, limits = self._survey(order.coin), self._limits()
        asked = [rule for rule in RULES.entries() if rule.for_exits or not is_exit(order)]
        return Verdict(tuple(self._ask(rule, order, situation, limits) for rule in asked))

    def approve(self, order: Order) -> Approved | Verdict:
        """``Approved``, or the verdict that refused it (also published as ``Refused``)."""
        verdict = self.check(order)
        if verdict.passed:
            return self._mint.approve(order, verdict)
        self._bus.publish(Refused(order, verdict, self._survey(order.coin).now_ms))
        return verdict

    @staticmethod
    def _ask(rule: Rule, order: Order, situation: Situation, limits: RiskLimits) -> RuleResult:
        try:
            return rule.check(order, situation, limits)
        except Exception as error:
            log.exception("risk rule %r failed", rule.name)
            return RuleResult(rule.name, False, sentence=f"The rule itself failed ({error}); that counts as a refusal.")
