"""What a card says is what will rest at the exchange and what can be lost there."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hlmaster.core.margin import liquidation_price
from hlmaster.core.model import Leverage, MarginMode, Side
from hlmaster.core.orders import TimeInForce
from hlmaster.core.proposals import Proposal
from hlmaster.core.rounding import is_valid_price, is_valid_size
from hlmaster.core.signals import Terms
from hlmaster.trading.proposals.figures import Funding, entry_rate, order_of, passive_price, priced
from hlmaster.trading.proposals.layout import Layout, by_sizes, lay_out, loss_of, policy_of, stops_of
from hlmaster.trading.proposals.room import HEADROOM, room
from hlmaster.trading.protection.plan import Circumstances, Held, Past, plan
from hlmaster.trading.protection.policy import Protection
from hlmaster.trading.risk.limits import RiskLimits
from hlmaster.trading.situation import Situation
from hlmaster.trading.sizing import Sizing, size
from hlmaster.trading.stakes import Stake, Standing
from tests.trading.proposals.cards import card
from tests.trading.scenes import CALM, ETH, scene

D = Decimal
CAP = D("0.08")
HOURLY = Funding(D("0.0000125"), D(3000))


def laid(side: Side = Side.BUY, atr: str | None = "10", **more: object) -> Layout:
    sizing = more.pop("sizing", Sizing())
    stop, target = more.pop("stop", None), more.pop("target", None)
    made = lay_out(D(3000), side, ETH, sizing, None if atr is None else D(atr), stop, target)  # type: ignore[arg-type]
    assert isinstance(made, Layout), made
    return made


def full(layout: Layout, coins: str = "2", situation: Situation = CALM, **changes: Any) -> Proposal:
    bare = card(side=layout.side, size=D(coins), **changes)
    return priced(bare, layout, situation, HOURLY, CAP)


# --- where stops and target lie ---


@pytest.mark.parametrize(
    ("side", "prices", "target"),
    [(Side.BUY, ["2990", "2985", "2980"], "3030.1"), (Side.SELL, ["3010", "3015", "3020"], "2969.9")],
)
def test_tiers_lie_at_one_one_and_a_half_and_two_ranges(side: Side, prices: list[str], target: str) -> None:
    layout = laid(side)
    assert [price for price, _ in layout.tiers] == [D(price) for price in prices]
    assert [share for _, share in layout.tiers] == [33, 33, 34]
    assert layout.target == D(target)
    assert layout.problem == ""


def test_a_single_stop_and_a_strategys_own() -> None:
    assert laid(sizing=Sizing(stops="single")).tiers == ((D(2985), D(100)),)
    own = laid(stop=D("2970.03"), target=D("3050.07"))
    assert own.tiers == ((D("2970.1"), D(100)),), "on the grid, towards the entry"
    assert own.target == D("3050.1")
    assert laid(sizing=Sizing(target_multiple=D(0))).target is None


def test_an_unknown_range_is_said_and_never_made_up() -> None:
    answer = lay_out(D(3000), Side.BUY, ETH, Sizing(), None, None, None)
    assert isinstance(answer, str)
    assert "not known yet" in answer
    assert isinstance(lay_out(D(3000), Side.BUY, ETH, Sizing(), D(2000), None, None), str)


@pytest.mark.parametrize(("stop", "target"), [("3001", None), ("2990", "2999")])
def test_stops_and_targets_on_the_wrong_side_are_told(stop: str, target: str | None) -> None:
    layout = Layout(D(3000), Side.BUY, ((D(stop), D(100)),), None if target is None else D(target))
    assert "must lie" in layout.problem
    assert Layout(D(3000), Side.BUY, (), None).problem


def test_what_the_card_shows_is_what_the_positions_protection_places() -> None:
    layout, coins = laid(), D(2)
    policy = policy_of(layout, Protection(), trailing=True)
    assert policy.trailing
    held = Held(coins, D("3000.7"), 0, D("3000.7"))
    seen = Circumstances(ETH, 0, D(3000), None, D(99), D(99), CALM.fees.taker, CAP)
    wanted = plan(held, policy, seen, Past())
    shown = full(layout).stops
    assert tuple((level.trigger, level.size) for level in wanted.stops) == shown
    assert [level.trigger for level in wanted.targets] == [layout.target]


def test_shares_from_sizes_are_whole_to_the_last_digit() -> None:
    shares = by_sizes(((D(2990), D("0.1")), (D(2985), D("0.1")), (D(2980), D("0.1"))))
    assert sum(share for _, share in shares) == 100
    stops = stops_of(replace(laid(), tiers=shares), D("0.3"), ETH, None, D(0), CAP)
    assert sum(coins for _, coins in stops) == D("0.3")


# --- what it costs ---


def test_every_figure_by_hand() -> None:
    made = full(laid(stop=D(2970), target=D(3060)))
    assert made.stops == ((D(2970), D(2)),)
    assert (made.notional, made.fee_in, made.fee_out) == (6000, D("2.70"), D("2.6730"))
    assert made.risk == 60 + D("2.70") + D("2.6730")
    assert made.risk_percent == made.risk / 100
    assert made.reward == 120 - D("2.70") - 2 * 3060 * D("0.00045")
    assert made.funding_per_hour == D("-0.075"), "longs pay a positive rate, by the oracle"
    assert made.margin == 300
    assert made.liquidation_price == liquidation_price(ETH.margin_tiers, D(2), D(3000), D(10_000))


def test_funding_not_told_is_not_zero() -> None:
    bare = card(size=D(2))
    assert priced(bare, laid(), CALM, Funding(None, D(3000)), CAP).funding_per_hour is None


def test_an_isolated_position_has_a_liquidation_price_of_its_own() -> None:
    lone = scene(leverage=Leverage(MarginMode.ISOLATED, 10))
    price = full(laid(), situation=lone).liquidation_price
    assert price is not None
    assert 2700 < price < 2800


def test_a_stop_beyond_liquidation_is_shown_where_it_would_really_lie() -> None:
    thin = scene(leverage=Leverage(MarginMode.ISOLATED, 25))
    made = full(laid(stop=D(2800)), situation=thin)
    assert made.liquidation_price is not None
    assert made.stops[0][0] > made.liquidation_price


def test_post_only_pays_the_maker_and_rests_at_its_own_side() -> None:
    assert entry_rate(CALM, post_only=True) == CALM.fees.maker
    assert (passive_price(Side.BUY, CALM), passive_price(Side.SELL, CALM)) == (D("2999.9"), D("3000.1"))


# --- the order ---


def test_the_order_carries_why_it_is_wanted() -> None:
    made = full(laid(), coins="2")
    order = order_of(made, CALM, D("0.01"), "confluence", automatic=True)
    assert not isinstance(order, str)
    assert order.basis is not None
    assert (order.market, order.price, order.source, order.basis.automatic) == (True, D("3030.1"), "confluence", True)
    assert order.basis.stop_price == sum(price * coins for price, coins in made.stops) / 2
    limit = order_of(replace(made, limit_price=D(2999), post_only=True), CALM, D("0.01"), "x", automatic=False)
    assert not isinstance(limit, str)
    assert (limit.price, limit.time_in_force) == (D(2999), TimeInForce.ALO)
    assert isinstance(order_of(made, scene(best_ask=None), D("0.01"), "x", automatic=False), str)


# --- room ---


def test_room_is_what_the_limits_leave_less_a_hundredth() -> None:
    bounds = {bound.name: bound.size * 3000 for bound in room(Side.BUY, D(3000), CALM, RiskLimits(), Terms())}
    assert bounds["position"] == 1000 * HEADROOM
    assert bounds["exposure"] == 2000 * HEADROOM
    assert "value at risk" not in bounds


def test_what_is_taken_already_leaves_less_room() -> None:
    taken = scene(standing=Standing(gross=D(1500)), counted=Stake(price=D(3000), swing=D("0.1")))
    limits = RiskLimits(position_caps=("ETH:0.01",))
    bounds = {b.name: b for b in room(Side.BUY, D(3000), taken, limits, Terms(size_percent=2.0))}
    assert bounds["exposure"].size * 3000 == 500 * HEADROOM
    assert "of which $1,500.00 is taken" in bounds["exposure"].text
    assert {name: bound.untaken * 3000 for name, bound in bounds.items()} == {
        "order": bounds["order"].size * 3000,
        "position": 1000 * HEADROOM,
        "exposure": 2000 * HEADROOM,
        "leverage": bounds["leverage"].untaken * 3000,
        "margin": bounds["margin"].size * 3000,
        "cap": 30,
        "strategy": 200 * HEADROOM,
        "value at risk": 2000 * HEADROOM,
    }
    assert bounds["leverage"].untaken > bounds["leverage"].size
    assert bounds["cap"].size == D("0.01")
    assert bounds["strategy"].size * 3000 == 200 * HEADROOM
    assert bounds["value at risk"].size * 3000 == 2000 * HEADROOM


# --- from risk money to stops, for all markets ---


@given(
    entry=st.decimals("1", "90000", places=1),
    side=st.sampled_from(Side),
    spread=st.decimals("0.0005", "0.2", places=4),
    decimals=st.integers(0, 5),
    equity=st.decimals("100", "1000000", places=2),
    risk=st.decimals("0.05", "3", places=2),
    stops=st.sampled_from(["tiers", "single"]),
)
def test_a_sized_proposal_never_loses_more_at_its_stops_than_was_asked(
    entry: Decimal, side: Side, spread: Decimal, decimals: int, equity: Decimal, risk: Decimal, stops: str
) -> None:
    coin = replace(ETH, size_decimals=decimals)
    situation = scene(instrument=coin, equity=equity, best_bid=entry, best_ask=entry, mark=entry)
    layout = lay_out(entry, side, coin, Sizing(stops=stops), entry * spread, None, None)
    assume(isinstance(layout, Layout) and not layout.problem)
    assert isinstance(layout, Layout)
    fees = situation.fees
    made = size(equity, entry, decimals, loss_of(layout, fees.taker, fees, coin, CAP), risk, (), (), D(10))
    assume(not made.problem)
    proposal = priced(card(side=side, size=made.size), layout, situation, HOURLY, CAP)
    assert sum(coins for _, coins in proposal.stops) == made.size
    assert all(is_valid_price(price, decimals) and is_valid_size(coins, decimals) for price, coins in proposal.stops)
    # A liquidation nearer than the stops pulls them in, which loses less.
    assert proposal.risk <= equity * risk / 100
