"""Day change."""

from __future__ import annotations

from hlmaster.market.contexts import day_change_fraction
from tests.market.facts import context


def test_the_day_change_is_a_fraction_of_the_price_a_day_ago() -> None:
    assert day_change_fraction(context(mark=100, previous_day_price=80)) == 0.25


def test_a_coin_younger_than_a_day_has_no_day_change() -> None:
    assert day_change_fraction(context(previous_day_price=0.0)) is None
