"""A candle's footprint: its sums, its imbalances, and whether it is whole."""

from __future__ import annotations

import numpy as np

from hlmaster.core.clock import MINUTE_MS
from hlmaster.market.flow.cells import PriceCells
from hlmaster.market.flow.footprint import footprint, imbalances
from hlmaster.market.flow.listening import Listening
from hlmaster.market.flow.rows import Rows
from tests.market.facts import NOW

M = MINUTE_MS


def test_it_holds_the_trades_of_its_candle_and_says_what_it_lacks() -> None:
    cells, heard = PriceCells(), Listening(NOW + 30_000)
    for minute in range(4):
        cells.add(NOW + minute * M + 40_000, 100 + minute, 2.0 + minute, minute % 2 == 0)
    heard.miss(NOW + 2 * M, NOW + 2 * M + 500)
    made = [footprint(cells, heard, NOW + at * M, NOW + (at + 1) * M, 10, NOW + 4 * M) for at in range(-1, 4)]
    assert made[0] is None
    assert [one.partial for one in made[1:] if one] == ["began before we listened", "", "a gap in the data", ""]
    assert [one.delta for one in made[1:] if one] == [2.0, -3.0, 4.0, -5.0]
    whole = footprint(cells, heard, NOW, NOW + 4 * M, 10, NOW + 4 * M)
    assert whole is not None
    assert (whole.bought, whole.sold, len(whole.rows)) == (6.0, 8.0, 1)


def test_imbalances_look_diagonally() -> None:
    rows = Rows(1, 0, np.array([2.0, 10.0, 1.0]), np.array([1.0, 7.0, 3.0]), np.zeros(3))
    sellers, buyers = imbalances(rows, ratio=3.0, least_share=0.0)
    assert buyers.tolist() == [True, True, False]
    assert sellers.tolist() == [False, True, True]


def test_crumbs_are_no_imbalance() -> None:
    rows = Rows(1, 0, np.array([0.0, 100.0]), np.array([1.0, 0.0]), np.zeros(2))
    assert [side.tolist() for side in imbalances(rows)] == [[False, True], [False, False]]


def test_no_rows_have_no_imbalance() -> None:
    none = np.empty(0)
    assert [len(side) for side in imbalances(Rows(1, 0, none, none, none))] == [0, 0]
