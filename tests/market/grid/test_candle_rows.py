"""Candle grids: history in silence, rows final once decided upon, higher frames as they were known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.core.candles import open_time
from hlmaster.core.events import CandleRow, DataDefect, LinkChanged, LinkState, SeriesLoaded
from hlmaster.core.model import Interval
from hlmaster.market.grid.candle_rows import HEARD_SECONDS, QUIET_SECONDS, may_close
from hlmaster.market.indicators.ema import Ema
from hlmaster.market.indicators.indicator import over
from hlmaster.market.window import FrameNeeds, Grid, Needs
from tests.market.facts import MINUTE, NOW, candle, context, trade, trades
from tests.market.grid.scene import MINUTES, GridDesk, bar, history

FRAMED = Needs(Grid.of("1m"), 30, (), (), (FrameNeeds(Interval.M5, (Ema(2),), 2),))
FIVE = 5 * MINUTE


def begun(rows: int = 20) -> GridDesk:
    """With minutes of history up to the open candle of NOW."""
    desk = GridDesk()
    desk.grids.need("BTC", MINUTES, "test")
    desk.feed.load_series("BTC", Interval.M1, history(-rows, 0))
    desk.market()
    return desk


# --- history ---


def test_history_is_loaded_in_silence_and_knows_prices_alone() -> None:
    desk = begun()
    window = desk.window(MINUTES)
    assert desk.rows == []
    assert window.time_ms[-1] == NOW, "the open candle is no row"
    assert len(window) == MINUTES.lookback
    assert not np.isnan(window["close"]).any()
    assert all(np.isnan(window[name]).all() for name in ("mark", "funding", "flow"))
    assert desk.grids.progress("BTC", MINUTES) == (10, 10)


def test_indicators_begin_at_the_first_history_row() -> None:
    desk = begun()
    desk.closes(0, 103.5)
    opened = history(-20, -1)
    whole = over(Ema(3), {"close": np.append(opened.close, 103.5)})[0]
    np.testing.assert_array_equal(desk.window(MINUTES)["ema(3)"], whole[-8:])
    assert desk.grids.anchors("BTC", MINUTES.grid) == {"ema(3)": int(opened.time_ms[0]) + MINUTE}


def test_the_rates_that_were_paid_are_what_history_knows_of_funding() -> None:
    desk = begun()
    desk.grids.load_funding("BTC", (np.array([NOW - 3 * MINUTE, NOW]), np.array([0.1, 0.2])))
    np.testing.assert_array_equal(desk.window(MINUTES)["funding"], [math.nan] * 4 + [0.1] * 3 + [0.2])
    desk.at(NOW + MINUTE + 100)
    desk.hears(context(funding_rate=0.3), candle(1))
    assert desk.window(MINUTES)["funding"][-2:].tolist() == [0.2, 0.3]


def test_a_series_that_is_there_already_serves_at_once() -> None:
    desk = GridDesk()
    desk.feed.load_series("BTC", Interval.M1, history(-20, 0))
    desk.grids.need("BTC", MINUTES, "test")
    assert desk.grids.progress("BTC", MINUTES) == (10, 10)


# --- live ---


def test_a_close_makes_a_row_with_what_is_known_then() -> None:
    desk = begun()
    desk.closes(0, 103.5)
    assert [(row.grid, row.row_ms) for row in desk.rows] == [("1m", NOW + MINUTE)]
    window = desk.window(MINUTES)
    assert (window["close"][-1], window.time_ms[-1]) == (103.5, NOW + MINUTE)
    assert math.isnan(window["mark"][-1]), "the context was a minute old"
    desk.closes(1, mark=101.5)
    assert desk.window(MINUTES)["mark"][-1] == 101.5


def test_trades_after_the_end_of_the_candle_count_into_the_next_row() -> None:
    desk = begun()
    desk.hears(trades())
    desk.closes(0)
    desk.at(NOW + 2 * MINUTE + 300)
    at = NOW + 2 * MINUTE
    desk.hears(trades(trade(100.0, at - 1, 1, 2.0), trade(100.0, at + 1, 2, 0.5, is_buy=False)), candle(2))
    assert desk.window(MINUTES)["flow"][-1] == 200.0
    desk.at(NOW + 3 * MINUTE + 300)
    desk.hears(candle(3))
    assert desk.window(MINUTES)["flow"][-1] == -50.0


def test_a_close_that_is_heard_late_is_history_and_nobody_decides_on_it() -> None:
    desk = begun()
    desk.closes(0)
    desk.closes(1, after_ms=16_000)
    assert [row.row_ms for row in desk.rows] == [NOW + MINUTE]
    window = desk.window(MINUTES)
    assert window.time_ms[-1] == NOW + 2 * MINUTE
    assert math.isnan(window["mark"][-1])


def test_a_quiet_coin_s_candle_is_closed_by_the_clock() -> None:
    desk = begun()
    desk.closes(0)
    desk.at(NOW + 2 * MINUTE + 1_999)
    desk.grids.tick()
    assert len(desk.rows) == 1
    desk.at(NOW + 2 * MINUTE + 2_000)
    desk.grids.tick()
    desk.grids.tick()
    assert [row.row_ms for row in desk.rows] == [NOW + MINUTE, NOW + 2 * MINUTE]
    defects = desk.listen(DataDefect)
    desk.at(NOW + 7 * MINUTE + 100)
    desk.hears(candle(7))
    assert len(desk.rows) == 2
    assert not [fact for fact in defects if "decision grid" in fact.detail]


def test_a_trade_that_comes_after_the_clock_closed_its_candle_is_told_and_left_out() -> None:
    desk = begun()
    desk.closes(0)
    desk.at(NOW + 2 * MINUTE + 2_000)
    desk.grids.tick()
    defects = desk.listen(DataDefect)
    desk.hears(candle(1, 101.0, count=3), candle(2))
    assert desk.window(MINUTES)["close"][-1] == 100.0
    assert len([fact for fact in defects if "decision grid" in fact.detail]) == 1


def test_the_clock_closes_nothing_while_the_line_is_down() -> None:
    desk = begun()
    desk.closes(0)
    desk.hears(LinkChanged(LinkState.RECONNECTING, "lost"))
    desk.at(NOW + 2 * MINUTE + 3_000)
    desk.grids.tick()
    assert len(desk.rows) == 1


# --- what comes late ---


def test_what_a_reconnect_missed_is_appended_in_order_before_the_live_row() -> None:
    desk = begun()
    desk.closes(0)
    desk.at(NOW + 5 * MINUTE + 500)
    desk.hears(*(candle(minute, 100.0 + minute) for minute in range(1, 6)))
    window = desk.window(MINUTES)
    assert window.time_ms[-5:].tolist() == [NOW + MINUTE * n for n in range(1, 6)]
    assert window["close"][-4:].tolist() == [101.0, 102.0, 103.0, 104.0]
    assert [row.row_ms for row in desk.rows] == [NOW + MINUTE, NOW + 5 * MINUTE]


def test_until_the_first_live_row_a_hole_may_still_be_filled() -> None:
    desk = GridDesk()
    desk.grids.need("BTC", MINUTES, "test")
    whole = history(-20, 0)
    holed = whole.rows(np.flatnonzero(np.arange(len(whole)) != 12))
    desk.feed.load_series("BTC", Interval.M1, holed)
    desk.feed.load_series("BTC", Interval.M1, whole)
    closes = over(Ema(3), {"close": whole.close[:-1]})[0]
    np.testing.assert_array_equal(desk.window(MINUTES)["ema(3)"], closes[-8:])


def test_a_hole_between_decided_rows_stays_and_is_told() -> None:
    desk = begun()
    desk.closes(0)
    desk.at(NOW + 3 * MINUTE + 100)
    desk.hears(candle(3), candle(3, count=2))
    desk.at(NOW + 4 * MINUTE + 100)
    desk.hears(candle(4))
    before = desk.window(MINUTES)
    defects = desk.listen(DataDefect)
    desk.hears(candle(2, 101.5))
    after = desk.window(MINUTES)
    np.testing.assert_array_equal(after.time_ms, before.time_ms)
    np.testing.assert_array_equal(after["ema(3)"], before["ema(3)"])
    told = [fact.detail for fact in defects if "decision grid" in fact.detail]
    assert len(told) == 1
    assert told[0].startswith("1 1m candles came late")
    desk.hears(SeriesLoaded("BTC", Interval.M1))
    assert len([fact for fact in defects if "decision grid" in fact.detail]) == 1, "once is enough"


def test_a_correction_never_rewrites_a_row() -> None:
    desk = begun()
    desk.closes(0)
    desk.closes(1)
    before = desk.window(MINUTES)
    defects = desk.listen(DataDefect)
    desk.hears(candle(0, 101.0, count=50))
    after = desk.window(MINUTES)
    for name in ("close", "ema(3)"):
        np.testing.assert_array_equal(after[name], before[name])
    assert any("decision grid" in fact.detail for fact in defects)


def test_a_history_that_reaches_further_back_begins_a_new_epoch_and_keeps_rows_as_they_were_known() -> None:
    desk = begun(rows=5)
    desk.closes(0, 103.5, mark=103.0)
    desk.closes(1, 104.5, mark=104.0)
    marks = desk.window(MINUTES)["mark"]
    assert marks[-2:].tolist() == [103.0, 104.0]
    desk.feed.load_series("BTC", Interval.M1, history(-40, -6))
    window = desk.window(MINUTES)
    np.testing.assert_array_equal(window["mark"][-len(marks) :][-7:], marks[-7:])
    closes = np.append(history(-40, -1).close, [103.5, 104.5])
    np.testing.assert_array_equal(window["ema(3)"], over(Ema(3), {"close": closes})[0][-8:])
    assert desk.grids.anchors("BTC", MINUTES.grid) == {"ema(3)": NOW - 39 * MINUTE}
    assert len(desk.rows) == 2, "in silence"


def test_a_load_that_brings_the_newest_close_before_the_stream_does_is_decided_upon() -> None:
    desk = begun()
    desk.closes(0)
    desk.at(NOW + 2 * MINUTE + 300)
    desk.feed.load_series("BTC", Interval.M1, history(-3, 2))
    assert [row.row_ms for row in desk.rows] == [NOW + MINUTE, NOW + 2 * MINUTE]
    desk.hears(candle(2))
    assert len(desk.rows) == 2


# --- higher frames ---


def framed() -> GridDesk:
    """Up to the minute before a five-minute boundary."""
    desk = GridDesk()
    desk.grids.need("BTC", FRAMED, "test")
    start = NOW - NOW % FIVE
    desk.at(start + 4 * MINUTE + 30_000)
    ahead = (start - NOW) // MINUTE
    desk.feed.load_series("BTC", Interval.M1, history(ahead - 30, ahead + 4))
    desk.feed.load_series("BTC", Interval.M5, history(-6, 0, Interval.M5))
    return desk


def minute(at_ms: int, close: float = 100.0) -> object:
    return candle((at_ms - NOW) // MINUTE, close)


def test_history_sees_the_higher_candles_that_had_closed() -> None:
    desk = framed()
    window = desk.window(FRAMED)
    frame = window.frames[Interval.M5]
    for i, closed in enumerate(window.time_ms):
        known = frame.as_of[i]
        assert frame.time_ms[known] <= closed < frame.time_ms[known] + FIVE
    np.testing.assert_array_equal(frame.at("close"), frame["close"][frame.as_of])


@pytest.mark.parametrize("frame_first", [False, True])
def test_a_row_waits_for_the_higher_candle_that_ends_with_it(frame_first: bool) -> None:
    desk = framed()
    end = desk.clock.now_ms() - desk.clock.now_ms() % FIVE + FIVE
    desk.at(end + 100)
    facts = [minute(end), bar(Interval.M5, 1, 102.0)]
    desk.hears(*(reversed(facts) if frame_first else facts[:1]))
    assert len(desk.rows) == (1 if frame_first else 0)
    if not frame_first:
        desk.hears(facts[1])
    assert [row.row_ms for row in desk.rows] == [end]
    window = desk.window(FRAMED)
    frame = window.frames[Interval.M5]
    assert frame.time_ms[frame.as_of[-1]] == end
    assert len(frame) - 1 == frame.as_of[-1]


def test_it_does_not_wait_longer_than_a_second_and_what_comes_later_is_not_seen_in_hindsight() -> None:
    desk = framed()
    end = desk.clock.now_ms() - desk.clock.now_ms() % FIVE + FIVE
    desk.at(end + 100)
    desk.hears(minute(end))
    desk.passes(999)
    desk.grids.tick()
    assert desk.rows == []
    desk.passes(1)
    desk.grids.tick()
    assert [row.row_ms for row in desk.rows] == [end]
    desk.hears(bar(Interval.M5, 1))
    frame = desk.window(FRAMED).frames[Interval.M5]
    assert frame.time_ms[frame.as_of[-1]] == end - FIVE
    desk.at(end + MINUTE + 10)
    desk.hears(minute(end + MINUTE))
    window = desk.window(FRAMED)
    frame = window.frames[Interval.M5]
    assert frame.time_ms[frame.as_of].tolist()[-2:] == [end - FIVE, end]


def test_only_the_grid_that_somebody_decides_on_is_told() -> None:
    desk = framed()
    end = desk.clock.now_ms() - desk.clock.now_ms() % FIVE + FIVE
    desk.at(end + 100)
    desk.hears(minute(end), bar(Interval.M5, 1))
    assert {row.grid for row in desk.rows} == {"1m"}


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 3_000)), min_size=12, max_size=40))
def test_a_higher_candle_is_never_seen_before_it_closed_and_never_later_unseen(
    course: list[tuple[bool, int]],
) -> None:
    """Whatever the order and delay in which closes are heard, what a row saw stays what it saw."""
    desk = framed()
    start = desk.clock.now_ms() - desk.clock.now_ms() % MINUTE
    seen: dict[int, int] = {}
    for number, (frame_first, delay) in enumerate(course, start=1):
        at = start + number * MINUTE
        desk.at(max(desk.clock.market_ms, at + 50))
        facts = [minute(at)]
        if at % FIVE == 0:
            facts.insert(0 if frame_first else 1, bar(Interval.M5, (at - (NOW - NOW % FIVE)) // FIVE))
        for fact in facts:
            desk.hears(fact)
            desk.passes(delay)
            desk.grids.tick()
        window = desk.window(FRAMED)
        frame = window.frames[Interval.M5]
        for closed, known in zip(window.time_ms.tolist(), frame.as_of.tolist(), strict=True):
            saw = int(frame.time_ms[known]) if known >= 0 else -1
            assert saw <= closed
            assert seen.setdefault(closed, saw) == saw
    assert {row.row_ms for row in desk.rows} <= seen.keys()


def test_a_higher_frame_that_stopped_is_not_known_after_two_of_its_intervals() -> None:
    desk = framed()
    start = desk.clock.now_ms() - desk.clock.now_ms() % MINUTE
    for number in range(1, 16):
        desk.at(start + number * MINUTE + 1_100)
        desk.hears(minute(start + number * MINUTE))
        desk.grids.tick()
        desk.passes(1_100)
        desk.grids.tick()
    window = desk.window(FRAMED)
    frame = window.frames[Interval.M5]
    age = window.time_ms - frame.time_ms[-1]
    assert age[-1] > 2 * FIVE > age[0]
    np.testing.assert_array_equal(np.isnan(frame.at("close")), age > 2 * FIVE)
    assert set(frame.at("close")[(age >= 0) & (age <= 2 * FIVE)]) == {frame["close"][-1]}


def test_months_close_by_the_calendar() -> None:
    desk = GridDesk()
    monthly = Needs(Grid.of(Interval.MO1), 3)
    desk.grids.need("BTC", monthly, "test")
    for opened in (1_782_864_000_000, 1_785_542_400_000, 1_788_220_800_000):  # July, August, September 2026
        desk.at(opened + 500)
        desk.hears(CandleRow("BTC", Interval.MO1, opened, 1.0, 1.0, 1.0, 1.0, 1.0, 1))
    assert desk.window(monthly).time_ms.tolist() == [1_785_542_400_000, 1_788_220_800_000]


@given(st.sampled_from(list(Interval)), st.integers(NOW, NOW + 400 * 86_400_000), st.sampled_from([1.0, 20.0, 200.0]))
def test_a_candle_that_the_clock_may_close_is_never_passed_over(interval: Interval, now_ms: int, speed: float) -> None:
    ended = now_ms - open_time(now_ms, interval)
    alive = max(HEARD_SECONDS * 1000 * speed, min(interval.ms // 4, MINUTE))
    if QUIET_SECONDS * 1000 * speed <= ended <= alive:
        assert may_close(interval, now_ms, speed)
    if alive < interval.ms:
        quiet_yet = open_time(now_ms, interval) + int(QUIET_SECONDS * 1000 * speed) - 1
        assert not may_close(interval, quiet_yet, speed)
