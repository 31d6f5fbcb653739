"""What is kept of every decision and trade: why it was made, what it cost, what became of it, what would have.

Money in USD, sizes in coins, times in market milliseconds.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol

from hlmaster.core.events import TrackedOrder
from hlmaster.core.model import Side
from hlmaster.core.orders import Fill
from hlmaster.core.proposals import Proposal
from hlmaster.core.signals import Signal

Data = Mapping[str, Any]
"""What JSON can hold."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A signal and all that is needed to come to it again."""

    signal: Signal
    params: str
    """The strategy's parameters as JSON."""
    inputs: bytes | None
    """The rows it saw, as ``strategies.packed`` packs them; None where they were not kept."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a dossier. ``subject``: a proposal, a client order id, a coin or a strategy."""

    subject: str
    time_ms: int
    kind: str
    text: str
    data: Data = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Arrival:
    """The price that an order could hope for when it was decided: the mid, or a trigger's own price."""

    client_order_id: str
    coin: str
    time_ms: int
    price: Decimal


@dataclass(frozen=True, slots=True)
class Trade:
    """A position from its first fill until it is flat again; ``closed_ms`` is 0 while it is open."""

    trade_id: str
    coin: str
    side: Side
    opened_ms: int
    closed_ms: int
    size: Decimal
    """The largest it had."""
    entry_price: Decimal
    exit_price: Decimal
    realised: Decimal
    """Before fees and funding."""
    fees: Decimal
    funding: Decimal
    """Positive received."""
    exit_reason: str
    source: str
    """Whoever opened it: a strategy, a group, ``manual``."""
    proposal_id: str = ""
    entry_slippage: Decimal | None = None
    """Paid more than the arrival prices of its entries, fees apart; negative when better. None: not all are known."""
    exit_slippage: Decimal | None = None
    best: Decimal | None = None
    """Maximum favourable excursion: the highest profit before fees and funding while it was open, 0 or more."""
    worst: Decimal | None = None
    """Maximum adverse excursion: the lowest, 0 or less."""
    risk: Decimal | None = None
    """Planned: what was lost if every stop was hit, fees included."""
    tags: tuple[str, ...] = ()
    note: str = ""
    superseded: bool = False
    """A fill that came late made other trades of it; kept for what was written about it."""

    @property
    def net(self) -> Decimal:
        return self.realised - self.fees + self.funding

    @property
    def slippage(self) -> Decimal | None:
        if self.entry_slippage is None or self.exit_slippage is None:
            return None
        return self.entry_slippage + self.exit_slippage

    @property
    def hold_ms(self) -> int:
        """0 while it is open."""
        return max(0, self.closed_ms - self.opened_ms)

    def in_risks(self, amount: Decimal | None) -> Decimal | None:
        """An amount as a multiple of the planned risk (R)."""
        return amount / self.risk if amount is not None and self.risk else None

    @property
    def multiple(self) -> Decimal | None:
        """The R multiple: what it made, in units of what was risked."""
        return self.in_risks(self.net)


class GhostState(StrEnum):
    WAITING = "not filled yet"
    OPEN = "open"
    MISSED = "never filled"
    STOPPED = "stopped"
    TARGET = "target reached"
    HORIZON = "horizon reached"
    LOST = "out of sight"
    """Prices are missing for a part of its time, so nobody can say."""

    @property
    def is_final(self) -> bool:
        return self not in (GhostState.WAITING, GhostState.OPEN)


@dataclass(frozen=True, slots=True)
class Ghost:
    """Hypothetical: what would have become of a proposal that was not traded, had it been placed when it was made.

    ``net`` is after fees and without funding and slippage; a bar that touches a stop and the target hit the stop.
    """

    proposal_id: str
    source: str
    coin: str
    side: Side
    size: Decimal
    entry_price: Decimal
    is_limit: bool
    """Filled only by a bar that goes through its price."""
    stops: tuple[tuple[Decimal, Decimal], ...]
    """(trigger price, size) of the tiers still waiting, nearest first."""
    target: Decimal | None
    fee_in: Decimal
    fee_out: Decimal
    risk: Decimal
    start_ms: int
    end_ms: int
    until_ms: int
    """It has been told all prices up to here."""
    state: GhostState
    remaining: Decimal
    net: Decimal = Decimal(0)
    best: Decimal = Decimal(0)
    worst: Decimal = Decimal(0)

    @property
    def multiple(self) -> Decimal | None:
        """In units of the planned risk."""
        return self.net / self.risk if self.risk else None


