"""Tells the audit log of every decision and order: what was proposed, who decided, what was sent, what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from pydantic import BaseModel

from hlmaster.core.bus import Bus
from hlmaster.core.config import fields_of
from hlmaster.core.differences import Adjustment, Discrepancy
from hlmaster.core.events import (
    ActionResolved,
    FillBooked,
    OrderChanged,
    Refused,
    Rejected,
    TrackedOrder,
    TradingStateChanged,
)
from hlmaster.core.orders import OrderStatus
from hlmaster.core.proposals import Proposal, ProposalChanged, ProposalState
from hlmaster.core.records import Audit, ForTheRecord

LIVE = 10_000
"""Orders and proposals whose last word is remembered, so that none is told twice."""


class Auditing:
    """Writes what changed, once: an order by its status and filled size, a proposal by its state and its edits."""

    def __init__(self, bus: Bus, audit: Audit) -> None:
        self._audit = audit
        self._orders: dict[str, tuple[OrderStatus, Any]] = {}
        self._proposals: dict[str, tuple[ProposalState, bool, Any]] = {}
        bus.subscribe(ProposalChanged, lambda fact: self._on_proposal(fact.proposal))
        bus.subscribe(OrderChanged, lambda fact: self._on_order(fact.order))
        bus.subscribe(FillBooked, self._on_fill)
        bus.subscribe(Refused, self._on_refused)
        bus.subscribe(Rejected, lambda f: audit.write("rejected", f.order.client_order_id, {"text": f.text}))
        bus.subscribe(ActionResolved, lambda fact: audit.write("resolved", ", ".join(fact.subjects), _fields(fact)))
        bus.subscribe(TradingStateChanged, self._on_state)
        bus.subscribe(Discrepancy, lambda fact: audit.write("discrepancy", fact.subject, _fields(fact)))
        bus.subscribe(Adjustment, lambda fact: audit.write("adjustment", fact.coin or "account", _fields(fact)))
        bus.subscribe(ForTheRecord, self._on_remark)

    def _on_proposal(self, proposal: Proposal) -> None:
        word = (proposal.state, proposal.edited, (proposal.size, proposal.limit_price, proposal.stops, proposal.target))
        before = self._proposals.get(proposal.proposal_id)
        if word == before:
            return
        if before is None:
            for signal in proposal.signals:
                self._audit.write("signal", signal.key, _fields(signal))
        whole = before is None or word[1:] != before[1:]
        brief = {
            "state": proposal.state,
            "text": proposal.state_text,
            "by": proposal.decided_by,
            "orders": proposal.order_ids,
            "failures": proposal.verdict.failures if proposal.verdict is not None else None,
        }
        told = {**_fields(proposal), "signals": [signal.key for signal in proposal.signals]} if whole else brief
        self._audit.write("proposal", proposal.proposal_id, told)
        _remember(self._proposals, proposal.proposal_id, word)

    def _on_order(self, tracked: TrackedOrder) -> None:
        word = (tracked.status, tracked.filled_size)
        before = self._orders.get(tracked.client_order_id)
        if word == before:
            return
        told = {"status": tracked.status, "filled_size": tracked.filled_size, "text": tracked.text}
        if before is None:
            told = {**_fields(tracked.order), **told, "foreign": tracked.foreign}
        self._audit.write("order", tracked.client_order_id, told)
        _remember(self._orders, tracked.client_order_id, word)

    def _on_fill(self, fact: FillBooked) -> None:
        fill = fact.fill
        told = {**_fields(fill), "realised": fact.realised}
        self._audit.write("fill", fill.client_order_id or f"oid:{fill.order_id}", told)

    def _on_refused(self, fact: Refused) -> None:
        self._audit.write(
            "refused", fact.order.client_order_id, {**_fields(fact.order), "failures": fact.verdict.failures}
        )

    def _on_state(self, fact: TradingStateChanged) -> None:
        self._audit.write("trading", fact.state.value, {"sentence": fact.sentence})

    def _on_remark(self, fact: ForTheRecord) -> None:
        self._audit.write(fact.kind, fact.subject, {"text": fact.text, "who": fact.who, **fact.data})


def settings_changes(before: BaseModel, now: BaseModel, who: str = "you") -> Iterator[ForTheRecord]:
    """One fact for each setting that differs."""
    for key, _ in fields_of(type(now)):
        old, new = _value(before, key), _value(now, key)
        if old != new:
            told = msgspec.to_builtins({"before": old, "now": new}, enc_hook=str)
            yield ForTheRecord("setting", key, f"{key}: {old} → {new}", who, told)


def _value(model: BaseModel, key: str) -> Any:
    value: Any = model
    for name in key.split("."):
        value = getattr(value, name)
    return value


def _fields(fact: Any) -> dict[str, Any]:
    return {name: getattr(fact, name) for name in fact.__dataclass_fields__}


def _remember(words: dict[str, Any], key: str, word: Any) -> None:
    words[key] = word
    if len(words) > LIVE:
        del words[next(iter(words))]
