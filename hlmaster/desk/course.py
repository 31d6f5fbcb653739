"""The course of a position that a proposal opened: its protection set, its entry sent, led, closed, and let go.

Exits are carried out whatever the policy and whoever paused: they only make positions smaller, and the position was
opened on those terms. A position that a person took over is left alone.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from pydantic import ValidationError

from hlmaster.core.bus import Bus
from hlmaster.core.clock import Clock
from hlmaster.core.events import FillBooked, Notice, Severity, TrackedOrder
from hlmaster.core.orders import Order
from hlmaster.core.proposals import Proposal
from hlmaster.core.records import ForTheRecord
from hlmaster.core.signals import direction_of
from hlmaster.desk.manual import Manual
from hlmaster.desk.outcome import Outcome
from hlmaster.desk.work import Work
from hlmaster.trading.execution.tracker import OrderTracker
from hlmaster.trading.ownership import Document, Ownership, Tenure
from hlmaster.trading.portfolio import Portfolio
from hlmaster.trading.protection.policy import Policy
from hlmaster.trading.protection.protector import Protector

log = logging.getLogger(__name__)
RETRY_SECONDS = 3.0
NOT_CLOSED = "It is tried again by itself; close the position by hand if this goes on."


@dataclass(slots=True)
class _Entry:
    """What a coin's entry still needs until there is a position."""

    order_id: str
    policy: Policy
    until_ms: int
    """A rest of it is withdrawn then, or when what was filled of it has been closed."""
    seen: bool = False
    """A fill of it has been booked."""


