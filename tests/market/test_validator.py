"""Each judgement as a table: what is sound, what is not, and why."""

from __future__ import annotations

from math import inf, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.core.candles import CandleBlock
from hlmaster.core.clock import ManualClock
from hlmaster.core.events import AssetContext, BestQuote, BookSnapshot, CandleRow, DefectKind, Level, Trade
from hlmaster.core.model import Interval
from hlmaster.market.validator import CONFIRMATIONS, PriceBand, Validator, moment, sift
from tests.market.facts import MINUTE, NOW, book, candle, context, ladder, quote, trade

K = DefectKind


def settled(price: float = 100.0) -> PriceBand:
    band = PriceBand()
    band.recentre(price)
    return band


@pytest.fixture
def validator() -> Validator:
    return Validator(ManualClock(NOW))


@pytest.mark.parametrize(
    ("snapshot", "kind"),
    [
        (book(ladder(100, 20, -0.5), ladder(100.5, 20, 0.5)), None),
        (book([], []), None),
        (book([(100, 1)], []), None),
        (book([], [(100, 1)]), None),
        (book([(101, 1)], [(101, 1)]), K.CROSSED_BOOK),
        (book([(102, 1)], [(101, 1)]), K.CROSSED_BOOK),
        (book([(nan, 1)]), K.NOT_A_NUMBER),
        (book([(100, nan)]), K.NOT_A_NUMBER),
        (book([(100, 1), (nan, 1)]), K.NOT_A_NUMBER),
        (book([(inf, 1)]), K.NOT_A_NUMBER),
        (book([(100, inf)]), K.NOT_A_NUMBER),
        (book([(100, 0)]), K.NOT_A_NUMBER),
        (book([(100, -1)]), K.NOT_A_NUMBER),
        (book([(100, 1), (-1, 1)]), K.NOT_A_NUMBER),
        (book([(100, 1), (0, 1)]), K.NOT_A_NUMBER),
        (book(asks=[(nan, 1)]), K.NOT_A_NUMBER),
        (book(asks=[(101, 1), (inf, 1)]), K.NOT_A_NUMBER),
        (book(asks=[(0, 1)]), K.NOT_A_NUMBER),
        (book(asks=[(101, 1), (102, -inf)]), K.NOT_A_NUMBER),
        (book([(99, 1), (100, 1)]), K.MALFORMED),
        (book([(100, 1), (100, 1)]), K.MALFORMED),
        (book(asks=[(102, 1), (101, 1)]), K.MALFORMED),
        (book(time_ms=NOW + 5_000), None),
        (book(time_ms=NOW + 5_001), K.FUTURE_TIME),
        (book([(200, 1)], [(201, 1)]), K.OUTLIER_PRICE),
        (book([(200, 1)], []), K.OUTLIER_PRICE),
        (book([], [(50, 1)]), K.OUTLIER_PRICE),
        (book([(107, 1)], [(108, 1)]), None),
        (book([(1, 1)], [(500, 1)]), None),
    ],
)
def test_books(validator: Validator, snapshot: BookSnapshot, kind: DefectKind | None) -> None:
    fault = validator.book(snapshot, None, settled())
    assert (None if fault is None else fault[0]) is kind


@pytest.mark.parametrize(
    ("last_ms", "bids", "kind"),
    [(NOW + 1, 100, K.OUT_OF_ORDER), (NOW, 100, K.DUPLICATE), (NOW, 99, None), (NOW - 1, 100, None)],
)
def test_a_book_must_not_go_back_nor_repeat(
    validator: Validator, last_ms: int, bids: float, kind: DefectKind | None
) -> None:
    fault = validator.book(book(), book([(bids, 1.0)], time_ms=last_ms), settled())
    assert (None if fault is None else fault[0]) is kind


