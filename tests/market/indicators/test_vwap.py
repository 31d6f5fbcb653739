"""A volume-weighted price begins at its beginning; one that was not seen from there is unknown."""

from __future__ import annotations

import numpy as np
import pytest

from hlmaster.core.candles import Floats
from hlmaster.market.indicators.indicator import over
from hlmaster.market.indicators.vwap import AnchoredVwap, SessionVwap
from tests.market.indicators.markets import MIDNIGHT_MS, MINUTE_MS, Columns, market, tail

DAY = 1_440


def plain(columns: Columns, first: int, last: int) -> float:
    rows = slice(first, last + 1)
    typical = (columns["high"] + columns["low"] + columns["close"]) / 3
    return float(np.average(typical[rows], weights=columns["volume"][rows]))


def session(columns: Columns) -> Floats:
    values: Floats = over(SessionVwap(), columns)[0]
    return values


def test_a_session_begins_at_midnight_utc() -> None:
    columns = market(1, 2 * DAY)
    values = session(columns)
    for row in (0, 700, DAY - 1):
        assert values[row] == pytest.approx(plain(columns, 0, row))
    for row in (DAY, DAY + 1, 2 * DAY - 1):
        assert values[row] == pytest.approx(plain(columns, DAY, row))


def test_a_day_joined_late_is_unknown_until_the_next() -> None:
    columns = tail(market(1, 2 * DAY), 600)
    values = session(columns)
    assert np.isnan(values[: DAY - 600]).all()
    assert values[DAY - 600 :] == pytest.approx(session(market(1, 2 * DAY))[DAY:])


def test_a_day_whose_first_minutes_were_quiet_is_whole() -> None:
    """Samples need not fall on midnight: an earlier day seen is enough."""
    columns = market(1, 2 * DAY)
    kept = {name: np.delete(column, range(DAY, DAY + 30)) for name, column in columns.items()}
    assert session(kept)[-1] == pytest.approx(plain(columns, DAY + 30, 2 * DAY - 1))


def test_an_anchor_begins_on_its_row() -> None:
    columns = market(2, 100)
    values = over(AnchoredVwap(MIDNIGHT_MS + 40 * MINUTE_MS), columns)[0]
    assert np.isnan(values[:40]).all()
    assert values[40] == pytest.approx(plain(columns, 40, 40))
    assert values[99] == pytest.approx(plain(columns, 40, 99))


def test_an_anchor_before_the_first_row_is_unknown() -> None:
    columns = tail(market(2, 100), 50)
    assert np.isnan(over(AnchoredVwap(MIDNIGHT_MS + 40 * MINUTE_MS), columns)).all()
    assert not np.isnan(over(AnchoredVwap(MIDNIGHT_MS + 50 * MINUTE_MS), columns)).any()


def test_without_an_anchor_it_begins_with_the_first_row() -> None:
    columns = market(2, 100)
    assert over(AnchoredVwap(), columns)[0, 99] == pytest.approx(plain(columns, 0, 99))
