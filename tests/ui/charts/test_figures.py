from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.ui.charts.figures import (
    compact,
    countdown,
    log_values,
    pane_label,
    pane_value,
    percent,
    price_text,
    round_values,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.5, "0.5"), (9.87, "9.87"), (95, "95"), (950.4, "950"), (999.9, "1k"), (1234, "1.23k"),
     (45_600, "45.6k"), (999_960, "1M"), (2_500_000, "2.5M"), (-3200, "-3.2k"), (7.1e9, "7.1B")],
)  # fmt: skip
def test_compact_numbers_have_at_most_four_figures(value: float, text: str) -> None:
    assert compact(value) == text


@pytest.mark.parametrize(
    ("left", "text"),
    [(261_000, "04:21"), (260_001, "04:21"), (0, "00:00"), (-5000, "00:00"), (11_061_000, "3:04:21"),
     (183_840_000, "2d 03:04")],
)  # fmt: skip
def test_countdown_names_what_is_left(left: int, text: str) -> None:
    assert countdown(left) == text


def test_prices_have_fixed_decimals_and_separators() -> None:
    assert price_text(97412, 1) == "97,412.0"
    assert price_text(0.00001234, 8) == "0.00001234"


def test_percent_always_has_a_sign() -> None:
    assert (percent(0.0086), percent(-0.5), percent(12.345)) == ("+0.86%", "-50.00%", "+1,234.50%")


@pytest.mark.parametrize(
    ("value", "span", "room", "text"),
    [(56.234, 110.0, 7, "56"), (-0.0000512, 0.0002, 7, "-5.1e-5"), (-0.05123456, 0.00009, 7, "-0.0512"),
     (0.0, 2.0, 7, "0.00"), (1_234.567, 0.5, 7, "1,234.6")],
)  # fmt: skip
def test_a_panes_labels_fit_beside_it(value: float, span: float, room: int, text: str) -> None:
    assert pane_label(value, span, room) == text
    assert len(text) <= room


@given(low=st.floats(1e-6, 1e5), span=st.floats(1e-4, 1e5), most=st.integers(1, 20), decimals=st.integers(0, 8))
def test_marked_prices_are_round_inside_and_all_different_when_written(
    low: float, span: float, most: int, decimals: int
) -> None:
    values = round_values(low, low + span, most, decimals)
    assert len(values) <= most + 2
    assert all(low - 1e-6 * span <= value <= low + span * (1 + 1e-6) for value in values)
    texts = [price_text(value, decimals) for value in values]
    assert len(set(texts)) == len(texts)


def test_nothing_is_marked_in_an_empty_range() -> None:
    assert round_values(5, 5, 8, 2) == []


@pytest.mark.parametrize(
    ("value", "span", "text"),
    [
        (56.234, 110.0, "56"),
        (-0.01, 12.0, "0.0"),
        (1.234, 5.0, "1.23"),
        (1.6e-7, 2e-7, "0.000000160"),
        (-1_234_567.0, 2e6, "-1.23M"),
        (3.0, 0.0, "3.00"),
    ],
)
def test_a_panes_value_has_as_many_places_as_its_scale_tells_apart(value: float, span: float, text: str) -> None:
    assert pane_value(value, span) == text


def test_logarithmic_values_are_round_and_no_more_than_wanted() -> None:
    assert log_values(1.0, 120.0, 8, 2) == [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0]
    assert log_values(1e-7, 1e-3, 6, 9) == pytest.approx([1e-7, 1e-6, 1e-5, 1e-4, 1e-3])
    assert log_values(5.0, 5.0, 6, 2) == []
