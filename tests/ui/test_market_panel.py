"""How many decimals prices are shown with."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from hlmaster.ui.market_panel import decimals_of


@pytest.mark.parametrize(
    ("price", "size_decimals", "decimals"),
    [
        (97_412.0, 5, 0),
        (3_434.2, 4, 1),
        (0.38911, 0, 5),
        (0.0123, 0, 6),
        (0.000123, 0, 8),
        (0.0000123, 0, 9),
        (0.0, 0, 2),
    ],
)
def test_two_prices_can_be_told_apart(price: float, size_decimals: int, decimals: int) -> None:
    market: Any = SimpleNamespace(instrument=SimpleNamespace(size_decimals=size_decimals))
    assert decimals_of(market, price) == decimals
