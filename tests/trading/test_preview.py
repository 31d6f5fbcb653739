"""The figures under the ticket are those the venue will use."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from hlmaster.core.margin import liquidation_price, maintenance_margin
from hlmaster.core.model import Leverage, MarginMode, Side
from hlmaster.core.orders import RuleResult, TimeInForce, Verdict
from hlmaster.trading.preview import Preview, preview
from hlmaster.trading.situation import Situation
from hlmaster.trading.ticket import SizeUnit, Target, Ticket, TicketKind, draft
from tests.trading.scenes import ETH, D, scene

TAKER, MAKER = D("0.00045"), D("0.00015")


def ticket(kind: TicketKind = TicketKind.MARKET, side: Side = Side.BUY, size: str = "1", **more: Any) -> Ticket:
    return Ticket("ETH", side, kind, SizeUnit.COIN, D(size), **more)


def shown(wanted: Ticket, situation: Situation) -> Preview:
    return preview(wanted, draft(wanted, situation, D("0.01")), situation, ())


@pytest.mark.parametrize(
    ("wanted", "price", "rate"),
    [
        (ticket(), "3000.1", TAKER),
        (ticket(side=Side.SELL), "2999.9", TAKER),
        (ticket(TicketKind.LIMIT, limit_price=D(2990)), "2990", MAKER),
        (ticket(TicketKind.LIMIT, limit_price=D(3010)), "3010", TAKER),
        (ticket(TicketKind.LIMIT, limit_price=D(2990), time_in_force=TimeInForce.IOC), "2990", TAKER),
        (ticket(TicketKind.POST_ONLY, limit_price=D(2990)), "2990", MAKER),
        (ticket(TicketKind.STOP_MARKET, trigger_price=D(3100)), "3100", TAKER),
    ],
)
def test_the_fee_is_a_makers_only_for_what_will_rest(wanted: Ticket, price: str, rate: Decimal) -> None:
    figures = shown(wanted, scene())
    assert figures.notional == D(price)
    assert figures.fee == D(price) * rate
    assert figures.fee_is_maker == (rate == MAKER)


@pytest.mark.parametrize(
    ("position", "side", "reduce_only", "grown"),
    [("0", Side.BUY, False, 1), ("1", Side.BUY, False, 1), ("1", Side.SELL, False, 0), ("1", Side.SELL, True, 0)],
)
def test_margin_is_asked_only_for_what_grows(position: str, side: Side, reduce_only: bool, grown: int) -> None:
    situation = scene(position=D(position))
    figures = shown(ticket(side=side, reduce_only=reduce_only), situation)
    assert figures.margin == grown * (figures.notional or D(0)) / 20
    assert figures.position_after == D(position) + side.sign


def test_a_cross_positions_liquidation_price_is_that_of_the_formula() -> None:
    situation = scene(equity=D(1000), best_ask=D(3000))
    figures = shown(ticket(), situation)
    assert figures.liquidation_price == liquidation_price(ETH.margin_tiers, D(1), D(3000), D(1000))


@pytest.mark.parametrize(("side", "size"), [(Side.BUY, "1"), (Side.SELL, "1"), (Side.SELL, "3")])
def test_paying_up_costs_equity_and_brings_liquidation_nearer(side: Side, size: str) -> None:
    """Also where the order reduces the position or turns it round."""
    needed = maintenance_margin(ETH.margin_tiers, D(6000))
    situation = scene(position=D(2), equity=D(1000), maintenance_margin=needed + 7, best_bid=D(2990), best_ask=D(3010))
    after = D(2) + side.sign * D(size)
    expected = liquidation_price(ETH.margin_tiers, after, D(3000), D(1000) - D(size) * 10, D(7))
    assert shown(ticket(side=side, size=size), situation).liquidation_price == expected


def test_an_isolated_position_stands_on_its_own_margin() -> None:
    situation = scene(equity=D(10**6), leverage=Leverage(MarginMode.ISOLATED, 10), best_ask=D(3000))
    figures = shown(ticket(), situation)
    assert figures.liquidation_price == liquidation_price(ETH.margin_tiers, D(1), D(3000), D(300))


def test_a_flat_account_cannot_be_liquidated() -> None:
    assert shown(ticket(side=Side.SELL), scene(position=D(1))).liquidation_price is None


def test_risk_is_the_way_to_the_stop_and_both_fees() -> None:
    wanted = ticket(TicketKind.LIMIT, limit_price=D(3000), stop_price=D(2900))
    assert shown(wanted, scene()).risk == 100 + D(5900) * TAKER
    assert shown(replace(wanted, side=Side.SELL), scene()).risk is None


def test_problems_keep_the_button_off() -> None:
    wanted = ticket()
    situation = scene()
    drafted = draft(wanted, situation, D("0.01"))
    assert preview(wanted, drafted, situation, ()).can_send
    no = Verdict((RuleResult("fresh data", False, sentence="Old."), RuleResult("price band", True)))
    refused = preview(wanted, drafted, situation, (no,))
    assert (refused.can_send, refused.problems) == (False, ("Old.",))
    empty = shown(ticket(size="0"), situation)
    assert (empty.can_send, empty.available) == (False, situation.available)
    assert empty.problems


@pytest.mark.parametrize("side", Side)
def test_a_bracket_shows_what_it_may_lose_and_win_after_fees(side: Side) -> None:
    stop, target = D(3000) - 100 * side.sign, D(3000) + 200 * side.sign
    wanted = ticket(
        TicketKind.LIMIT, side, limit_price=D(3000), stop_price=stop, attach_stop=True, targets=(Target(target),)
    )
    figures = shown(wanted, scene())
    assert figures.risk == 100 + (3000 + stop) * TAKER
    assert figures.reward == 200 - (3000 + target) * TAKER


def test_figures_of_several_targets_are_of_the_whole_order() -> None:
    targets = (Target(D(3100), D(50)), Target(D(3200), D(50)))
    wanted = ticket(TicketKind.LIMIT, limit_price=D(3000), stop_price=D(2900), attach_stop=True, targets=targets)
    figures = shown(wanted, scene())
    assert figures.entry is not None
    assert (figures.entry.size, figures.notional, figures.position_after) == (1, 3000, 1)
    assert figures.reward == D("0.5") * (100 - 6100 * TAKER) + D("0.5") * (200 - 6200 * TAKER)
