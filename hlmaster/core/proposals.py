"""A proposed trade: everything a person must know to say yes or no, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from hlmaster.core.model import Side
from hlmaster.core.orders import Verdict
from hlmaster.core.signals import Signal


class Policy(StrEnum):
    """What happens to an idea. Observe: recorded, never shown as a card. Ask: a person decides. Auto: within limits."""

    OBSERVE = "observe"
    ASK = "ask"
    AUTO = "auto"


class ProposalState(StrEnum):
    OBSERVED = "observed"
    OPEN = "open"
    SNOOZED = "snoozed"
    BLOCKED = "blocked"
    """The gate's dry run says no; it may open again while it lives."""
    APPROVED = "approved"
    """On its way through the gate and to the exchange."""
    PLACED = "placed"
    REFUSED = "refused"
    """Approved, and then refused by the gate or the exchange."""
    REJECTED = "rejected"
    EXPIRED = "expired"
    """Its time ran out, the price drifted, the data went stale, or the program ended."""
    WITHDRAWN = "withdrawn"
    """Its strategy changed its mind, was disarmed or vetoed."""

    @property
    def is_final(self) -> bool:
        return self not in (
            ProposalState.OPEN,
            ProposalState.SNOOZED,
            ProposalState.BLOCKED,
            ProposalState.APPROVED,
        )

    @property
    def can_be_approved(self) -> bool:
        return self in (ProposalState.OPEN, ProposalState.SNOOZED, ProposalState.BLOCKED)


@dataclass(frozen=True, slots=True)
class SizeStep:
    """One factor on the way to the size, in words and coins: ``SizeStep("risk", "1 % of $10,000 is $100", …)``."""

    name: str
    text: str
    size: Decimal


@dataclass(frozen=True, slots=True)
class LimitEffect:
    """What the trade would do to one limit: texts with units, and fractions of the limit (1 is all of it)."""

    rule: str
    title: str
    before: str
    after: str
    limit: str
    used_before: float
    used_after: float


@dataclass(frozen=True, slots=True)
class Proposal:
    """Money in USD, sizes in coins, times in market milliseconds; None where it is not known or does not apply."""

    proposal_id: str
    source: str
    """The strategy, or ``group NAME`` where several voted."""
    signals: tuple[Signal, ...]
    """The one it is of, or those that voted for it, the strongest first."""
    coin: str
    side: Side
    size: Decimal
    limit_price: Decimal | None
    """None: at the market, slippage-capped."""
    post_only: bool
    reference_price: Decimal
    """The price expected at the time it was made; drift is measured from it."""
    stops: tuple[tuple[Decimal, Decimal], ...]
    """(trigger price, size) of each tier, nearest first."""
    target: Decimal | None
    confidence: float
    unadjusted_confidence: float
    """Without what advisers added or took; automatic execution needs this one to pass too."""
    notional: Decimal
    risk: Decimal
    """Lost if every stop is hit, fees of both ends included."""
    risk_percent: Decimal
    """Of equity."""
    reward: Decimal | None
    fee_in: Decimal
    fee_out: Decimal
    funding_per_hour: Decimal | None
    """Positive received, negative paid."""
    liquidation_price: Decimal | None
    margin: Decimal
    effects: tuple[LimitEffect, ...]
    steps: tuple[SizeStep, ...]
    reasons: tuple[str, ...]
    created_ms: int
    expires_ms: int
    policy: Policy
    state: ProposalState
    state_text: str = ""
    verdict: Verdict | None = None
    """The gate's dry run, retaken while the card is open and again after the approval."""
    edited: bool = False
    snoozed_until_ms: int | None = None
    decided_by: str = ""
    """``you``, ``policy``, ``expiry``."""
    decided_ms: int | None = None
    order_ids: tuple[str, ...] = ()
    """Client order ids of what was sent."""

    @property
    def signal(self) -> Signal:
        return self.signals[0]


@dataclass(frozen=True, slots=True)
class ProposalChanged:
    """A fact: a proposal was made, or is now otherwise."""

    proposal: Proposal
