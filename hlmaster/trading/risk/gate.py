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
from hlmaster.trading.stakes import ZERO, After, after

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
        self._questions = Questions(limits())

    @property
    def limits(self) -> RiskLimits:
        """As they are in force."""
        return self._limits()

    def check(self, order: Order, situation: Situation | None = None) -> Verdict:
        """The verdict without consequences: previews and dry runs. ``situation``: the coin's now, if it is at hand."""
        limits, questions = self._limits(), self._questions
        if questions.limits is not limits or questions.version != RULES.version + LIMITS.version:
            questions = self._questions = Questions(limits)
        return questions.ask(order, situation or self._survey(order.coin))

    def approve(self, order: Order) -> Approved | Verdict:
        """``Approved``, or the verdict that refused it (also published as ``Refused``)."""
        answer = self.check(order)
        if answer.passed:
            return self._mint.approve(order, answer)
        self._bus.publish(Refused(order, answer, self._survey(order.coin).now_ms))
        return answer


class Questions:
    """What an order is asked under these limits, worked out once: which rules can refuse one of its kind at all.

    The others are in its verdict as passed. What raises, or cannot be compared, is a refusal.
    """

    def __init__(self, limits: RiskLimits) -> None:
        self.limits, self.version = limits, RULES.version + LIMITS.version
        rules, measured = RULES.entries(), LIMITS.entries()
        self._exits = _Asked([one for one in rules if one.for_exits], (), limits, ("exits", "triggers"))
        self._entries = {
            (idea, trigger): _Asked(rules, measured, limits, _kinds(idea, trigger))
            for idea in (False, True)
            for trigger in (False, True)
        }

    def ask(self, order: Order, situation: Situation) -> Verdict:
        if is_exit(order):
            return Verdict(self._exits.rules_say(order, situation))
        asked = self._entries[order.basis is not None, order.trigger is not None]
        results = asked.rules_say(order, situation)
        if order.size.is_finite() and order.price.is_finite():
            filled = after(order, situation.stake, situation.standing, situation.equity)
            results += asked.limits_say(filled, situation)
        return Verdict(results)


def _kinds(idea: bool, trigger: bool) -> tuple[str, ...]:
    return ("ideas" if idea else "by hand", "triggers" if trigger else "")


class _Asked:
    """Those of one kind of order. All are asked in one sweep, and one by one only where one of them raised."""

    def __init__(
        self, rules: Sequence[Rule], measured: Sequence[Limit], limits: RiskLimits, kinds: tuple[str, ...]
    ) -> None:
        self._limits = limits
        self._rules = [one for one in rules if one.only in ("", *kinds) and not one.off(limits)]
        self._checks = tuple(one.check for one in self._rules)
        self._not_asked = tuple(one.ok for one in rules if one not in self._rules)
        self._measured = measured
        self._of_coin = tuple(one.read for one in measured if one.per_coin)
        self._of_all = tuple(one.read for one in measured if not one.per_coin)
        self._all_within = tuple(one.ok for one in measured)

    def rules_say(self, order: Order, situation: Situation) -> tuple[RuleResult, ...]:
        limits = self._limits
        try:
            return (*[check(order, situation, limits) for check in self._checks], *self._not_asked)
        except Exception:
            return (*_one_by_one(self._rules, order, situation, limits), *self._not_asked)

    def limits_say(self, filled: After, situation: Situation) -> tuple[RuleResult, ...]:
        if self._is_within(filled, situation):
            return self._all_within
        return tuple(_one_by_one(self._measured, filled, situation, self._limits))

    def _is_within(self, filled: After, situation: Situation) -> bool:
        limits = self._limits
        try:
            for reads, grown in ((self._of_coin, filled.grown), (self._of_all, filled.added)):
                if grown <= ZERO:
                    continue
                for read in reads:
                    found = read(filled, situation, limits)
                    if found is not None and not found[0] <= found[1]:
                        return False
        except Exception:
            return False
        return True


def _one_by_one(
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
