"""Proposals that tests of the book start from."""

from __future__ import annotations

from typing import Any

from hlmaster.core.clock import MINUTE_MS
from hlmaster.core.model import Side
from hlmaster.core.orders import RuleResult, Verdict
from hlmaster.core.proposals import Policy, Proposal, ProposalState
from hlmaster.core.signals import Direction, Signal, direction_of
from tests.trading.scenes import NOW, D

YES = Verdict((RuleResult("position", True),))
NO = Verdict((RuleResult("position", False, sentence="The position would be too large."),))


def signal(direction: Direction = Direction.LONG, **changes: Any) -> Signal:
    said: dict[str, Any] = {
        "strategy": "confluence",
        "coin": "ETH",
        "grid": "1m",
        "row_ms": NOW,
        "direction": direction,
        "confidence": 0.8,
        "strength": 0.5,
        "horizon_ms": 10 * MINUTE_MS,
        "valid_until_ms": NOW + MINUTE_MS,
        "reason": "All agree.",
    }
    return Signal(**{**said, **changes})


def card(name: str = "one", **changes: Any) -> Proposal:
    side = changes.get("side", Side.BUY)
    sign = side.sign
    made: dict[str, Any] = {
        "proposal_id": name,
        "source": "confluence",
        "signals": (signal(direction_of(sign)),),
        "coin": "ETH",
        "side": side,
        "size": D("0.3"),
        "limit_price": None,
        "post_only": False,
        "reference_price": D(3000),
        "stops": ((D(3000 - 30 * sign), D("0.3")),),
        "target": D(3000 + 60 * sign),
        "confidence": 0.8,
        "unadjusted_confidence": 0.8,
        "notional": D(900),
        "risk": D(10),
        "risk_percent": D("0.1"),
        "reward": D(17),
        "fee_in": D("0.4"),
        "fee_out": D("0.4"),
        "funding_per_hour": None,
        "liquidation_price": None,
        "margin": D(45),
        "effects": (),
        "steps": (),
        "reasons": ("All agree.",),
        "created_ms": NOW,
        "expires_ms": NOW + MINUTE_MS,
        "policy": Policy.ASK,
        "state": ProposalState.OPEN,
        "verdict": YES,
    }
    return Proposal(**{**made, **changes})
