"""The feed: what it accepts becomes state and is told, what it refuses is counted and stays out."""

from __future__ import annotations

from itertools import pairwise
from math import nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.core.events import (
    BookChanged,
    CandleChanged,
    ContextChanged,
    DataDefect,
    DefectKind,
    GroupedBook,
    LinkChanged,
    LinkState,
    Mids,
    QuoteChanged,
    SeriesLoaded,
    StalenessChanged,
    TradesSeen,
)
from hlmaster.core.model import Interval
from hlmaster.market.series import Series
from hlmaster.market.staleness import LIMITS
from tests.market.facts import MINUTE, NOW, Desk, book, candle, context, ladder, levels, quote, trade, trades

UP = LinkChanged(LinkState.CONNECTED, "Connected.")
DOWN = LinkChanged(LinkState.RECONNECTING, "The exchange cannot be reached.", 1, 2.0)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def refresh(desk: Desk) -> None:
    """Every stream of BTC and the account, once more."""
    now = desk.clock.now_ms()
    desk.hears(book(time_ms=now), book(time_ms=now, fast=True), quote(time_ms=now), context())
    desk.feed.touch_account()


# --- state and events ---


def test_a_book_that_the_venue_grouped_goes_on_where_ours_ends(desk: Desk) -> None:
    heard = desk.listen(BookChanged)
    desk.hears(book(ladder(500.4, 20, -0.1), ladder(500.5, 20, 0.1)))
    market = desk.feed.market("BTC")
    ours = market.grouped(3, 1)
    assert [level.price for level in ours[0]] == [500, 499, 498]
    far = levels([(500, 9), (499, 9), (498, 9), (497, 9)]), levels([(501, 9), (502, 9)])
    desk.hears(GroupedBook("BTC", 3, 1, NOW, *far))
    assert len(heard) == 2
    bids, asks = market.grouped(3, 1)
    assert [(level.price, level.size) for level in bids] == [(500, 5.0), (499, 10.0), (498, 9.0), (497, 9.0)]
    assert [level.price for level in asks] == [501, 502, 503]
    assert market.grouped(2, 1) == market.book.aggregate(2)
    desk.clock.advance(int(LIMITS["slow_book"] * 1000) + 1)
    assert market.grouped(3, 1) == ours
    assert market.last_book(fast=False) is not None


def test_an_unsound_grouped_book_is_kept_out(desk: Desk) -> None:
    desk.hears(GroupedBook("BTC", 3, 1, NOW, levels([(101, 1)]), levels([(100, 1)])))
    desk.hears(GroupedBook("NOPE", 3, 1, NOW, [], []))
    assert desk.defects == {"crossed book": 1, "unknown coin": 1}
    assert desk.feed.market("BTC").grouped(3, 1) == ([], [])


def test_each_accepted_fact_becomes_state_and_is_told(desk: Desk) -> None:
    heard = [desk.listen(kind) for kind in (BookChanged, QuoteChanged, TradesSeen, CandleChanged, ContextChanged)]
    desk.hears(
        book(ladder(100, 20, -1), ladder(101, 20, 1)),
        book(ladder(100, 5, -1), ladder(101, 5, 1), fast=True),
        quote(100, 100.5),
        trades(trade(100.5)),
        candle(0, 100.5),
        context(mark=100.2, oracle=100.1),
    )
    market = desk.feed.market("BTC")
    assert [len(events) for events in heard] == [3, 1, 1, 1, 1]
    assert market.book.asks[0].price == 100.5
    assert (market.mid, market.mark, market.oracle) == (100.25, 100.2, 100.1)
    assert market.day_change_fraction == pytest.approx(0.2525)
    assert market.fast_book is not None
    assert market.quote == quote(100, 100.5)
    assert market.context == context(mark=100.2, oracle=100.1)
    assert market.trades.recent(5) == [trade(100.5)]
    series = market.series(Interval.M1)
    assert series is not None
    assert series.last == candle(0, 100.5)
    assert market.series(Interval.D1) is None
    assert desk.feed.coins == ("BTC",)
    assert desk.feed.messages == 6
    assert desk.defects == {}


def test_a_coin_that_is_not_listed_has_no_market(desk: Desk) -> None:
    desk.hears(quote(coin="NOPE"))
    assert desk.defects == {"unknown coin": 1}
    with pytest.raises(KeyError):
        desk.feed.market("NOPE")


def test_a_closed_feed_hears_no_more(desk: Desk) -> None:
    desk.feed.close()
    desk.hears(quote())
    assert desk.feed.messages == 0


