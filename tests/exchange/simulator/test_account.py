"""Exact money: entry prices, realised profit, isolated margin, and what may be taken out."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.core.model import Leverage, MarginMode
from hlmaster.exchange.simulator.account import Account
from tests.exchange.simulator.arena import INSTRUMENTS

D = Decimal


def account(cash: int = 10_000, **leverages: Leverage) -> Account:
    return Account(INSTRUMENTS, D(cash), leverages=dict(leverages))


def marks(price: str | Decimal) -> dict[str, Decimal]:
    return dict.fromkeys(INSTRUMENTS, D(price))


def test_the_entry_price_is_the_weighted_average_of_increases_only() -> None:
    one = account()
    one.fill("SOL", D(1), D(100), D(0))
    one.fill("SOL", D(3), D(104), D(0))
    assert one.holdings["SOL"].entry_price == 103
    effect = one.fill("SOL", D(-2), D(120), D(0))
    assert effect.closed_pnl == 34
    assert one.holdings["SOL"].entry_price == 103


@pytest.mark.parametrize(
    ("start", "signed", "pnl", "direction", "entry"),
    [
        (0, 2, 0, "Open Long", 110),
        (0, -2, 0, "Open Short", 110),
        (2, 2, 0, "Open Long", 105),
        (2, -1, 10, "Close Long", 100),
        (2, -2, 20, "Close Long", None),
        (2, -5, 20, "Long > Short", 110),
        (-2, 1, -10, "Close Short", 100),
        (-2, 5, -20, "Short > Long", 110),
    ],
)
def test_a_fill_opens_closes_or_turns_a_position(
    start: int, signed: int, pnl: int, direction: str, entry: int | None
) -> None:
    one = account()
    if start:
        one.fill("SOL", D(start), D(100), D(0))
    effect = one.fill("SOL", D(signed), D(110), D(1))
    assert (effect.start_position, effect.closed_pnl, effect.direction) == (D(start), D(pnl), direction)
    assert one.size("SOL") == start + signed
    held = one.holdings.get("SOL")
    assert (None if held is None else held.entry_price) == entry


def test_isolated_margin_is_ringed_off_and_comes_back_in_shares() -> None:
    one = account(1_000, SOL=Leverage(MarginMode.ISOLATED, 10))
    one.fill("SOL", D(10), D(100), D(1))
    assert one.cash == 899
    assert one.holdings["SOL"].raw_usd == -900
    one.fill("SOL", D(-5), D(110), D(0))
    assert one.cash == 899 + 100, "half of the equity of 200"
    assert one.isolated_value("SOL", marks("110").__getitem__) == 100
    one.fill("SOL", D(-5), D(110), D(0))
    assert one.cash == 1_099
    assert not one.holdings


def test_an_isolated_position_that_turns_brings_new_margin() -> None:
    one = account(1_000, SOL=Leverage(MarginMode.ISOLATED, 10))
    one.fill("SOL", D(10), D(100), D(0))
    one.fill("SOL", D(-15), D(100), D(0))
    assert one.size("SOL") == -5
    assert one.cash == 950
    assert one.isolated_value("SOL", marks("100").__getitem__) == 50


def test_funding_is_paid_by_longs_on_the_oracle_when_the_rate_is_positive() -> None:
    one = account()
    one.fill("SOL", D(10), D(100), D(0))
    assert one.pay_funding("SOL", D(101), D("0.0001")) == D("-0.101")
    held = one.holdings["SOL"]
    assert (held.funding_since_open, held.funding_since_change, one.funding_all_time["SOL"]) == (D("0.101"),) * 3
    one.fill("SOL", D(1), D(100), D(0))
    assert (held.funding_since_open, held.funding_since_change) == (D("0.101"), D(0))


def test_a_tenth_of_the_notional_stays_even_at_high_leverage() -> None:
    one = account(10_000, BTC=Leverage(MarginMode.CROSS, 40))
    one.fill("BTC", D("0.5"), D(100_000), D(0))
    assert one.available(marks("100000").__getitem__) == 10_000 - 1_250
    assert one.removable(marks("100000").__getitem__) == 10_000 - 5_000


def test_an_untouched_coin_is_cross_twenty_or_what_the_coin_allows() -> None:
    assert account().leverage("BTC") == Leverage(MarginMode.CROSS, 20)
    assert account().leverage("LONE") == Leverage(MarginMode.ISOLATED, 5)


sizes = st.integers(-500, 500).filter(bool).map(lambda lots: D(lots) / 100)
prices = st.integers(1, 20_000).map(lambda ticks: D(ticks) / 100)
fees = st.integers(-100, 1_000).map(lambda micro: D(micro) / 1_000_000)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("fill"), st.sampled_from(("SOL", "BTC", "LONE")), sizes, prices, fees),
        st.tuples(st.just("fund"), st.sampled_from(("SOL", "BTC", "LONE")), sizes, prices, fees),
    ),
    max_size=60,
)


@given(steps, prices, st.sampled_from(MarginMode))
def test_equity_changes_by_exactly_what_was_realised_unrealised_paid_and_received(
    plan: list[tuple[str, str, Decimal, Decimal, Decimal]], mark: Decimal, mode: MarginMode
) -> None:
    one = account(10_000, SOL=Leverage(mode, 3))
    expected = D(10_000)
    for kind, coin, size, price, cost in plan:
        if kind == "fill":
            expected += one.fill(coin, size, price, cost).closed_pnl - cost
        elif one.size(coin):
            expected += one.pay_funding(coin, price, cost)
    expected += sum((held.unrealised(mark) for held in one.holdings.values()), D(0))
    assert abs(one.equity(marks(mark).__getitem__) - expected) < D("1e-8")


@given(steps)
def test_memory_brings_back_the_same_account(plan: list[tuple[str, str, Decimal, Decimal, Decimal]]) -> None:
    one = account()
    for kind, coin, size, price, cost in plan:
        if kind == "fill":
            one.fill(coin, size, price, cost)
    assert Account.restore(INSTRUMENTS, one.export()) == one
