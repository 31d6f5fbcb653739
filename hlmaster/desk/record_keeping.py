"""Keeps every decision: signals with what they saw, proposals with what was said and decided of them."""

from __future__ import annotations

import logging
from collections import OrderedDict
from typing import Protocol

import msgspec

from hlmaster.core.bus import Bus
from hlmaster.core.clock import MINUTE_MS, Clock
from hlmaster.core.errors import HlError
from hlmaster.core.events import Refused, Rejected
from hlmaster.core.orders import Order, Verdict
from hlmaster.core.proposals import Proposal, ProposalChanged
from hlmaster.core.records import Data, ForTheRecord, Records
from hlmaster.core.signals import Signal, SignalMade

log = logging.getLogger(__name__)
INPUTS_PER_MINUTE = 20
"""What more signals saw is kept for as long as memory has it, and on disk once a proposal rests on it."""
HELD = 300
KNOWN = 2_000


class Minds(Protocol):
    """What is asked of the engine about a signal that was just made."""

    def inputs_of(self, signal: Signal) -> bytes:
        """Raises ValueError when it is no longer the last word of its strategy."""

    def params_of(self, name: str) -> str:
        """The strategy's present parameters as JSON."""


class RecordKeeping:
    """Listens; ``minds`` is None on a desk that runs no strategies. ``look`` once a second writes what may wait."""

    def __init__(self, bus: Bus, clock: Clock, records: Records, minds: Minds | None) -> None:
        self._clock, self._records, self._minds = clock, records, minds
        self._known: OrderedDict[str, Proposal] = OrderedDict()
        self._unsaved: dict[str, Proposal] = {}
        self._held: OrderedDict[str, tuple[bytes, str]] = OrderedDict()
        self._minute = self._kept_in_minute = 0
        bus.subscribe(SignalMade, lambda fact: self._on_signal(fact.signal))
        bus.subscribe(ProposalChanged, lambda fact: self._on_proposal(fact.proposal))
        bus.subscribe(Refused, lambda fact: self._on_verdict(fact.order, fact.verdict))
        bus.subscribe(Rejected, lambda fact: self._note(_subject(fact.order), "rejected", fact.text, {}))
        bus.subscribe(ForTheRecord, self._on_remark)

    def proposal(self, proposal_id: str) -> Proposal | None:
        """As last heard in this run."""
        return self._known.get(proposal_id)

    def look(self) -> None:
        """Save the proposals of which only figures changed."""
        unsaved, self._unsaved = self._unsaved, {}
        for proposal in unsaved.values():
            self._records.save_proposal(proposal)

    def _on_signal(self, signal: Signal) -> None:
        inputs, params = self._seen(signal)
        if inputs is not None and not self._has_room():
            self._held[signal.key] = (inputs, params)
            if len(self._held) > HELD:
                self._held.popitem(last=False)
            inputs = None
        self._records.save_signal(signal, inputs, params)

    def _seen(self, signal: Signal) -> tuple[bytes | None, str]:
        if self._minds is None:
            return None, ""
        try:
            return self._minds.inputs_of(signal), self._minds.params_of(signal.strategy)
        except (HlError, ValueError) as error:
            log.warning("what %s saw is not kept: %s", signal.key, error)
            return None, ""

    def _has_room(self) -> bool:
        minute = self._clock.wall_ms() // MINUTE_MS
        if minute != self._minute:
            self._minute, self._kept_in_minute = minute, 0
        self._kept_in_minute += 1
        return self._kept_in_minute <= INPUTS_PER_MINUTE

    def _on_proposal(self, proposal: Proposal) -> None:
        before = self._known.get(proposal.proposal_id)
        self._known[proposal.proposal_id] = proposal
        if len(self._known) > KNOWN:
            self._known.popitem(last=False)
        for signal in proposal.signals:
            held = self._held.pop(signal.key, None)
            if held is not None:
                self._records.save_signal(signal, *held)
        told = _told(before, proposal)
        for kind, text, data in told:
            self._note(proposal.proposal_id, kind, text, data)
        if told:
            self._unsaved.pop(proposal.proposal_id, None)
            self._records.save_proposal(proposal)
        else:
            self._unsaved[proposal.proposal_id] = proposal

    def _on_verdict(self, order: Order, verdict: Verdict) -> None:
        failures = msgspec.to_builtins(verdict.failures)
        text = " ".join(failure.sentence for failure in verdict.failures)
        self._note(_subject(order), "refused", text, {"failures": failures})

    def _on_remark(self, fact: ForTheRecord) -> None:
        self._note(fact.subject, fact.kind, fact.text, {"who": fact.who, **fact.data})

    def _note(self, subject: str, kind: str, text: str, data: Data) -> None:
        self._records.note(subject, self._clock.now_ms(), kind, text, data)


def _subject(order: Order) -> str:
    """The proposal that an order comes from, else the order itself."""
    return order.basis.proposal_id if order.basis is not None else order.client_order_id


def _told(before: Proposal | None, now: Proposal) -> list[tuple[str, str, Data]]:
    """What a dossier says of a change: each as kind, text and data."""
    told: list[tuple[str, str, Data]] = []
    if before is None or now.state is not before.state or now.state_text != before.state_text:
        who = {"by": now.decided_by} if now.decided_by else {}
        told.append((now.state.value, now.state_text, {"orders": now.order_ids, **who}))
    if before is not None and (now.edited and _terms(before) != _terms(now)):
        told.append(
            ("edited", _difference(_terms(before), _terms(now)), {"before": _terms(before), "now": _terms(now)})
        )
    if now.verdict is not None and _failed(now.verdict) != (_failed(before.verdict) if before else None):
        text = " ".join(failure.sentence for failure in now.verdict.failures) or "Every rule passed."
        told.append(("verdict", text, {"results": msgspec.to_builtins(now.verdict.results)}))
    return told


def _terms(proposal: Proposal) -> dict[str, str]:
    """What an edit can change."""
    return {
        "side": proposal.side.value,
        "size": str(proposal.size),
        "limit price": "at the market" if proposal.limit_price is None else str(proposal.limit_price),
        "stops": ", ".join(f"{size} at {price}" for price, size in proposal.stops) or "none",
        "target": "none" if proposal.target is None else str(proposal.target),
    }


def _difference(before: dict[str, str], now: dict[str, str]) -> str:
    return "; ".join(f"{name} {before[name]} → {now[name]}" for name in now if now[name] != before[name])


def _failed(verdict: Verdict | None) -> tuple[str, ...] | None:
    return None if verdict is None else tuple(failure.rule for failure in verdict.failures)