@pytest.mark.parametrize(
    ("best", "last", "kind"),
    [
        (quote(), None, None),
        (quote(None, 101), None, None),
        (quote(None, None), None, None),
        (quote(101, 101), None, K.CROSSED_BOOK),
        (quote(102, 101), None, K.CROSSED_BOOK),
        (quote(nan, 101), None, K.NOT_A_NUMBER),
        (quote(100, inf), None, K.NOT_A_NUMBER),
        (quote(-1, 101), None, K.NOT_A_NUMBER),
        (BestQuote("BTC", NOW, Level(100, 0), Level(101, 1)), None, K.NOT_A_NUMBER),
        (quote(200, 201), None, K.OUTLIER_PRICE),
        (quote(time_ms=NOW + 6_000), None, K.FUTURE_TIME),
        (quote(), quote(), K.DUPLICATE),
        (quote(), quote(time_ms=NOW + 1), K.OUT_OF_ORDER),
        (quote(100, 102), quote(), None),
    ],
)
def test_quotes(validator: Validator, best: BestQuote, last: BestQuote | None, kind: DefectKind | None) -> None:
    fault = validator.quote(best, last, settled())
    assert (None if fault is None else fault[0]) is kind


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        (trade(), None),
        (trade(nan), K.NOT_A_NUMBER),
        (trade(inf), K.NOT_A_NUMBER),
        (trade(-5), K.NOT_A_NUMBER),
        (trade(size=0), K.NOT_A_NUMBER),
        (trade(time_ms=NOW + 5_001), K.FUTURE_TIME),
        (trade(time_ms=NOW - 11), K.OUT_OF_ORDER),
        (trade(time_ms=NOW - 10), None),
    ],
)
def test_trades(validator: Validator, row: Trade, kind: DefectKind | None) -> None:
    fault = validator.trade(row, trade(time_ms=NOW - 10))
    assert (None if fault is None else fault[0]) is kind


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        (candle(), None),
        (candle(volume=0.0, trades=0), None),
        (candle(high=nan), K.NOT_A_NUMBER),
        (candle(low=-1.0), K.NOT_A_NUMBER),
        (candle(open=inf, high=inf), K.NOT_A_NUMBER),
        (candle(volume=nan), K.NOT_A_NUMBER),
        (candle(volume=-1.0), K.NOT_A_NUMBER),
        (candle(high=99.0), K.MALFORMED),
        (candle(low=101.0), K.MALFORMED),
        (candle(trades=-1), K.MALFORMED),
        (candle(1), K.FUTURE_TIME),
        (CandleRow("BTC", Interval.M1, NOW - 1, 1, 1, 1, 1, 1, 1), K.MALFORMED),
        (CandleRow("BTC", Interval.D3, NOW - MINUTE, 1, 1, 1, 1, 1, 1), None),
    ],
)
def test_candles(validator: Validator, row: CandleRow, kind: DefectKind | None) -> None:
    fault = validator.candle(row)
    assert (None if fault is None else fault[0]) is kind


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        (context(), None),
        (context(mid_price=None, premium=None), None),
        (context(mark=nan), K.NOT_A_NUMBER),
        (context(oracle=0.0), K.NOT_A_NUMBER),
        (context(mid_price=-1.0), K.NOT_A_NUMBER),
        (context(funding_rate=nan), K.NOT_A_NUMBER),
        (context(premium=inf), K.NOT_A_NUMBER),
        (context(open_interest=-1.0), K.NOT_A_NUMBER),
        (context(day_volume=inf), K.NOT_A_NUMBER),
        (context(mark=150, oracle=100), K.OUTLIER_PRICE),
        (context(mark=150, oracle=149), None),
    ],
)
def test_contexts(validator: Validator, told: AssetContext, kind: DefectKind | None) -> None:
    fault = validator.context(told, settled())
    assert (None if fault is None else fault[0]) is kind


# --- the clock ---


def test_our_slow_clock_does_not_make_every_stamp_a_future_one_once_the_offset_is_known(validator: Validator) -> None:
    assert validator.is_future(NOW + 60_000)
    validator.clock_offset_ms = 58_000.0
    assert not validator.is_future(NOW + 60_000)


def test_the_tolerance_is_wall_time_however_fast_the_market_runs() -> None:
    fast = Validator(ManualClock(NOW, speed=20))
    assert not fast.is_future(NOW + 100_000)
    assert fast.is_future(NOW + 100_001)


def test_a_stamp_that_was_future_is_accepted_when_its_time_has_come() -> None:
    clock = ManualClock(NOW)
    validator = Validator(clock)
    assert validator.is_future(NOW + 6_000)
    clock.advance(1_000)
    assert not validator.is_future(NOW + 6_000)


def test_absurd_stamps_can_be_told() -> None:
    assert moment(NOW) == "2026-09-21 14:14:00 UTC"
    assert moment(10**18) == f"{10**18} ms"


# --- the price band ---


