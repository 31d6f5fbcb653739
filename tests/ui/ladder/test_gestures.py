"""What a gesture would do is said exactly, and what may not be done says why."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.core.model import Side
from hlmaster.ui.ladder.columns import Column
from hlmaster.ui.ladder.gestures import IDLE, LOCKED, NO_SIZE, Deed, Now, cancel, left, move, right
from hlmaster.ui.ladder.rows import Own, OwnOrder, Row

ARMED = Now("ETH", 1, True, "0.42", 3434.5, 3434.6, 3434.55)
LOCKED_NOW = replace(ARMED, is_armed=False)
STALE = replace(ARMED, stale="The book is 20 s old; orders wait for a fresh one.")
BID, ASK = Row(3434.2, Side.BUY, 5.0), Row(3435.0, Side.SELL, 5.0)
BETWEEN = Row(3434.55, None)
LIMIT_BUY = OwnOrder("a", Side.BUY, 3434.2, 0.42, "limit")
STOP_SELL = OwnOrder("b", Side.SELL, 3434.2, 0.5, "stop market", is_trigger=True)
BUYS, SELLS = Own(Side.BUY, (LIMIT_BUY,)), Own(Side.SELL, (STOP_SELL,))
MINE = Row(3434.2, Side.BUY, 5.0, buys=BUYS, sells=SELLS)


@pytest.mark.parametrize(
    ("column", "row", "text", "side"),
    [
        (Column.BUY, BID, "Buy limit 0.42 @ 3,434.2", Side.BUY),
        (Column.PRICE, BID, "Buy limit 0.42 @ 3,434.2", Side.BUY),
        (Column.LEVEL, BID, "Buy limit 0.42 @ 3,434.2", Side.BUY),
        (Column.SELL, BID, "Sell now 0.42, limit 3,434.2", Side.SELL),
        (Column.SELL, ASK, "Sell limit 0.42 @ 3,435.0", Side.SELL),
        (Column.PRICE, ASK, "Sell limit 0.42 @ 3,435.0", Side.SELL),
        (Column.BUY, ASK, "Buy now 0.42, limit 3,435.0", Side.BUY),
        (Column.PRICE, BETWEEN, "Buy limit 0.42 @ 3,434.6", Side.BUY),
    ],
)
def test_a_left_click_is_a_limit_order_of_the_columns_side_or_the_prices(
    column: Column, row: Row, text: str, side: Side
) -> None:
    gesture = left(column, row, ARMED)
    assert (gesture.deed, gesture.text, gesture.side, gesture.price) == (Deed.LIMIT, text, side, row.price)
    assert gesture.takes is ("now" in text)


@pytest.mark.parametrize(
    ("column", "row", "text"),
    [
        (Column.BUY, ASK, "Buy stop 0.42 @ 3,435.0"),
        (Column.PRICE, ASK, "Buy stop 0.42 @ 3,435.0"),
        (Column.LEVEL, BID, "Sell stop 0.42 @ 3,434.2"),
        (Column.SELL, BID, "Sell stop 0.42 @ 3,434.2"),
    ],
)
def test_a_right_click_is_a_stop_on_the_far_side_of_the_market(column: Column, row: Row, text: str) -> None:
    gesture = right(column, row, ARMED)
    assert (gesture.deed, gesture.text) == (Deed.STOP, text)


@pytest.mark.parametrize(("column", "row", "where"), [(Column.BUY, BID, "above"), (Column.SELL, ASK, "below")])
def test_a_stop_that_would_fire_at_once_is_none(column: Column, row: Row, where: str) -> None:
    gesture = right(column, row, ARMED)
    assert gesture.deed is Deed.NOTHING
    assert gesture.is_refused
    assert where in gesture.text


def test_while_locked_a_left_click_picks_the_price_and_all_else_says_so() -> None:
    assert left(Column.BUY, BID, LOCKED_NOW).deed is Deed.PICK
    assert left(Column.OWN_BUY, MINE, LOCKED_NOW).deed is Deed.PICK
    for gesture in (
        right(Column.BUY, BID, LOCKED_NOW),
        cancel(Column.OWN_BUY, MINE, LOCKED_NOW),
        move(BUYS, MINE, ASK, LOCKED_NOW),
    ):
        assert (gesture.deed, gesture.text, gesture.is_refused) == (Deed.NOTHING, LOCKED, True)


def test_on_a_stale_book_nothing_is_placed_or_moved_but_cancelling_goes_on() -> None:
    for gesture in (left(Column.BUY, BID, STALE), right(Column.PRICE, ASK, STALE), move(BUYS, MINE, ASK, STALE)):
        assert (gesture.deed, gesture.text) == (Deed.NOTHING, STALE.stale)
    assert cancel(Column.OWN_BUY, MINE, STALE).deed is Deed.CANCEL


def test_exits_are_moved_on_a_stale_book_too_but_never_unarmed_or_with_an_entry() -> None:
    leaving = replace(STOP_SELL, is_exit=True)
    assert move(Own(Side.SELL, (leaving,)), MINE, ASK, STALE).deed is Deed.MOVE
    assert move(Own(Side.SELL, (leaving,)), MINE, ASK, replace(STALE, is_armed=False)).text == LOCKED
    assert move(Own(Side.SELL, (leaving, STOP_SELL)), MINE, ASK, STALE).text == STALE.stale


def test_without_a_working_size_it_asks_for_one() -> None:
    assert left(Column.BUY, BID, replace(ARMED, size_text="")).text == NO_SIZE


def test_without_a_market_no_side_is_guessed() -> None:
    nowhere = replace(ARMED, middle=None, bid=None, ask=None)
    assert left(Column.PRICE, BETWEEN, nowhere).is_refused
    assert right(Column.BUY, BETWEEN, nowhere).is_refused


def test_a_click_on_ones_own_size_places_nothing() -> None:
    for column in (Column.OWN_BUY, Column.OWN_SELL, Column.OWN):
        assert left(column, MINE, ARMED).deed is Deed.NOTHING
    assert left(Column.OWN_BUY, BID, ARMED) == IDLE


def test_cancelling_takes_what_is_under_the_pointer_or_all_of_the_row() -> None:
    assert cancel(Column.OWN_BUY, MINE, ARMED).orders == ("a",)
    assert cancel(Column.OWN_SELL, MINE, ARMED).orders == ("b",)
    assert cancel(Column.PRICE, MINE, ARMED).orders == ("a", "b")
    assert cancel(Column.PRICE, BID, ARMED) == IDLE
    assert cancel(Column.OWN_BUY, MINE, ARMED).text == "Cancel buy limit 0.42 @ 3,434.2"


def test_a_move_says_from_where_to_where_and_when_it_would_fill() -> None:
    gesture = move(BUYS, MINE, Row(3434.0, Side.BUY), ARMED)
    assert gesture.text == "Move buy limit 0.42 to 3,434.0"
    assert (gesture.deed, gesture.orders, gesture.price) == (Deed.MOVE, ("a",), 3434.0)
    assert move(BUYS, MINE, ASK, ARMED).text == "Not moved: at or above the ask it would fill at once."
    assert move(BUYS, MINE, ASK, ARMED).deed is Deed.NOTHING
    assert move(SELLS, MINE, ASK, ARMED).deed is Deed.MOVE
    assert move(BUYS, MINE, MINE, ARMED).deed is Deed.NOTHING
    assert move(BUYS, MINE, None, ARMED).deed is Deed.NOTHING


ROWS = st.sampled_from((BID, ASK, BETWEEN, MINE))


@given(st.sampled_from(Column), ROWS, st.booleans(), st.booleans())
def test_nothing_trades_while_locked_and_every_order_has_a_side_a_price_and_words(
    column: Column, row: Row, is_armed: bool, is_stale: bool
) -> None:
    now = replace(ARMED, is_armed=is_armed, stale=STALE.stale if is_stale else "")
    for gesture in (left(column, row, now), right(column, row, now)):
        if gesture.deed in (Deed.LIMIT, Deed.STOP):
            assert is_armed
            assert not is_stale
            assert gesture.side is not None
            assert gesture.price == row.price
            assert now.price(row.price) in gesture.text
