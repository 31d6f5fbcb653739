"""The merged book: what each source may say, grouping as the venue groups, and what a market order would cost."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.core.clock import ManualClock
from hlmaster.core.events import BestQuote, BookSnapshot, Level
from hlmaster.core.model import Side
from hlmaster.market.book import Book, continued, figure_step
from hlmaster.market.staleness import FAST_BOOK, Receipts
from tests.market.facts import NOW, book, ladder, levels, quote


def made(*sources: BookSnapshot | BestQuote) -> Book:
    clock = ManualClock()
    result = Book(receipts := Receipts(clock))
    receipts.at[FAST_BOOK] = clock.monotonic()
    for source in sources:
        if isinstance(source, BestQuote):
            result.apply_quote(source)
        else:
            result.apply(source)
    return result


def prices(result: Book) -> tuple[list[float], list[float]]:
    return [level.price for level in result.bids], [level.price for level in result.asks]


SLOW = book(ladder(100, 8, -1), ladder(101, 8, 1), NOW)


def test_an_empty_book_knows_nothing() -> None:
    empty = made()
    assert (empty.bids, empty.asks, empty.best_bid, empty.best_ask) == ([], [], None, None)
    assert (empty.spread, empty.mid, empty.imbalance(), empty.sweep(Side.BUY, 1)) == (None, None, None, None)
    assert len(empty.depth(Side.BUY).price) == 0


def test_a_newer_fast_book_replaces_what_it_covers_and_leaves_what_lies_deeper() -> None:
    fast = book(ladder(100.5, 5, -0.5), ladder(101, 5, 0.5), NOW + 1, fast=True)
    assert prices(made(SLOW, fast)) == (
        [100.5, 100.0, 99.5, 99.0, 98.5, 98.0, 97.0, 96.0, 95.0, 94.0, 93.0],
        [101.0, 101.5, 102.0, 102.5, 103.0, 104.0, 105.0, 106.0, 107.0, 108.0],
    )


def test_a_fast_side_of_less_than_five_levels_is_the_whole_side() -> None:
    fast = book(ladder(100, 2, -1), [], NOW + 1, fast=True)
    assert prices(made(SLOW, fast)) == ([100.0, 99.0], [])


def test_an_older_fast_book_and_quote_add_nothing() -> None:
    fast = book(ladder(50, 5, -1), ladder(51, 5, 1), NOW - 1, fast=True)
    assert prices(made(SLOW, fast, quote(70, 71, NOW - 1))) == prices(made(SLOW))


def test_a_newer_quote_cuts_levels_that_are_gone_and_adds_the_new_top() -> None:
    assert prices(made(SLOW, quote(97.5, 98.5, NOW + 1))) == (
        [97.5, 97.0, 96.0, 95.0, 94.0, 93.0],
        [98.5, *[price for price, _ in ladder(101, 8, 1)]],
    )
    assert prices(made(SLOW, quote(None, 99, NOW + 1)))[0] == []


def test_a_quote_alone_is_a_book_of_one_level() -> None:
    alone = made(quote(100, 101))
    assert (alone.mid, alone.spread) == (100.5, 1.0)


def test_the_quotes_size_stands_for_its_level() -> None:
    changed = BestQuote("BTC", NOW, levels([(100, 7.0)])[0], levels([(101, 1.0)])[0])
    assert made(SLOW, changed).bids[0].size == 7.0


TICKS = st.integers(1, 400)


@st.composite
def sources(draw: st.DrawFn) -> BookSnapshot | BestQuote:
    """A sound source: uncrossed, ordered sides, any time."""
    bid, time_ms = draw(TICKS), NOW + draw(st.integers(0, 5))
    ask = bid + draw(st.integers(1, 30))
    if draw(st.booleans()):
        return quote(draw(st.sampled_from([None, bid / 4])), draw(st.sampled_from([None, ask / 4])), time_ms)
    fast = draw(st.booleans())
    count = st.integers(0, 5 if fast else 20)
    gaps = st.lists(st.integers(1, 9), min_size=20, max_size=20)
    down, up, bids, asks = draw(gaps), draw(gaps), list[tuple[float, float]](), list[tuple[float, float]]()
    for i in range(draw(count)):
        price = (bid - sum(down[:i])) / 4
        if price > 0:
            bids.append((price, 1.0))
    for i in range(draw(count)):
        asks.append(((ask + sum(up[:i])) / 4, 1.0))
    return book(bids, asks, time_ms, fast)


@given(st.lists(sources(), max_size=12))
def test_the_merged_book_is_ordered_and_never_crossed(stream: list[BookSnapshot | BestQuote]) -> None:
    merged = made()
    for source in stream:
        merged.apply_quote(source) if isinstance(source, BestQuote) else merged.apply(source)
        bids, asks = prices(merged)
        assert all(high > low for high, low in pairwise(bids))
        assert all(low < high for low, high in pairwise(asks))
        assert not bids or not asks or bids[0] < asks[0]


@given(sources().filter(lambda s: isinstance(s, BookSnapshot)), sources().filter(lambda s: isinstance(s, BestQuote)))
def test_the_top_is_the_newest_sources_top(snapshot: BookSnapshot, best: BestQuote) -> None:
    merged = made(snapshot, best)
    if best.time_ms >= snapshot.time_ms:
        assert (merged.best_bid, merged.best_ask) == (best.bid, best.ask)
    else:
        assert merged.bids[:1] == snapshot.bids[:1]
        assert merged.asks[:1] == snapshot.asks[:1]


# --- imbalance ---


def test_imbalance_is_bid_depth_over_ask_depth_of_the_fast_book_only() -> None:
    fast = book([(100, 3), (99, 1), (90, 50)], [(101, 1), (102, 1), (110, 50)], NOW, fast=True)
    assert made(SLOW, fast).imbalance(levels=1) == 3
    assert made(SLOW, fast).imbalance(levels=2) == 2
    assert made(SLOW, fast).imbalance(basis_points=200) == 2
    assert made(SLOW).imbalance() is None


@pytest.mark.parametrize(("bids", "asks"), [([], [(101, 1)]), ([(100, 1)], []), ([], [])])
def test_an_empty_side_is_unknown_not_balanced(
    bids: list[tuple[float, float]], asks: list[tuple[float, float]]
) -> None:
    assert made(book(bids, asks, fast=True)).imbalance() is None


def test_a_side_with_nothing_within_reach_is_unknown() -> None:
    assert made(book([(100, 1)], [(101, 1)], fast=True)).imbalance(basis_points=10) is None


def test_a_stale_fast_book_has_no_imbalance() -> None:
    clock = ManualClock()
    merged = Book(receipts := Receipts(clock))
    merged.apply(book(fast=True))
    receipts.at[FAST_BOOK] = clock.monotonic()
    clock.advance(3_000)
    assert merged.imbalance() == 1
    clock.advance(1)
    assert merged.imbalance() is None


# --- cost of taking ---


def test_a_market_order_walks_the_levels() -> None:
    deep = made(book([(100, 1), (99, 2)], [(101, 1), (102, 3)]))
    sweep = deep.sweep(Side.BUY, 2)
    assert sweep is not None
    assert (sweep.average_price, sweep.worst_price, sweep.levels) == (101.5, 102, 2)
    sold = deep.sweep(Side.SELL, 3)
    assert sold is not None
    assert (round(sold.average_price, 9), sold.levels) == (round(298 / 3, 9), 2)
    assert deep.sweep(Side.BUY, 4.001) is None


@given(st.lists(st.integers(1, 1_000).map(lambda n: n / 1_000), min_size=1, max_size=20))
def test_the_whole_side_can_be_taken_whatever_its_sizes_sum_to_in_floats(sizes: list[float]) -> None:
    side = [(101.0 + i, size) for i, size in enumerate(sizes)]
    sweep = made(book(asks=side)).sweep(Side.BUY, sum(sizes))
    assert sweep is not None
    assert sweep.levels == len(sizes)
    assert 101 <= round(sweep.average_price, 9) <= sweep.worst_price == 100 + len(sizes)


def test_depth_sums_from_the_top() -> None:
    depth = made(book([(100, 1), (99, 2), (98, 3)])).depth(Side.BUY)
    assert depth.price.tolist() == [100, 99, 98]
    assert depth.size.tolist() == [1, 2, 3]
    assert depth.cumulative.tolist() == [1, 3, 6]


# --- grouping ---


def test_grouping_by_figures_rounds_bids_down_and_asks_up() -> None:
    merged = made(book([(105055, 1), (105054, 2), (104999, 4)], [(105056, 1), (105100, 2), (105101, 4)]))
    bids, asks = merged.aggregate(4)
    assert [(level.price, level.size, level.orders) for level in bids] == [(105000, 3, 2), (104900, 4, 1)]
    assert [(level.price, level.size, level.orders) for level in asks] == [(105100, 3, 2), (105200, 4, 1)]
    bids, asks = merged.aggregate(5, 5)
    assert [level.price for level in bids] == [105050, 104950]
    assert [level.price for level in asks] == [105100, 105150]


def test_grouping_stays_on_decimal_prices() -> None:
    bids, asks = made(book([(0.3, 1), (0.29, 1)], [(0.31, 1), (0.4, 1)])).aggregate(2)
    assert [level.price for level in bids] == [0.3, 0.29]
    assert [level.price for level in asks] == [0.31, 0.4]


def test_a_cut_group_gives_way_to_the_venues_and_all_beyond_follow() -> None:
    near = levels([(100, 1), (90, 2), (80, 0.5)])
    far = levels([(100, 7), (90, 8), (80, 9), (70, 10)])
    assert continued(near, far, Side.BUY) == levels([(100, 1), (90, 2), (80, 9), (70, 10)])
    assert continued(near, levels([(100, 7)]), Side.BUY) == near
    assert continued(near, [], Side.BUY) == near
    assert continued([], far, Side.BUY) == []


def test_one_group_alone_is_the_venues_unless_the_price_has_moved_on() -> None:
    far = levels([(110, 7), (120, 8)])
    assert continued(levels([(110, 1)]), far, Side.SELL) == far
    assert continued(levels([(100, 1)]), far, Side.SELL) == levels([(100, 1), (110, 7), (120, 8)])
    assert continued(levels([(120, 1)]), far, Side.SELL) == levels([(120, 1)])


@given(st.sets(st.integers(1, 60)), st.sets(st.integers(1, 60)), st.sampled_from(list(Side)))
def test_a_continued_side_keeps_its_best_price_and_its_order(near: set[int], far: set[int], side: Side) -> None:
    sides = [[Level(float(p), 1.0) for p in sorted(prices, reverse=side is Side.BUY)] for prices in (near, far)]
    joined = [level.price * -side.sign for level in continued(sides[0], sides[1], side)]
    assert joined == sorted(set(joined))
    assert joined[:1] == [level.price * -side.sign for level in sides[0][:1]]


def test_grouping_follows_each_price_over_a_power_of_ten() -> None:
    bids, asks = made(book([(999.6, 1), (99.96, 1)], [(1000.4, 1)])).aggregate(3)
    assert [level.price for level in bids] == [999, 99.9]
    assert [level.price for level in asks] == [1010]


@st.composite
def grid_prices(draw: st.DrawFn) -> Decimal:
    """Five significant figures, from millionths to hundreds of thousands."""
    return Decimal(draw(st.integers(10_000, 99_999))).scaleb(draw(st.integers(-10, 1)))


@given(grid_prices(), st.integers(2, 5), st.sampled_from([1, 2, 5]))
def test_grouping_equals_exact_decimal_arithmetic(price: Decimal, figures: int, mantissa: int) -> None:
    mantissa = mantissa if figures == 5 else 1
    step = mantissa * Decimal(1).scaleb(price.adjusted() - figures + 1)
    down = (price / step).to_integral_value(ROUND_FLOOR) * step
    up = (price / step).to_integral_value(ROUND_CEILING) * step
    value = float(price)
    bids = made(book([(value, 1)], [])).aggregate(figures, mantissa)[0]
    asks = made(book([], [(value, 1)])).aggregate(figures, mantissa)[1]
    assert [level.price for level in bids] == [float(down)]
    assert [level.price for level in asks] == [float(up)]
    assert figure_step(value, figures, mantissa) == pytest.approx(float(step))
