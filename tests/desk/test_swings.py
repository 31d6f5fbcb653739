"""The past of each coin is fetched once in a while, one after the other; who has none holds up nobody."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import numpy as np
import pytest

from hlmaster.core.candles import CandleBlock
from hlmaster.core.clock import HOUR_MS, ManualClock
from hlmaster.core.errors import VenueUnreachable
from hlmaster.core.model import Interval
from hlmaster.core.ports import Turn
from hlmaster.desk.swings import AGAIN_SECONDS, DAYS, FRESH_MS, Swings
from hlmaster.trading.risk.swing import ENOUGH_HOURS, day_swing
from tests.turns import turns


class Past:
    """``hours`` of closed candles for each coin, and an open one that has gone wild; a coin without any is refused."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.hours: dict[str, int] = {}
        self.asked: list[str] = []
        self.news = 0
        self.swings = Swings(self.clock, self.history, self._changed)

    def _changed(self) -> None:
        self.news += 1

    def closes(self, coin: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        steps = np.random.default_rng(len(coin)).normal(0, 0.01, self.hours[coin])
        return 100 * np.exp(np.cumsum(steps))

    async def history(
        self, coin: str, interval: Interval, start_ms: int, end_ms: int, turn: Turn = Turn.STUDY
    ) -> CandleBlock:
        self.asked.append(coin)
        assert (interval, end_ms - start_ms) == (Interval.H1, DAYS * 24 * HOUR_MS)
        if coin not in self.hours:
            raise VenueUnreachable("No line.")
        prices = np.r_[self.closes(coin), 1e9]
        times = end_ms // HOUR_MS * HOUR_MS + HOUR_MS * np.arange(1 - len(prices), 1, dtype=np.int64)
        return CandleBlock(times, prices, prices, prices, prices, prices, np.ones(len(prices), np.int64))

    async def looks(self, times: int = 1, wait_ms: int = 0) -> list[str]:
        """What is asked for within so many looks."""
        self.asked.clear()
        for _ in range(times):
            self.swings.look()
            await turns(9)
            self.clock.advance(wait_ms)
        return list(self.asked)


async def test_the_swing_is_of_closed_hours_and_is_told() -> None:
    past = Past()
    past.hours["ETH"] = 900
    assert past.swings("ETH") is None
    past.swings.want("ETH")
    assert await past.looks() == ["ETH"]
    expected = day_swing(past.closes("ETH"))
    assert expected is not None
    assert past.swings("ETH") == Decimal(str(round(expected, 6)))
    assert past.news == 1
    await past.swings.stop()


async def test_it_is_asked_for_again_when_it_is_old_and_not_before() -> None:
    past = Past()
    past.hours["ETH"] = 900
    past.swings.want("ETH")
    assert await past.looks(30, FRESH_MS // 30) == ["ETH"]
    past.clock.advance(1)
    assert await past.looks() == ["ETH"]
    assert past.news == 2
    await past.swings.stop()


async def test_coins_take_turns_and_one_that_fails_holds_up_no_other() -> None:
    past = Past()
    past.hours |= {"BTC": 900, "SOL": 900}
    for coin in ("SOL", "ADA", "BTC"):
        past.swings.want(coin)
    assert await past.looks(10) == ["SOL", "ADA", "BTC"]
    assert past.swings("BTC") is not None
    assert await past.looks(10) == []
    past.clock.advance(int(AGAIN_SECONDS * 1000))
    assert await past.looks(10) == ["ADA"]
    await past.swings.stop()


async def test_a_past_that_is_too_short_is_asked_for_again_once_it_has_grown() -> None:
    past = Past()
    past.hours["NEW"] = ENOUGH_HOURS - 1
    past.swings.want("NEW")
    assert await past.looks(100, HOUR_MS // 100) == ["NEW"]
    assert (past.swings("NEW"), past.news) == (None, 0)
    past.hours["NEW"] += 1
    past.clock.advance(1)
    assert await past.looks() == ["NEW"]
    assert past.swings("NEW") is not None
    await past.swings.stop()


@pytest.mark.parametrize("answer", [None, 0])
async def test_what_is_known_stays_known_when_the_next_answer_is_missing_or_empty(answer: int | None) -> None:
    past = Past()
    past.hours["ETH"] = 900
    past.swings.want("ETH")
    await past.looks()
    known = past.swings("ETH")
    assert known is not None
    del past.hours["ETH"]
    if answer is not None:
        past.hours["ETH"] = answer
    past.clock.advance(FRESH_MS + 1)
    assert await past.looks(2) == ["ETH"]
    assert past.swings("ETH") == known
    await past.swings.stop()


async def test_a_question_under_way_ends_with_the_desk() -> None:
    clock, begun = ManualClock(), asyncio.Event()

    async def history(
        coin: str, interval: Interval, start_ms: int, end_ms: int, turn: Turn = Turn.STUDY
    ) -> CandleBlock:
        begun.set()
        await asyncio.Event().wait()
        raise AssertionError

    swings = Swings(clock, history)
    swings.want("ETH")
    swings.look()
    await begun.wait()
    swings.look()
    await swings.stop()
    assert swings("ETH") is None
