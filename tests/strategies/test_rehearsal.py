"""A made-up market holds what a real one may: every column, coherent prices, and holes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hlmaster.core.model import Interval
from hlmaster.market.indicators.ema import Ema
from hlmaster.market.window import COLUMNS, PRICES, FrameNeeds, Grid, Needs
from hlmaster.strategies.packed import pack, unpack
from hlmaster.strategies.rehearsal import rehearsal

GRIDS = ["250ms", "1000ms", "1m", "15m", "1h", "1d"]


def needs(grid: str) -> Needs:
    frames = tuple(FrameNeeds(interval, (Ema(5),), 3) for interval in (Interval.H4, Interval.D1, Interval.W1))
    return Needs(Grid.of(grid), 20, (*COLUMNS, "depth_ratio(5, 10)"), (Ema(9),), frames)


@pytest.mark.parametrize("grid", GRIDS)
def test_it_has_every_column_in_sense(grid: str) -> None:
    window = rehearsal(needs(grid), 600).window(needs(grid))
    assert set(window.columns) == {*PRICES, *COLUMNS, "depth_ratio(5, 10)", "ema(9)"}
    frames = [window, *window.frames.values()]
    for frame in frames:
        assert (frame["low"] <= np.minimum(frame["open"], frame["close"]) * (1 + 1e-12)).all()
        assert (frame["high"] >= np.maximum(frame["open"], frame["close"]) * (1 - 1e-12)).all()
        assert (frame["low"] > 0).all()
        assert (np.diff(frame.time_ms) > 0).all()
    for name in ("funding", "imbalance", "spread", "oracle", "opinion"):
        assert 0 < np.isnan(window[name]).mean() < 0.7, name
    assert np.nanmin(window["spread"]) > 0
    assert -0.01 < np.nanmin(window["funding"]) < 0 < np.nanmax(window["funding"]) < 0.01
    assert set(window["regime"][~np.isnan(window["regime"])]) == {-1, 0, 1}


@pytest.mark.parametrize("grid", GRIDS)
def test_higher_frames_know_only_what_has_closed(grid: str) -> None:
    window = rehearsal(needs(grid), 600).window(needs(grid))
    for interval, frame in window.frames.items():
        assert (frame.as_of >= needs(grid).warm_up).all(), "long enough a past for its own indicators"
        assert (frame.time_ms[frame.as_of] <= window.time_ms).all()
        assert (frame.time_ms[frame.as_of] + interval.ms > window.time_ms).all()
        seen = np.searchsorted(window.time_ms, frame.time_ms)
        same = [
            (close, row)
            for close, time, row in zip(frame["close"], frame.time_ms, seen, strict=True)
            if row < len(window) and window.time_ms[row] == time
        ]
        assert all(close == window["close"][row] for close, row in same)


def test_a_frame_that_stopped_is_unknown_after_two_of_its_intervals_as_it_is_live() -> None:
    whole = rehearsal(needs("1h"), 600)
    (interval, (closed, columns)), *others = whole.frames.items()
    kept = int(np.searchsorted(closed, whole.time_ms[300]))
    stopped = {interval: (closed[:kept], {name: column[:kept] for name, column in columns.items()})}
    window = replace(whole, frames={**dict(others), **stopped}).window(needs("1h"))
    age = window.time_ms - closed[kept - 1]
    frame = window.frames[interval]
    np.testing.assert_array_equal(np.isnan(frame.at("close")), age > 2 * interval.ms)
    assert 0 < np.isnan(frame.at("close")).mean() < 1
    seen = unpack(pack(window)).frames[interval]
    np.testing.assert_array_equal(seen.as_of, frame.as_of)


def test_the_same_seed_makes_the_same_market_and_another_another() -> None:
    one, same, other = (rehearsal(needs("1m"), 100, seed).window(needs("1m")) for seed in (1, 1, 2))
    assert all(np.array_equal(one[name], same[name], equal_nan=True) for name in one.columns)
    assert not np.array_equal(one["close"], other["close"])


def test_samples_may_be_absent_and_holes_can_be_left_out() -> None:
    assert len(rehearsal(needs("250ms"), 2_000)) < 2_000
    whole = rehearsal(needs("250ms"), 2_000, holes=False)
    assert len(whole) == 2_000
    assert not np.isnan(whole.columns["oracle"]).any()


def test_the_oracle_is_renewed_about_once_a_cycle_and_dies_at_times() -> None:
    age = rehearsal(needs("250ms"), 4_000, holes=False).columns["oracle_age"]
    assert np.median(age) < 3
    assert age.max() > 6
