"""Ideas become proposals, proposals are decided, decisions become positions: the verbs, and what drives them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from pathlib import Path

from hlmaster.core.bus import Bus
from hlmaster.core.clock import SECOND_MS, Clock
from hlmaster.core.events import TradingStateChanged
from hlmaster.core.model import Mode
from hlmaster.core.orders import OrderStatus
from hlmaster.core.proposals import Policy, Proposal, ProposalChanged, ProposalState
from hlmaster.core.records import ForTheRecord
from hlmaster.core.signals import Direction, Gate, Regime, SignalMade, StrategiesChanged
from hlmaster.desk.course import Course
from hlmaster.desk.guard import Guard
from hlmaster.desk.judging import Judging
from hlmaster.desk.leading import Leading
from hlmaster.desk.listener import Listener
from hlmaster.desk.manual import Manual
from hlmaster.desk.memory import Memory
from hlmaster.desk.obstacles import Obstacles, Own, first_red, nothing_own
from hlmaster.desk.outcome import Outcome
from hlmaster.desk.proposer import Effects, Proposer
from hlmaster.desk.ranges import Ranges
from hlmaster.desk.survey import Survey
from hlmaster.desk.work import Work
from hlmaster.market.feed import Feed
from hlmaster.settings import Settings
from hlmaster.strategies.roster import Roster
from hlmaster.trading.combiner import Advisers, Combiner, no_advice
from hlmaster.trading.execution.tracker import OrderTracker
from hlmaster.trading.ownership import Ownership, Swap
from hlmaster.trading.portfolio import Portfolio
from hlmaster.trading.proposals.book import Answer, ProposalBook
from hlmaster.trading.proposals.cards import document_of, remembered
from hlmaster.trading.proposals.trust import Trust, Unproven
from hlmaster.trading.protection.protector import Protector
from hlmaster.trading.risk.gate import Gate as RiskGate
from hlmaster.trading.situation import Situation
from hlmaster.trading.sizing import ONE, ZERO
from hlmaster.trading.titles import GROUP, Title, as_written

log = logging.getLogger(__name__)
YOU, BY_POLICY = "you", "policy"


class Proposing:
    """``start`` once the books agree with the exchange, ``look`` a few times a second, ``stop`` at the end.

    From a signal to the dry run of its proposal nothing is awaited. What other rooms know is given as callables:
    ``engine_gates`` of a strategy on a coin, ``effects`` of an order on the limits, ``advisers``, ``regime``,
    ``drawdown`` as a fraction, ``allocation`` of the capital, 0 to 1, ``own`` gates of a
    source on a coin, and the ``title`` of a source.
    """

    def __init__(
        self,
        bus: Bus,
        clock: Clock,
        mode: Mode,
        folder: Path,
        settings: Callable[[], Settings],
        work: Work,
        guard: Guard,
        survey: Survey,
        gate: RiskGate,
        manual: Manual,
        protector: Protector,
        portfolio: Portfolio,
        tracker: OrderTracker,
        ranges: Ranges,
        feed: Feed,
        roster: Roster,
        *,
        trust: Trust | None = None,
        engine_gates: Callable[[str, str], tuple[Gate, ...]] = lambda strategy, coin: (),
        effects: Effects = lambda order, situation: (),
        advisers: Advisers = no_advice,
        regime: Callable[[str], Regime | None] = lambda coin: None,
        drawdown: Callable[[], Decimal] = lambda: ZERO,
        allocation: Callable[[str], Decimal] = lambda source: ONE,
        own: Own = nothing_own,
        title: Title = as_written,
    ) -> None:
        self._bus, self._clock, self._settings, self._work, self._guard = bus, clock, settings, work, guard
        self._survey, self._gate, self._roster, self._title = survey, gate, roster, title
        self.engine_gates = engine_gates
        self.memory = Memory(folder / "proposals.json", "every position is yours and no card is remembered")
        self.proposer = Proposer(
            clock,
            survey,
            gate,
            feed,
            ranges,
            settings,
            trust or Unproven(mode, title),
            drawdown,
            effects,
            regime,
            allocation,
        )
        self.combiner = Combiner(lambda strategy: roster.entry(strategy).role, advisers, title)
        self.ownership = Ownership(title)
        self._course = Course(bus, clock, work, manual, protector, portfolio, tracker, self.ownership, self._remember)
        self.book = ProposalBook(title=title)
        self._obstacles = Obstacles(
            clock, survey, settings, self.proposer, self._course, self.book, gate, self.policy, own
        )
        self._judging = Judging(
            clock, survey, gate, self.proposer, self._course, self.book, settings, self.policy, self._tell
        )
        self._leading = Leading(bus, clock, portfolio, self._course, self.book, self._tell, self._remember)
        self._listener = self._listening(clock, settings)
        self._started = self._paused = self._unwritten = False
        self._hear(bus)

    def _hear(self, bus: Bus) -> None:
        bus.subscribe(SignalMade, self._on_signal)
        bus.subscribe(StrategiesChanged, lambda _: self._on_strategies())
        bus.subscribe(TradingStateChanged, lambda _: self._on_state())

    def _listening(self, clock: Clock, settings: Callable[[], Settings]) -> Listener:
        return Listener(
            clock,
            settings,
            self.combiner,
            self.proposer,
            self._course,
            self.book,
            self._obstacles,
            self.policy,
            self._tell,
            self._decide,
        )

    # --- life ---

    def start(self) -> None:
        """Owners, vetoes and a pause are as they were; cards of the last run come back as expired."""
        document = self.memory.load()
        self._course.recall(document)
        self._tell(self.book.restore(remembered(document), self._clock.now_ms()))
        if document.get("paused") is True:
            self._guard.pause()
        self._started = True

    async def stop(self) -> None:
        self._remember()
        await self.memory.stop()

    def look(self) -> None:
        """Clocks run, prices move, verdicts change, positions end."""
        if not self._started:
            return
        now = self._clock.now_ms()
        self._course.look()
        self.book.most_open = self._settings().proposals.most_open
        self._tell(self.book.tick(now))
        for card, situation in self._judging.look(now):
            self._decide(card, situation)
        self._listener.look()
        if self._unwritten:
            self._remember()

    # --- facts ---

    def _on_signal(self, made: SignalMade) -> None:
        if self._survey.lists(made.signal.coin):
            self._listener.hear(made.signal, act=self._started)

    def _on_strategies(self) -> None:
        """Cards of a strategy that is disarmed, or only observed from now on, are withdrawn."""
        now = self._clock.now_ms()
        for card in self.book.cards():
            title = self._title(card.source)
            armed = [signal.strategy for signal in card.signals if self._roster.entry(signal.strategy).armed]
            if not armed:
                self._tell(self.book.withdraw(f"{title} was disarmed.", now, source=card.source))
            elif self.policy(card.source) is Policy.OBSERVE:
                self._tell(self.book.withdraw(f"{title} is only observed now.", now, source=card.source))
        for strategy in self.combiner.heard:
            if not self._roster.entry(strategy).armed:
                self._listener.forget(strategy)

    def heed(self, coin: str) -> int:
        """Advisers think otherwise of a coin than before; how many cards that took away."""
        return self._listener.heed(coin) if self._started else 0

    def _on_state(self) -> None:
        paused = self._guard.is_restrained_by("pause")
        if paused != self._paused:
            self._paused = paused
            self._remember()

    # --- policy ---

    def policy(self, source: str) -> Policy:
        """A strategy's, capped by the overall one; a group's is that of its most careful voter."""
        if source.startswith(GROUP):
            voters = self._roster.voters(source.removeprefix(GROUP))
            return min((self._roster.policy(name) for name in voters), key=list(Policy).index, default=Policy.ASK)
        return self._roster.policy(source)

    def _decide(self, card: Proposal, situation: Situation | None = None) -> None:
        """By policy, through the same door as a person."""
        if card.state is not ProposalState.OPEN or self.policy(card.source) is not Policy.AUTO:
            return
        if first_red(self._obstacles.automatic(card, situation or self._survey(card.coin))) is None:
            self._work.own(self._approve_alone(card.proposal_id), f"approve {card.coin}")

    async def _approve_alone(self, proposal_id: str) -> None:
        outcome = await self.approve(proposal_id, BY_POLICY)
        if not outcome.ok:
            log.info("not placed by policy: %s", outcome.sentence)

    # --- verbs: deciding ---

    def open(self) -> list[Proposal]:
        """Cards that lie before a person now: open, blocked, or just approved and on their way. The snoozed sleep."""
        return [card for card in self.book.live() if card.state is not ProposalState.SNOOZED]

    async def approve(self, proposal_id: str, by: str = YOU) -> Outcome:
        """Through every check again and to the exchange. Up to the gate's answer nothing is awaited."""
        now = self._clock.now_ms()
        self._tell(self.book.tick(now))
        why, card = self.book.why_not(proposal_id, now), self.book.get(proposal_id)
        if why or card is None:
            return Outcome(False, why)
        refusal = self._judging.judge(card, now)
        card = self.book.get(proposal_id) or card
        if refusal is not None:
            return refusal
        situation = self._survey(card.coin)
        order = self.proposer.order(card, situation, automatic=by == BY_POLICY)
        if isinstance(order, str):
            return Outcome(False, order)
        if by == BY_POLICY and (red := first_red(self._obstacles.automatic(card, situation))) is not None:
            return Outcome(False, red.text)
        self._tell(self.book.approve(proposal_id, by, now))
        try:
            outcome = await self._course.enter(card, order, self.proposer.protection(card))
        except BaseException:
            text = "It was given up on its way; its order tells how far it came."
            self._tell(self.book.refused(proposal_id, text, (order.client_order_id,)))
            raise
        self._tell(self._settled(proposal_id, outcome))
        return outcome

    def _settled(self, proposal_id: str, outcome: Outcome) -> Answer:
        names = tuple(tracked.client_order_id for tracked in outcome.orders)
        in_doubt = any(tracked.status is OrderStatus.UNKNOWN for tracked in outcome.orders)
        if outcome.ok or in_doubt:
            return self.book.placed(proposal_id, names, outcome.sentence)
        return self.book.refused(proposal_id, outcome.sentence, names)

    async def approve_many(self, proposal_ids: Iterable[str]) -> Outcome:
        """One after the other, so that each counts against the next one's limits."""
        outcomes = [await self.approve(proposal_id) for proposal_id in proposal_ids]
        done = sum(outcome.ok for outcome in outcomes)
        failed = [outcome.sentence for outcome in outcomes if not outcome.ok]
        orders = tuple(order for outcome in outcomes for order in outcome.orders)
        return Outcome(not failed, " ".join((f"{done} of {len(outcomes)} placed.", *failed)), orders)

    def preview(self, proposal_id: str, changes: Mapping[str, object]) -> Proposal | str:
        """The card as ``edit`` would make it, or why it cannot be; nothing is changed."""
        card = self.book.get(proposal_id)
        why = self.book.why_not(proposal_id, self._clock.now_ms())
        return why if why or card is None else self.proposer.edit(card, changes)

    def edit(self, proposal_id: str, changes: Mapping[str, object]) -> Outcome:
        """See ``Proposer.edit``; priced and checked anew, or refused with what is wrong."""
        made, now = self.preview(proposal_id, changes), self._clock.now_ms()
        if isinstance(made, str):
            return Outcome(False, made)
        self._tell(self.book.edited(made, now))
        text = ", ".join(f"{name} {value}" for name, value in changes.items())
        self._record("edit", proposal_id, f"Edited: {text}.")
        return Outcome(True, made.state_text or f"{made.coin}: {made.size} coins, ${made.risk:,.2f} at risk.")

    def reject(self, proposal_id: str, why: str = "") -> Outcome:
        answer = self.book.reject(proposal_id, why, YOU, self._clock.now_ms())
        self._tell(answer)
        return Outcome(not answer.why, answer.why or "Rejected; it comes back when its strategy has changed its mind.")

    def reject_many(self, proposal_ids: Iterable[str]) -> Outcome:
        outcomes = [self.reject(proposal_id) for proposal_id in proposal_ids]
        done = sum(outcome.ok for outcome in outcomes)
        return Outcome(done == len(outcomes), f"{done} of {len(outcomes)} rejected.")

    def snooze(self, proposal_id: str, seconds: float) -> Outcome:
        """Wall seconds; the card's own clock runs on."""
        now = self._clock.now_ms()
        answer = self.book.snooze(proposal_id, now + int(seconds * SECOND_MS * self._clock.speed), now)
        self._tell(answer)
        return Outcome(not answer.why, answer.why or f"Back in {seconds:.0f} s, if it has not expired.")

    # --- verbs: whose a coin is; see ``Leading`` ---

    def take_over(self, coin: str) -> Outcome:
        return self._leading.take_over(coin)

    def hand_back(self, coin: str) -> Outcome:
        return self._leading.hand_back(coin, self._listener.ideas)

    def swap(self, coin: str, to_strategy: str, how: Swap | str) -> Outcome:
        return self._leading.swap(coin, self.combiner.source_of(to_strategy), how)

    def free(self, coin: str) -> Outcome:
        return self._leading.free(coin)

    def veto(self, strategy: str, coin: str, seconds: float) -> Outcome:
        return self._leading.veto(self.combiner.source_of(strategy), coin, seconds)

    # --- why is nothing happening? ---

    def why(self, strategy: str, coin: str) -> tuple[Gate, ...]:
        """Every gate from data to approval; the first whose ``passed`` is False is what stands in the way."""
        known = self.engine_gates(strategy, coin)
        source = self.combiner.source_of(strategy)
        idea = self._listener.ideas.get((source, coin))
        vote: tuple[Gate, ...] = ()
        if source != strategy:
            group = source.removeprefix(GROUP)
            winner, _, how = self.combiner.vote(group, coin, self._clock.now_ms())
            vote = (Gate("vote", winner is not Direction.NEUTRAL, how, "Wait until more of the group agree."),)
        if idea is None or not self._survey.lists(coin):
            text = f"{self._title(source)} has said nothing about {coin} yet."
            return (*known, *vote, Gate("idea", None, text, "Nothing to do: it speaks up when it sees something."))
        return (*known, *vote, *self._obstacles.all(self.combiner.advised(idea)))

    # --- within ---

    def _tell(self, answer: Answer) -> None:
        for proposal in answer.changed:
            self._bus.publish(ProposalChanged(proposal))
        # Written at the next look, once for all that changed by then; owners are written at once.
        self._unwritten |= bool(answer.changed)

    def _record(self, kind: str, subject: str, text: str) -> None:
        self._bus.publish(ForTheRecord(kind, subject, text))

    def _remember(self) -> None:
        if self._started:
            self._unwritten = False
            cards = document_of(self.book.live())
            self.memory.save({**self._course.document(), "paused": self._paused, "cards": cards})
