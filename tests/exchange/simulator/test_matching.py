"""The order book against a naive one that sorts everything each time, and its promises one by one."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.exchange.simulator.matching import SELF_TRADE, BookOrder, OrderBook

Action = tuple[str, int, bool, int, int, int]
OWNERS = (None, "ann", "bob")


@dataclass
class Row:
    sequence: int
    oid: int
    owner: str | None
    is_buy: bool
    ticks: int
    lots: int


@dataclass
class NaiveBook:
    rows: list[Row] = field(default_factory=list)
    sequence: int = 0

    def submit(self, order: BookOrder, *, rests: bool) -> list[tuple[int, int, str]]:
        log: list[tuple[int, int, str]] = []
        is_buy, lots = order.is_buy, order.lots
        while lots:
            others = [row for row in self.rows if row.is_buy != is_buy]
            crossing = [row for row in others if (row.ticks <= order.ticks if is_buy else row.ticks >= order.ticks)]
            if not crossing:
                break
            best = min(crossing, key=lambda row: (row.ticks if is_buy else -row.ticks, row.sequence))
            if order.owner is not None and best.owner == order.owner:
                self.rows.remove(best)
                log.append((best.oid, 0, SELF_TRADE))
                continue
            traded = min(lots, best.lots)
            best.lots -= traded
            lots -= traded
            if not best.lots:
                self.rows.remove(best)
            log.append((best.oid, traded, ""))
        if lots and rests:
            self.sequence += 1
            self.rows.append(Row(self.sequence, order.oid, order.owner, is_buy, order.ticks, lots))
        return log

    def row(self, oid: int) -> Row | None:
        return next((row for row in self.rows if row.oid == oid), None)


actions = st.lists(
    st.tuples(
        st.sampled_from(("limit", "limit", "limit", "ioc", "cancel", "reduce")),
        st.integers(0, 2),
        st.booleans(),
        st.integers(95, 105),
        st.integers(1, 9),
        st.integers(0, 30),
    ),
    max_size=60,
)


def checked(book: OrderBook) -> None:
    """Never crossed, levels ordered and equal to the orders in them."""
    bid, ask = book.best_bid, book.best_ask
    assert bid is None or ask is None or bid < ask
    for is_bid in (True, False):
        levels = list(book.depth(is_bid))
        prices = [level.ticks for level in levels]
        assert prices == sorted(set(prices), reverse=is_bid)
        for level in levels:
            inside = [one for one in book.queue() if one.is_buy == is_bid and one.ticks == level.ticks]
            assert (level.lots, level.orders) == (sum(one.lots for one in inside), len(inside))


def play(plan: list[Action]) -> tuple[OrderBook, NaiveBook, list[list[tuple[int, int, str]]]]:
    book, naive, logs = OrderBook(), NaiveBook(), []
    for oid, (kind, owner, is_buy, ticks, lots, victim) in enumerate(plan):
        row = naive.row(victim)
        if kind in ("limit", "ioc"):
            order = (oid, OWNERS[owner], is_buy, ticks, lots)
            taker = BookOrder(*order)
            log = [(match.maker.oid, match.lots, match.canceled) for match in book.sweep(taker)]
            assert lots == taker.lots + sum(traded for _, traded, _ in log), "lots are conserved"
            if taker.lots and kind == "limit":
                book.rest(taker)
            assert log == naive.submit(BookOrder(*order), rests=kind == "limit")
            logs.append(log)
        elif kind == "cancel":
            removed = book.remove(victim)
            assert (removed is None) == (row is None)
            if row is not None and removed is not None:
                assert removed.lots == row.lots
                naive.rows.remove(row)
        elif row is not None and row.lots > 1:
            row.lots -= 1
            book.reduce(victim, row.lots)
        checked(book)
    return book, naive, logs


@given(actions)
def test_any_sequence_matches_like_the_naive_book(plan: list[Action]) -> None:
    book, naive, _ = play(plan)
    left = [(one.oid, one.lots) for one in book.queue()]
    assert left == [(row.oid, row.lots) for row in sorted(naive.rows, key=lambda row: row.sequence)]


@given(actions)
def test_the_same_sequence_gives_the_same_matches(plan: list[Action]) -> None:
    assert play(plan)[2] == play(plan)[2]


def book_of(*orders: tuple[int, str | None, bool, int, int]) -> OrderBook:
    book = OrderBook()
    for order in orders:
        book.rest(BookOrder(*order))
    return book


def trades(book: OrderBook, taker: BookOrder) -> list[tuple[int, int, str]]:
    return [(match.maker.oid, match.lots, match.canceled) for match in book.sweep(taker)]


def test_better_prices_trade_first_and_older_orders_before_younger() -> None:
    book = book_of((1, None, False, 102, 5), (2, None, False, 101, 5), (3, None, False, 101, 5))
    assert trades(book, BookOrder(9, None, True, 102, 12)) == [(2, 5, ""), (3, 5, ""), (1, 2, "")]


def test_a_shrunk_order_keeps_its_turn_even_under_a_new_name() -> None:
    book = book_of((1, None, True, 100, 5), (2, None, True, 100, 5))
    book.reduce(1, 2, new_oid=7)
    assert 1 not in book
    assert trades(book, BookOrder(9, None, False, 100, 3)) == [(7, 2, ""), (2, 1, "")]


def test_an_order_cannot_grow_in_its_place() -> None:
    book = book_of((1, None, True, 100, 5))
    with pytest.raises(ValueError, match="cannot become 6 lots"):
        book.reduce(1, 6)


def test_the_resting_order_of_a_self_trade_is_cancelled_and_the_taker_goes_on() -> None:
    book = book_of((1, "ann", False, 100, 5), (2, "bob", False, 100, 5))
    assert trades(book, BookOrder(9, "ann", True, 100, 4)) == [(1, 0, SELF_TRADE), (2, 4, "")]


def test_a_maker_that_does_not_pass_the_vetting_leaves_and_the_next_one_trades() -> None:
    book = book_of((1, "bob", False, 100, 5), (2, "cyd", False, 100, 5))
    taker = BookOrder(9, "ann", True, 100, 4)
    matches = list(book.sweep(taker, lambda maker, lots: "marginCanceled" if maker.owner == "bob" else ""))
    assert [(one.maker.oid, one.lots, one.canceled) for one in matches] == [(1, 0, "marginCanceled"), (2, 4, "")]
    assert 1 not in book


def test_orders_cancelled_between_two_matches_do_not_trade() -> None:
    book = book_of((1, None, False, 100, 1), (2, None, False, 100, 1), (3, None, False, 100, 1))
    taker = BookOrder(9, None, True, 100, 3)
    seen = []
    for match in book.sweep(taker):
        seen.append(match.maker.oid)
        book.remove(2)
    assert seen == [1, 3]


@pytest.mark.parametrize(
    ("order", "error"),
    [
        (BookOrder(5, None, True, 101, 1), "would cross"),
        (BookOrder(1, None, True, 99, 1), "rests already"),
        (BookOrder(5, None, True, 99, 0), "nothing to rest"),
    ],
)
def test_a_book_refuses_to_rest_what_would_break_it(order: BookOrder, error: str) -> None:
    with pytest.raises(ValueError, match=error):
        book_of((1, None, False, 101, 1)).rest(order)


def test_impact_is_the_average_price_of_that_notional_and_none_when_the_book_is_too_thin() -> None:
    book = book_of((1, None, False, 100, 10), (2, None, False, 200, 10))
    assert book.impact(False, 1000) == pytest.approx(100)
    assert book.impact(False, 2000) == pytest.approx(2000 / 15)
    assert book.impact(False, 3001) is None
    assert book.impact(True, 1) is None
