from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from hlmaster.core.candles import CandleBlock
from hlmaster.core.model import Interval
from hlmaster.insight.analyst.triggers import Switches, Triggers
from tests.insight.analyst.markets import candles

ALL_ON = Switches(move=True, volume=True, book=True, cascade=True, funding=True, gap=True)


def with_last_volume(volume: float, count: int = 30) -> CandleBlock:
    block = candles(count)
    return replace(block, volume=np.r_[block.volume[:-1], volume])


def test_only_the_close_of_a_minute_is_on_by_default() -> None:
    triggers = Triggers()
    assert triggers.candle_closed(Interval.M1, with_last_volume(1e6)) == "a 1m candle closed"
    assert triggers.candle_closed(Interval.M5, candles()) is None
    assert triggers.moved("BTC", 100.0) is None
    assert triggers.moved("BTC", 200.0) is None
    assert triggers.booked("BTC", 0.99) is None
    assert triggers.context("BTC", 0, 1_000.0, 100.0, 0.01) is None
    assert triggers.context("BTC", 1_000, 500.0, 50.0, 0.01) is None
    assert triggers.apart("BTC", 110.0, 100.0) is None


@pytest.mark.parametrize(
    ("switches", "interval", "closed", "said"),
    [
        (Switches(), Interval.M1, candles(), "a 1m candle closed"),
        (Switches(interval=Interval.M5), Interval.M5, candles(), "a 5m candle closed"),
        (Switches(interval=Interval.M5), Interval.M1, candles(), None),
        (Switches(candle_close=False), Interval.M1, candles(), None),
        (Switches(), Interval.M1, CandleBlock.empty(), None),
        (ALL_ON, Interval.M1, with_last_volume(12.5), "a 1m candle closed"),
        (ALL_ON, Interval.M1, with_last_volume(24.9), "a 1m candle closed"),
        (ALL_ON, Interval.M1, with_last_volume(25.0), "volume of $1,49"),
        (replace(ALL_ON, candle_close=False), Interval.M1, with_last_volume(24.9), None),
        (replace(ALL_ON, candle_close=False), Interval.M1, with_last_volume(math.nan), None),
        (replace(ALL_ON, candle_close=False), Interval.M1, with_last_volume(1e6, count=10), None),
        (replace(ALL_ON, candle_close=False), Interval.M1, with_last_volume(1e6, count=11), "times the usual"),
    ],
)
def test_a_candle_that_closes_is_told_with_its_volume_where_that_is_large(
    switches: Switches, interval: Interval, closed: CandleBlock, said: str | None
) -> None:
    found = Triggers(switches).candle_closed(interval, closed)
    assert found is None if said is None else said in (found or "")


def test_a_move_counts_from_the_last_analysis() -> None:
    triggers = Triggers(ALL_ON)
    seen = [triggers.moved("BTC", mid) for mid in (60_000.0, 60_059.0, 60_061.0, 60_062.0, math.nan)]
    assert seen == [None, None, "the price moved +0.10% since the last analysis", None, None]
    triggers.analysed("BTC", 60_100.0)
    assert triggers.moved("BTC", 60_045.0) is None
    assert triggers.moved("BTC", 60_030.0) == "the price moved -0.12% since the last analysis"


def test_a_price_that_is_none_starts_no_count() -> None:
    triggers = Triggers(ALL_ON)
    seen = [triggers.moved("BTC", mid) for mid in (math.nan, 0.0, 100.0, 101.0)]
    assert seen == [None, None, None, "the price moved +1.00% since the last analysis"]


def test_a_book_that_leans_is_told_once_until_it_has_let_go() -> None:
    triggers = Triggers(ALL_ON)
    seen = [triggers.booked("BTC", level) for level in (0.59, 0.6, 0.9, 0.5, 0.7, math.nan, 0.4, -0.62)]
    assert [told for told in seen if told] == ["bids are 80% of the shown book", "asks are 81% of the shown book"]
    assert seen[1]
    assert seen[-1]


def test_coins_do_not_disturb_each_other() -> None:
    triggers = Triggers(ALL_ON)
    assert triggers.booked("BTC", 0.7)
    assert triggers.booked("ETH", 0.7)
    triggers.forget("BTC")
    assert triggers.booked("BTC", 0.7)


@pytest.mark.parametrize(
    ("contexts", "said"),
    [
        # seconds, open interest, price
        (((0, 1_000, 100.0), (30, 990, 98.0)), "open interest fell 1.0% while the price moved -2.0% in a minute"),
        (((0, 1_000, 100.0), (30, 990, 102.0)), "price moved +2.0%"),
        (((0, 1_000, 100.0), (30, 990, 99.9)), None),
        (((0, 1_000, 100.0), (30, 999, 98.0)), None),
        (((0, 1_000, 100.0), (30, 1_010, 98.0)), None),
        (((0, 1_000, 100.0), (90, 990, 98.0)), None),
        (((0, 0, 100.0), (30, 990, 98.0)), None),
        (((0, math.nan, 100.0), (30, 990, 98.0)), None),
        (((0, 1_000, 100.0), (30, math.nan, math.nan)), None),
    ],
)
def test_positions_closed_by_force_show_in_open_interest_and_price(
    contexts: tuple[tuple[int, float, float], ...], said: str | None
) -> None:
    triggers = Triggers(ALL_ON)
    found = [triggers.context("BTC", 1_000 * s, interest, price, 0.0) for s, interest, price in contexts][-1]
    assert found is None if said is None else said in (found or "")


def test_one_cascade_is_told_once() -> None:
    triggers = Triggers(ALL_ON)
    seen = [triggers.context("BTC", 1_000 * s, 1_000.0 - 5 * s, 100.0 - s / 2, 0.0) for s in range(60)]
    assert sum(told is not None for told in seen) == 1


@pytest.mark.parametrize(
    ("rates", "told"),
    [
        ((0.0000125, 0.0000125), [None, None]),
        ((0.0001, 0.0002), ["funding is +0.0100% an hour, paid by longs", None]),
        ((-0.0003,), ["funding is -0.0300% an hour, paid by shorts"]),
        ((0.0002, 0.00001, -0.0002), ["funding is +0.0200% an hour, paid by longs", None]),
        ((math.nan,), [None]),
    ],
)
def test_funding_that_is_out_of_the_ordinary_is_told(rates: tuple[float, ...], told: list[str | None]) -> None:
    triggers = Triggers(ALL_ON)
    seen = [triggers.context("BTC", 1_000 * n, 1_000.0, 100.0, rate) for n, rate in enumerate(rates)]
    assert seen[: len(told)] == told


@pytest.mark.parametrize(
    ("prices", "told"),
    [
        ((100.1, 99.9), [None, None]),
        ((100.3, 100.4), ["the price is +0.30% off the oracle, which follows other exchanges", None]),
        ((99.7,), ["the price is -0.30% off the oracle, which follows other exchanges"]),
        ((100.3, 100.0, 99.7), ["the price is +0.30% off the oracle, which follows other exchanges", None]),
    ],
)
def test_a_gap_between_venues_is_told_once_until_it_has_closed(
    prices: tuple[float, ...], told: list[str | None]
) -> None:
    triggers = Triggers(ALL_ON)
    seen = [triggers.apart("BTC", price, 100.0) for price in prices]
    assert seen[: len(told)] == told
    if len(prices) == 3:
        assert seen[2] == "the price is -0.30% off the oracle, which follows other exchanges"


def test_without_an_oracle_there_is_no_gap() -> None:
    assert [Triggers(ALL_ON).apart("BTC", 100.0, oracle) for oracle in (0.0, math.nan, -1.0)] == [None] * 3
