"""Fee schedule and arithmetic."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import pytest

from hlmaster.core.fees import PERP_TIERS, fee, rates_for_volume
from hlmaster.core.model import FeeRates


@pytest.mark.parametrize(
    ("volume", "taker", "maker"),
    [
        ("0", "0.00045", "0.00015"),
        ("5000000", "0.00045", "0.00015"),
        ("5000000.01", "0.0004", "0.00012"),
        ("30000000", "0.00035", "0.00008"),
        ("100000001", "0.0003", "0.00004"),
        ("600000000", "0.00028", "0"),
        ("2000000001", "0.00026", "0"),
        ("9000000000", "0.00024", "0"),
    ],
)
def test_a_tier_begins_above_its_volume(volume: str, taker: str, maker: str) -> None:
    assert rates_for_volume(Decimal(volume)) == FeeRates(Decimal(taker), Decimal(maker))


def test_the_base_tier_is_what_an_unknown_account_pays() -> None:
    assert rates_for_volume(Decimal(0)) == FeeRates()


def test_tiers_ascend_in_volume_and_never_in_price() -> None:
    for low, high in pairwise(PERP_TIERS):
        assert low.volume < high.volume
        assert low.taker > high.taker
        assert low.maker >= high.maker


def test_a_fee_is_rate_times_notional_on_either_side() -> None:
    rate = Decimal("0.00045")
    assert fee(Decimal(50_000), Decimal("0.1"), rate) == fee(Decimal(50_000), Decimal("-0.1"), rate) == Decimal("2.25")
    assert fee(Decimal(100), Decimal(1), Decimal("-0.00001")) < 0