def test_a_misprint_is_never_believed() -> None:
    band = settled()
    for _ in range(50):
        assert not band.admits(1_000)
        assert band.admits(100)


def test_a_crash_is_believed_after_three_messages_agree() -> None:
    band = settled()
    assert [band.admits(price) for price in (60, 58, 57, 30, 57)] == [False, False, True, False, True]
    assert CONFIRMATIONS == 3


def test_disagreeing_misprints_do_not_confirm_each_other() -> None:
    band = settled()
    assert not any(band.admits(price) for price in (1_000, 10, 1_000, 10, 5_000, 1))


def test_an_outlier_that_agrees_with_the_mark_is_believed_at_once() -> None:
    band = settled()
    band.anchor = 60.0
    assert band.admits(61)
    assert band.centre == 61


def test_the_first_price_is_taken_and_outvoted_if_it_was_wrong() -> None:
    band = PriceBand()
    assert band.admits(5)
    assert [band.admits(100) for _ in range(3)] == [False, False, True]


@pytest.mark.parametrize(
    ("low", "high", "close", "believed"),
    [(99, 101, 100, True), (60, 99, 61, True), (60, 85, 61, False), (10, 100, 10, False), (99, 1_000, 1_000, False)],
)
def test_a_candle_shows_its_way_to_a_far_price(low: float, high: float, close: float, believed: bool) -> None:
    band = settled()
    assert band.admits_path(low, high, close) is believed
    assert band.centre is not None
    assert (abs(band.centre / close - 1) < 0.05) is believed


@given(st.lists(st.floats(-0.09, 0.09), max_size=100))
def test_a_drift_in_steps_inside_the_band_is_followed_however_far(steps: list[float]) -> None:
    price, band = 100.0, settled()
    for step in steps:
        if band.centre is None or abs(price * (1 + step) / band.centre - 1) > 0.0999:
            continue
        price *= 1 + step
        assert band.admits(price)


@given(st.lists(st.floats(1, 10_000), max_size=30), st.floats(1, 10_000))
def test_no_price_is_rejected_for_ever(noise: list[float], level: float) -> None:
    band = PriceBand()
    for price in noise:
        band.admits(price)
    assert any(band.admits(level) for _ in range(CONFIRMATIONS))


# --- blocks ---


def block(*rows: CandleRow) -> CandleBlock:
    def column(name: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return np.array([getattr(row, name) for row in rows], np.float64)

    times = np.array([row.open_ms for row in rows], np.int64)
    counts = np.array([row.trades for row in rows], np.int64)
    return CandleBlock(times, column("open"), column("high"), column("low"), column("close"), column("volume"), counts)


def test_a_block_is_sorted_cleaned_and_its_faults_are_counted() -> None:
    sifted = sift(
        block(
            candle(-9),
            candle(-7),
            candle(-8),
            candle(-6, high=nan),
            candle(-5, volume=nan),
            candle(-4, high=1.0),
            candle(-3, 1),
            candle(-3, 2),
            candle(5),
        ),
        NOW,
    )
    assert ((sifted.block.time_ms - NOW) // MINUTE).tolist() == [-9, -8, -7, -3]
    assert sifted.block.close.tolist() == [100, 100, 100, 2]
    assert sifted.faults == {K.NOT_A_NUMBER: 2, K.MALFORMED: 1, K.FUTURE_TIME: 1, K.OUT_OF_ORDER: 1, K.DUPLICATE: 1}


def test_an_empty_block_has_no_faults() -> None:
    sifted = sift(CandleBlock.empty(), NOW)
    assert (len(sifted.block), sifted.faults) == (0, {})


@given(
    st.lists(st.tuples(st.integers(-20, 5), st.sampled_from([1.0, 2.0, nan, -1.0, inf]), st.booleans()), max_size=30),
)
def test_every_row_of_a_block_is_either_kept_or_counted(rows: list[tuple[int, float, bool]]) -> None:
    made = block(*(candle(minute, close, high=0.5 if broken else close) for minute, close, broken in rows))
    sifted = sift(made, NOW)
    dropped = sum(count for kind, count in sifted.faults.items() if kind is not K.OUT_OF_ORDER)
    assert len(sifted.block) + dropped == len(rows)
    assert (np.diff(sifted.block.time_ms) > 0).all()
    assert np.isfinite(sifted.block.close).all()
