"""Rows once appended stay; indicators have the bits of the plain loop from their anchor."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.market.grid.table import ALWAYS, Table
from hlmaster.market.indicators.atr import Atr
from hlmaster.market.indicators.ema import Ema
from hlmaster.market.indicators.indicator import Indicator, over
from hlmaster.market.indicators.macd import Macd
from hlmaster.market.indicators.rsi import Rsi
from hlmaster.market.indicators.swings import Swings

CHOICE: tuple[Indicator, ...] = (Ema(3), Rsi(4), Atr(3), Macd(3, 5, 2), Ema(4, source="mark"), Swings(2))
PRICE = st.one_of(st.floats(1.0, 1e6), st.just(math.nan))


def row(table: Table, number: int, price: float, mark: float = math.nan) -> list[float]:
    known = {"row": float(table.next_row), "time": 1000.0 * number, "live": 1.0, "volume": 5.0, "mark": mark}
    prices = {"open": price, "high": price + 1, "low": price - 1, "close": price}
    return [(known | prices).get(name, math.nan) for name in table.base]


@given(st.lists(st.tuples(PRICE, PRICE), min_size=1, max_size=120), st.integers(0, 119), st.integers(2, 30))
def test_columns_are_those_of_the_plain_loop_from_each_anchor_whenever_an_indicator_joins(
    given: list[tuple[float, float]], joins: int, keep: int
) -> None:
    import hlmaster.market.grid.table as module

    table = Table(keep)
    table.widen(["mark"], CHOICE[:3])
    seen: list[list[float]] = []
    held_at_join = 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "FIRST_CAPACITY", 8)
        for number, (price, mark) in enumerate(given):
            if number == joins:
                held_at_join = table.first_row
                table.widen([], CHOICE)
            fresh = row(table, number, price, mark)
            seen.append(list(fresh))
            table.append(1000 * (number + 1), fresh)
    columns = {name: np.array([r[i] for r in seen]) for i, name in enumerate(table.base)}
    first = table.first_row
    for position, indicator in enumerate(CHOICE):
        anchor = 0 if position < 3 else held_at_join
        if not table.has(indicator.columns):
            continue
        whole = over(indicator, {name: column[anchor:] for name, column in columns.items()})
        for name, expected in zip(indicator.columns, whole, strict=True):
            np.testing.assert_array_equal(table.column(name), expected[first - anchor :])
        assert table.anchors[indicator.label] == 1000 * (anchor + 1)
    for name in table.base:
        np.testing.assert_array_equal(table.column(name), columns[name][first:])
    assert len(table) >= min(keep, len(given))


def test_views_that_were_handed_out_never_change() -> None:
    table = Table(10)
    table.widen([], [Ema(3)])
    views, copies = [], []
    for number in range(2_000):
        table.append(1000 * (number + 1), row(table, number, 100.0 + number))
        if number % 97 == 0:
            view = table.columns((*ALWAYS, "ema(3)"), slice(0, len(table)))
            views.append((table.times[: len(table)], view))
            copies.append((views[-1][0].copy(), {name: column.copy() for name, column in view.items()}))
        if number == 900:
            table.widen(["mark"], [Rsi(3)])
    for (times, view), (kept_times, kept) in zip(views, copies, strict=True):
        np.testing.assert_array_equal(times, kept_times)
        for name, column in view.items():
            np.testing.assert_array_equal(column, kept[name])


def test_nothing_can_be_written_through_a_view() -> None:
    table = Table()
    table.append(1000, row(table, 0, 100.0))
    with pytest.raises(ValueError, match="read-only"):
        table.column("close")[0] = 1.0
    with pytest.raises(ValueError, match="read-only"):
        table.times[0] = 1


def test_memory_is_bounded() -> None:
    table = Table(100)
    for number in range(10_000):
        table.append(1000 * (number + 1), row(table, number, 100.0))
    assert 100 <= len(table) <= 512
    assert table.next_row == 10_000
    assert table.column("row")[-1] == 9_999


def test_a_new_column_is_unknown_on_the_rows_before_it() -> None:
    table = Table()
    table.append(1000, row(table, 0, 100.0))
    table.widen(["mark"], [])
    table.append(2000, row(table, 1, 100.0, 7.0))
    np.testing.assert_array_equal(table.column("mark"), [math.nan, 7.0])


def test_loading_begins_anew_from_the_first_row() -> None:
    table = Table()
    table.widen([], [Ema(2)])
    for number in range(5):
        table.append(1000 * (number + 1), row(table, number, 50.0))
    close = np.array([1.0, 2.0, 3.0, 4.0])
    table.load(np.arange(1, 5) * 1000, {"close": close})
    table.append(5000, row(table, 4, 9.0))
    np.testing.assert_array_equal(
        table.column("ema(2)"), over(Ema(2), {"close": np.array([1.0, 2.0, 3.0, 4.0, 9.0])})[0]
    )
    np.testing.assert_array_equal(table.column("row"), np.arange(5))
    assert table.anchors == {"ema(2)": 1000}


def test_the_newest_row_closed_by_a_moment_is_found() -> None:
    table = Table()
    assert table.closed_by(10**15) == -1
    for number in range(5):
        table.append(1000 * (number + 1), row(table, number, 50.0))
    assert [table.closed_by(at) for at in (999, 1000, 2500, 5000, 9000)] == [-1, 1000, 2000, 5000, 5000]
