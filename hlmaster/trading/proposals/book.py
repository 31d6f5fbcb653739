"""Every proposal's way from card to end. Pure: facts and times go in, changed proposals come out.

A strategy has at most one live card on a coin: the same word again refreshes it, the other word withdraws it. What a
person rejected does not come back until the strategy has changed its mind.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from hlmaster.core.clock import SECOND_MS
from hlmaster.core.model import Side
from hlmaster.core.orders import RuleResult, Verdict
from hlmaster.core.proposals import Policy, Proposal, ProposalState
from hlmaster.core.rounding import wire_text
from hlmaster.core.signals import Direction
from hlmaster.trading.titles import Title, as_written

MOST_KEPT = 500
"""Ended proposals that are still answered for."""
HUNDRED = Decimal(100)
RESTARTED = "The program ended before it was decided."
RESTARTED_ON_ITS_WAY = "The program ended while it was on its way; its orders tell whether it was placed."
_WHY_NOT = {
    ProposalState.OBSERVED: "It was only observed: its policy is to record ideas, not to propose them.",
    ProposalState.APPROVED: "It has been approved already and is on its way.",
    ProposalState.PLACED: "It has been approved and placed already.",
    ProposalState.REFUSED: "It was approved and then refused: {}",
    ProposalState.REJECTED: "It has been rejected.",
    ProposalState.EXPIRED: "It has expired: {}",
    ProposalState.WITHDRAWN: "It was withdrawn: {}",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """``why`` says in a sentence why nothing was done; empty when it was. ``changed``: what is now otherwise."""

    changed: tuple[Proposal, ...] = ()
    why: str = ""


class ProposalBook:
    """``most_open``: cards that may lie before a person at once. ``title`` of a source, for its sentences."""

    def __init__(self, most_open: int = 12, title: Title = as_written) -> None:
        self.most_open, self._title = most_open, title
        self._live: dict[str, Proposal] = {}
        self._ended: dict[str, Proposal] = {}
        self._declined: set[tuple[str, str, Side]] = set()
        self._stale_since: dict[str, int] = {}

    # --- questions ---

    def get(self, proposal_id: str) -> Proposal | None:
        return self._live.get(proposal_id) or self._ended.get(proposal_id)

    def all(self) -> list[Proposal]:
        """Ended ones first, as far as they are kept."""
        return [*self._ended.values(), *self._live.values()]

    def live(self, coin: str | None = None) -> list[Proposal]:
        return [p for p in self._live.values() if coin in (None, p.coin)]

    def cards(self) -> list[Proposal]:
        """Those a person may decide, snoozed ones included."""
        return [p for p in self._live.values() if p.state.can_be_approved]

    def card(self, source: str, coin: str) -> Proposal | None:
        return next((p for p in self.live(coin) if p.source == source), None)

    def is_declined(self, source: str, coin: str, side: Side) -> bool:
        return (source, coin, side) in self._declined

    def why_not(self, proposal_id: str, now_ms: int) -> str:
        """Why it cannot be approved, as a sentence; empty when it can."""
        proposal = self.get(proposal_id)
        if proposal is None:
            return "This proposal is not known any more."
        if not proposal.state.can_be_approved:
            return _WHY_NOT[proposal.state].format(proposal.state_text).strip()
        if now_ms >= proposal.expires_ms:
            return _too_late(proposal, now_ms)
        return ""

    # --- from the strategies ---

    def hear(self, source: str, coin: str, direction: Direction, now_ms: int) -> Answer:
        """A source's present word: what it spoke against before may be proposed again, what it unsaid is withdrawn."""
        for side in Side:
            if side is not direction.side:
                self._declined.discard((source, coin, side))
        card = self.card(source, coin)
        if card is None or not card.state.can_be_approved or card.side is direction.side:
            return Answer()
        text = f"{self._title(source)} now says {direction}."
        return Answer((self._end(card, ProposalState.WITHDRAWN, text, "strategy", now_ms),))

    def offer(self, proposal: Proposal, now_ms: int) -> Answer:
        """Take up a new idea, in the state it comes in; the same idea again gives its card new figures."""
        if self.is_declined(proposal.source, proposal.coin, proposal.side):
            return Answer(why="It was rejected; it comes back when the strategy has changed its mind in between.")
        if proposal.state is ProposalState.OBSERVED:
            return Answer((self._keep(proposal),))
        known = self.card(proposal.source, proposal.coin)
        if known is None:
            return self._admit(proposal, now_ms)
        if known.state is ProposalState.APPROVED:
            return Answer(why="The one before is on its way.")
        if known.side is not proposal.side:
            unsaid = self._end(known, ProposalState.WITHDRAWN, "It was followed by the opposite.", "strategy", now_ms)
            admitted = self._admit(proposal, now_ms)
            return Answer((unsaid, *admitted.changed), admitted.why)
        return Answer((self._keep(_refreshed(known, proposal)),))

    def _admit(self, proposal: Proposal, now_ms: int) -> Answer:
        cards = self.cards()
        if len(cards) < self.most_open:
            return Answer((self._keep(proposal),))
        weakest = min((p for p in cards if not p.edited), key=lambda p: (p.confidence, -p.created_ms), default=None)
        if weakest is None or weakest.confidence >= proposal.confidence:
            return Answer(why=f"{self.most_open} cards are open already, none of them weaker; decide some.")
        text = f"A stronger idea took its place; at most {self.most_open} cards are open at once."
        return Answer((self._end(weakest, ProposalState.WITHDRAWN, text, "strategy", now_ms), self._keep(proposal)))

    def withdraw(self, text: str, now_ms: int, *, source: str | None = None, coin: str | None = None) -> Answer:
        """Cards of a source, on a coin, or both: disarmed, vetoed, taken over."""
        gone = [p for p in self.cards() if source in (None, p.source) and coin in (None, p.coin)]
        return Answer(tuple(self._end(p, ProposalState.WITHDRAWN, text, "strategy", now_ms) for p in gone))

    # --- from whoever decides ---

    def approve(self, proposal_id: str, by: str, now_ms: int) -> Answer:
        why = self.why_not(proposal_id, now_ms)
        if why:
            return Answer(why=why)
        card = self._live[proposal_id]
        text = f"Approved by {by}."
        approved = replace(
            card,
            state=ProposalState.APPROVED,
            state_text=text,
            decided_by=by,
            decided_ms=now_ms,
            snoozed_until_ms=None,
        )
        return Answer((self._keep(approved),))

    def placed(self, proposal_id: str, order_ids: tuple[str, ...], text: str) -> Answer:
        return self._settle(proposal_id, ProposalState.PLACED, text, order_ids)

    def refused(self, proposal_id: str, text: str, order_ids: tuple[str, ...] = ()) -> Answer:
        return self._settle(proposal_id, ProposalState.REFUSED, text, order_ids)

    def _settle(self, proposal_id: str, state: ProposalState, text: str, order_ids: tuple[str, ...]) -> Answer:
        proposal = self._live.get(proposal_id)
        if proposal is None or proposal.state is not ProposalState.APPROVED:
            return Answer(why="It is not on its way.")
        return Answer((self._keep(replace(proposal, state=state, state_text=text, order_ids=order_ids)),))

    def reject(self, proposal_id: str, why: str, by: str, now_ms: int) -> Answer:
        proposal = self._live.get(proposal_id)
        if proposal is None or not proposal.state.can_be_approved:
            return Answer(why=self.why_not(proposal_id, now_ms))
        self._declined.add((proposal.source, proposal.coin, proposal.side))
        return Answer((self._end(proposal, ProposalState.REJECTED, why or "Rejected.", by, now_ms),))

    def snooze(self, proposal_id: str, until_ms: int, now_ms: int) -> Answer:
        """Out of sight until then; its clock runs on."""
        why = self.why_not(proposal_id, now_ms)
        if why or until_ms <= now_ms:
            return Answer(why=why or "Snooze it for a time.")
        text = "Snoozed; it may expire meanwhile."
        proposal = self._live[proposal_id]
        snoozed = replace(proposal, state=ProposalState.SNOOZED, state_text=text, snoozed_until_ms=until_ms)
        return Answer((self._keep(snoozed),))

    def edited(self, proposal: Proposal, now_ms: int) -> Answer:
        """The same card with other figures, as a person wants them."""
        why = self.why_not(proposal.proposal_id, now_ms)
        if why:
            return Answer(why=why)
        return Answer((self._keep(replace(proposal, edited=True)),))

    # --- from the clock and the market ---

    def judge(self, proposal_id: str, verdict: Verdict) -> Answer:
        """The dry run again: it blocks an open card and opens a blocked one, when other rules fail than before."""
        proposal = self._live.get(proposal_id)
        if proposal is None or not proposal.state.can_be_approved:
            return Answer()
        known = () if proposal.verdict is None else proposal.verdict.failures
        if proposal.verdict is not None and _names(known) == _names(verdict.failures):
            return Answer()
        return Answer((self._keep(with_verdict(proposal, verdict)),))

    def advised(self, proposal_id: str, confidence: float, reasons: tuple[str, ...]) -> Answer:
        """Advisers think otherwise now. Size, prices and what may act alone stay as they were."""
        proposal = self._live.get(proposal_id)
        if proposal is None or not proposal.state.can_be_approved or proposal.confidence == confidence:
            return Answer()
        return Answer((self._keep(replace(proposal, confidence=confidence, reasons=reasons)),))

    def tick(self, now_ms: int) -> Answer:
        """Time runs out, and who was snoozed comes back."""
        changed = []
        for card in self.cards():
            if now_ms >= card.expires_ms:
                changed.append(self._expire(card, _too_late(card, now_ms), now_ms))
            elif card.state is ProposalState.SNOOZED and now_ms >= (card.snoozed_until_ms or 0):
                awake = replace(card, state=ProposalState.OPEN, state_text="", snoozed_until_ms=None)
                changed.append(self._keep(awake if card.verdict is None else with_verdict(awake, card.verdict)))
        return Answer(tuple(changed))

    def see(
        self,
        proposal_id: str,
        price: Decimal | None,
        stale: str | None,
        drift_percent: Decimal,
        stale_ms: int,
        now_ms: int,
    ) -> Answer:
        """Hold a card against the market: ``price`` is what its entry would be expected at now."""
        card = self._live.get(proposal_id)
        if card is None or not card.state.can_be_approved:
            return Answer()
        if stale is None and price is not None:
            self._stale_since.pop(proposal_id, None)
            gone = drifted(card, price, drift_percent)
            return Answer((self._expire(card, gone, now_ms),)) if gone else Answer()
        since = self._stale_since.setdefault(proposal_id, now_ms)
        if now_ms - since < stale_ms:
            return Answer()
        text = f"Its data went stale for more than {stale_ms // SECOND_MS} s. {stale or 'There is no price.'}"
        return Answer((self._expire(card, text, now_ms),))

    def restore(self, proposals: Iterable[Proposal], now_ms: int) -> Answer:
        """What the last run left undecided comes back as expired: nothing old is ever approved."""
        changed = []
        for proposal in proposals:
            if self.get(proposal.proposal_id) is None and not proposal.state.is_final:
                on_its_way = proposal.state is ProposalState.APPROVED
                text = RESTARTED_ON_ITS_WAY if on_its_way else RESTARTED
                changed.append(self._expire(proposal, text, now_ms))
        return Answer(tuple(changed))

    # --- within ---

    def _expire(self, proposal: Proposal, text: str, now_ms: int) -> Proposal:
        return self._end(proposal, ProposalState.EXPIRED, text, "expiry", now_ms)

    def _end(self, proposal: Proposal, state: ProposalState, text: str, by: str, now_ms: int) -> Proposal:
        ended = replace(proposal, state=state, state_text=text, decided_by=by, decided_ms=now_ms, snoozed_until_ms=None)
        return self._keep(ended)

    def _keep(self, proposal: Proposal) -> Proposal:
        name = proposal.proposal_id
        if not proposal.state.is_final:
            self._live[name] = proposal
            return proposal
        self._live.pop(name, None)
        self._stale_since.pop(name, None)
        self._ended[name] = proposal
        if len(self._ended) > MOST_KEPT:
            del self._ended[next(iter(self._ended))]
        return proposal


