from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.exchange.simulator.wire import dec, float_text


@pytest.mark.parametrize(
    ("value", "text"),
    [("1", "1.0"), ("0.0200", "0.02"), ("1E+3", "1000.0"), ("-0", "0.0"), ("-0.00", "0.0"), ("-5.50", "-5.5"),
     ("1e-8", "0.00000001")],
)  # fmt: skip
def test_decimals_have_at_least_one_decimal_and_no_exponent(value: str, text: str) -> None:
    assert dec(Decimal(value)) == text


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=8))
def test_decimal_text_is_exact(value: Decimal) -> None:
    text = dec(value)
    assert Decimal(text) == value
    assert "." in text
    assert "e" not in text.lower()


@given(st.integers(0, 10**12), st.integers(0, 6))
def test_floats_on_a_decimal_grid_read_as_their_decimals(units: int, places: int) -> None:
    assert Decimal(float_text(units / 10**places)) == Decimal(units).scaleb(-places)
    assert float_text(units / 10**places) == dec(Decimal(units).scaleb(-places))
