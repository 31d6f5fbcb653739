"""Entries end while the account's requests at the exchange run low: what is left is for getting out."""

from __future__ import annotations

from hlmaster.core.events import TradingState
from hlmaster.core.ports import LinkHealth
from hlmaster.desk.guard import Guard
from hlmaster.exchange.hyperliquid.budget import requests_refusal

REASON = "allowance"


class AllowanceWatch:
    def __init__(self, guard: Guard, health: LinkHealth) -> None:
        self._guard, self._health = guard, health

    def look(self) -> None:
        sentence = requests_refusal(self._health.address_used, self._health.address_limit)
        if sentence is None:
            self._guard.release(REASON)
        else:
            self._guard.restrain(REASON, TradingState.REDUCING, sentence)
