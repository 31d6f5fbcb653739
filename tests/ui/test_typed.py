"""Numbers as people type them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.ui.typed import LARGEST, read

D = Decimal


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", "1"),
        (" 1.50 ", "1.5"),
        (".5", "0.5"),
        ("5.", "5"),
        ("+3", "3"),
        ("-5", "-5"),
        ("1,500", "1500"),
        ("1,234,567.89", "1234567.89"),
        ("1 234.5", "1234.5"),
        ("1\u00a0234", "1234"),
        ("1'234", "1234"),
        ("$12,500", "12500"),
        ("25 %", "25"),
    ],
)
def test_it_reads_what_can_be_read_in_one_way(text: str, value: str) -> None:
    assert read(text).value == D(value)
    assert read(text).problem == ""


@pytest.mark.parametrize("text", ["", "   "])
def test_nothing_typed_is_no_problem(text: str) -> None:
    assert read(text).value is None
    assert read(text).problem == ""


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("1,5", "two ways: write 1.5 with a point, or 15 without"),
        ("12,34", "two ways"),
        ("1.234,5", "a point for decimals"),
        ("1,,5", "unclear"),
        ("1 2", "spaces only between thousands"),
        ("1 234,567", "not both"),
        ("1..2", "one point"),
        ("abc", "not a number"),
        ("NaN", "not a number"),
        ("inf", "not a number"),
        ("0x10", "not a number"),
        ("٣", "not a number"),
        ("1e400", "without an exponent"),
        ("1e3", "without an exponent"),
        ("$", "no number"),
        ("9" * 31, "too long"),
        ("1000000000000", "too large"),
    ],
)
def test_what_is_unclear_is_asked_back_in_words(text: str, names: str) -> None:
    typed = read(text)
    assert typed.value is None
    assert names in typed.problem


@given(st.text(max_size=40))
def test_any_text_gives_a_number_or_a_sentence_but_never_an_error(text: str) -> None:
    typed = read(text)
    assert typed.value is None or (typed.value.is_finite() and abs(typed.value) < LARGEST and not typed.problem)
    assert not typed.problem or typed.problem.endswith((".", "!"))


@given(st.decimals(0, 10**11, places=4))
def test_a_number_written_with_thousands_reads_as_itself(value: D) -> None:
    assert read(f"{value:,f}").value == value