class Course:
    """``look`` a few times a second. ``changed`` is called when there is something new to remember."""

    def __init__(
        self,
        bus: Bus,
        clock: Clock,
        work: Work,
        manual: Manual,
        protector: Protector,
        portfolio: Portfolio,
        tracker: OrderTracker,
        ownership: Ownership,
        changed: Callable[[], None],
    ) -> None:
        self._bus, self._clock, self._work, self._manual = bus, clock, work, manual
        self._protector, self._portfolio, self._tracker = protector, portfolio, tracker
        self.ownership, self._changed = ownership, changed
        self._entries: dict[str, _Entry] = {}
        self._sending: set[str] = set()
        self._leaving: dict[str, str] = {}
        """Coins to be left, and why; until they are flat."""
        self._busy: set[str] = set()
        self._again_at: dict[str, float] = {}
        self._then: dict[str, Callable[[], None]] = {}
        self._said: dict[str, set[str]] = {}
        bus.subscribe(FillBooked, self._on_fill)

    # --- in ---

    async def enter(self, proposal: Proposal, order: Order, policy: Policy) -> Outcome:
        """Until the gate nothing is awaited. Raises ValueError where another source holds the coin."""
        coin, now = proposal.coin, self._clock.now_ms()
        horizon = max((signal.horizon_ms for signal in proposal.signals), default=0)
        direction = direction_of(proposal.side.sign)
        exit_ms = now + horizon if horizon > 0 else None
        self.ownership.claim(Tenure(coin, proposal.source, direction, now, exit_ms, proposal.proposal_id))
        self._entries[coin] = _Entry(order.client_order_id, policy, proposal.expires_ms)
        self._protector.intend(coin, policy)
        self._sending.add(coin)
        self._changed()
        try:
            return await self._manual.submit([order])
        finally:
            self._sending.discard(coin)
            self.settle()

    # --- what is there ---

    def has_position(self, coin: str) -> bool:
        """Or may get one: by an entry on its way, resting, or filled and not booked yet; a person's own count too."""
        if self._portfolio.size(coin) or coin in self._sending or self._is_owed(coin):
            return True
        return any(not order.order.reduce_only for order in self._tracker.unsettled(coin))

    def _is_held(self, tenure: Tenure) -> bool:
        """What was opened for it is there, or may still come. One that a person turned round by hand is another."""
        coin = tenure.coin
        size = self._portfolio.size(coin)
        if size:
            return size * tenure.direction.sign > 0
        return coin in self._sending or self._is_owed(coin) or bool(self._entries_on(coin))

    def _entries_on(self, coin: str) -> list[TrackedOrder]:
        """Those of proposals: what a person placed is a person's to cancel."""
        entry = self._entries.get(coin)
        return [
            tracked
            for tracked in self._tracker.unsettled(coin)
            if not tracked.order.reduce_only
            and (tracked.order.basis is not None or (entry is not None and tracked.client_order_id == entry.order_id))
        ]

    def _is_owed(self, coin: str) -> bool:
        """The entry's answer told of fills that the books have not heard of yet."""
        entry = self._entries.get(coin)
        order = None if entry is None or entry.seen else self._tracker.get(entry.order_id)
        return order is not None and bool(order.filled_size)

    def _on_fill(self, fact: FillBooked) -> None:
        entry = self._entries.get(fact.fill.coin)
        owner = None if entry is None else self._tracker.of_fill(fact.fill)
        if entry is not None and owner is not None and owner.client_order_id == entry.order_id:
            entry.seen = True

    def settle(self) -> None:
        """Coins that are flat, and where nothing rests, are free again."""
        held = [tenure.coin for tenure in self.ownership.all() if self._is_held(tenure)]
        for tenure in self.ownership.settle(held, self._clock.now_ms()):
            if self._entries.pop(tenure.coin, None) is not None:
                self._protector.intend_no_more(tenure.coin)
            self._leaving.pop(tenure.coin, None)
            self._said.pop(tenure.coin, None)
            self._changed()

    # --- out ---

    def leave(self, coin: str, why: str, then: Callable[[], None] | None = None) -> None:
        """Close the position, with its stops and orders, until it is flat; then ``then``, the last that was given."""
        if then is not None:
            self._then[coin] = then
        self._leaving.setdefault(coin, why)
        self._go(coin)

    def go_on(self, coin: str, exit_ms: int) -> None:
        """Its owner says the same again: it stays, and the idea's clock starts anew."""
        self.stay(coin)
        tenure = self.ownership.of(coin)
        if tenure is not None and self.ownership.prolong(tenure.owner, coin, tenure.direction, exit_ms):
            self._changed()

    def stay(self, coin: str) -> None:
        """It is not to be closed after all."""
        self._leaving.pop(coin, None)
        self._then.pop(coin, None)

    def _go(self, coin: str) -> None:
        if coin not in self._busy and self._clock.monotonic() >= self._again_at.get(coin, 0.0):
            self._busy.add(coin)
            self._work.own(self._leave(coin), f"leave {coin}")

    async def _leave(self, coin: str) -> None:
        try:
            await self._close(coin, self._leaving.get(coin, ""))
        finally:
            self._busy.discard(coin)
            self._again_at[coin] = self._clock.monotonic() + RETRY_SECONDS
        self.settle()
        if self.ownership.of(coin) is not None:
            return
        self._again_at.pop(coin, None)
        self._leaving.pop(coin, None)
        follow = self._then.pop(coin, None)
        if follow is not None:
            follow()

    async def _close(self, coin: str, why: str) -> None:
        tenure = self.ownership.of(coin)
        for order in self._entries_on(coin):
            await self._manual.cancel(order.client_order_id)
        if not self._portfolio.size(coin):
            return
        who = tenure.owner if tenure is not None else "strategy"
        title = self.ownership.title(tenure.owner) if tenure is not None else "Its strategy"
        if self._say(coin, Severity.INFO, f"{title} closes its {coin} position: {why}"):
            subject = tenure.proposal_id if tenure is not None else coin
            self._bus.publish(ForTheRecord("exit", subject, why, who))
        outcome = await self._manual.close(coin)
        if not outcome.ok and self._portfolio.size(coin):
            sentence = f"{title} could not close its {coin} position yet: {outcome.sentence}"
            self._say(coin, Severity.ERROR, sentence, "EXE-001", NOT_CLOSED)

    def _say(self, coin: str, severity: Severity, sentence: str, code: str = "", cure: str = "") -> bool:
        """Once for each position, however often it is tried."""
        said = self._said.setdefault(coin, set())
        if sentence in said:
            return False
        said.add(sentence)
        self._bus.publish(Notice(severity, sentence, code, cure))
        return True

    # --- from time to time ---

    def look(self) -> None:
        now = self._clock.now_ms()
        self.settle()
        for tenure in self.ownership.due(now):
            self.leave(tenure.coin, "the time that its idea was meant for is over.")
        for coin in list(self._leaving):
            held = self.ownership.of(coin)
            if held is None or not held.is_led:
                self.stay(coin)
            else:
                self._go(coin)
        for coin, entry in self._entries.items():
            over = now >= entry.until_ms or (entry.seen and not self._portfolio.size(coin))
            if over and coin not in self._busy and self._rests(entry):
                self._busy.add(coin)
                self._work.own(self._withdraw(coin, entry.order_id), f"withdraw {coin}")

    def _rests(self, entry: _Entry) -> bool:
        order = self._tracker.get(entry.order_id)
        return order is not None and order.status.is_live

    async def _withdraw(self, coin: str, order_id: str) -> None:
        try:
            await self._manual.cancel(order_id)
        finally:
            self._busy.discard(coin)
            self.settle()

    # --- over a restart ---

    def document(self) -> Document:
        entries = {
            coin: [entry.order_id, entry.policy.model_dump(mode="json"), entry.until_ms]
            for coin, entry in self._entries.items()
        }
        return {**self.ownership.document(), "entries": entries}

    def recall(self, document: Document) -> None:
        """The books must agree with the exchange before."""
        self.ownership.recall(document)
        entries = document.get("entries")
        for coin, kept in entries.items() if isinstance(entries, dict) else ():
            try:
                order_id, policy, until_ms = kept
                entry = _Entry(str(order_id), Policy.model_validate(policy), int(until_ms))
            except (TypeError, ValueError, ValidationError) as error:
                log.warning("the remembered entry on %s is damaged and was left out: %s", coin, error)
                continue
            # What was filled while nobody looked is booked by now; else it has come and gone.
            entry.seen = not self._rests(entry)
            self._entries[coin] = entry
            if not self._portfolio.size(coin) and not entry.seen:
                self._protector.intend(coin, entry.policy)
        self.settle()
