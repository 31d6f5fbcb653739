"""What a strategy's word leads to: an exit of its position, a longer one, a card, or waiting. Exits before entries."""

from __future__ import annotations

import logging
from collections.abc import Callable

from hlmaster.core.clock import Clock
from hlmaster.core.proposals import Policy, Proposal
from hlmaster.core.signals import Direction, Signal
from hlmaster.desk.course import Course
from hlmaster.desk.obstacles import Obstacles, first_red
from hlmaster.desk.proposer import Proposer
from hlmaster.settings import Settings
from hlmaster.trading.combiner import Combiner, Idea
from hlmaster.trading.proposals.book import Answer, ProposalBook

log = logging.getLogger(__name__)
RETRY_SECONDS = 1.0
Key = tuple[str, str]
"""A source and a coin."""


class Listener:
    """``tell`` publishes what changed in the book; ``offered`` is told of every card that was made or refreshed."""

    def __init__(
        self,
        clock: Clock,
        settings: Callable[[], Settings],
        combiner: Combiner,
        proposer: Proposer,
        course: Course,
        book: ProposalBook,
        obstacles: Obstacles,
        policy: Callable[[str], Policy],
        tell: Callable[[Answer], None],
        offered: Callable[[Proposal], None],
    ) -> None:
        self._clock, self._settings, self._policy = clock, settings, policy
        self._combiner, self._proposer, self._course, self._book = combiner, proposer, course, book
        self._obstacles, self._tell, self._offered = obstacles, tell, offered
        self.ideas: dict[Key, Idea] = {}
        """The last of each source on each coin, NEUTRAL ones included."""
        self._waiting: dict[Key, Idea] = {}
        """Those that no card could be made of yet: no range, no price, no room, a coin that is not free."""
        self._retry_at = 0.0

    def hear(self, signal: Signal, *, act: bool) -> None:
        """``act`` False: it is only remembered, for the books are not ready."""
        now = self._clock.now_ms()
        idea = self._combiner.hear(signal, now)
        if idea.abstains:
            return
        key = (idea.source, idea.coin)
        self.ideas[key] = idea
        self._waiting.pop(key, None)
        self._tell(self._book.hear(idea.source, idea.coin, idea.direction, now))
        if act:
            self._act(idea)

    def forget(self, strategy: str) -> None:
        """It is disarmed: it votes no more, and nothing of it waits."""
        self._combiner.forget(strategy)
        for key, idea in list(self._waiting.items()):
            if all(signal.strategy == strategy for signal in idea.signals):
                del self._waiting[key]

    def heed(self, coin: str) -> int:
        """Advisers spoke of a coin. How many of its cards they took away; what waits is tried again by itself."""
        taken, now = 0, self._clock.now_ms()
        for card in self._book.live(coin):
            idea = self.ideas.get((card.source, coin))
            if idea is None or idea.direction.side is not card.side or card.edited or not card.state.can_be_approved:
                continue
            fresh = self._combiner.advised(idea)
            if fresh.confidence >= self._settings().risk.min_confidence:
                reasons = (*fresh.reasons, *fresh.advice)
                self._tell(self._book.advised(card.proposal_id, fresh.confidence, reasons))
                continue
            text = f"Advisers took it away ({', '.join(fresh.advice)}): {fresh.confidence:.2f} is not enough."
            self._tell(self._book.withdraw(text, now, source=card.source, coin=coin))
            self._waiting[card.source, coin] = fresh
            taken += 1
        return taken

    def look(self) -> None:
        """Ideas that wait are tried again, as long as they are valid."""
        if self._clock.monotonic() < self._retry_at:
            return
        self._retry_at = self._clock.monotonic() + RETRY_SECONDS
        now = self._clock.now_ms()
        for key, idea in list(self._waiting.items()):
            if any(now >= signal.valid_until_ms for signal in idea.signals):
                del self._waiting[key]
            elif self._course.ownership.of(idea.coin) is None:
                self._propose(idea)

    def _act(self, idea: Idea) -> None:
        coin, source = idea.coin, idea.source
        self._course.settle()
        tenure = self._course.ownership.of(coin)
        leads = tenure is not None and tenure.owner == source
        if idea.direction is Direction.NEUTRAL:
            if leads and idea.closes:
                self._course.leave(coin, f"{self._combiner.title(source)} is neutral now. {idea.signal.reason}")
        elif tenure is None or not tenure.is_led:
            self._propose(idea)
        elif tenure.direction is idea.direction:
            if leads:
                self._course.go_on(coin, idea.signal.row_ms + idea.signal.horizon_ms)
        elif leads or self._may_close_others(idea):
            why = f"{self._combiner.title(source)} says {idea.direction}. {idea.signal.reason}"
            self._course.leave(coin, why, then=lambda: self._again(idea))
        else:
            self._waiting[source, coin] = idea

    def _may_close_others(self, idea: Idea) -> bool:
        settings = self._settings()
        return settings.proposals.conflict == "close" and idea.unadjusted_confidence >= settings.risk.min_confidence

    def _again(self, idea: Idea) -> None:
        """What the position stood in the way of, if it is still meant."""
        if self.ideas.get((idea.source, idea.coin)) is idea:
            self._propose(idea)

    def _propose(self, idea: Idea) -> None:
        idea = self._combiner.advised(idea)
        key = (idea.source, idea.coin)
        self._waiting[key] = idea
        red = first_red(self._obstacles.before_proposal(idea))
        made = red.text if red is not None else self._proposer.propose(idea, self._policy(idea.source))
        if isinstance(made, str):
            log.debug("no proposal of %s on %s: %s", idea.source, idea.coin, made)
            return
        answer = self._book.offer(made, self._clock.now_ms())
        if answer.changed:
            del self._waiting[key]
        self._tell(answer)
        for card in answer.changed:
            self._offered(card)
