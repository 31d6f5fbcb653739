"""The past of coins is fetched in the order in which it matters, before anybody trades them."""

from __future__ import annotations

import asyncio

import numpy as np

from hlmaster.core.candles import CandleBlock
from hlmaster.core.clock import HOUR_MS, ManualClock
from hlmaster.core.errors import VenueUnreachable
from hlmaster.core.model import Interval
from hlmaster.core.ports import Turn
from hlmaster.desk.swings import AGAIN_SECONDS, DAYS, FORESEEN, FRESH_MS, Swings


class Past:
    def __init__(self) -> None:
        self.asked: list[tuple[str, Turn]] = []
        self.failing: set[str] = set()

    async def __call__(
        self, coin: str, interval: Interval, start_ms: int, end_ms: int, turn: Turn = Turn.STUDY, /
    ) -> CandleBlock:
        self.asked.append((coin, turn))
        await asyncio.sleep(0)
        if coin in self.failing:
            raise VenueUnreachable("No line.")
        assert interval is Interval.H1
        assert end_ms - start_ms == DAYS * 24 * HOUR_MS
        times = np.arange(start_ms, end_ms, HOUR_MS, dtype=np.int64)
        level = np.where(np.arange(len(times)) % 48 < 24, 100.0, 103.0)
        return CandleBlock(times, level, level, level, level, level, np.ones(len(times), np.int64))


async def looked(swings: Swings) -> None:
    swings.look()
    for _ in range(200):
        await asyncio.sleep(0)


async def test_what_is_traded_comes_before_what_may_be_and_that_in_the_watchlists_order() -> None:
    past = Past()
    swings = Swings(ManualClock(), past)
    coins = [f"C{number:02d}" for number in range(FORESEEN + 2)]
    swings.foreseen = lambda: coins
    swings.want("Z")
    swings.want("C03")
    await looked(swings)
    foreseen = [coin for coin in coins if coin != "C03"]
    assert [coin for coin, _ in past.asked] == ["Z", "C03", *foreseen], "one look fetches all, one after the other"
    assert [coin for coin, turn in past.asked if turn is not Turn.MEASURE] == foreseen[FORESEEN:]
    assert all(swings(coin) for coin in coins)
    await looked(swings)
    assert len(past.asked) == len(coins) + 1
    await swings.stop()


async def test_what_could_not_be_had_is_asked_for_again_later_and_holds_up_nobody() -> None:
    past, clock = Past(), ManualClock()
    swings = Swings(clock, past)
    swings.foreseen = lambda: ("A", "B")
    past.failing = {"A"}
    await looked(swings)
    assert (swings("A"), swings("B") is not None) == (None, True)
    await looked(swings)
    assert len(past.asked) == 2
    past.failing = set()
    clock.advance(int(AGAIN_SECONDS * 1000))
    await looked(swings)
    assert swings("A") is not None
    clock.advance(FRESH_MS + 1)
    await looked(swings)
    assert [coin for coin, _ in past.asked] == ["A", "B", "A", "A", "B"], "what is old is fetched anew"
    await swings.stop()
