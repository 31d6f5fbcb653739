"""Columns share the width without a gap, and the pointer finds them."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from hlmaster.core.model import Side
from hlmaster.ui.ladder.columns import BookColumns, Column, LadderColumns

WIDTHS = st.integers(180, 1200)
ORDER = (Column.OWN_BUY, Column.BUY, Column.PRICE, Column.SELL, Column.OWN_SELL)


@given(WIDTHS, st.integers(4, 10))
def test_a_ladders_columns_cover_the_width_and_bids_are_as_wide_as_asks(width: int, chars: int) -> None:
    columns = LadderColumns.of(width, chars, 7.2, 6.6)
    spans = columns.spans
    assert spans[0].left == 0
    assert spans[4].right == width
    assert all(one.right == other.left for one, other in pairwise(spans))
    assert abs(spans[1].width - spans[3].width) < 0.01
    assert spans[2].width >= chars * 7.2
    for column, span in zip(ORDER, spans, strict=True):
        assert columns.at((span.left + span.right) / 2) is column
        assert columns.span(column) == span


@given(WIDTHS, st.integers(4, 10), st.booleans())
def test_a_books_columns_do_not_overlap(width: int, chars: int, totals: bool) -> None:
    columns = BookColumns.of(width, chars, 7.2, 6.6, totals=totals)
    assert columns.price.right <= columns.own.left
    assert columns.own.right <= columns.size.left
    assert columns.at(columns.own.left + 1) is Column.OWN
    assert columns.at(columns.price.left + 1) is Column.LEVEL
    assert columns.at(width - 1) is Column.LEVEL
    assert (columns.total is not None) is totals


def test_the_columns_of_a_side_mean_that_side_and_prices_decide_by_themselves() -> None:
    assert [column.side for column in ORDER] == [Side.BUY, Side.BUY, None, Side.SELL, Side.SELL]
    assert Column.LEVEL.side is None