def test_a_refused_datum_leaves_the_state_and_its_age_as_they_were(desk: Desk) -> None:
    defects, told = desk.listen(DataDefect), desk.listen(BookChanged)
    desk.hears(book())
    desk.clock.advance(2_000)
    desk.hears(book([(102, 1)], [(101, 1)], NOW + 2_000))
    market = desk.feed.market("BTC")
    assert market.age_seconds("slow_book") == 2.0
    assert market.book.bids[0].price == 100
    assert len(told) == 1
    assert [(d.kind, d.stream, d.coin) for d in defects] == [(DefectKind.CROSSED_BOOK, "slow_book", "BTC")]
    assert list(desk.feed.recent_defects) == defects


def test_fast_and_slow_books_are_ordered_each_by_itself(desk: Desk) -> None:
    desk.hears(book(time_ms=NOW), book(time_ms=NOW - 4_000, fast=True), book(time_ms=NOW - 1), quote(time_ms=NOW - 9))
    assert desk.defects == {"out of order": 1}


def test_mids_give_a_price_to_watched_coins_and_ignore_the_rest(desk: Desk) -> None:
    desk.feed.market("BTC")
    desk.hears(Mids({"BTC": 100.0, "ETH": nan, "@142": 1.0, "WHATEVER": 5.0}))
    assert desk.feed.market("BTC").mid == 100.0
    assert desk.feed.coins == ("BTC",)
    desk.hears(Mids({"BTC": nan}), Mids({"BTC": 500.0}))
    assert desk.feed.market("BTC").mid == 100.0
    assert desk.defects == {"not a number": 1, "outlier price": 1}


def test_a_defect_found_by_the_adapter_is_counted_once_and_ours_not_twice(desk: Desk) -> None:
    garbage = DataDefect(DefectKind.MALFORMED, "socket", "", "garbage", NOW)
    unfilled = DataDefect(DefectKind.GAP, "candle", "BTC", "the gap could not be filled", NOW)
    desk.hears(garbage, quote(101, 100), unfilled, candle(high=nan), unfilled)
    assert desk.defects == {"malformed frame": 1, "crossed book": 1, "gap": 2, "not a number": 1}
    assert len(desk.feed.recent_defects) == 5


# --- trades ---


def test_the_first_frame_of_a_subscription_may_repeat_what_is_known(desk: Desk) -> None:
    desk.hears(UP)
    first = [trade(100, NOW - 300 + i, i) for i in range(3)]
    desk.hears(trades(*first))
    desk.hears(DOWN, UP)
    seen = desk.listen(TradesSeen)
    missed = trade(100, NOW - 100, 9)
    desk.hears(trades(trade(100, NOW - 400, 8), *first, missed))
    assert [event.trades for event in seen] == [[missed]]
    assert desk.defects == {}
    desk.hears(trades(missed))
    assert desk.defects == {"duplicate": 1}
    desk.feed.expect_replay("BTC")
    desk.hears(trades(missed))
    assert desk.defects == {"duplicate": 1}


def test_an_older_trade_is_kept_out(desk: Desk) -> None:
    desk.hears(trades(trade(time_ms=NOW)), trades(trade(time_ms=NOW - 1, trade_id=2)))
    assert desk.defects == {"out of order": 1}
    assert len(desk.feed.market("BTC").trades) == 1


def test_a_whole_frame_of_misprints_counts_once_towards_their_confirmation(desk: Desk) -> None:
    desk.hears(quote(), trades(*(trade(900, NOW, i) for i in range(20))))
    assert desk.defects == {"outlier price": 20}
    assert len(desk.feed.market("BTC").trades) == 0


def test_a_crash_is_followed_after_three_messages_agree(desk: Desk) -> None:
    desk.hears(quote(100, 100.1))
    for i, price in enumerate((70, 69, 68, 63)):
        desk.hears(quote(price, price + 0.1, NOW + i + 1))
    assert desk.defects == {"outlier price": 2}
    assert desk.feed.market("BTC").mid == pytest.approx(63.05)


# --- candles ---


def test_a_candle_closes_exactly_once_when_the_next_begins(desk: Desk) -> None:
    told = desk.listen(CandleChanged)
    desk.hears(candle(-2), candle(-2, 101, 2), candle(-1), candle(-1), candle(-2, 101, 2), candle(0))
    assert [event.closed for event in told] == [False, False, True, True]
    assert desk.defects == {"duplicate": 1}


