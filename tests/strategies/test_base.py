"""What every strategy of the application has, and how signals are put together."""

from __future__ import annotations

import typing
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from hlmaster.core.config import fields_of
from hlmaster.core.model import Interval
from hlmaster.strategies.alterations import without, without_row
from hlmaster.strategies.base import STRATEGIES, Explanation, Params, Signals, number
from hlmaster.strategies.checks import check, rehearsed
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


@pytest.mark.parametrize("name", STRATEGIES.names())
def test_every_strategy_abstains_and_says_so_when_nothing_is_known(name: str) -> None:
    strategy = made(name)
    window = rehearsed(strategy.needs)
    blind = without(without_row(window, len(window) - 1), "frames")
    told = strategy.explain(blind)
    assert not strategy.signals(blind).direction[-1]
    assert told.missing
    assert all(text in told.reason for text in told.missing)
    assert strategy.opportunity(blind) is None


def allowed(info: FieldInfo) -> st.SearchStrategy[Any]:
    """Values that a field takes, its limits among them."""
    low = next((rule.ge for rule in info.metadata if hasattr(rule, "ge")), None)
    high = next((rule.le for rule in info.metadata if hasattr(rule, "le")), None)
    if info.annotation is int:
        return st.integers(low, high)
    if info.annotation is float:
        return st.floats(low, high)
    if info.annotation is bool:
        return st.booleans()
    if typing.get_origin(info.annotation) is Literal:
        return st.sampled_from(typing.get_args(info.annotation))
    assert info.annotation is Interval
    return st.sampled_from([Interval.M1, Interval.M15, Interval.H1, Interval.D1])


@pytest.mark.parametrize("name", STRATEGIES.names())
@given(data=st.data())
@settings(max_examples=8)
def test_every_strategy_keeps_its_word_with_any_parameters_it_takes(name: str, data: st.DataObject) -> None:
    kind = STRATEGIES[name].Parameters
    fields = dict(fields_of(kind))
    chosen = {key: data.draw(allowed(info), key) for key, info in fields.items() if data.draw(st.booleans())}
    try:
        params = kind(**chosen)
    except ValidationError:
        assume(False)
    strategy = STRATEGIES[name](params)
    report = check(strategy, rehearsed(strategy.needs))
    assert report.passed, report.findings
