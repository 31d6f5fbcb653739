"""The estimate of the place in the queue: bounded, monotone, exact where everything is seen."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hlmaster.core.model import Side
from hlmaster.ui.ladder.queue import Place, after_book, after_trade, doubted, first, placed

SIZE = st.floats(0, 1e6)
PRICE = 100.0


def start(ahead: float | None = 10.0, side: Side = Side.BUY) -> Place:
    return placed(side, PRICE, ahead, 1_000)


def sold(place: Place, size: float, price: float = PRICE, time_ms: int = 2_000) -> Place:
    return after_trade(place, price, size, place.side is Side.SELL, time_ms)


def test_at_placement_everything_at_the_price_is_ahead() -> None:
    assert start().ahead == 10


def test_a_trade_takes_from_the_front() -> None:
    place = sold(start(), 4)
    assert (place.ahead, place.others) == (6, 6)
    assert sold(place, 50).ahead == 0


@pytest.mark.parametrize(("side", "beyond"), [(Side.BUY, 99.9), (Side.SELL, 100.1)])
def test_a_trade_beyond_the_price_leaves_nothing_ahead(side: Side, beyond: float) -> None:
    assert sold(start(side=side), 0.1, beyond).ahead == 0


@pytest.mark.parametrize(("side", "nearer"), [(Side.BUY, 100.1), (Side.SELL, 99.9)])
def test_a_trade_before_the_price_and_one_of_the_own_side_change_nothing(side: Side, nearer: float) -> None:
    place = start(side=side)
    assert sold(place, 4, nearer) == place
    assert after_trade(place, PRICE, 4, side is Side.BUY, 2_000) == place


def test_cancels_are_spread_evenly_and_what_joins_stands_behind() -> None:
    joined = after_book(start(), 31.0, 1.0, 2_000)
    assert (joined.ahead, joined.others) == (10, 30)
    halved = after_book(joined, 16.0, 1.0, 3_000)
    assert (halved.ahead, halved.others) == (5, 15)


def test_a_book_that_is_older_than_what_is_known_changes_nothing() -> None:
    place = sold(start(), 4, time_ms=5_000)
    assert after_book(place, 11.0, 1.0, 4_000) == place


def test_a_trade_that_the_book_showed_first_counts_once() -> None:
    seen = after_book(after_book(start(), 31.0, 1.0, 2_000), 25.0, 1.0, 3_000)
    late = sold(seen, 6, time_ms=2_900)
    assert late.ahead == pytest.approx(4)
    assert late.others == pytest.approx(24)


def test_out_of_sight_keeps_what_was_known_and_unseen_at_placement_stays_unknown() -> None:
    assert after_book(start(), None, 1.0, 2_000) == start()
    unknown = start(None)
    assert sold(after_book(unknown, 5.0, 1.0, 2_000), 3) == unknown
    assert "unknown" in unknown.text


def test_after_a_stale_book_it_is_a_question_mark() -> None:
    assert doubted(start()).brief == "?"


def test_a_part_fill_means_nothing_is_ahead() -> None:
    assert first(start()).ahead == 0
    assert first(start(None)).ahead is None


EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("trade"), SIZE, st.sampled_from((99.9, PRICE, 100.1)), st.booleans()),
        st.tuples(st.just("book"), st.one_of(st.none(), SIZE), SIZE, st.just(False)),
    ),
    max_size=30,
)


@settings(max_examples=50)
@given(SIZE, st.sampled_from(Side), EVENTS, st.lists(st.integers(0, 50), min_size=30, max_size=30))
def test_it_never_grows_never_falls_below_zero_and_never_exceeds_the_others(
    level: float, side: Side, events: list[tuple[str, float | None, float, bool]], times: list[int]
) -> None:
    place = placed(side, PRICE, level, 10)
    for (kind, amount, other, flag), time_ms in zip(events, times, strict=False):
        before = place
        if kind == "trade":
            place = after_trade(place, other, amount or 0.0, flag, time_ms)
        else:
            place = after_book(place, amount, other, time_ms)
        assert before.ahead is not None
        assert place.ahead is not None
        assert place.others is not None
        assert 0 <= place.ahead <= before.ahead * (1 + 1e-12)
        assert place.ahead <= place.others * (1 + 1e-9)


@given(st.lists(st.floats(0.01, 10), min_size=1, max_size=20), st.floats(0.01, 5))
def test_with_trades_alone_it_is_the_true_queue(trades: list[float], own: float) -> None:
    level = sum(trades) + 1
    place = placed(Side.SELL, PRICE, level, 0)
    left = level
    for index, size in enumerate(trades):
        left -= size
        place = after_trade(place, PRICE, size, True, 2 * index + 1)
        place = after_book(place, left + own, own, 2 * index + 2)
    assert place.ahead == pytest.approx(left, rel=1e-6)