def _names(failures: tuple[RuleResult, ...]) -> list[str]:
    return [failure.rule for failure in failures]


def with_verdict(proposal: Proposal, verdict: Verdict) -> Proposal:
    """Open or blocked by it; one that is snoozed sleeps on."""
    if proposal.state is ProposalState.SNOOZED:
        return replace(proposal, verdict=verdict)
    state = ProposalState.OPEN if verdict.passed else ProposalState.BLOCKED
    text = " ".join(failure.sentence for failure in verdict.failures)
    return replace(proposal, verdict=verdict, state=state, state_text=text)


def drifted(proposal: Proposal, price: Decimal, drift_percent: Decimal) -> str:
    """Why this price is too far from the one it was proposed at, or past what it was to be protected by."""
    moved = (price - proposal.reference_price) / proposal.reference_price * HUNDRED
    if abs(moved) > drift_percent:
        return (
            f"The price drifted by {moved:+.2f} %, from {wire_text(proposal.reference_price)} to {wire_text(price)}; "
            f"at most {wire_text(drift_percent)} % is allowed."
        )
    if proposal.stops and (price - proposal.stops[0][0]) * proposal.side.sign <= 0:
        return f"The price is through its stop at {wire_text(proposal.stops[0][0])} already."
    if proposal.target is not None and (proposal.target - price) * proposal.side.sign <= 0:
        return f"The price has reached its target of {wire_text(proposal.target)} already."
    return ""


def capped(own: Policy, overall: Policy) -> Policy:
    """A strategy's policy under the overall one: the more careful of the two."""
    order = list(Policy)
    return min(own, overall, key=order.index)


def _refreshed(card: Proposal, fresh: Proposal) -> Proposal:
    """The card stays itself: its name, its age and whether it is snoozed; what a person edited stays edited."""
    if card.edited:
        return replace(
            card,
            signals=fresh.signals,
            confidence=fresh.confidence,
            unadjusted_confidence=fresh.unadjusted_confidence,
            reasons=fresh.reasons,
            expires_ms=max(card.expires_ms, fresh.expires_ms),
        )
    same = replace(fresh, proposal_id=card.proposal_id, created_ms=card.created_ms)
    if card.state is ProposalState.SNOOZED:
        return replace(
            same,
            state=ProposalState.SNOOZED,
            state_text=card.state_text,
            snoozed_until_ms=card.snoozed_until_ms,
        )
    return same


def _too_late(proposal: Proposal, now_ms: int) -> str:
    return f"Its time ran out {max(0, now_ms - proposal.expires_ms) / SECOND_MS:.0f} s ago."
