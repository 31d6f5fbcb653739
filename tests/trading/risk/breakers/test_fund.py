"""Money moved in or out never looks like a gain or a loss."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from hlmaster.trading.risk.breakers.fund import Fund
from tests.trading.scenes import D

CENTS = st.integers(-10_000_000, 10_000_000).map(lambda cents: Decimal(cents) / 100)
NEARLY = D("1e-12")


@given(st.integers(1, 10**9), st.lists(st.tuples(st.booleans(), CENTS), max_size=40))
def test_the_price_follows_the_gains_alone(cents: int, steps: list[tuple[bool, Decimal]]) -> None:
    """Beside it runs the product of what each gain made of the money that was there."""
    equity = cash = Decimal(cents) / 100
    fund, expected = Fund(), Decimal(1)
    fund.look(equity, cash)
    for is_flow, amount in steps:
        if equity + amount <= 0:
            continue  # emptied accounts have tests of their own
        if is_flow:
            cash += amount
        else:
            expected *= (equity + amount) / equity
        equity += amount
        assert fund.look(equity, cash)
        assert abs(fund.price - expected) <= expected * NEARLY


def test_an_account_that_is_emptied_keeps_its_price_until_money_comes_back() -> None:
    fund = Fund()
    assert not fund.look(D(0), D(0))
    assert fund.look(D(100), D(100))
    assert fund.look(D(90), D(100))
    assert not fund.look(D(0), D(10))
    assert fund.price == D("0.9")
    assert fund.look(D(500), D(510))
    assert fund.price == D("0.9")
    assert fund.look(D(450), D(510))
    assert round(fund.price, 20) == D("0.81")


def test_a_gain_and_a_withdrawal_between_two_looks_are_told_apart() -> None:
    fund = Fund()
    fund.look(D(1_000), D(1_000))
    fund.look(D(550), D(500))  # 50 earned, 500 withdrawn
    assert fund.price == D("1.05")


def test_one_that_lost_everything_is_begun_again() -> None:
    fund = Fund()
    fund.look(D(100), D(100))
    assert fund.look(D(-3), D(100))
    assert fund.price == 0
    fund.begin_again(D(-3))
    assert not fund.look(D(-3), D(100))
    assert fund.look(D(97), D(200))
    assert fund.price == 1
