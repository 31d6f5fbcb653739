"""One strategy as a list shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from hlmaster.strategies.card import Standing, StrategyCard

HISTORY, WARMING = "history loaded", "warming up"


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
    warming: Sequence[str],
    signals: int,
    proposals: int,
    net: Decimal | None,
) -> StrategyRow:
    """``warming``: how far the history is of each coin where it is not whole yet."""
    state, doubt = _state(card, warming)
    return StrategyRow(card, state, doubt, signals, proposals, net)


def _state(card: StrategyCard, warming: Sequence[str]) -> tuple[str, str]:
    if card.standing is Standing.BROKEN:
        return "broken", ""
    failed = next((check for check in card.checks if check.passed is False), None)
    if failed is not None:
        return f"check failed: {failed.name}", f"{failed.name}: {failed.text}"
    if card.standing is not Standing.RUNNING:
        return str(card.standing), ""
    if not card.coins:
        return "no coins", "It runs on no coin: choose some, or fill the watchlist."
    if warming:
        more = f" · {len(warming)} coins" if len(warming) > 1 else ""
        return f"{WARMING} {warming[0].removesuffix(' rows')}{more}", ""
    return "ready", ""
