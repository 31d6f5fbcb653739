"""Compiled over whole columns, every indicator gives the very bits that the plain step gives row by row."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

from hlmaster.core.errors import ConfigError
from hlmaster.market.indicators import compiled
from hlmaster.market.indicators.catalogue import INDICATORS
from hlmaster.market.indicators.indicator import Indicator, Live, over
from tests.market.indicators.markets import Columns, flat, head, holed, market, tail, untraded

pytest.importorskip("numba", reason="numba, of the quant extra, is not installed")

MARKETS: dict[str, Columns] = {
    "random": market(11, 3_000),
    "cheap": market(12, 500, price=0.00004),
    "dear": market(13, 500, price=98_000.0),
    "holed": holed(market(14, 1_000), [0, 5, 6, 7, 100, 500, 501, 999]),
    "flat": flat(300),
    "untraded": untraded(300),
    "senseless": {name: np.random.default_rng(9).permuted(column - 60.0) for name, column in market(9, 400).items()},
    "one": market(15, 1),
    "empty": market(15, 0),
}


def variants(name: str) -> list[Indicator]:
    """The defaults, and every parameter at the lowest it takes beside the others."""
    kind = INDICATORS[name]
    chosen = [kind()]
    for p in kind.parameters():
        if p.kind is not str and p.name != "slow":
            chosen.append(kind(**{p.name: p.kind(p.low)}))
    return chosen


@pytest.mark.parametrize("name", INDICATORS.names())
def test_compiled_and_plain_give_the_same_bits(name: str) -> None:
    for chosen in variants(name):
        for label, columns in MARKETS.items():
            assert compiled.over(chosen, columns).tobytes() == over(chosen, columns).tobytes(), (chosen.label, label)


@pytest.mark.parametrize("name", ["bollinger", "hidden_divergence", "volume_profile", "macd"])
def test_a_compiled_beginning_goes_on_row_by_row_and_back(name: str) -> None:
    columns = market(16, 900)
    live = Live(INDICATORS[name]())
    parts = [
        compiled.over(live, head(columns, 300)),
        over(live, head(tail(columns, 300), 300)),
        compiled.over(live, tail(columns, 600)),
    ]
    assert np.concatenate(parts, axis=1).tobytes() == over(INDICATORS[name](), columns).tobytes()


def test_a_column_that_is_no_plain_array_of_floats_is_taken_too() -> None:
    columns: Any = {"close": np.arange(40)[::2], "volume": np.arange(20, dtype=np.float32)}
    assert np.array_equal(
        compiled.over(INDICATORS["obv"](), columns),
        over(INDICATORS["obv"](), {k: v.astype(np.float64) for k, v in columns.items()}),
    )


def test_columns_of_unequal_length_are_refused() -> None:
    with pytest.raises(ValueError, match="differ in length"):
        compiled.over(INDICATORS["obv"](), {"close": np.ones(3), "volume": np.ones(2)})


def test_without_numba_the_cure_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numba", None)
    compiled.loop.cache_clear()
    with pytest.raises(ConfigError, match="Install the quant extra"):
        compiled.over(INDICATORS["sma"](), market(0, 3))
