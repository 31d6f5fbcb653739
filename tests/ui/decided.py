"""What strategies said, traded and risked: content for the panels that list it, on a real desk."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from hlmaster.core.model import Side
from hlmaster.core.proposals import Proposal, ProposalState
from hlmaster.core.records import Trade
from hlmaster.core.signals import Check, Detail, Direction, Signal
from hlmaster.strategies.card import Standing, StrategyCard
from tests.trading.proposals.cards import card
from tests.ui.desks import NOW, TradingScene, trading, until

D = Decimal
MINUTE = 60_000
PASSED = (
    Check("look-ahead", True, "nothing was known early"),
    Check("warm-up", True, "its declared history is enough"),
)


def signal(row_ms: int, coin: str = "ETH", direction: Direction = Direction.LONG, **changes: Any) -> Signal:
    said: dict[str, Any] = {
        "strategy": "triple_confluence",
        "coin": coin,
        "grid": "1m",
        "row_ms": row_ms,
        "direction": direction,
        "confidence": 0.81,
        "strength": 0.5,
        "horizon_ms": 60 * MINUTE,
        "valid_until_ms": row_ms + MINUTE,
        "reason": "funding below its base, book skew 1.42, VWMA cross up",
        "details": (Detail("Book skew", "1.42", "over 1.2"),),
    }
    return Signal(**{**said, **changes})


def trade(number: int = 1, **changes: Any) -> Trade:
    made: dict[str, Any] = {
        "trade_id": f"t{number}",
        "coin": "ETH",
        "side": Side.BUY,
        "opened_ms": NOW + number * MINUTE,
        "closed_ms": NOW + (number + 9) * MINUTE,
        "size": D("0.42"),
        "entry_price": D("3427.6"),
        "exit_price": D("3451.2"),
        "realised": D("9.91"),
        "fees": D("1.30"),
        "funding": D("-0.02"),
        "exit_reason": "take profit",
        "source": "triple_confluence",
        "proposal_id": f"p{number}",
        "entry_slippage": D("0.12"),
        "exit_slippage": D("0.05"),
        "best": D("14.2"),
        "worst": D("-3.1"),
        "risk": D("12"),
    }
    return Trade(**{**made, **changes})


def trades() -> list[Trade]:
    return [
        trade(1, tags=("trend",), note="Waited for the close, as planned."),
        trade(
            2,
            coin="SOL",
            side=Side.SELL,
            size=D(12),
            entry_price=D("243.11"),
            exit_price=D("244.9"),
            realised=D("-21.48"),
            fees=D("2.63"),
            funding=D("0.31"),
            exit_reason="stop",
            source="momentum_scalper",
            risk=D("22"),
            best=D("3.3"),
            worst=D("-24.1"),
            tags=("chop", "late"),
        ),
        trade(3, source="manual", proposal_id="", risk=None, entry_slippage=None, exit_reason="close"),
        trade(4, closed_ms=0, exit_price=D(0)),
    ]


def proposal(of: Signal, state: ProposalState = ProposalState.PLACED, text: str = "", **changes: Any) -> Proposal:
    return card(
        proposal_id=f"p/{of.key}",
        source=of.strategy,
        signals=(of,),
        coin=of.coin,
        state=state,
        state_text=text,
        **changes,
    )


def words() -> list[tuple[Signal, Proposal | None]]:
    """Signals, the oldest first, with what became of them."""
    first = signal(NOW, "ETH")
    second = signal(NOW + MINUTE, "SOL", Direction.SHORT, strategy="momentum_scalper", confidence=0.74, stop=244.9)
    quiet = signal(NOW + 2 * MINUTE, "BTC", Direction.NEUTRAL, confidence=0.0, reason="funding and book disagree")
    blocked = signal(NOW + 3 * MINUTE, "HYPE", strategy="multi_timeframe", reason="trend and momentum agree on 4 of 6")
    return [
        (first, proposal(first)),
        (second, proposal(second, ProposalState.REJECTED, "Rejected by you.")),
        (quiet, None),
        (blocked, proposal(blocked, ProposalState.BLOCKED, "2 of 2 positions open.")),
    ]


@asynccontextmanager
async def ready(*coins: str) -> AsyncIterator[TradingScene]:
    """A started desk whose strategies are known."""
    async with trading(*coins) as scene:
        await until(scene.desk.engine.cards)
        yield scene


def running(scene: TradingScene, monkeypatch: pytest.MonkeyPatch) -> list[StrategyCard]:
    """The engine's cards, in every state that there is; the engine itself stays as it is."""
    cards = {one.name: one for one in scene.desk.engine.cards()}
    made = []
    for name, one in cards.items():
        entry = replace(one.entry, armed=name in ("triple_confluence", "momentum_scalper", "multi_timeframe"))
        standing = Standing.RUNNING if entry.armed else Standing.DISARMED
        coins = ("BTC", "ETH", "SOL", "HYPE") if entry.armed else ()
        made.append(replace(one, entry=entry, standing=standing, coins=coins, checks=PASSED if entry.armed else ()))
    broken = "ZeroDivisionError: division by zero (adaptive_ema.py, line 88)."
    made = [replace(o, standing=Standing.BROKEN, broken=broken) if o.name == "adaptive_ema" else o for o in made]
    monkeypatch.setattr(scene.desk.engine, "cards", lambda: made)
    return made
