from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.core.rounding import is_valid_price, tick_size
from hlmaster.exchange.simulator.listing import LISTINGS, Listing, listing, margin_tiers


def test_at_least_eight_coins_are_listed_each_once() -> None:
    coins = [one.coin for one in LISTINGS]
    assert len(set(coins)) == len(coins) >= 8
    assert listing("NONE") is None


@pytest.mark.parametrize("one", LISTINGS, ids=lambda one: one.coin)
def test_the_start_price_is_valid_and_the_margin_table_offers_the_leverage(one: Listing) -> None:
    assert is_valid_price(Decimal(repr(one.start_price)), one.size_decimals)
    assert one.price(one.ticks(one.start_price)) == one.start_price
    assert margin_tiers(one.margin_table_id)[0] == (0, one.max_leverage)


def test_a_small_table_id_is_its_own_tier() -> None:
    assert margin_tiers(3) == ((0, 3),)


@given(st.integers(0, 6), st.integers(1, 10**12))
def test_snapped_prices_obey_the_venues_rule_and_steps_agree_with_it(size_decimals: int, ticks: int) -> None:
    one = Listing("X", size_decimals, 10, 10, 1e3, 1.0, 1.0, 1e6)
    price = Decimal(one.snap(ticks)) / one.ticks_per_unit
    assert is_valid_price(price, size_decimals)
    rule = tick_size(Decimal(ticks) / one.ticks_per_unit, size_decimals)
    assert Decimal(one.step(ticks)) / one.ticks_per_unit == rule
    assert one.steps(np.array([float(ticks)]))[0] == one.step(ticks)


@pytest.mark.parametrize(("field", "value"), [("size_decimals", 7), ("start_price", 0.0), ("annual_vol", -1.0)])
def test_an_impossible_listing_is_refused(field: str, value: float) -> None:
    facts = {"size_decimals": 2, "start_price": 10.0, "annual_vol": 0.5} | {field: value}
    with pytest.raises(ValueError, match="X"):
        Listing("X", int(facts["size_decimals"]), 10, 10, facts["start_price"], facts["annual_vol"], 1.0, 1e6)


def test_a_price_below_one_tick_is_refused() -> None:
    with pytest.raises(ValueError, match="below one tick"):
        Listing("X", 5, 10, 10, 0.0001, 0.5, 1.0, 1e6)
