from __future__ import annotations

import pytest

from hlmaster.market.contexts import basis_fraction, day_change_fraction, funding_per_year
from tests.market.facts import context


def test_a_context_tells_day_change_basis_and_yearly_funding_as_fractions() -> None:
    told = context(mark=100, oracle=99, previous_day_price=80)
    assert day_change_fraction(told) == 0.25
    assert basis_fraction(told) == pytest.approx(1 / 99)
    assert funding_per_year(told) == pytest.approx(0.1095)


def test_a_coin_younger_than_a_day_has_no_day_change() -> None:
    assert day_change_fraction(context(previous_day_price=0.0)) is None
