"""Hundreds of random lives of a position: what the exchange really held is judged afterwards.

P1 every position has a whole stop soon after its first fill; P2 the stop follows its size; P6 nothing that replaces a
stop leaves a gap, and at most one replacement in ten seconds; P7 no stop outlives its position.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hlmaster.core.orders import Prepared, Purpose
from hlmaster.settings import Settings
from hlmaster.trading.protection.policy import Policy
from hlmaster.trading.ticket import TicketKind
from tests.hostile.virtual_time import run
from tests.trading.protection.rig import FAULTS, Rig, settings
from tests.trading.protection.test_protector import flat_candles
from tests.trading.scenes import D

SCRIPTS, BATCHES = 500, 20
STEPS = 9
DEEDS = (
    *("buy", "sell", "piecemeal", "piecemeal", "piecemeal", "ticket", "close", "part", "cancel", "hand", "unhand"),
    *("drift", "drift", "drift", "drift", "jump", "choose", "crash"),
)
COVERED_WITHIN = 5.0
LEFT_WITHIN = 15.0 + 5.0
"""Fifteen seconds until the alarm, and a close with three caps."""
SWEPT_WITHIN = 30.0
LEAST_BETWEEN = 9.9
CALM_AFTER = 15.0


@dataclass
class Findings:
    """The longest stretches in seconds, and what must not have happened at all."""

    bare: float = 0.0
    orphaned: float = 0.0
    gaps: list[str] = field(default_factory=list)
    hurried: list[str] = field(default_factory=list)


@dataclass
class Script:
    """One seeded life. ``calm``: the line does nothing wrong; else single actions fail, by every kind of fault."""

    seed: int
    folder: Path
    calm: bool
    excused: list[float] = field(default_factory=list)
    """Moments at which a person took cover away or chose anew."""

    async def live(self) -> Findings:
        dice = random.Random(self.seed)
        async with Rig(self._settings(dice), self.folder) as rig:
            rig.market.history = flat_candles(rig, dice.choice([6.0, 20.0, 40.0]))
            watching = asyncio.create_task(rig.watch())
            if not self.calm:
                rig.line.fault = self._faults(rig, dice)
            for _ in range(STEPS):
                await self._step(rig, dice)
                await rig.wait(dice.choice([0.0, 0.2, 1.0, 4.0, 11.0]))
            rig.line.fault = lambda prepared: ""
            await rig.wait(CALM_AFTER)
            assert rig.size or not rig.truth().ours, f"script {self.seed}: a stop outlived its position"
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
            return judge(rig, self.excused)

    def _settings(self, dice: random.Random) -> Settings:
        return settings(
            stop=dice.choice(["percent", "percent", "atr", "tiered", "chandelier"]),
            stop_percent=dice.choice([D("0.5"), D(1), D(2)]),
            trailing=dice.random() < 0.4,
            break_even_percent=dice.choice([None, D("0.6")]),
            take_profits=dice.choice([[], [], ["0.8:50"], ["0.6:30", "1.2:30"]]),
        )

    def _faults(self, rig: Rig, dice: random.Random) -> Callable[[Prepared], str]:
        def fault(prepared: Prepared) -> str:
            return dice.choice(FAULTS) if prepared.items and dice.random() < 0.15 else ""

        return fault

    async def _step(self, rig: Rig, dice: random.Random) -> None:
        deed = dice.choice(DEEDS)
        size = str(dice.choice([D("0.01"), D("0.3"), D(1), D("2.5")]))
        if deed in ("buy", "sell"):
            await getattr(rig, deed)(size)
        elif deed in ("piecemeal", "ticket"):
            await self._piecemeal(rig, dice, size, with_stop=deed == "ticket")
        elif deed == "close":
            await rig.desk.manual.close("ETH")
        elif deed == "part":
            await rig.desk.manual.close("ETH", dice.choice([D("0.1"), D("0.5")]))
        elif deed == "cancel":
            await rig.desk.manual.cancel_entries()
        elif deed == "hand":
            await self._hand(rig, dice)
        elif deed == "unhand":
            await self._unhand(rig)
        elif deed in ("drift", "jump"):
            spread = 0.003 if deed == "drift" else 0.02
            rig.move(rig.market.mid * (1 + dice.uniform(-spread, spread)))
        elif deed == "choose":
            rig.desk.protect("ETH", Policy(stop_percent=dice.choice([D("0.7"), D(3)])), take_over=dice.random() < 0.5)
            self.excused.append(rig.clock.monotonic())
        else:
            fault = rig.line.fault
            await rig.crash()
            rig.line.fault = fault

    async def _piecemeal(self, rig: Rig, dice: random.Random, size: str, *, with_stop: bool) -> None:
        """A limit order at the touch that fills a piece with every quote."""
        rig.market.depth = dice.choice([0.05, 0.2, 1.0])
        rig.market.tell()
        deed, up = dice.choice([(rig.buy, 1), (rig.sell, -1)])
        price = D(str(round(rig.market.mid + up * 0.1, 1)))
        if with_stop:
            await deed(size, limit_price=price, stop_price=round(price * (1 - up * D("0.015")), 0), attach_stop=True)
        else:
            await deed(size, limit_price=price)
        await rig.wait(dice.choice([0.3, 2.0, 5.0]))
        rig.market.depth = 5.0

    async def _hand(self, rig: Rig, dice: random.Random) -> None:
        size = rig.desk.portfolio.size("ETH")
        if size:
            mid = D(str(round(rig.market.mid)))
            trigger = round(mid * (1 - D("0.04") * (1 if size > 0 else -1)), 0)
            deed = rig.sell if size > 0 else rig.buy
            part = abs(size) if dice.random() < 0.6 else max(D("0.01"), round(abs(size) / 2, 2))
            await deed(str(part), kind=TicketKind.STOP_MARKET, trigger_price=trigger, reduce_only=True)

    async def _unhand(self, rig: Rig) -> None:
        for order in rig.desk.orders.live("ETH"):
            if order.order.reduce_only and order.order.purpose is Purpose.REDUCE:
                self.excused.append(rig.clock.monotonic())
                await rig.desk.manual.cancel(order.client_order_id)
                self.excused.append(rig.clock.monotonic())


def judge(rig: Rig, excused: list[float]) -> Findings:
    """``excused``: moments at which a person took cover away or chose anew."""
    found = Findings(gaps=rig.gaps)
    bare_since: float | None = None
    orphan_since: float | None = None
    for now in rig.samples:
        if any(now.at - 0.2 <= at <= now.at for at in excused) or any(a <= now.at <= b + 0.1 for a, b in rig.down):
            bare_since = orphan_since = None
        bare_since = (now.at if bare_since is None else bare_since) if now.bare else None
        if bare_since is not None:
            found.bare = max(found.bare, now.at - bare_since)
        orphan_since = (now.at if orphan_since is None else orphan_since) if now.ours and not now.size else None
        if orphan_since is not None:
            found.orphaned = max(found.orphaned, now.at - orphan_since)
    for (one, size), (other, after) in zip(rig.replacements, rig.replacements[1:], strict=False):
        chosen = [*excused, *(b for _, b in rig.down), *rig.heard]
        if other - one < LEAST_BETWEEN and size == after and not any(one - 0.2 <= at <= other for at in chosen):
            found.hurried.append(f"{one:.2f} and {other:.2f}")
    return found


@pytest.mark.parametrize("batch", range(BATCHES))
def test_what_the_exchange_held_was_always_enough(batch: int, tmp_path: Path) -> None:
    for seed in range(batch * SCRIPTS // BATCHES, (batch + 1) * SCRIPTS // BATCHES):
        folder = tmp_path / str(seed)
        folder.mkdir()
        calm = seed % 2 == 0
        found = run(Script(seed, folder, calm).live())
        assert found.bare <= (COVERED_WITHIN if calm else LEFT_WITHIN), (seed, found)
        assert found.orphaned <= SWEPT_WITHIN, (seed, found)
        assert not found.gaps, (seed, found)
        assert not (calm and found.hurried), (seed, found)
