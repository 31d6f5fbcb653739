"""Mark, premium and funding rate by the protocol's formulas."""

from __future__ import annotations

from decimal import Decimal

import pytest

from hlmaster.exchange.simulator.prices import Prices


@pytest.mark.parametrize(
    ("bid", "ask", "last", "mark"),
    [
        (999, 1001, 1000, 1000.0),
        (1009, 1011, 1010, 1010.0),
        (1009, 1011, 990, 1009.0),
        (None, None, None, 1000.0),
        (None, None, 2000, 1000.0),
    ],
)
def test_the_mark_is_the_median_of_oracle_basis_and_book(
    bid: int | None, ask: int | None, last: int | None, mark: float
) -> None:
    assert Prices(1000.0).mark(bid, ask, last, 3.0) == pytest.approx(mark)


def test_the_basis_follows_the_book_slowly() -> None:
    prices = Prices(1000.0)
    for _ in range(100):
        prices.mark(999, 1001, 1000, 3.0)
    assert prices.mark(1019, 1021, 1020, 3.0) < 1001.0
    for _ in range(200):
        prices.mark(1019, 1021, 1020, 3.0)
    assert prices.mark(1019, 1021, 1020, 3.0) > 1019.0


def test_with_half_a_book_the_short_average_of_the_book_stands_in() -> None:
    prices = Prices(1000.0)
    for _ in range(200):
        prices.mark(1019, 1021, 1020, 3.0)
    assert 1000.0 < prices.mark(None, 1021, None, 3.0) <= 1020.0


@pytest.mark.parametrize(
    ("impact_bid", "impact_ask", "premium"),
    [(999.0, 1001.0, 0.0), (1002.0, 1004.0, 0.002), (995.0, 998.0, -0.002), (None, 1001.0, None), (999.0, None, None)],
)
def test_the_premium_is_how_far_the_impact_prices_stand_off_the_oracle(
    impact_bid: float | None, impact_ask: float | None, premium: float | None
) -> None:
    found = Prices(1000.0).premium(impact_bid, impact_ask)
    assert found is None if premium is None else found == pytest.approx(premium)


@pytest.mark.parametrize(
    ("premium", "rate"),
    [(0.0, "0.0000125"), (0.0003, "0.0000125"), (0.002, "0.0001875"), (-0.002, "-0.0001875"), (1.0, "0.04")],
)
def test_the_rate_is_an_eighth_of_premium_and_clamped_interest(premium: float, rate: str) -> None:
    prices = Prices(1000.0)
    prices.sample(1000.0 * (1 + premium) if premium > 0 else 0.0, 1000.0 * (1 + premium) if premium < 0 else 1e9)
    assert prices.funding_rate == Decimal(rate)


def test_a_new_hour_begins_without_samples() -> None:
    prices = Prices(1000.0)
    prices.sample(1010.0, 1011.0)
    prices.new_hour()
    assert prices.average_premium == 0


def test_memory_brings_back_the_same_averages() -> None:
    prices = Prices(1000.0)
    prices.mark(1019, 1021, 1020, 3.0)
    prices.sample(1010.0, 1011.0)
    assert Prices.restore(prices.export()) == prices
