"""A size never risks more than was asked for, in coins and not in anything else."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.core.signals import Regime
from hlmaster.trading.sizing import (
    MOST_RISK_PERCENT,
    Bound,
    Factor,
    Loss,
    Sized,
    Sizing,
    by_confidence,
    by_drawdown,
    by_range,
    by_regime,
    size,
)

D = Decimal
ONE_STOP = Loss(D(30), D(30), D(30))


def sized(
    equity: str = "10000",
    price: str = "3000",
    loss: Loss = ONE_STOP,
    risk: str = "1",
    factors: tuple[Factor, ...] = (),
    bounds: tuple[Bound, ...] = (),
    least: str = "10",
    decimals: int = 4,
    leftover: str = "0",
) -> Sized:
    cap = MOST_RISK_PERCENT
    return size(D(equity), D(price), decimals, loss, D(risk), factors, bounds, D(least), cap, D(leftover))


def test_risk_money_over_what_a_coin_loses_is_a_size_in_coins_already() -> None:
    """$100 at risk over $30 a coin is 3.33 coins, whatever a coin costs."""
    assert sized(price="3000").size == D("3.3333")
    assert sized(price="30").size == D("3.3333")


def test_a_cap_in_dollars_clips_by_its_worth_in_coins() -> None:
    thousand_dollars = Bound("position", "at most $1,000", D(1000) / D(3000))
    assert sized(bounds=(thousand_dollars,)).size == D("0.3333")


def test_high_volatility_makes_the_size_smaller_and_leaves_the_stop_where_it_is() -> None:
    calm, wild = by_range(D(10), D(10), Sizing()), by_range(D(16), D(10), Sizing())
    assert (calm.value, wild.value) == (1, D("0.8"))
    assert sized(factors=(wild,)).size == D("2.6666")
    assert by_range(D(15), D(10), Sizing()).value == 1, "from over 1.5 times on"
    assert by_range(D(16), None, Sizing()).value == 1, "what is usual is not known yet"


@pytest.mark.parametrize(
    ("regime", "factor"), [(Regime.TREND, "1.5"), (Regime.RANGE, "1"), (Regime.VOLATILE, "0.6"), (None, "1")]
)
def test_the_regime_scales_the_risk(regime: Regime | None, factor: str) -> None:
    assert by_regime(regime, Sizing()).value == D(factor)


def dollars(left: str, whole: str | None) -> Bound:
    return Bound("exposure", "at most 20 %", D(left) / 3000, None if whole is None else D(whole) / 3000)


@pytest.mark.parametrize(
    ("left", "whole", "leftover", "traded"),
    [
        ("18", "2000", "10", False),
        ("199", "2000", "10", False),
        ("201", "2000", "10", True),
        ("18", "60", "10", False),
        ("21", "60", "10", True),
        ("18", "2000", "0", True),
        ("18", "18", "10", True),
        ("18", None, "10", True),
    ],
)
def test_what_others_leave_is_traded_when_it_is_worth_it(
    left: str, whole: str | None, leftover: str, traded: bool
) -> None:
    """A tenth of what it would have been, two of the smallest orders at least; what is small by itself is not cut."""
    made = sized(bounds=(dollars(left, whole),), leftover=leftover)
    assert (made.size > 0, made.problem == "") == (traded, traded)
    if not traded:
        assert f"Other positions leave room for ${D(left) - D(left) % D('0.3'):,.2f}" in made.problem


def test_a_small_risk_is_no_leftover() -> None:
    assert sized(risk="0.002", loss=Loss(D(30), D(30), D(30)), bounds=(dollars("1900", "2000"),), leftover="10").size


@pytest.mark.parametrize(("drawdown", "factor"), [("0", "1"), ("0.035", "0.75"), ("0.07", "0.5"), ("0.5", "0.5")])
def test_drawdown_shrinks_in_a_line_to_a_half(drawdown: str, factor: str) -> None:
    assert by_drawdown(D(drawdown)).value == D(factor)


def test_confidence_is_a_factor_of_one_at_most() -> None:
    assert [by_confidence(c).value for c in (0.7, 1.0, 7.0, -1.0)] == [D("0.70"), 1, 1, 0]


def test_no_factor_takes_the_risk_past_three_per_cent() -> None:
    made = sized(risk="2.5", factors=(Factor("regime", "trend", D("1.5")),))
    assert made.risk == 300
    assert made.size == 10
    assert [step.name for step in made.steps] == ["risk", "regime", "risk cap", "lot"]


def test_under_the_minimum_is_no_trade_and_never_a_bump() -> None:
    made = sized(equity="20", loss=Loss(D(300), D(300), D(300)))
    assert made.size == 0
    assert "not made larger than its risk" in made.problem
    tight = sized(bounds=(Bound("position", "at most $5 of ETH", D(5) / D(3000)),))
    assert tight.size == 0
    assert "at most $5 of ETH" in tight.problem


@pytest.mark.parametrize("loss", [Loss(D(0), D(0), D(0)), Loss(D(-1), D(5), D(9)), Loss(D(5), D(9), D(8))])
def test_stops_on_the_wrong_side_are_no_trade(loss: Loss) -> None:
    assert sized(loss=loss).problem


def test_an_empty_account_is_no_trade() -> None:
    assert sized(equity="0").problem == "There is no equity to put at risk."


def test_tiers_too_small_to_stand_alone_are_counted_to_the_furthest() -> None:
    tiers = Loss(D(10), D(15), D(20), whole_from=D(5))
    made = sized(equity="5000", loss=tiers)
    assert made.size == D("2.5")
    assert made.steps[-2].name == "tiers"
    assert sized(loss=tiers).size == D("6.6666"), "all of them stand"


def test_every_factor_is_a_step_in_words() -> None:
    made = sized(factors=(by_confidence(0.8), by_regime(Regime.TREND, Sizing())))
    assert [(step.name, step.text) for step in made.steps] == [
        ("risk", "1 % of $10,000.00 is $100.00"),
        ("confidence", "confidence 0.80: x 0.8"),
        ("regime", "regime trend: x 1.5"),
        ("lot", "in lots of 0.0001"),
    ]


# --- for all sizes ---

money = st.decimals("1", "10000000", places=2)
distances = st.decimals("0.0001", "5000", places=4)
multiples = st.decimals("0", "3", places=2)


@st.composite
def losses(draw: st.DrawFn) -> Loss:
    nearest, more, most = draw(distances), draw(distances), draw(distances)
    whole = draw(st.decimals("0", "10", places=4))
    return Loss(nearest, nearest + more, nearest + more + most, whole)


@given(
    equity=money,
    price=st.decimals("0.01", "100000", places=2),
    loss=losses(),
    risk=st.decimals("0.01", "3", places=2),
    factors=st.lists(multiples, max_size=6),
    bounds=st.lists(st.decimals("0", "100000", places=3), max_size=4),
    decimals=st.integers(0, 6),
)
def test_it_never_risks_more_than_asked_nor_passes_a_bound(
    equity: Decimal,
    price: Decimal,
    loss: Loss,
    risk: Decimal,
    factors: list[Decimal],
    bounds: list[Decimal],
    decimals: int,
) -> None:
    named = tuple(Factor("f", "f", value) for value in factors)
    limits = tuple(Bound("b", "b", coins) for coins in bounds)
    made = size(equity, price, decimals, loss, risk, named, limits, D(10))
    assert made.risk <= equity * MOST_RISK_PERCENT / 100
    lot = D(1).scaleb(-decimals)
    assert made.size % lot == 0
    if made.problem:
        assert made.size == 0
        return
    assert made.size * price >= 10
    assert all(made.size <= coins for coins in bounds)
    at_worst = made.size * loss.worst  # no coin loses more, however the lots are split
    if made.size >= loss.whole_from:
        assert min(at_worst, made.size * loss.weighted + lot * (loss.worst - loss.nearest)) <= made.risk
    else:
        assert at_worst <= made.risk


@given(
    equity=money,
    more=money,
    loss=losses(),
    risk=st.decimals("0.01", "3", places=2),
    factor=multiples,
    larger=multiples,
    room=st.decimals("0", "1000", places=3),
    wider=st.decimals("0", "1000", places=3),
)
def test_more_money_a_larger_factor_and_more_room_never_make_it_smaller(
    equity: Decimal,
    more: Decimal,
    loss: Loss,
    risk: Decimal,
    factor: Decimal,
    larger: Decimal,
    room: Decimal,
    wider: Decimal,
) -> None:
    def coins(money: Decimal, value: Decimal, free: Decimal) -> Decimal:
        bound = (Bound("b", "b", free),)
        return size(money, D(100), 3, loss, risk, (Factor("f", "f", value),), bound, D(10)).size

    before = coins(equity, factor, room)
    assert coins(equity + more, factor, room) >= before
    assert coins(equity, factor + larger, room) >= before
    assert coins(equity, factor, room + wider) >= before


@given(equity=money, loss=losses(), factor=st.decimals("0.01", "1", places=2))
def test_halving_a_coin_and_doubling_its_count_is_the_same_trade(equity: Decimal, loss: Loss, factor: Decimal) -> None:
    """Units: a coin of half the price that loses half as much is held twice."""
    half = Loss(loss.nearest / 2, loss.weighted / 2, loss.worst / 2)
    whole = Loss(loss.nearest, loss.weighted, loss.worst)
    factors = (Factor("f", "f", factor),)
    one = size(equity, D(100), 8, whole, D(1), factors, (), D("0.01"))
    two = size(equity, D(50), 8, half, D(1), factors, (), D("0.01"))
    assert abs(two.size - 2 * one.size) <= D("0.00000003") * (1 + 2 * (loss.worst - loss.nearest) / loss.weighted)
