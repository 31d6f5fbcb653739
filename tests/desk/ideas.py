"""A desk that trades by strategies' words, and words for it to hear."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from hlmaster.core.candles import CandleBlock
from hlmaster.core.clock import MINUTE_MS, ManualClock
from hlmaster.core.model import Interval
from hlmaster.core.proposals import Policy, Proposal, ProposalChanged, ProposalState
from hlmaster.core.signals import Direction, Gate, Signal, SignalMade
from hlmaster.desk.desk import Desk
from hlmaster.desk.obstacles import first_red
from hlmaster.desk.proposer import Effects
from hlmaster.desk.proposing import Proposing
from hlmaster.settings import Settings
from hlmaster.strategies.roster import Roster
from hlmaster.trading.combiner import Advisers, no_advice
from hlmaster.trading.ownership import Swap
from hlmaster.trading.proposals.trust import Trust
from tests.desk.desks import Scene, running, scene
from tests.trading.scenes import NOW

STRATEGY = "confluence"
CALM_RANGE = 10.0
"""USD: the ATR of every candle below."""


def signal(direction: Direction = Direction.LONG, **changes: Any) -> Signal:
    said: dict[str, Any] = {
        "strategy": STRATEGY,
        "coin": "ETH",
        "grid": "1m",
        "row_ms": NOW,
        "direction": direction,
        "confidence": 0.8,
        "strength": 0.5,
        "horizon_ms": 60 * MINUTE_MS,
        "valid_until_ms": NOW + MINUTE_MS,
        "reason": "All three agree.",
    }
    return Signal(**{**said, **changes})


def candles(now_ms: int, interval: Interval, rows: int = 200) -> CandleBlock:
    """All ten dollars high around 3000, the last one open."""
    times = now_ms // interval.ms * interval.ms + interval.ms * np.arange(1 - rows, 1, dtype=np.int64)
    level = np.full(rows, 3000.0)
    half = CALM_RANGE / 2
    return CandleBlock(times, level, level + half, level - half, level, level, np.ones(rows, np.int64))


class StillClock(ManualClock):
    """Stands still also while somebody waits: tests move it."""

    async def sleep(self, wall_seconds: float) -> None:
        await asyncio.sleep(wall_seconds)


@dataclass
class Traded:
    """A running scene with strategies' hands; ``seen`` are all changes of proposals."""

    scene: Scene
    proposing: Proposing
    roster: Roster
    seen: list[Proposal] = field(default_factory=list)

    @property
    def desk(self) -> Desk:
        return self.scene.desk

    @property
    def size(self) -> Decimal:
        return self.desk.portfolio.size("ETH")

    def say(self, direction: Direction = Direction.LONG, **changes: Any) -> None:
        now = self.scene.clock.now_ms()
        timed = {"row_ms": now, "valid_until_ms": now + MINUTE_MS, **changes}
        self.desk.bus.publish(SignalMade(signal(direction, **timed)))

    def card(self) -> Proposal:
        (card,) = self.proposing.open()
        return card

    def state(self, proposal_id: str) -> ProposalState:
        known = self.proposing.book.get(proposal_id)
        assert known is not None
        return known.state

    async def until(self, condition: Any) -> None:
        def look() -> object:
            self.proposing.look()
            return condition()

        await self.scene.until(look)

    def stops(self) -> list[tuple[Decimal, Decimal]]:
        live = [order.order for order in self.desk.orders.live("ETH")]
        return [(o.trigger.price, o.size) for o in live if o.trigger is not None and o.trigger.kind == "sl"]


@asynccontextmanager
async def trading(
    folder: Path,
    settings: Settings | None = None,
    policy: Policy = Policy.ASK,
    trust: Trust | None = None,
    effects: Effects | None = None,
    advisers: Advisers = no_advice,
    gates: tuple[Gate, ...] = (),
) -> AsyncIterator[Traded]:
    """``gates``: what the engine says of every strategy."""
    made = scene(settings=settings, folder=folder, clock=StillClock(NOW))
    proposing = made.desk.proposing
    traded = Traded(made, proposing, made.desk.roster)
    made.desk.bus.subscribe(ProposalChanged, lambda fact: traded.seen.append(fact.proposal))
    proposing.engine_gates = lambda strategy, coin: gates
    proposing.combiner.advisers = advisers
    proposing.proposer.trust = trust or proposing.proposer.trust
    proposing.proposer.effects = effects or proposing.proposer.effects
    async with running(made):
        traded.roster.change(STRATEGY, armed=True, policy=policy)
        traded.roster.set_overall(Policy.AUTO)
        # Its past is known: what acts alone must have one.
        made.desk.survey.swing = lambda coin: Decimal("0.03")
        for coin in ("ETH", "BTC"):
            await made.desk.charts.show(coin, Interval.M1)
            made.desk.feed.load_series(coin, Interval.M1, candles(made.clock.now_ms(), Interval.M1))
        yield traded


async def entered(traded: Traded, **words: object) -> str:
    """A long position by approval, its stops resting; returns the proposal's name."""
    traded.say(**words)  # type: ignore[arg-type]
    name = traded.card().proposal_id
    assert (await traded.proposing.approve(name)).ok
    await traded.until(lambda: len(traded.stops()) == 3)
    return name


def red(traded: Traded, strategy: str = STRATEGY, coin: str = "ETH") -> Gate:
    found = first_red(traded.proposing.why(strategy, coin))
    assert found is not None
    return found


def own(proposing: Proposing, dice: random.Random, coins: Sequence[str], strategies: Sequence[str]) -> None:
    """One of the verbs about whose a coin is."""
    coin, name = dice.choice(coins), dice.choice(strategies)
    deeds: list[Callable[[], object]] = [
        lambda: proposing.take_over(coin),
        lambda: proposing.hand_back(coin),
        lambda: proposing.veto(name, coin, dice.choice([0, 10])),
        lambda: proposing.swap(coin, name, dice.choice(list(Swap))),
        lambda: proposing.free(coin),
    ]
    dice.choice(deeds)()
