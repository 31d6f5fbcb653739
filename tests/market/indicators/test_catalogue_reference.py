"""Where TA-Lib has an indicator, ours is equal to it from the first row that both know."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hlmaster.core.candles import Floats
from hlmaster.market.indicators.adx import Adx
from hlmaster.market.indicators.atr import Atr
from hlmaster.market.indicators.bollinger import Bollinger
from hlmaster.market.indicators.donchian import Donchian
from hlmaster.market.indicators.ema import Ema
from hlmaster.market.indicators.indicator import Indicator, over
from hlmaster.market.indicators.macd import Macd
from hlmaster.market.indicators.obv import Obv
from hlmaster.market.indicators.rsi import Rsi
from hlmaster.market.indicators.sma import Sma
from hlmaster.market.indicators.stochastic import Stochastic
from hlmaster.market.indicators.wma import Wma
from tests.market.indicators.markets import Columns, market

talib: Any = pytest.importorskip("talib", reason="TA-Lib, of the quant extra, is not installed")

Reference = Callable[[Columns, int], tuple[Floats, ...]]
CASES: dict[str, tuple[Callable[[int], Indicator], Reference]] = {
    "sma": (Sma, lambda c, n: (talib.SMA(c["close"], n),)),
    "ema": (Ema, lambda c, n: (talib.EMA(c["close"], n),)),
    "wma": (Wma, lambda c, n: (talib.WMA(c["close"], n),)),
    "rsi": (Rsi, lambda c, n: (talib.RSI(c["close"], n),)),
    "macd": (lambda n: Macd(n, 2 * n, n + 1), lambda c, n: tuple(talib.MACD(c["close"], n, 2 * n, n + 1))),
    "atr": (Atr, lambda c, n: (talib.ATR(c["high"], c["low"], c["close"], n),)),
    "bollinger": (
        lambda n: Bollinger(n, 1.5),
        lambda c, n: tuple(talib.BBANDS(c["close"], n, 1.5, 1.5)[k] for k in (1, 0, 2)),
    ),
    "adx": (
        Adx,
        lambda c, n: tuple(f(c["high"], c["low"], c["close"], n) for f in (talib.ADX, talib.PLUS_DI, talib.MINUS_DI)),
    ),
    "stochastic": (
        lambda n: Stochastic(n, 3, 4),
        lambda c, n: tuple(talib.STOCH(c["high"], c["low"], c["close"], n, 3, 0, 4, 0)),
    ),
    "donchian": (Donchian, lambda c, n: (talib.MAX(c["high"], n), talib.MIN(c["low"], n))),
    "obv": (lambda n: Obv(), lambda c, n: (talib.OBV(c["close"], c["volume"]),)),
}
LATER = {"macd", "stochastic"}
"""The reference withholds the first line until the second one is known too."""


@pytest.mark.parametrize("name", CASES)
@given(seed=st.integers(0, 2**31), count=st.integers(2, 400), period=st.integers(2, 60))
@settings(max_examples=60)
def test_it_equals_the_reference(name: str, seed: int, count: int, period: int) -> None:
    ours, reference = CASES[name]
    columns = market(seed, count)
    if name == "adx":  # where nothing moved either way the reference begins with 0, ours leaves the row out
        _, plus, minus = reference(columns, period)
        assume(not (plus + minus == 0).any())
    for mine, theirs in zip(over(ours(period), columns), reference(columns, period), strict=False):
        known = ~np.isnan(theirs)
        assert np.allclose(mine[known], theirs[known], rtol=1e-9, atol=1e-9 * np.abs(theirs[known]).max(initial=0.0))
        if name not in LATER:
            assert np.isnan(mine[~known]).all()


@pytest.mark.parametrize("name", [name for name in CASES if name not in ("stochastic", "adx", "rsi")])
@given(seed=st.integers(0, 2**31), period=st.integers(2, 30))
@settings(max_examples=20)
def test_it_does_so_on_a_tick_grid_with_repeated_prices(name: str, seed: int, period: int) -> None:
    """Left out are those that are 0 / 0 where nothing moves, which the reference calls 0."""
    ours, reference = CASES[name]
    columns = {key: np.round(column * 2) / 2 for key, column in market(seed, 200).items()}
    for mine, theirs in zip(over(ours(period), columns), reference(columns, period), strict=False):
        known = ~np.isnan(theirs)
        assert np.allclose(mine[known], theirs[known], rtol=1e-9, atol=1e-7)


def test_where_nothing_moves_ours_is_unknown_and_the_reference_zero() -> None:
    close = np.full(50, 100.0)
    assert talib.RSI(close, 14)[-1] == 0.0
    assert np.isnan(over(Rsi(14), {"close": close})[0]).all()


def test_a_long_history_drifts_less_than_the_reference() -> None:
    """Rows around 100,000 with a spread of 0.01: the sums of squares of the reference cancel."""
    random = np.random.default_rng(5)
    close = 100_000 + random.normal(0, 0.01, 200_000)
    middle, upper, _ = over(Bollinger(20, 1.0), {"close": close})
    exact = np.std(np.lib.stride_tricks.sliding_window_view(close, 20), axis=1)
    assert np.abs((upper - middle)[19:] / exact - 1).max() < 1e-6
