"""One strategy as a list shows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from hlmaster.core.signals import Gate
from hlmaster.strategies.card import Standing, StrategyCard

HISTORY = "history loaded"


@dataclass(frozen=True, slots=True)
class StrategyRow:
    card: StrategyCard
    state: str
    doubt: str
    """What stands in its way though it is armed, as a sentence; empty when nothing does."""
    signals: int
    proposals: int
    net: Decimal | None
    """USD; None without a closed trade."""


def row_of(
    card: StrategyCard,
    gates: Callable[[str], tuple[Gate, ...]],
    signals: int,
    proposals: int,
    net: Decimal | None,
) -> StrategyRow:
    """``gates`` of this strategy on a coin."""
    state, doubt = _state(card, gates)
    return StrategyRow(card, state, doubt, signals, proposals, net)


def _state(card: StrategyCard, gates: Callable[[str], tuple[Gate, ...]]) -> tuple[str, str]:
    if card.standing is Standing.BROKEN:
        return "broken", ""
    failed = next((check for check in card.checks if check.passed is False), None)
    if failed is not None:
        return f"check failed: {failed.name}", f"{failed.name}: {failed.text}"
    if card.standing is not Standing.RUNNING:
        return str(card.standing), ""
    if not card.coins:
        return "no coins", "It runs on no coin: choose some, or fill the watchlist."
    warming = [
        gate.text for coin in card.coins for gate in gates(coin) if gate.name == HISTORY and gate.passed is False
    ]
    if warming:
        more = f" · {len(warming)} coins" if len(warming) > 1 else ""
        return f"warming up {warming[0].removesuffix(' rows')}{more}", ""
    return "ready", ""
