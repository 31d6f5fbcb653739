"""What a footprint writes into its cells."""

from __future__ import annotations

import pytest

from hlmaster.ui.flow.footprint_painter import amount


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (0.001, "0.00"),
        (0.4, "0.40"),
        (-1.2, "-1.20"),
        (9.994, "9.99"),
        (12.0, "12.0"),
        (99.96, "100"),
        (1234.0, "1.23k"),
    ],
)
def test_points_stand_under_points(value: float, text: str) -> None:
    assert amount(value) == text