def test_a_hole_in_the_stream_is_a_gap_and_stays_one(desk: Desk) -> None:
    desk.hears(candle(-9), candle(-5))
    series = desk.feed.market("BTC").series(Interval.M1)
    assert series is not None
    assert series.gaps == [(NOW - 8 * MINUTE, NOW - 5 * MINUTE)]
    assert desk.defects == {"gap": 1}
    assert "3 candles from 2026-09-21 14:06:00 UTC" in desk.feed.recent_defects[0].detail


def test_a_late_candle_fills_its_place_and_is_announced_not_hidden(desk: Desk) -> None:
    desk.hears(candle(-3), candle(-1))
    loaded, told = desk.listen(SeriesLoaded), desk.listen(CandleChanged)
    desk.hears(candle(-2), candle(-3, 99, 5), candle(-1, 100, 0))
    assert len(loaded) == 2
    assert told == []
    assert desk.defects == {"gap": 1, "out of order": 3}


def test_history_is_cleaned_counted_and_announced(desk: Desk) -> None:
    loaded = desk.listen(SeriesLoaded)
    desk.hears(candle(0, 100, 3))
    source = Series("BTC", Interval.M1)
    for row in (candle(-4), candle(-3, high=nan), candle(-2), candle(0, 100, 2)):
        source.put(row)
    desk.feed.load_series("BTC", Interval.M1, source.block())
    series = desk.feed.market("BTC").series(Interval.M1)
    assert series is not None
    assert ((series.block().time_ms - NOW) // MINUTE).tolist() == [-4, -2, 0]
    assert series.last == candle(0, 100, 3)
    assert desk.defects == {"not a number": 1, "gap": 2}
    desk.feed.prepend("BTC", Interval.M1, source.block())
    assert len(loaded) == 2
    assert desk.defects == {"not a number": 2, "gap": 2}, "gaps that were known are not counted again"


class Truth:
    """The venue's own candles, made from one trade a second at a price that walks."""

    def __init__(self, seconds: int, steps: list[int]) -> None:
        self.rows: list[dict[str, float]] = []
        price = 10_000.0
        self.prices: list[float] = []
        for i in range(seconds):
            price += steps[i % len(steps)]
            self.prices.append(price)

    def row(self, minute: int, until: int) -> object:
        """The candle of this minute as it stands after ``until`` seconds, or None before its first trade."""
        part = self.prices[minute * 60 : min(until, (minute + 1) * 60)]
        if not part:
            return None
        return candle(minute - 60, part[-1], len(part), open=part[0], high=max(part), low=min(part))


@given(
    st.integers(1, 400), st.integers(90, 200), st.lists(st.integers(-9, 9), min_size=7, max_size=7), st.integers(0, 2)
)
def test_a_socket_that_was_gone_for_ninety_seconds_leaves_no_missing_and_no_doubled_bar(
    drop: int, away: int, steps: list[int], overlap: int
) -> None:
    seconds = drop + away + 150
    truth, desk = Truth(seconds, steps), Desk()
    told = desk.listen(CandleChanged)
    desk.hears(UP)
    desk.clock.market_ms = NOW - 60 * MINUTE

    def live(start: int, end: int) -> None:
        for second in range(start, end + 1):
            desk.clock.market_ms = NOW - 60 * MINUTE + second * 1_000
            desk.hears(truth.row((second - 1) // 60, second))

    live(1, drop)
    back = drop + away
    desk.clock.market_ms = NOW - 60 * MINUTE + back * 1_000
    desk.hears(DOWN, UP)
    first = max(0, (drop - 1) // 60 - overlap)
    for minute in range(first, (back - 1) // 60 + 1):
        desk.hears(truth.row(minute, back))
    live(back, seconds)
    series = desk.feed.market("BTC").series(Interval.M1)
    assert series is not None
    minutes = (seconds - 1) // 60 + 1
    assert [series.row(i) for i in range(len(series))] == [truth.row(minute, seconds) for minute in range(minutes)]
    assert series.gaps == []
    assert sum(event.closed for event in told) == minutes - 1
    assert desk.defects == {}


# --- staleness ---


def test_fresh_data_allows_entries_and_each_stream_blocks_them_in_its_own_time(desk: Desk) -> None:
    refresh(desk)
    market = desk.feed.market("BTC")
    assert (market.stale_for_entries, market.stale_streams) == (None, ())
    desk.clock.advance(3_001)
    assert list(market.stale_streams) == ["fast_book"]
    assert market.stale_for_entries == (
        "The fast order book of BTC is 3 s old, more than 3 s; entries wait for a fresh one."
    )
    assert desk.feed.market("ETH").stale_for_entries == (
        "The mid price of ETH has not arrived yet; entries wait for it."
    )


def test_changes_of_staleness_are_told_once(desk: Desk) -> None:
    told = desk.listen(StalenessChanged)
    refresh(desk)
    for _ in range(2):
        desk.feed.check_staleness()
    assert {(e.coin, e.stream, e.stale) for e in told} == {
        *(("BTC", stream, False) for stream in LIMITS),
        ("", "account", False),
    }
    told.clear()
    for _ in range(400):
        desk.clock.advance(250)
        desk.feed.check_staleness()
    assert [(e.stream, e.stale, e.age_seconds) for e in told] == [
        ("fast_book", True, 3.25),
        ("mid", True, 5.25),
        ("context", True, 10.25),
        ("slow_book", True, 15.25),
        ("account", True, 60.25),
    ]


def test_an_old_account_blocks_every_coin(desk: Desk) -> None:
    refresh(desk)
    desk.clock.advance(60_001)
    now = desk.clock.now_ms()
    desk.hears(book(time_ms=now), book(time_ms=now, fast=True), context())
    assert desk.feed.market("BTC").stale_for_entries == (
        "The account state of this session is 60 s old, more than 60 s; entries wait for a fresh one."
    )


def test_a_lost_connection_blocks_entries_at_once_and_its_return_frees_them(desk: Desk) -> None:
    desk.hears(UP)
    refresh(desk)
    market = desk.feed.market("BTC")
    desk.hears(DOWN)
    assert market.stale_for_entries == "The exchange cannot be reached. Entries wait for the connection."
    desk.hears(UP)
    assert market.stale_for_entries is None


def test_a_venue_that_comes_back_with_an_older_clock_is_heard(desk: Desk) -> None:
    desk.hears(UP, book(), quote(), DOWN, UP, book(time_ms=NOW - 60_000), quote(95, 95.5, NOW - 60_000))
    assert desk.defects == {}
    assert desk.feed.market("BTC").mid == 95.25


def test_the_clock_offset_is_passed_on(desk: Desk) -> None:
    desk.feed.set_clock_offset(60_000)
    desk.hears(quote(time_ms=NOW + 60_000))
    assert desk.defects == {}


# --- everything at once ---

PRICES = st.sampled_from([100.0, 100.5, 101.0, 104.0, 40.0, 400.0, nan, -1.0])
TIMES = st.integers(NOW - 3, NOW + 3) | st.just(NOW + 10_000_000)
SIDES = st.lists(st.tuples(PRICES, st.sampled_from([1.0, 0.0, nan])), max_size=3)
COINS = st.sampled_from(["BTC", "BTC", "ETH", "NOPE"])
FACTS = st.one_of(
    st.builds(book, SIDES, SIDES, TIMES, st.booleans(), COINS),
    st.builds(quote, st.none() | PRICES, st.none() | PRICES, TIMES, COINS),
    st.builds(lambda *a: trades(trade(*a)), PRICES, TIMES, st.integers(1, 5)),
    st.builds(candle, st.integers(-5, 1), PRICES, st.integers(-1, 3)),
    st.builds(context, PRICES, PRICES),
    st.sampled_from([UP, DOWN]),
)


@given(st.lists(FACTS, max_size=60))
def test_whatever_comes_every_datum_is_taken_or_counted_and_the_state_stays_sound(facts: list[object]) -> None:
    desk = Desk()
    events = [desk.listen(kind) for kind in (BookChanged, TradesSeen, CandleChanged, ContextChanged, SeriesLoaded)]
    for fact in facts:
        before = sum(map(len, events)) + sum(desk.feed.defects.values())
        desk.hears(fact)
        after = sum(map(len, events)) + sum(desk.feed.defects.values())
        if not isinstance(fact, LinkChanged):
            # silent: an unchanged open candle, and repeats that a new connection excuses; twofold: a late candle, a gap
            assert 0 <= after - before <= 2
        for coin in desk.feed.coins:
            market = desk.feed.market(coin)
            bids, asks = market.book.bids, market.book.asks
            assert all(a.price > b.price > 0 for a, b in pairwise(bids))
            assert all(0 < a.price < b.price for a, b in pairwise(asks))
            assert not bids or not asks or bids[0].price < asks[0].price
            assert market.mid is None or 0 < market.mid < 1_000
            tape = market.trades.recent(99)
            assert all(a.time_ms <= b.time_ms for a, b in pairwise(tape))
            assert len({(t.time_ms, t.trade_id) for t in tape}) == len(tape)
            series = market.series(Interval.M1)
            if series is not None:
                times = series.block().time_ms.tolist()
                assert times == sorted(set(times))
    assert desk.feed.messages == sum(not isinstance(fact, LinkChanged) for fact in facts)
