"""What is written reads back as it was."""

from __future__ import annotations

import tomllib
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.core.model import Interval
from hlmaster.core.toml import toml_text, toml_value

texts = st.text(st.characters(codec="utf-8"))
scalars = st.booleans() | st.integers(-(2**63), 2**63 - 1) | texts | st.floats(allow_nan=False, allow_infinity=False)


@given(scalars | st.lists(texts, max_size=5))
def test_values_come_back(value: object) -> None:
    assert tomllib.loads(f"x = {toml_value(value)}")["x"] == value


@given(st.decimals(-(10**9), 10**9, places=8))
def test_money_comes_back_exactly(value: Decimal) -> None:
    assert Decimal(str(tomllib.loads(f"x = {toml_value(value)}", parse_float=Decimal)["x"])) == value


def test_a_document_has_head_sections_and_notes() -> None:
    text = toml_text({"version": 1}, {"a": {"b": Interval.M1, "c": None}}, {"a.b": "how long"})
    assert text == 'version = 1\n\n[a]\n# how long\nb = "1m"\n# c is not set\n'


def test_what_settings_never_hold_is_an_error() -> None:
    with pytest.raises(TypeError):
        toml_value(object())
