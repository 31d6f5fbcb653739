"""Cards held against the market and the rules, as often as either may say other than before."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from hlmaster.core.clock import SECOND_MS, Clock
from hlmaster.core.errors import ConfigError
from hlmaster.core.orders import RuleResult, Verdict
from hlmaster.core.proposals import Policy, Proposal
from hlmaster.core.signals import direction_of
from hlmaster.desk.attention import Attention, Sight
from hlmaster.desk.course import Course
from hlmaster.desk.outcome import Outcome
from hlmaster.desk.proposer import Proposer
from hlmaster.desk.survey import Glance, Survey
from hlmaster.settings import Settings
from hlmaster.trading.proposals.book import Answer, ProposalBook
from hlmaster.trading.proposals.figures import best_price
from hlmaster.trading.risk.gate import Gate
from hlmaster.trading.situation import Situation


class Judging:
    """``policy`` of a source; ``tell`` publishes what changed in the book."""

    def __init__(
        self,
        clock: Clock,
        survey: Survey,
        gate: Gate,
        proposer: Proposer,
        course: Course,
        book: ProposalBook,
        settings: Callable[[], Settings],
        policy: Callable[[str], Policy],
        tell: Callable[[Answer], None],
    ) -> None:
        self._clock, self._survey, self._gate, self._proposer = clock, survey, gate, proposer
        self._course, self._book, self._settings = course, book, settings
        self._policy, self._tell = policy, tell
        self._attention = Attention(clock)

    def look(self, now: int) -> Iterator[tuple[Proposal, Situation]]:
        """Cards that every rule says yes to, of those whose turn it is. Prices, data and drift are looked at on all."""
        seen = [(card, self._glance(card, now)) for card in self._book.cards()]
        account = self._survey.count()
        terms = (*self._survey.terms, self._gate.limits, self._settings())
        prices = (account.equity, account.standing.gross)
        sights = [self._sight(card, glance, terms, prices, now) for card, glance in seen if glance is not None]
        chosen = self._attention.choose(sights)
        situations: dict[str, Situation] = {}
        for card in self._book.cards():
            if card.proposal_id not in chosen:
                continue
            situation = situations.get(card.coin)
            if situation is None:
                situation = situations[card.coin] = self._survey(card.coin)
            if self._judge(card, situation, now) is None:
                yield self._book.get(card.proposal_id) or card, situation

    def judge(self, card: Proposal, now: int) -> Outcome | None:
        """Why it cannot be approved as things stand; the card shows the same."""
        if self._glance(card, now) is None:
            return Outcome(False, self._book.why_not(card.proposal_id, now))
        return self._judge(card, self._survey(card.coin), now)

    def _glance(self, card: Proposal, now: int) -> Glance | None:
        """Its coin's prices now; None for a card that ended over them."""
        try:
            glance = self._survey.glance(card.coin)
        except ConfigError as error:
            self._tell(self._book.withdraw(error.sentence, now, coin=card.coin))
            return None
        terms = self._settings().proposals
        price = best_price(card.side, glance, post_only=False)
        stale_ms = int(terms.stale_seconds * SECOND_MS * self._clock.speed)
        answer = self._book.see(card.proposal_id, price, glance.stale, terms.drift_percent, stale_ms, now)
        self._tell(answer)
        return None if answer.changed else glance

    def _sight(
        self, card: Proposal, glance: Glance, terms: tuple[object, ...], prices: tuple[object, ...], now: int
    ) -> Sight:
        own = (card, glance.stale, self._why_not_free(card, now), self._policy(card.source))
        return Sight(card.proposal_id, (*own, *terms), (*glance[:3], *prices))

    def _judge(self, card: Proposal, situation: Situation, now: int) -> Outcome | None:
        order = self._proposer.order(card, situation, automatic=False)
        if isinstance(order, str):
            return Outcome(False, order)
        why = self._why_not_free(card, now)
        verdict = Verdict((*self._gate.check(order, situation).results, RuleResult("coin free", not why, sentence=why)))
        self._tell(self._book.judge(card.proposal_id, verdict))
        if verdict.passed:
            return None
        return Outcome(False, " ".join(failure.sentence for failure in verdict.failures), verdict=verdict)

    def _why_not_free(self, card: Proposal, now: int) -> str:
        """Why its coin is not free for its source."""
        direction, has = direction_of(card.side.sign), self._course.has_position(card.coin)
        return self._course.ownership.why_not(card.source, card.coin, direction, now, has_position=has)
