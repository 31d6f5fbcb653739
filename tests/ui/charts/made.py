"""Candles for the charts' tests."""

from __future__ import annotations

import numpy as np
from pytestqt.qtbot import QtBot

from hlmaster.ui.charts.candle_chart import CandleChart
from hlmaster.ui.charts.series import FIELDS, CandleSeries, Floats, Times

MINUTE = 60_000
START = 1_760_000_040_000
Arrays = tuple[Times, Floats, Floats, Floats, Floats, Floats]


def candles(
    count: int, seed: int = 1, start: int = START, missing: tuple[int, ...] = ()
) -> tuple[Times, dict[str, Floats]]:
    """`count` minutes of candles, without those at the indices `missing`."""
    random = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(random.normal(0, 0.002, count)))
    opened = np.concatenate(([100.0], close))[:count]
    data = {
        "open": opened,
        "high": np.maximum(opened, close) + random.random(count),
        "low": np.minimum(opened, close) - random.random(count),
        "close": close,
        "volume": np.floor(random.gamma(2, 40, count)),
    }
    kept = np.setdiff1d(np.arange(count), missing)
    time_ms: Times = start + MINUTE * np.arange(count, dtype=np.int64)
    return time_ms[kept], {name: values[kept] for name, values in data.items()}


def arrays(count: int, seed: int = 1, start: int = START) -> Arrays:
    """Times, open, high, low, close, volume."""
    time_ms, data = candles(count, seed, start)
    return time_ms, data["open"], data["high"], data["low"], data["close"], data["volume"]


def series(count: int, seed: int = 1, missing: tuple[int, ...] = ()) -> CandleSeries:
    result = CandleSeries()
    result.replace(*candles(count, seed, missing=missing), MINUTE)
    return result


def row(value: float, volume: float = 1.0) -> dict[str, float]:
    return dict(zip(FIELDS, (value, value + 1, value - 1, value + 0.5, volume), strict=True))


def chart_of(qtbot: QtBot, candles: Arrays, height: int = 500) -> CandleChart:
    """700 pixels wide, not shown."""
    chart = CandleChart()
    qtbot.addWidget(chart)
    chart.resize(700, height)
    chart.set_series(*candles, MINUTE)
    return chart