@dataclass(frozen=True, slots=True)
class Dossier:
    """Everything behind "Why?"; parts that do not exist, or not yet, are empty."""

    proposal: Proposal | None
    decisions: tuple[Decision, ...]
    lines: tuple[Line, ...]
    """Oldest first: checks, verdicts, edits, who decided, and what became of it."""
    orders: tuple[TrackedOrder, ...]
    fills: tuple[Fill, ...]
    trade: Trade | None
    ghost: Ghost | None


class Records(Protocol):
    """The session's memory of decisions. ``save_*`` and ``note`` queue and return at once; loads are for panels."""

    def save_signal(self, signal: Signal, inputs: bytes | None, params: str) -> None: ...

    def save_proposal(self, proposal: Proposal) -> None: ...

    def save_arrival(self, arrival: Arrival) -> None: ...

    def save_trade(self, trade: Trade) -> None: ...

    def save_ghost(self, ghost: Ghost) -> None: ...

    def note(self, subject: str, time_ms: int, kind: str, text: str, data: Data) -> None: ...

    async def signals(self, limit: int) -> list[Signal]:
        """The latest, oldest first; so are the other lists."""

    async def decisions(self, keys: Collection[str]) -> list[Decision]:
        """By ``Signal.key``, those that were kept, in no order."""

    async def proposals(self, limit: int) -> list[Proposal]: ...

    async def proposal(self, proposal_id: str) -> Proposal | None: ...

    async def arrivals(self, limit: int) -> list[Arrival]: ...

    async def trades(self, limit: int) -> list[Trade]: ...

    async def ghosts(self, limit: int) -> list[Ghost]: ...

    async def ghost(self, proposal_id: str) -> Ghost | None: ...

    async def lines(self, subjects: Collection[str]) -> list[Line]: ...

    async def forget_inputs(self, before_ms: int) -> int:
        """Drop what signals saw that no proposal rests on, and how many they were."""


class Audit(Protocol):
    """The log that cannot be rewritten unseen: each entry carries the hash of the one before."""

    trouble: str
    """Why it cannot be written, as a sentence; empty when it can."""

    def write(self, kind: str, subject: str, data: Data) -> None:
        """Queued; on disk soon. Secrets are masked. Raises StorageError when too much waits for the disk."""


class Unrecorded(Records, Audit):
    """Keeps nothing: of a desk that has no session on disk."""

    trouble = ""

    def _forget(self, *facts: Any, **more: Any) -> None:
        """Nothing is kept."""

    save_signal = save_proposal = save_arrival = save_trade = save_ghost = note = write = _forget

    async def signals(self, limit: int) -> list[Signal]:
        return []

    async def decisions(self, keys: Collection[str]) -> list[Decision]:
        return []

    async def proposals(self, limit: int) -> list[Proposal]:
        return []

    async def proposal(self, proposal_id: str) -> Proposal | None:
        return None

    async def arrivals(self, limit: int) -> list[Arrival]:
        return []

    async def trades(self, limit: int) -> list[Trade]:
        return []

    async def ghosts(self, limit: int) -> list[Ghost]:
        return []

    async def ghost(self, proposal_id: str) -> Ghost | None:
        return None

    async def lines(self, subjects: Collection[str]) -> list[Line]:
        return []

    async def forget_inputs(self, before_ms: int) -> int:
        return 0


UNRECORDED = Unrecorded()


# --- facts ---


@dataclass(frozen=True, slots=True)
class ForTheRecord:
    """Somebody decided something that no other fact tells of: armed a strategy, loosened a limit, changed a setting."""

    kind: str
    """``strategy``, ``limit``, ``policy``, ``setting``, ``breaker`` …"""
    subject: str
    text: str
    who: str = "you"
    data: Data = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TradeChanged:
    """A trade of the journal was opened, closed, measured anew or written about."""

    trade: Trade


@dataclass(frozen=True, slots=True)
class TradesRestored:
    """The trades of earlier runs are known; ``TradeChanged`` tells of later changes alone."""

    trades: tuple[Trade, ...]


@dataclass(frozen=True, slots=True)
class GhostChanged:
    ghost: Ghost
