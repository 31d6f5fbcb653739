"""Trades become minutes, minutes every coarser candle."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from hlmaster.core.candles import open_time
from hlmaster.core.clock import DAY_MS, MINUTE_MS
from hlmaster.core.model import Interval
from hlmaster.exchange.simulator.events import CandleView, TradeRow
from hlmaster.exchange.simulator.grid import Grid
from hlmaster.exchange.simulator.tape import Tape

START = 1_763_596_800_000
GRID = Grid(2)


def tape() -> Tape:
    return Tape("SOL", GRID)


def trade(one: Tape, seconds: float, ticks: int, lots: int = 1) -> None:
    price, size = GRID.price(ticks), GRID.size(lots)
    row = TradeRow("SOL", True, price, size, START + int(seconds * 1000), "0x", 1, "0xa", "0xb")
    one.add(row, ticks, lots)


def ohlc(view: CandleView) -> tuple[int, ...]:
    return tuple(GRID.ticks(price) for price in (view.open, view.high, view.low, view.close))


def test_a_candle_opens_with_its_first_trade_and_closes_with_its_last() -> None:
    one = tape()
    assert one.candle(Interval.M1) is None
    for seconds, ticks in ((1, 100), (2, 105), (3, 95), (4, 101)):
        trade(one, seconds, ticks, 2)
    view = one.candle(Interval.M1)
    assert view is not None
    assert ohlc(view) == (100, 105, 95, 101)
    assert (view.volume, view.trades, view.close_ms) == (Decimal("0.08"), 4, START + MINUTE_MS - 1)


def test_minutes_without_a_trade_are_flat_at_the_last_price() -> None:
    one = tape()
    trade(one, 1, 100)
    trade(one, 185, 110)
    rows = one.candles(Interval.M1, 0)
    assert [ohlc(row) for row in rows] == [(100,) * 4, (100,) * 4, (100,) * 4, (110,) * 4]
    assert [row.trades for row in rows] == [1, 0, 0, 1]


trades = st.lists(st.tuples(st.floats(0.1, 4000), st.integers(50, 150), st.integers(1, 9)), min_size=1, max_size=40)


@given(trades)
def test_every_timeframe_is_the_sum_of_its_minutes(steps: list[tuple[float, int, int]]) -> None:
    one, seconds = tape(), 0.0
    for pause, ticks, lots in steps:
        seconds += pause
        trade(one, seconds, ticks, lots)
    minutes = one.candles(Interval.M1, 0)
    for interval in (Interval.M5, Interval.H1, Interval.D1, Interval.W1, Interval.MO1):
        rows = one.candles(interval, 0)
        assert rows[-1] == one.candle(interval)
        assert sum(row.volume for row in rows) == sum(row.volume for row in minutes)
        for row in rows:
            parts = [part for part in minutes if open_time(part.open_ms, interval) == row.open_ms]
            assert (row.open, row.close) == (parts[0].open, parts[-1].close)
            assert (row.high, row.low) == (max(part.high for part in parts), min(part.low for part in parts))
            assert row.trades == sum(part.trades for part in parts)


def test_the_day_window_forgets_what_is_older() -> None:
    one = tape()
    for hour in range(30):
        trade(one, hour * 3600 + 1, 100 + hour, 10)
    one.roll(START + 30 * 3_600_000)
    lots, tick_lots, before = one.day()
    assert lots == 240
    assert tick_lots == sum(10 * (100 + hour) for hour in range(6, 30))
    assert before == 106


def test_memory_continues_with_the_next_trade() -> None:
    one = tape()
    trade(one, 1, 100, 5)
    trade(one, 61, 110, 5)
    again = tape()
    again.restore(one.take_unsaved(), one.export()["minute"], one.export()["last"])
    assert again.last == 110
    assert again.candle(Interval.M1) is None
    trade(again, 3600, 120, 5)
    assert [row.open_ms - START for row in again.candles(Interval.M1, 0)] == [0, 60_000, 3_600_000]
    assert again.day()[0] == 15
    hour = again.candles(Interval.H1, 0)[0]
    assert ohlc(hour) == (100, 110, 100, 110)


def test_a_resumed_minute_is_one_candle() -> None:
    one = tape()
    trade(one, 1, 100, 5)
    again = tape()
    again.restore([], one.export()["minute"], 100)
    trade(again, 30, 120, 5)
    view = again.candle(Interval.M1)
    assert view is not None
    assert ohlc(view) == (100, 120, 100, 120)
    assert again.candles(Interval.M1, 0) == [view]


def test_a_day_of_minutes_is_bounded_by_since() -> None:
    one = tape()
    trade(one, 1, 100)
    one.roll(START + DAY_MS)
    assert len(one.candles(Interval.M1, START + DAY_MS - 10 * MINUTE_MS)) == 11
