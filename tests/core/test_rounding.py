"""The price and size grid: documented examples, and properties over everything a person may type."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.core.model import Side
from hlmaster.core.rounding import (
    is_valid_price,
    is_valid_size,
    price_decimals,
    round_price,
    round_size,
    round_size_up,
    snap_price,
    tick_size,
    to_decimal,
    to_float,
    wire_text,
)

PRICES = st.decimals("0.0001", "999999", places=8)
SIZE_DECIMALS = st.integers(0, 5)
SIDES = st.sampled_from(Side)


@pytest.mark.parametrize(
    ("price", "size_decimals", "valid"),
    [
        ("1234.5", 1, True),
        ("1234.56", 1, False),
        ("0.001234", 0, True),
        ("0.0012345", 0, False),
        ("0.01234", 1, True),
        ("0.012345", 1, False),
        ("123456", 1, True),
        ("123456", 5, True),
        ("123456.5", 0, False),
        ("100000", 5, True),
        ("0", 0, False),
        ("-1", 0, False),
        ("NaN", 0, False),
        ("Infinity", 0, False),
        ("123456789012345678901234567890.5", 0, False),
    ],
)
def test_prices_are_judged_as_the_venue_judges_them(price: str, size_decimals: int, valid: bool) -> None:
    assert is_valid_price(Decimal(price), size_decimals) is valid


@pytest.mark.parametrize(
    ("size", "size_decimals", "valid"),
    [
        ("0.00001", 5, True),
        ("0.000001", 5, False),
        ("3", 0, True),
        ("3.5", 0, False),
        ("0", 2, False),
        ("-1", 2, False),
        ("NaN", 2, False),
        ("1e30", 5, False),
    ],
)
def test_sizes_are_judged_as_the_venue_judges_them(size: str, size_decimals: int, valid: bool) -> None:
    assert is_valid_size(Decimal(size), size_decimals) is valid


@pytest.mark.parametrize(
    ("price", "size_decimals", "tick", "decimals"),
    [
        ("105055", 5, "1", 0),
        ("99999", 5, "1", 0),
        ("9999", 4, "0.1", 1),
        ("3.4567", 2, "0.0001", 4),
        ("0.0123", 0, "0.000001", 6),
        ("0.5", 1, "0.00001", 5),
    ],
)
def test_the_tick_follows_figures_and_decimals(price: str, size_decimals: int, tick: str, decimals: int) -> None:
    assert tick_size(Decimal(price), size_decimals) == Decimal(tick)
    assert price_decimals(Decimal(price), size_decimals) == decimals


def test_a_price_of_nothing_has_no_tick() -> None:
    with pytest.raises(ValueError, match="positive"):
        tick_size(Decimal(0), 2)


@given(PRICES.filter(lambda p: p >= Decimal("0.01")), SIZE_DECIMALS.filter(lambda d: d <= 3), SIDES, st.booleans())
def test_a_rounded_price_is_valid_and_within_a_tick_on_the_promised_side(
    price: Decimal, size_decimals: int, side: Side, marketable: bool
) -> None:
    rounded = round_price(price, size_decimals, side, marketable=marketable)
    assert is_valid_price(rounded, size_decimals)
    assert abs(rounded - price) < tick_size(price, size_decimals)
    if (side is Side.SELL) != marketable:
        assert rounded >= price
    else:
        assert rounded <= price


@given(PRICES.filter(lambda p: p >= Decimal("0.01")), SIZE_DECIMALS.filter(lambda d: d <= 3), SIDES)
def test_rounding_a_price_twice_changes_nothing(price: Decimal, size_decimals: int, side: Side) -> None:
    once = round_price(price, size_decimals, side)
    assert round_price(once, size_decimals, side) == once
    assert snap_price(once, size_decimals) == once


@given(st.decimals("0", "1e9", places=9), SIZE_DECIMALS)
def test_sizes_round_down_to_the_lot_and_up_only_when_asked(size: Decimal, size_decimals: int) -> None:
    down, up = round_size(size, size_decimals), round_size_up(size, size_decimals)
    assert down <= size <= up
    assert up - down <= Decimal(1).scaleb(-size_decimals)
    assert down == 0 or is_valid_size(down, size_decimals)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=8, min_value=-(10**12), max_value=10**12))
def test_wire_text_is_minimal_and_means_the_same(value: Decimal) -> None:
    text = wire_text(value)
    assert Decimal(text) == value
    assert "E" not in text
    assert not text.startswith(("+", "-0", ".")) or text.startswith("-0.")
    assert "." not in text or text[-1] not in "0."


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_number_cannot_be_sent(value: str) -> None:
    with pytest.raises(ValueError, match="cannot be sent"):
        wire_text(Decimal(value))


@given(st.floats(-1e9, 1e9), st.integers(0, 8))
def test_floats_become_money_within_half_a_step(value: float, decimals: int) -> None:
    money = to_decimal(value, decimals)
    assert abs(money - Decimal(repr(value))) <= Decimal(5).scaleb(-decimals - 1)
    assert to_decimal(to_float(money), decimals) == money
