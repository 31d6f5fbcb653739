"""Cards on a real desk: what strategies said, heard by its proposing, as panels meet it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from hlmaster.core.clock import MINUTE_MS
from hlmaster.core.model import Interval
from hlmaster.core.proposals import Policy, Proposal
from hlmaster.core.signals import Detail, Direction, Signal, SignalMade
from hlmaster.settings import Settings
from tests.ui.desks import TradingScene, trading, until

STRATEGY, OTHER = "confluence", "scalper"
"""No strategies of the engine, which would have something to say about them itself."""


def signal(now_ms: int, coin: str = "ETH", direction: Direction = Direction.LONG, **changes: Any) -> Signal:
    said: dict[str, Any] = {
        "strategy": STRATEGY,
        "coin": coin,
        "grid": "1m",
        "row_ms": now_ms,
        "direction": direction,
        "confidence": 0.81,
        "strength": 0.5,
        "horizon_ms": 60 * MINUTE_MS,
        "valid_until_ms": now_ms + MINUTE_MS,
        "reason": "funding below its base, book skew 1.42, VWMA cross up",
        "details": (Detail("Book skew", "1.42", "over 1.2"), Detail("Funding", "-0.0041 %", "below its base")),
    }
    return Signal(**{**said, **changes})


class Cards:
    """``say`` what a strategy says; it becomes a card at once where there is a trade in it."""

    def __init__(self, scene: TradingScene) -> None:
        self.scene, self.proposing = scene, scene.desk.proposing

    def say(self, coin: str = "ETH", direction: Direction = Direction.LONG, **changes: Any) -> Signal:
        self.scene.tell(coin)
        made = signal(self.scene.clock.now_ms(), coin, direction, **changes)
        self.scene.bus.publish(SignalMade(made))
        return made

    def open(self, coin: str = "ETH", direction: Direction = Direction.LONG, **changes: Any) -> Proposal:
        self.say(coin, direction, **changes)
        return next(card for card in self.proposing.open() if card.coin == coin)

    def state(self, card: Proposal) -> Proposal:
        known = self.proposing.book.get(card.proposal_id)
        assert known is not None
        return known


@asynccontextmanager
async def deciding(*coins: str, settings: Settings | None = None, **more: Any) -> AsyncIterator[Cards]:
    """A started desk whose strategies are armed but silent, with the candles that sizes are reckoned from."""
    coins = coins or ("ETH",)
    async with trading(*coins, settings=settings or Settings(), **more) as scene:
        desk = scene.desk
        for name in (STRATEGY, OTHER):
            desk.roster.change(name, armed=True, policy=Policy.ASK)
        for coin in coins:
            await desk.charts.show(coin, Interval.M1)
            await until(lambda coin=coin: desk.feed.market(coin).series(Interval.M1))  # type: ignore[misc]
        yield Cards(scene)
