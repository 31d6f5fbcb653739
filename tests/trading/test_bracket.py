"""Exits named in any unit are the same exits, and what they cost and make is what the preview says."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.core.model import Side
from hlmaster.core.rounding import is_valid_price, tick_size
from hlmaster.trading.bracket import (
    Entry,
    Exits,
    ExitUnit,
    break_even,
    priced,
    stop_price,
    stop_value,
    target_price,
    target_value,
)
from hlmaster.trading.preview import preview
from hlmaster.trading.ticket import SizeUnit, Target, Ticket, TicketKind, draft
from tests.trading.scenes import D, scene

FEE = D("0.00045")
ALL = D(100)


def entry(side: Side = Side.BUY, price: str = "3000", size: str | None = "2") -> Entry:
    return Entry(side, D(price), None if size is None else D(size), FEE, 4)


@pytest.mark.parametrize(
    ("unit", "value", "side", "price"),
    [
        (ExitUnit.PRICE, "2950.04", Side.BUY, "2950"),
        (ExitUnit.PERCENT, "2", Side.BUY, "2940"),
        (ExitUnit.PERCENT, "2", Side.SELL, "3060"),
        (ExitUnit.RISK, "2", Side.BUY, "2940"),
        # 2 coins lose (3000 - x + (3000 + x) 0.00045) each: 100 USD at 2952.7
        (ExitUnit.MONEY, "100", Side.BUY, "2952.7"),
    ],
)
def test_a_stop_in_any_unit(unit: ExitUnit, value: str, side: Side, price: str) -> None:
    assert stop_price(D(value), unit, entry(side)) == D(price)


def test_a_target_in_r_makes_so_many_times_what_the_stop_costs() -> None:
    made = entry()
    target = target_price(D(2), ExitUnit.RISK, made, D(2940), ALL)
    assert target is not None
    assert made.result(target) / -made.result(D(2940)) == pytest.approx(D(2), abs=D("0.002"))


@given(st.sampled_from(list(Side)), st.sampled_from(list(ExitUnit)), st.integers(50, 2000), st.integers(50, 2000))
def test_a_change_of_unit_moves_no_exit_by_more_than_its_rounding(
    side: Side, unit: ExitUnit, down: int, up: int
) -> None:
    made = entry(side)
    stop = made.on_grid(made.price * (1 - side.sign * D(down) / 10_000))
    target = made.on_grid(made.price * (1 + side.sign * D(up) / 10_000))
    value = stop_value(stop, unit, made)
    again = None if value is None else stop_price(value, unit, made)
    assert again is None or abs(again - stop) <= made.price * D("0.0001") + tick_size(stop, 4)
    value = target_value(target, unit, made, stop, ALL)
    again = None if value is None else target_price(value, unit, made, stop, ALL)
    room = abs(made.result(stop)) * D("0.01") if unit is ExitUnit.RISK else made.price * D("0.0001")
    assert again is None or abs(again - target) <= room + tick_size(target, 4)


@given(st.sampled_from(list(Side)), st.decimals("0.0001", 100_000, places=4))
def test_break_even_costs_nothing_but_its_rounding(side: Side, price: Decimal) -> None:
    made = Entry(side, price, None, FEE, 2)
    even = break_even(made)
    if even > 0:
        assert is_valid_price(even, 2)
        assert 0 <= made.result(even) <= 2 * tick_size(even, 2)


@pytest.mark.parametrize(
    ("exits", "size", "says"),
    [
        (Exits(ExitUnit.MONEY, stop=D(50)), None, "Enter the size first"),
        (Exits(ExitUnit.RISK, targets=((D(2), ALL),)), "1", "needs a stop"),
        (Exits(ExitUnit.MONEY, D(10), ((D(20), ALL),)), None, "Enter the size first"),
        (Exits(ExitUnit.PERCENT, stop=D(100)), "1", "nearer stop"),
        (Exits(ExitUnit.MONEY, stop=D(90_000)), "1", "nearer stop"),
    ],
)
def test_what_is_wanting_is_said(exits: Exits, size: str | None, says: str) -> None:
    assert says in priced(exits, entry(size=size)).problem


@pytest.mark.parametrize("side", Side)
def test_money_is_what_the_preview_shows_as_risk_and_reward(side: Side) -> None:
    now = scene()
    made = Entry(side, D(3000), D(2), now.fees.taker, 4)
    exits = priced(Exits(ExitUnit.MONEY, D(60), ((D(50), D(50)), (D(100), D(50)))), made)
    assert [target.share for target in exits.targets] == [50, 50]
    wanted = Ticket(
        "ETH", side, TicketKind.LIMIT, SizeUnit.COIN, D(2), D(3000), None, exits.stop, True, tuple(exits.targets)
    )
    figures = preview(wanted, draft(wanted, now, D("0.01")), now, ())
    assert figures.risk == pytest.approx(D(60), abs=D("0.2"))
    assert figures.reward == pytest.approx(D(150), abs=D("0.2"))
    assert Target(exits.targets[0].price).share == 100
