"""The latest signals and what became of each, for the panels that list them: loaded once, then heard."""

from __future__ import annotations

from collections import Counter, OrderedDict
from dataclasses import dataclass

from PySide6.QtCore import QObject
from PySide6.QtCore import Signal as Told

from hlmaster.core.errors import StorageError
from hlmaster.core.events import SessionRestored, Severity
from hlmaster.core.proposals import Proposal, ProposalChanged, ProposalState
from hlmaster.core.signals import Signal, SignalMade
from hlmaster.ui.context import Context

MOST = 2_000
"""Signals, and proposals; the oldest go first."""


@dataclass(frozen=True, slots=True)
class Became:
    """Of a proposal, what a list shows of it; its figures change too often for that."""

    proposal_id: str
    state: ProposalState
    text: str


@dataclass(frozen=True, slots=True)
class Said:
    signal: Signal
    became: Became | None = None
    """None: no proposal was made of it."""


@dataclass(frozen=True, slots=True)
class _Known:
    became: Became
    created_ms: int
    strategies: tuple[str, ...]


class Decisions(QObject):
    """``changed`` after anything new. ``trouble`` is why earlier runs are missing, as a sentence."""

    changed = Told()

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._context = context
        self._signals: OrderedDict[str, Signal] = OrderedDict()
        self._became: dict[str, Became] = {}
        self._proposals: OrderedDict[str, _Known] = OrderedDict()
        self.trouble = ""
        self._loaded = False
        context.bridge.on_fact(self, SignalMade, self._on_signal)
        context.bridge.on_fact(self, ProposalChanged, self._on_proposal)
        context.bridge.on_fact(self, SessionRestored, lambda _: self._load_once())
        if context.desk.is_ready:
            self._load_once()

    def _load_once(self) -> None:
        if not self._loaded:
            self._loaded = True
            self._context.run(self._load(), "load signals")

    async def _load(self) -> None:
        """What earlier runs said; the session's memory can be read by now."""
        try:
            signals = await self._context.desk.records.signals(MOST)
            proposals = await self._context.desk.records.proposals(MOST)
        except StorageError as error:
            self.trouble = error.sentence
            self._context.notify(Severity.ERROR, error.sentence, error.code, error.cure)
        else:
            self._put_before(signals, proposals)
        self.changed.emit()

    def _put_before(self, signals: list[Signal], proposals: list[Proposal]) -> None:
        """What was heard meanwhile is newer than what was read."""
        heard, self._signals = self._signals, OrderedDict((signal.key, signal) for signal in signals)
        self._signals.update(heard)
        known, self._proposals = self._proposals, OrderedDict()
        became, self._became = self._became, {}
        for proposal in proposals:
            self._take(proposal)
        self._proposals.update(known)
        self._became.update(became)
        self._trim()

    def said(self) -> list[Said]:
        """Oldest first."""
        return [Said(signal, self._became.get(key)) for key, signal in self._signals.items()]

    def counts(self, since_ms: int) -> tuple[Counter[str], Counter[str]]:
        """By strategy: signals that were no NEUTRAL, and proposals in which it had a part."""
        spoken = Counter(s.strategy for s in self._signals.values() if s.direction.sign and s.row_ms >= since_ms)
        made = Counter(name for p in self._proposals.values() if p.created_ms >= since_ms for name in p.strategies)
        return spoken, made

    def _on_signal(self, made: SignalMade) -> None:
        self._signals[made.signal.key] = made.signal
        self._trim()
        self.changed.emit()

    def _on_proposal(self, fact: ProposalChanged) -> None:
        known = self._proposals.get(fact.proposal.proposal_id)
        if known is None or known.became != _became(fact.proposal):
            self._take(fact.proposal)
            self._trim()
            self.changed.emit()

    def _take(self, proposal: Proposal) -> None:
        became = _became(proposal)
        names = tuple(dict.fromkeys(signal.strategy for signal in proposal.signals))
        self._proposals[proposal.proposal_id] = _Known(became, proposal.created_ms, names)
        self._became.update((signal.key, became) for signal in proposal.signals)

    def _trim(self) -> None:
        while len(self._signals) > MOST:
            key, _ = self._signals.popitem(last=False)
            self._became.pop(key, None)
        while len(self._proposals) > MOST:
            self._proposals.popitem(last=False)


def decisions_of(context: Context) -> Decisions:
    """One memory for all panels of a window."""
    known = context.findChild(Decisions)
    return known if isinstance(known, Decisions) else Decisions(context)


def _became(proposal: Proposal) -> Became:
    return Became(proposal.proposal_id, proposal.state, proposal.state_text)
