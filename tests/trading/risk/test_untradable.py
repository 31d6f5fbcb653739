"""Limits that leave nothing to trade are said before an order is refused for them."""

from __future__ import annotations

from typing import Any

import pytest

from hlmaster.trading.risk.limits import RiskLimits
from hlmaster.trading.risk.untradable import conflicts
from tests.trading.scenes import D


def test_an_ordinary_account_has_no_conflict() -> None:
    assert conflicts(RiskLimits(), D(10_000)) == ()
    assert conflicts(RiskLimits(), D(0)) == ()


@pytest.mark.parametrize(
    ("equity", "limits", "said"),
    [
        (99, {}, "leaves $9.90 and “Smallest order” asks for $10.00"),
        (10_000, {"max_position_percent": D("0.05")}, "It takes $20,000.00"),
        (10_000, {"max_order_value_usd": D(10), "minimum_notional_usd": D(50)}, "no order fits"),
        (10_000, {"max_exposure_percent": D(5)}, "below “Position per coin, strategies”"),
        (10_000, {"allowed_coins": ("BTC",), "forbidden_coins": ("BTC", "ETH")}, "nothing can be opened"),
    ],
)
def test_each_conflict_is_a_sentence(equity: int, limits: dict[str, Any], said: str) -> None:
    assert said in " ".join(conflicts(RiskLimits(**limits), D(equity)))
