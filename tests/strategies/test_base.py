"""What every strategy of the application has, and how signals are put together."""

from __future__ import annotations

import numpy as np
import pytest

from hlmaster.core.config import fields_of
from hlmaster.strategies.base import STRATEGIES, Explanation, Params, Signals, number
from tests.strategies.scenes import made


class Two(Params):
    share: float = number(5, 1, 10, "Share", "Of the whole.", "%")
    rows: int = number(3, 1, 9, "Rows", "In all.", "rows")


def test_a_number_is_a_field_with_range_title_and_unit() -> None:
    assert Two().model_dump() == {"share": 5, "rows": 3}
    for wrong in ({"share": 0}, {"share": 11}, {"rows": 2.5}, {"rows": True}, {"other": 1}):
        with pytest.raises(ValueError, match="validation error"):
            Two.model_validate(wrong)


def test_neutral_rows_have_neither_confidence_nor_prices() -> None:
    said = Signals.of(np.array([1.0, 0.0, -1.0]), np.array([0.5, np.nan, 7.0]), stop=np.array([9.0, 9.0, 11.0]))
    assert said.direction.tolist() == [1, 0, -1]
    assert said.direction.dtype == np.int8
    assert said.confidence.tolist() == pytest.approx([0.8, 0.0, 0.9])
    assert said.strength.tolist() == [0.5, 0.0, 1.0]
    assert said.stop is not None
    assert said.entry is None
    assert np.array_equal(said.stop, [9.0, np.nan, 11.0], equal_nan=True)
    assert np.array_equal(said.rows(slice(1, 3)).direction, [0, -1])


def test_silence_names_the_prices_that_would_be_named() -> None:
    said = Signals.of(np.zeros(3), np.full(3, np.nan), stop=np.ones(3))
    assert not said.direction.any()
    assert not said.confidence.any()
    assert said.stop is not None
    assert np.isnan(said.stop).all()
    assert len(Signals.silent(0)) == 0


def test_what_is_lacking_is_told_in_words() -> None:
    assert Explanation.lacking("funding", "the book") == Explanation(
        "not known: funding, the book", missing=("funding", "the book")
    )


@pytest.mark.parametrize("name", STRATEGIES.names())
def test_every_strategy_is_described(name: str) -> None:
    strategy = made(name)
    assert strategy.name == name
    assert len((type(strategy).__doc__ or "").partition("\n")[0]) > 30
    assert 0 < strategy.valid_ms <= strategy.horizon_ms
    for key, info in fields_of(strategy.Parameters):
        assert info.title, key
        assert info.description, key
