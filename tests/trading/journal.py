"""Trades of the journal that tests start from."""

from __future__ import annotations

from typing import Any

from hlmaster.core.clock import MINUTE_MS
from hlmaster.core.model import Side
from hlmaster.core.records import Trade
from tests.trading.scenes import NOW, D

_numbers = iter(range(1, 10**9))


def trade(net: str = "10", *, risk: str | None = "10", source: str = "confluence", **changes: Any) -> Trade:
    number = next(_numbers)
    made: dict[str, Any] = {
        "trade_id": f"ETH/{number}/1",
        "coin": "ETH",
        "side": Side.BUY,
        "opened_ms": NOW + number - MINUTE_MS,
        "closed_ms": NOW + number,
        "size": D(1),
        "entry_price": D(3000),
        "exit_price": D(3000),
        "realised": D(net) + 1,
        "fees": D(2),
        "funding": D(1),
        "exit_reason": "close",
        "source": source,
        "risk": None if risk is None else D(risk),
    }
    return Trade(**{**made, **changes})
