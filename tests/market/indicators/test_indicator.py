"""What holds for every indicator: its description, what it does not know, and that it never looks ahead."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hlmaster.core.candles import CandleBlock
from hlmaster.core.errors import ConfigError
from hlmaster.market.indicators.bollinger import Bollinger
from hlmaster.market.indicators.catalogue import INDICATORS
from hlmaster.market.indicators.ema import Ema
from hlmaster.market.indicators.indicator import Indicator, Live, named, over
from hlmaster.market.indicators.macd import Macd
from hlmaster.market.indicators.rsi import Rsi
from hlmaster.market.indicators.sma import Sma
from tests.market.indicators.markets import NAMES, flat, head, holed, market, tail, untraded, without

ALL = INDICATORS.names()
SMALL: dict[str, dict[str, float]] = {
    "macd": {"fast": 3, "slow": 5, "signal": 4},
    "vwma_cross": {"fast": 3, "slow": 5},
    "stochastic": {"period": 5},
    "hidden_divergence": {"period": 3, "left": 2, "right": 2},
    "keltner": {"period": 5, "atr_period": 3},
    "volume_profile": {"period": 5, "width_bps": 50.0},
}
LATE = {"swings", "supertrend", "hidden_divergence", "liquidity_sweep"}
"""Known when the market has done something, not after a number of rows."""
seeds = st.integers(0, 2**31)


def small(name: str) -> Indicator:
    """Short enough to know something after a few rows."""
    kind = INDICATORS[name]
    shorter: dict[str, float] = {"period": 5} if any(p.name == "period" for p in kind.parameters()) else {}
    return kind(**SMALL.get(name, shorter))


def test_the_list_is_complete() -> None:
    averages = {"sma", "ema", "wma", "vwma", "session_vwap", "anchored_vwap"}
    bands = {"bollinger", "keltner", "donchian", "supertrend"}
    gauges = {"rsi", "macd", "atr", "adx", "stochastic", "obv", "cvd", "realised_volatility"}
    events = {"swings", "vwma_cross", "hidden_divergence", "liquidity_sweep"}
    assert set(ALL) == averages | bands | gauges | events | {"volume_profile"}


@pytest.mark.parametrize("name", ALL)
def test_each_describes_itself(name: str) -> None:
    kind = INDICATORS[name]
    chosen = kind()
    assert chosen.name == name
    assert kind.help().endswith(".")
    assert 30 < len(kind.help()) < 120
    assert set(chosen.inputs) <= set(NAMES)
    assert chosen.outputs
    assert set(chosen.marks) <= set(chosen.outputs)
    assert len(set(chosen.columns)) == len(chosen.outputs)
    assert chosen.bounds is None or (not chosen.overlay and chosen.bounds[0] < chosen.bounds[1])
    for p in kind.parameters():
        assert p.help
        assert p.takes(p.default)


@pytest.mark.parametrize("name", ALL)
def test_parameters_outside_their_range_are_refused_in_a_sentence(name: str) -> None:
    kind = INDICATORS[name]
    for p in kind.parameters():
        wrong = [True, None, *([5] if p.kind is str else [p.low - 1, p.high + 1, math.nan, "9"])]
        for value in wrong + ([2.5] if p.kind is int else []):
            with pytest.raises(ConfigError, match=rf"{name}: {p.name} = .* is not allowed. Take "):
                kind(**{p.name: value})


def test_parameters_that_do_not_fit_each_other_are_refused() -> None:
    with pytest.raises(ConfigError, match="fast period must be shorter"):
        Macd(26, 12)


def test_equal_choices_are_one_column() -> None:
    assert Ema(9) == Ema(9)
    assert len({Ema(9), Ema(9), Ema(10), Ema(9, source="volume"), Sma(9)}) == 4
    assert Ema(9).columns == ("ema(9)",)
    assert Rsi(14, source="volume").label == "rsi(14, volume)"
    assert Bollinger(20, 2) == Bollinger(20, 2.0)
    assert Bollinger(20, 2).label == Bollinger(20, 2.0).label == "bollinger(20, 2)"
    assert Macd().columns == ("macd(12, 26, 9).macd", "macd(12, 26, 9).signal", "macd(12, 26, 9).histogram")


def test_a_missing_column_is_named() -> None:
    with pytest.raises(ConfigError, match=r"ema\(20, funding\) needs the column funding"):
        over(Ema(source="funding"), market(0, 3))


def test_columns_of_unequal_length_are_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        over(INDICATORS["obv"](), {"close": np.ones(3), "volume": np.ones(2)})


def test_candles_become_named_columns() -> None:
    one = np.array([1.0])
    columns = named(CandleBlock(np.array([60_000]), one, one, one, one, one, np.array([7])), first_row=5)
    assert columns["row"][0] == 5.0
    assert columns["time"][0] == 60_000.0
    assert {"open", "high", "low", "close", "volume"} < set(columns)


@pytest.mark.parametrize("name", ALL)
def test_nothing_is_known_before_the_warm_up_and_all_of_it_after(name: str) -> None:
    for chosen in (small(name), INDICATORS[name]()):
        values = over(chosen, market(3, chosen.warm_up + 300))
        steady = values[:1] if chosen.marks == chosen.outputs else values  # rows of an event are NaN without one
        known = np.logical_not(np.isnan(steady).any(axis=0))
        first = int(np.argmax(known))
        assert known[first:].all()
        assert first >= chosen.warm_up if name in LATE else first == chosen.warm_up


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("count", [0, 1])
def test_no_row_and_one_row_are_enough_to_run(name: str, count: int) -> None:
    values = over(INDICATORS[name](), market(0, count))
    assert values.shape == (len(INDICATORS[name].outputs), count)


@pytest.mark.parametrize("name", ALL)
@given(seed=seeds, cut=st.integers(0, 60))
def test_later_rows_change_no_earlier_value(name: str, seed: int, cut: int) -> None:
    columns, other = market(seed, 60), market(seed + 1, 60, price=1_000.0)
    mixed = {key: np.concatenate([columns[key][:cut], other[key][cut:]]) for key in ("open", *NAMES)}
    chosen = small(name)
    assert over(chosen, mixed)[:, :cut].tobytes() == over(chosen, columns)[:, :cut].tobytes()


@pytest.mark.parametrize("name", ALL)
@given(seed=seeds, cut=st.integers(0, 60))
def test_going_on_from_a_state_equals_the_whole(name: str, seed: int, cut: int) -> None:
    columns = market(seed, 60)
    whole = over(small(name), columns)
    live = Live(small(name))
    first = over(live, head(columns, cut))
    ahead = over(live.fork(), tail(columns, cut))
    rest = over(live, tail(columns, cut))
    assert np.concatenate([first, rest], axis=1).tobytes() == whole.tobytes()
    assert rest.tobytes() == ahead.tobytes()


@pytest.mark.parametrize("name", ALL)
@given(seed=seeds, holes=st.sets(st.integers(0, 59), max_size=20))
def test_a_missing_row_is_nan_and_otherwise_as_if_it_were_not_there(name: str, seed: int, holes: set[int]) -> None:
    rows = sorted(holes)
    columns = market(seed, 60)
    values = over(small(name), holed(columns, rows))
    assert np.isnan(values[:, rows]).all()
    assert np.delete(values, rows, axis=1).tobytes() == over(small(name), without(columns, rows)).tobytes()


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("missing", [math.nan, math.inf, -math.inf])
def test_one_missing_input_is_enough_to_pass_a_row_over(name: str, missing: float) -> None:
    for key in small(name).inputs:
        columns = market(4, 40)
        columns[key][20] = missing
        values = over(small(name), columns)
        assert np.isnan(values[:, 20]).all()
        assert not np.isnan(values[0, 39])


@pytest.mark.parametrize("name", ALL)
@given(rows=st.lists(st.tuples(*[st.floats(allow_nan=False, allow_infinity=False)] * 8), max_size=30))
@settings(max_examples=40)
def test_no_row_whatsoever_makes_it_raise(name: str, rows: list[tuple[float, ...]]) -> None:
    table = np.array(rows, np.float64).reshape(len(rows), 8)
    columns = dict(zip(NAMES[1:], table.T, strict=True)) | {"row": np.arange(len(rows), dtype=np.float64)}
    assert over(small(name), columns).shape[1] == len(rows)


@pytest.mark.parametrize("name", [name for name in ALL if INDICATORS[name].bounds])
@given(seed=seeds)
def test_values_stay_in_their_natural_bounds(name: str, seed: int) -> None:
    bounds = INDICATORS[name].bounds
    assert bounds is not None
    values = over(small(name), market(seed, 80))
    known = values[~np.isnan(values)]
    assert (known >= bounds[0] - 1e-9).all()
    assert (known <= bounds[1] + 1e-9).all()


UNDECIDED = {"rsi", "adx", "stochastic", "hidden_divergence"}
"""0 / 0 where nothing moves."""


@pytest.mark.parametrize("name", ALL)
def test_a_flat_market_gives_its_price_or_zero_or_nothing(name: str) -> None:
    chosen = small(name)
    last = over(chosen, flat(60))[:, -1]
    if name in UNDECIDED | {"supertrend", "swings"}:
        assert np.isnan(last).all()
        return
    if name in {"obv", "cvd"}:
        assert np.isfinite(last).all()
        return
    for value in last[~np.isnan(last)]:
        assert value == pytest.approx(100.0, rel=0.006) or value == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("name", ["vwma", "vwma_cross", "session_vwap", "anchored_vwap", "volume_profile"])
def test_without_volume_a_volume_weighted_price_is_unknown(name: str) -> None:
    assert np.isnan(over(small(name), untraded(40))).all()


def test_volume_that_returns_is_known_again() -> None:
    columns = market(5, 60)
    columns["volume"][10:30] = 0.0
    for name in ("vwma", "vwma_cross", "volume_profile"):
        values = over(small(name), columns)
        assert np.isnan(values[0, 29])
        assert not np.isnan(values[:, 59]).any()
