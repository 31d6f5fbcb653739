"""Volume by price: nothing lost, exact for trades, the value area grown to the fuller side."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.market.indicators.indicator import over
from hlmaster.market.indicators.volume_profile import (
    BINS,
    VolumeProfile,
    profile_of_candles,
    profile_of_trades,
    value_area,
)
from tests.market.indicators.markets import market

AREAS: dict[str, tuple[list[float], float, tuple[int, int, int]]] = {
    "one bin that holds enough": ([1, 8, 1], 7.0, (1, 1, 1)),
    "the fuller neighbour first": ([1, 3, 10, 4, 1], 14.0, (2, 2, 3)),
    "equal neighbours together": ([2, 3, 10, 3, 1], 14.0, (2, 1, 3)),
    "the lower of two equal peaks": ([5, 1, 5], 5.0, (0, 0, 0)),
    "the middle of a run of equals": ([1, 5, 5, 5, 1], 5.0, (2, 2, 2)),
    "equals but for rounding": ([1, 5, 5 + 1e-13, 5, 1], 15.0, (2, 1, 3)),
    "over the end of one side": ([10, 2, 3, 1], 15.0, (0, 0, 2)),
    "all of it": ([1, 2, 1], 4.0, (1, 0, 2)),
    "more than there is": ([1, 2, 1], 9.0, (1, 0, 2)),
}


@pytest.mark.parametrize("case", AREAS)
def test_value_areas(case: str) -> None:
    bins, wanted, area = AREAS[case]
    padded = bins + [0.0] * (8 - len(bins))
    assert value_area(padded, 8, 0, len(bins) - 1, wanted) == area


def test_trades_fall_into_their_bins_exactly() -> None:
    price = np.array([100.0, 100.01, 100.02, 105.0, 105.01, 90.0])
    size = np.array([1.0, 2.0, 4.0, 8.0, 16.0, 0.5])
    found = profile_of_trades(price, size, width_bps=100.0)
    assert found is not None
    assert found.volumes.sum() == 31.5
    places = np.searchsorted(found.edges, price, side="right") - 1
    assert found.volumes.tolist() == np.bincount(places, weights=size, minlength=len(found.volumes)).tolist()
    assert found.edges[places[3]] < found.control < found.edges[places[3] + 1]


def test_a_candle_is_spread_evenly_over_its_range() -> None:
    found = profile_of_candles(np.array([1.01**5]), np.array([1.01**1]), np.array([8.0]), width_bps=100.0)
    assert found is not None
    inner = found.volumes[found.volumes > 1e-9]
    assert inner == pytest.approx([2.0] * 4)


@given(st.integers(0, 2**31), st.floats(0.3, 1.0))
def test_no_volume_is_lost_and_the_area_holds_its_share(seed: int, share: float) -> None:
    columns = market(seed, 80)
    found = profile_of_candles(columns["high"], columns["low"], columns["volume"], 25.0, share)
    assert found is not None
    assert len(found.edges) == len(found.volumes) + 1
    assert math.isclose(found.volumes.sum(), columns["volume"].sum(), rel_tol=1e-12)
    inside = (found.edges[:-1] >= found.value_low) & (found.edges[1:] <= found.value_high)
    assert found.volumes[inside].sum() >= share * columns["volume"].sum() * (1 - 1e-9)
    assert found.value_low < found.control < found.value_high


@given(st.integers(0, 2**31))
def test_the_rolling_profile_is_that_of_its_window(seed: int) -> None:
    columns = market(seed, 70)
    rolling = over(VolumeProfile(20, 30.0), columns)
    for i in range(19, 70):
        window = slice(i - 19, i + 1)
        found = profile_of_candles(columns["high"][window], columns["low"][window], columns["volume"][window], 30.0)
        assert found is not None
        assert rolling[:, i] == pytest.approx([found.control, found.value_low, found.value_high], rel=1e-9)


def test_nothing_traded_has_no_profile() -> None:
    none = np.empty(0)
    assert profile_of_trades(none, none) is None
    assert profile_of_trades(np.array([5.0, math.nan]), np.array([0.0, 1.0])) is None


def test_a_window_wider_than_the_bins_is_unknown_and_passes() -> None:
    prices = np.concatenate([np.full(3, 100.0), np.full(7, 100.0 * 1.001 ** (BINS + 5))])
    values = over(VolumeProfile(5), {"high": prices, "low": prices, "volume": np.ones(10)})
    assert np.isnan(values[:, 4:7]).all()
    assert not np.isnan(values[:, 7:]).any()


def test_a_row_wider_than_all_bins_is_passed_over_at_once() -> None:
    columns = market(3, 40)
    columns["low"][30], columns["high"][30] = 1e-150, 1e150
    columns["low"][31] = 0.0
    values = over(VolumeProfile(10, 0.1 * BINS), columns)
    assert np.isnan(values[:, 30:32]).all()
    kept = {name: np.delete(column, [30, 31]) for name, column in columns.items()}
    assert np.array_equal(
        np.delete(values, [30, 31], axis=1), over(VolumeProfile(10, 0.1 * BINS), kept), equal_nan=True
    )
