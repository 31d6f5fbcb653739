"""Figures keep to their columns."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.ui.ladder.digits import brief, compact, fitting, suited

SIZES = st.floats(0, 1e13, allow_subnormal=False)


@pytest.mark.parametrize(
    ("value", "decimals", "room", "text"),
    [
        (6.478, 3, 7, "6.478"),
        (12_345.6, 1, 8, "12,345.6"),
        (12_345.6, 1, 6, "12.35k"),
        (1_234_567.0, 0, 8, "1.23M"),
        (999_999.0, 0, 5, "1.00M"),
        (0.0004, 2, 6, "<0.01"),
        (0.2, 0, 4, "<1"),
        (0.004, 2, 4, "<.01"),
        (0.004, 2, 2, "~0"),
        (0.0, 2, 4, "0.00"),
    ],
)
def test_a_figure_is_whole_where_it_fits_and_abbreviated_where_it_would_not(
    value: float, decimals: int, room: int, text: str
) -> None:
    assert fitting(value, decimals, room) == text


@given(SIZES, st.integers(0, 4), st.integers(4, 12))
def test_no_figure_is_wider_than_its_room(value: float, decimals: int, room: int) -> None:
    assert len(fitting(value, decimals, room)) <= room
    assert len(brief(value, room)) <= room


@given(st.floats(1, 9e14), st.integers(4, 8))
def test_an_abbreviated_figure_is_near_the_true_one(value: float, room: int) -> None:
    scale = {"k": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}
    text = compact(value, room)
    assert float(text.rstrip("kMBT")) * scale.get(text[-1], 1) == pytest.approx(value, rel=0.34)


@pytest.mark.parametrize(
    ("value", "room", "text"), [(0.42, 4, "0.42"), (0.1234, 4, "0.12"), (0.125, 3, ".12"), (3.0, 4, "3")]
)
def test_ones_own_size_has_all_digits_that_fit(value: float, room: int, text: str) -> None:
    assert brief(value, room) in (text, text.replace(".12", "0.1"))


def test_a_column_keeps_its_decimals_until_they_do_not_fit_and_takes_more_only_with_room_to_spare() -> None:
    assert suited(None, [1.5, 9.9], 5, 3) == 3
    assert suited(3, [12.5, 99.9], 5, 3) == 2
    assert suited(2, [6.0, 9.4], 5, 3) == 2
    assert suited(2, [1.0, 2.4], 5, 3) == 3
    assert suited(None, [], 5, 3) == 3
    assert suited(2, [50_000.0], 4, 3) == 0
