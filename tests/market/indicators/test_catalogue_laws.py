"""Shifting, scaling and mirroring the market does to an indicator what its formula says."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hlmaster.core.candles import Floats
from hlmaster.market.indicators.catalogue import INDICATORS
from hlmaster.market.indicators.indicator import Indicator, over
from tests.market.indicators.markets import Columns, market

PRICES = ("open", "high", "low", "close")
VOLUMES = ("volume", "buy_volume", "sell_volume")
seeds = st.integers(0, 2**31)
factors = st.floats(0.01, 100.0)


def run(name: str, columns: Columns, output: int = 0, **parameters: float) -> Floats:
    chosen: Indicator = INDICATORS[name](**parameters)
    values: Floats = over(chosen, columns)[output]
    return values


def changed(columns: Columns, names: tuple[str, ...], how: Callable[[Floats], Floats]) -> Columns:
    return columns | {name: how(columns[name]) for name in names}


def mirrored(columns: Columns) -> Columns:
    """Up is down: prices around 1,000 with highs and lows exchanged."""
    out = changed(columns, PRICES, lambda x: 1_000.0 - x)
    return out | {"high": out["low"], "low": out["high"]}


def same(left: Floats, right: Floats) -> None:
    scale = np.nanmax(np.abs(right), initial=1e-300)
    assert np.array_equal(np.isnan(left), np.isnan(right))
    assert np.allclose(left, right, rtol=1e-6, atol=1e-9 * scale, equal_nan=True)


FOLLOWS_PRICE = ["sma", "ema", "wma", "vwma", "bollinger", "keltner", "donchian", "session_vwap", "anchored_vwap"]


@pytest.mark.parametrize("name", [*FOLLOWS_PRICE, "swings", "supertrend"])
@given(seed=seeds, shift=st.floats(-50, 1e4))
@settings(max_examples=30)
def test_averages_and_bands_move_with_the_price(name: str, seed: int, shift: float) -> None:
    columns = market(seed, 90, price=1_000.0)
    same(run(name, changed(columns, PRICES, lambda x: x + shift)), run(name, columns) + shift)


@pytest.mark.parametrize("name", [*FOLLOWS_PRICE, "atr", "macd", "swings", "supertrend"])
@given(seed=seeds, factor=factors)
@settings(max_examples=30)
def test_prices_scale_with_the_price(name: str, seed: int, factor: float) -> None:
    columns = market(seed, 90)
    same(run(name, changed(columns, PRICES, lambda x: x * factor)), run(name, columns) * factor)


@pytest.mark.parametrize(
    "name", ["rsi", "adx", "stochastic", "realised_volatility", "hidden_divergence", "liquidity_sweep"]
)
@given(seed=seeds, factor=factors)
@settings(max_examples=30)
def test_pure_numbers_ignore_the_scale(name: str, seed: int, factor: float) -> None:
    columns = market(seed, 90)
    same(run(name, changed(columns, PRICES, lambda x: x * factor)), run(name, columns))


@pytest.mark.parametrize("name", ["vwma", "session_vwap", "anchored_vwap", "vwma_cross", "volume_profile"])
@given(seed=seeds, factor=factors)
@settings(max_examples=20)
def test_weighted_prices_ignore_the_unit_of_volume(name: str, seed: int, factor: float) -> None:
    columns = market(seed, 130)
    same(run(name, changed(columns, VOLUMES, lambda v: v * factor)), run(name, columns))


@pytest.mark.parametrize("name", ["obv", "cvd"])
@given(seed=seeds, factor=factors)
@settings(max_examples=20)
def test_balances_scale_with_the_volume(name: str, seed: int, factor: float) -> None:
    columns = market(seed, 60)
    same(run(name, changed(columns, VOLUMES, lambda v: v * factor)), run(name, columns) * factor)


@given(seed=seeds)
def test_a_mirrored_market_gives_the_mirrored_value(seed: int) -> None:
    columns = market(seed, 120)
    other = mirrored(columns)
    same(run("rsi", other), 100.0 - run("rsi", columns))
    same(run("stochastic", other), 100.0 - run("stochastic", columns))
    same(run("macd", other), -run("macd", columns))
    same(run("atr", other), run("atr", columns))
    same(run("adx", other), run("adx", columns))
    same(run("adx", other, 1), run("adx", columns, 2))
    same(run("supertrend", other, 1), -run("supertrend", columns, 1))
    same(run("donchian", other), 1_000.0 - run("donchian", columns, 1))
    same(run("hidden_divergence", other), 0.0 - run("hidden_divergence", columns))
    same(run("liquidity_sweep", other), 0.0 - run("liquidity_sweep", columns))
    same(run("vwma_cross", other, 2), 0.0 - run("vwma_cross", columns, 2))


@given(seed=seeds)
def test_each_average_lies_in_its_window(seed: int) -> None:
    columns = market(seed, 120)
    top, bottom = (run("donchian", {"high": columns["close"], "low": columns["close"]}, k) for k in (0, 1))
    for name in ("sma", "wma", "vwma"):
        values = run(name, columns)
        known = ~np.isnan(values)
        assert (values[known] <= top[known] * (1 + 1e-12)).all()
        assert (values[known] >= bottom[known] * (1 - 1e-12)).all()


@given(seed=seeds, period=st.integers(1, 40))
def test_equal_volumes_make_the_weighted_mean_a_plain_one(seed: int, period: int) -> None:
    columns = market(seed, 120) | {"volume": np.full(120, 3.0)}
    same(run("vwma", columns, period=period), run("sma", columns, period=period))


def test_volatility_of_a_horizon_is_in_its_unit() -> None:
    """Steps of 1 % a row: 0.01 a row, ten times that over a hundred rows."""
    close = 100.0 * np.exp(0.01 * (np.arange(100) % 2))
    assert run("realised_volatility", {"close": close})[-1] == pytest.approx(0.01)
    assert run("realised_volatility", {"close": close}, horizon=100.0)[-1] == pytest.approx(0.1)


def test_a_price_that_is_not_positive_has_no_return() -> None:
    close = np.array([100.0, 101.0, 0.0, -5.0, 102.0])
    assert np.isnan(run("realised_volatility", {"close": close}, period=1)[2:4]).all()
    assert run("realised_volatility", {"close": close}, period=1)[4] == pytest.approx(np.log(102 / 101))
