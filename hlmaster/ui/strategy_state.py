"""The state of a strategy in words, and how far the history is that it waits for."""

from __future__ import annotations

from collections.abc import Sequence

from hlmaster.strategies.card import Standing, StrategyCard
from hlmaster.strategies.engine import Engine

HISTORY, WARMING = "history loaded", "warming up"


class Warming:
    """How far the history of a strategy's coins is. What is whole is asked for once: an answer costs an explanation."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._warm: set[tuple[str, str, str]] = set()
        """Name, version and coin of what has all its history."""

    def __call__(self, card: StrategyCard) -> list[str]:
        """Of the coins where it is not whole yet."""
        if card.standing is not Standing.RUNNING:
            return []
        told = []
        for coin in card.coins:
            key = (card.name, card.version, coin)
            if key in self._warm:
                continue
            gate = next((g for g in self._engine.gates(card.name, coin) if g.name == HISTORY), None)
            if gate is not None and gate.passed:
                self._warm.add(key)
            elif gate is not None and gate.passed is False:
                told.append(gate.text)
        return told


def state_of(card: StrategyCard, warming: Sequence[str]) -> tuple[str, str]:
    """Its state in a word or two, and what stands in its way; ``warming``: how far the history is, where not whole."""
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
