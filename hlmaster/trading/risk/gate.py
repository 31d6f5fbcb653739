"""The only door to a venue: every order, whoever wants it, becomes ``Approved`` here or nowhere."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from hlmaster.core.bus import Bus
from hlmaster.core.events import Refused
from hlmaster.core.orders import ApprovalMint, Approved, Order, RuleResult, Verdict
from hlmaster.trading.risk import rules as _registered  # noqa: F401  importing the package registers its rules
from hlmaster.trading.risk.limits import RiskLimits
from hlmaster.trading.risk.rule import LIMITS, RULES, Limit, Rule
from hlmaster.trading.situation import Situation
from hlmaster.trading.stakes import ZERO, after

log = logging.getLogger(__name__)
Said = TypeVar("Said")


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
        self._by_hand, self._ideas = (
            tuple(_Asked(rules, measured, limits, (whose, what)) for what in ("", "triggers"))
            for whose in ("by hand", "ideas")
        )

    def ask(self, order: Order, situation: Situation) -> Verdict:
        if order.reduce_only:  # the venue itself keeps it from opening anything
            asked = self._exits
        else:
            asked = (self._by_hand if order.basis is None else self._ideas)[order.trigger is not None]
        said = _ask(asked.together, order, situation)
        return Verdict(asked.each(order, situation) if isinstance(said, Exception) else said)


class _Asked:
    """Those of one kind of order."""

    def __init__(
        self, rules: Sequence[Rule], measured: Sequence[Limit], limits: RiskLimits, kinds: tuple[str, ...]
    ) -> None:
        self._limits, self._measured = limits, measured
        self._rules = [one for one in rules if one.only in ("", *kinds) and not one.off(limits)]
        self._checks = tuple(one.check for one in self._rules)
        self._not_asked = tuple(one.ok for one in rules if one not in self._rules)
        # What an order adds to on its coin only, and what it adds to in all as well.
        self._of_coin = tuple(one.read for one in measured if one.per_coin)
        self._reads = (*self._of_coin, *(one.read for one in measured if not one.per_coin))
        self._all_within = tuple(one.ok for one in measured)

    def together(self, order: Order, situation: Situation) -> tuple[RuleResult, ...]:
        """Raises what a rule raises. Limits are spelled out only where one of them is exceeded."""
        limits = self._limits
        results = [check(order, situation, limits) for check in self._checks]
        results += self._not_asked
        if self._measured and order.size.is_finite() and order.price.is_finite():
            stake = situation.counted or situation.stake
            filled = after(order, stake, situation.standing, situation.equity)
            for read in self._reads if filled.added > ZERO else self._of_coin if filled.grown > ZERO else ():
                found = read(filled, situation, limits)
                if found is not None and not found[0] <= found[1]:
                    results += [one.check(filled, situation, limits) for one in self._measured]
                    break
            else:
                results += self._all_within
        return tuple(results)

    def each(self, order: Order, situation: Situation) -> tuple[RuleResult, ...]:
        results = _one_by_one(self._rules, order, situation, self._limits)
        results += self._not_asked
        if self._measured and order.size.is_finite() and order.price.is_finite():
            filled = _ask(after, order, situation.stake, situation.standing, situation.equity)
            if isinstance(filled, Exception):
                results.append(_unanswered("limits", filled))
            else:
                results += _one_by_one(self._measured, filled, situation, self._limits)
        return tuple(results)


def _one_by_one(
    asked: Sequence[Rule] | Sequence[Limit], about: Any, situation: Situation, limits: RiskLimits
) -> list[RuleResult]:
    """``about``: the order for rules, what is at stake after it for limits."""
    results: list[RuleResult] = []
    for one in asked:
        said = _ask(one.check, about, situation, limits)
        results.append(_unanswered(one.name, said) if isinstance(said, Exception) else said)
    return results


def _unanswered(name: str, error: Exception) -> RuleResult:
    return RuleResult(name, False, sentence=f"The rule itself failed ({error}); that counts as a refusal.")


def _ask(question: Callable[..., Said], *about: object) -> Said | Exception:
    """The answer, or what was raised instead."""
    try:
        return question(*about)
    except Exception as error:
        log.exception("a risk rule failed")
        return error
