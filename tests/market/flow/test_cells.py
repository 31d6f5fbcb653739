"""Sums by minute and price equal the trades' sums, whatever the order they come in and however they are regrouped."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.core.clock import MINUTE_MS
from hlmaster.market.flow import cells as module
from hlmaster.market.flow.cells import PriceCells
from hlmaster.market.flow.rows import rows_of

NOW = 1_790_000_040_000
Told = list[tuple[int, int, int, bool]]
TRADES: st.SearchStrategy[Told] = st.lists(
    st.tuples(st.integers(0, 5 * MINUTE_MS), st.integers(1, 400), st.integers(1, 1000), st.booleans()), max_size=60
)


def filled(trades: Told) -> PriceCells:
    cells = PriceCells()
    for time_ms, units, size, is_buy in trades:
        cells.add(NOW + time_ms, units, float(size), is_buy)
    return cells


@given(TRADES)
def test_nothing_is_lost_or_doubled_in_any_order(trades: Told) -> None:
    cells = filled(trades)
    held = cells.between(0, NOW + MINUTE_MS**2)
    for is_buy, column in ((True, held.bought), (False, held.sold)):
        for units in {row[1] for row in trades}:
            told = sum(size for _, at, size, bought in trades if at == units and bought is is_buy)
            assert column[held.units == units].sum() == told


@given(TRADES)
def test_totals_are_the_sums_of_their_minutes(trades: Told) -> None:
    totals = filled(trades).totals()
    assert (np.diff(totals.time_ms) > 0).all()
    for open_ms, sold, bought in zip(totals.time_ms.tolist(), totals.sold, totals.bought, strict=True):
        inside = [row for row in trades if open_ms <= NOW + row[0] < open_ms + MINUTE_MS]
        assert bought == sum(size for _, _, size, is_buy in inside if is_buy)
        assert sold == sum(size for _, _, size, is_buy in inside if not is_buy)


@given(TRADES, st.integers(1, 5), st.integers(1, 7))
def test_stretches_and_coarser_rows_conserve_every_coin(trades: Told, minutes: int, factor: int) -> None:
    cells = filled(trades)
    begin, total = NOW // MINUTE_MS * MINUTE_MS, 0.0
    for start in range(begin, begin + 7 * MINUTE_MS, minutes * MINUTE_MS):
        rows = rows_of(cells.between(start, start + minutes * MINUTE_MS), 2)
        coarse = rows.regrouped(factor)
        assert coarse.bought.sum() == rows.bought.sum()
        assert coarse.delta.sum() == rows.delta.sum()
        assert coarse.step == 2 * factor
        total += rows.total
    assert total == sum(row[2] for row in trades)


@given(TRADES, st.integers(1, 7))
def test_regrouped_rows_are_the_rows_of_the_coarser_step(trades: Told, factor: int) -> None:
    held = filled(trades).between(0, NOW + MINUTE_MS**2)
    fine, coarse = rows_of(held, 3).regrouped(factor), rows_of(held, 3 * factor)
    assert fine.volume.tolist() == coarse.volume.tolist()
    assert not len(fine) or fine.first == coarse.first


def test_the_oldest_minutes_are_let_go_and_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_MINUTES", 3)
    begin = NOW // MINUTE_MS * MINUTE_MS
    cells = PriceCells()
    for minute in range(6):
        cells.add(begin + minute * MINUTE_MS, 10, 1.0, True)
    assert cells.forgotten_ms == begin + 2 * MINUTE_MS
    assert cells.totals().time_ms.tolist() == [begin + minute * MINUTE_MS for minute in range(2, 6)]
    cells.add(begin, 10, 1.0, True)
    assert len(cells.totals().time_ms) == 4


def test_a_market_with_very_many_prices_is_held_for_a_shorter_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_CELLS", 50)
    cells = PriceCells()
    for minute in range(6):
        for units in range(20):
            cells.add(NOW + minute * MINUTE_MS, units, 1.0, False)
    assert len(cells.between(0, NOW + MINUTE_MS**2)) <= 50 + 20
    assert cells.forgotten_ms > NOW
