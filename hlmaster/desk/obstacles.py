"""What stands between a strategy's word and a trade: the gates in order, so that the first red one names the cure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from hlmaster.core.clock import SECOND_MS, Clock
from hlmaster.core.events import TradingState
from hlmaster.core.orders import Verdict
from hlmaster.core.proposals import Policy, Proposal, ProposalState
from hlmaster.core.rounding import wire_text
from hlmaster.core.signals import Direction, Gate, Signal
from hlmaster.desk.course import Course
from hlmaster.desk.proposer import Proposer
from hlmaster.desk.survey import Survey
from hlmaster.settings import Settings
from hlmaster.trading.combiner import Idea
from hlmaster.trading.proposals.book import ProposalBook
from hlmaster.trading.risk.gate import Gate as RiskGate
from hlmaster.trading.situation import Situation

Own = Callable[[str, str, tuple[Signal, ...]], tuple[Gate, ...]]
"""What holds for a source on a coin beside the account's limits, by the signals that its idea rests on."""


def nothing_own(source: str, coin: str, signals: tuple[Signal, ...]) -> tuple[Gate, ...]:
    return ()


def first_red(gates: Iterable[Gate]) -> Gate | None:
    return next((gate for gate in gates if gate.passed is False), None)


class Obstacles:
    """``policy`` of a source, capped by the overall one."""

    def __init__(
        self,
        clock: Clock,
        survey: Survey,
        settings: Callable[[], Settings],
        proposer: Proposer,
        course: Course,
        book: ProposalBook,
        gate: RiskGate,
        policy: Callable[[str], Policy],
        own: Own = nothing_own,
    ) -> None:
        self._clock, self._survey, self._settings = clock, survey, settings
        self._proposer, self._course, self._gate = proposer, course, gate
        self._ownership, self._book, self._policy, self._own = course.ownership, book, policy, own
        self._title = course.ownership.title

    def before_proposal(self, idea: Idea) -> tuple[Gate, ...]:
        """All that must be so before anything is reckoned for an idea that is LONG or SHORT."""
        return (
            self._wants(idea),
            self._confident(idea),
            self._not_declined(idea),
            self._coin_free(idea),
            self._cooled_down(idea),
            self._own_positions(idea),
            *self._own(idea.source, idea.coin, idea.signals),
        )

    def all(self, idea: Idea) -> tuple[Gate, ...]:
        """Up to the approval, as things stand now."""
        gates = self.before_proposal(idea)
        if first_red(gates) is not None:
            return gates
        made = self._proposer.propose(idea, self._policy(idea.source))
        if isinstance(made, str):
            return (*gates, Gate("size", False, made, "See the risk panel and the sizing settings."))
        sized = Gate("size", True, f"{wire_text(made.size)} {made.coin}, ${made.risk:,.2f} at risk")
        return (*gates, sized, self._trading(idea), _limits(made.verdict), *self._decided(idea, made))

    def automatic(self, proposal: Proposal, situation: Situation) -> Iterator[Gate]:
        """What a policy must find before it may approve: more than a person needs, and what held when it was made."""
        yield from self._alone(proposal, situation)
        yield from self._own(proposal.source, proposal.coin, proposal.signals)

    def _alone(self, proposal: Proposal, situation: Situation) -> Iterator[Gate]:
        yield Gate("untouched", not proposal.edited, "A person edited it, so a person approves it.")
        yield self._sure_alone(proposal.unadjusted_confidence)
        yield self._trusted(proposal.source)
        order = self._proposer.order(proposal, situation, automatic=True)
        verdict = None if isinstance(order, str) else self._gate.check(order, situation)
        yield _limits(verdict, "limits for acting alone")

    # --- one by one ---

    def _wants(self, idea: Idea) -> Gate:
        if idea.direction is Direction.NEUTRAL:
            return Gate(
                "signal",
                False,
                f"{self._title(idea.source)} is neutral on {idea.coin}: {idea.signal.reason}",
                _PATIENCE,
            )
        late = self._clock.now_ms() - min(signal.valid_until_ms for signal in idea.signals)
        if late >= 0:
            text = f"Its {idea.direction} on {idea.coin} ran out {late / SECOND_MS:.0f} s ago."
            return Gate("signal", False, text, _PATIENCE)
        return Gate("signal", True, f"{idea.direction} on {idea.coin}: {idea.signal.reason}")

    def _confident(self, idea: Idea) -> Gate:
        least = self._settings().risk.min_confidence
        text = f"Confidence {idea.confidence:.2f}, at least {least:.2f} is asked for."
        cure = "Wait for a clearer signal, or lower the least confidence in the risk settings."
        passed = idea.confidence >= least
        return Gate("confidence", passed, text, "" if passed else cure)

    def _not_declined(self, idea: Idea) -> Gate:
        side = idea.direction.side
        if side is not None and self._book.is_declined(idea.source, idea.coin, side):
            text = f"You rejected {self._title(idea.source)}'s {idea.direction} on {idea.coin}."
            return Gate("not rejected", False, text, "It comes back once the strategy has changed its mind in between.")
        return Gate("not rejected", True, "You did not reject this idea.")

    def _coin_free(self, idea: Idea) -> Gate:
        has = self._course.has_position(idea.coin)
        why = self._ownership.why_not(idea.source, idea.coin, idea.direction, self._clock.now_ms(), has_position=has)
        return Gate(
            "coin free", not why, why or f"Nobody holds {idea.coin}.", "Close it, or swap the coin." if why else ""
        )

    def _cooled_down(self, idea: Idea) -> Gate:
        ended, pause = self._ownership.ended_ms(idea.source, idea.coin), idea.signal.terms.cool_down_ms
        left = 0 if ended is None else ended + pause - self._clock.now_ms()
        if left <= 0:
            return Gate("cooled down", True, "It is not cooling down.")
        text = f"{self._title(idea.source)} cools down on {idea.coin} for another {left / SECOND_MS:.0f} s."
        return Gate("cooled down", False, text, "It passes by itself.")

    def _own_positions(self, idea: Idea) -> Gate:
        most, held = idea.signal.terms.most_open, len(self._ownership.held_by(idea.source))
        if most is None:
            return Gate("own positions", True, f"It holds {held}.")
        text = f"It holds {held} of {most} positions."
        return Gate("own positions", held < most, text, "" if held < most else "Wait until one of them is closed.")

    def _trading(self, idea: Idea) -> Gate:
        situation = self._survey(idea.coin)
        if situation.state is TradingState.ACTIVE:
            return Gate("trading open", True, situation.state_sentence)
        return Gate(
            "trading open", False, situation.state_sentence, "Resume, or remove what holds it; see the top bar."
        )

    def _decided(self, idea: Idea, made: Proposal) -> tuple[Gate, ...]:
        policy, card = self._policy(idea.source), self._book.card(idea.source, idea.coin)
        if policy is Policy.OBSERVE:
            return (Gate("policy", False, "Its policy is to observe: ideas are recorded only.", "Set it to ask."),)
        gates: tuple[Gate, ...] = (Gate("policy", True, f"Its policy is {policy}."),)
        if policy is Policy.AUTO:
            gates += tuple(self._alone(card or made, self._survey(idea.coin)))
        waits = card is not None and card.state in (ProposalState.OPEN, ProposalState.SNOOZED)
        if first_red(gates) is None and policy is Policy.AUTO:
            return gates
        return (*gates, Gate("approval", None, "It waits for you." if waits else "There is no card.", "Approve it."))

    def _sure_alone(self, unadjusted: float) -> Gate:
        least = self._settings().risk.min_confidence
        text = f"Confidence without advisers {unadjusted:.2f}, at least {least:.2f} is asked for to act alone."
        passed = unadjusted >= least
        return Gate("confident by itself", passed, text, "" if passed else "Approve it yourself.")

    def _trusted(self, source: str) -> Gate:
        why = self._proposer.trust.may_auto(source)
        return Gate(
            "trusted", why is None, why or "It may act by itself.", "" if why is None else "Approve it yourself."
        )


_PATIENCE = "Nothing to do: it speaks up when its conditions are met."


def _limits(verdict: Verdict | None, name: str = "limits") -> Gate:
    if verdict is None:
        return Gate(name, False, "There is no price to judge it at.", "It passes by itself when there is one.")
    if verdict.passed:
        return Gate(name, True, "Every rule of the risk gate says yes.")
    return Gate(name, False, " ".join(failure.sentence for failure in verdict.failures), "See the risk panel.")
