"""What a line says it is worth is what leaving there would bring, as far as it can be known."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.ui.stake import Stake, distance

D = Decimal
PRICES = st.decimals("0.01", "100000", places=2)


@pytest.mark.parametrize(
    ("size", "price", "paid", "rate", "result"),
    [
        ("0.5", "3500", "0", "0", "50"),
        ("-0.5", "3500", "0", "0", "-50"),
        ("0.5", "3400", "0.4", "0", "-0.4"),
        ("0.5", "3400", "0", "0.0005", "-0.85"),
        ("-1", "3300", "-0.1", "0.001", "96.8"),
    ],
)
def test_a_result_is_after_what_was_paid_and_the_fee_of_leaving(
    size: str, price: str, paid: str, rate: str, result: str
) -> None:
    assert Stake(D(3400), D(size), D(paid), D(rate)).result(D(price)) == D(result)


@given(PRICES, PRICES, st.decimals("-10", "10", places=2))
def test_one_side_wins_what_the_other_loses_before_fees(entry: Decimal, price: Decimal, size: Decimal) -> None:
    assert Stake(entry, size).result(price) == -Stake(entry, -size).result(price)


def test_the_distance_is_signed_and_unknown_without_a_mark() -> None:
    assert distance(D(99), D(100)) == D("-0.01")
    assert distance(D(99), None) is None
