"""What is kept of all coins is what a count from scratch finds, whatever happened in between."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hlmaster.core.model import Leverage, MarginMode, Side
from hlmaster.core.orders import OrderStatus
from hlmaster.desk.stakes import Stakes
from tests.desk.desks import Scene, running
from tests.trading.scenes import order

COIN = st.sampled_from(["ETH", "BTC"])
STEP = st.one_of(
    st.tuples(st.just("place"), COIN, st.integers(-5, 5)),
    st.tuples(st.just("fill"), COIN, st.integers(-5, 5)),
    st.tuples(st.just("price"), COIN, st.integers(-20, 20)),
    st.tuples(st.just("end"), COIN, st.integers(0, 3)),
    st.tuples(st.just("wait"), COIN, st.integers(1, 40)),
    st.tuples(st.just("state"), COIN, st.just(0)),
    st.tuples(st.just("leverage"), COIN, st.integers(1, 20)),
    st.tuples(st.just("swing"), COIN, st.integers(1, 9)),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(STEP, max_size=25))
def test_kept_is_counted(steps: list[tuple[str, str, int]]) -> None:
    asyncio.run(play(steps))


async def play(steps: list[tuple[str, str, int]]) -> None:
    async with running() as scene:
        for what, coin, amount in steps:
            act(scene, what, coin, amount)
            survey = scene.desk.survey
            fresh = Stakes(scene.clock, scene.desk.portfolio, scene.desk.orders, survey)
            assert survey.count() == fresh.count()
            assert survey.count().equity == scene.desk.portfolio.equity
            for name in ("ETH", "BTC"):
                assert survey(name).stake == fresh.of(name)


def act(scene: Scene, what: str, coin: str, amount: int) -> None:
    desk = scene.desk
    if what == "place" and amount:
        side = Side.BUY if amount > 0 else Side.SELL
        wanted = order(side, str(abs(amount)), "2900")
        desk.orders.register(wanted)
    elif what == "fill" and amount:
        scene.venue.give(coin, Decimal(amount))
    elif what == "price":
        scene.market.price(coin, 3_000.0 + amount)
    elif what == "end":
        live = desk.orders.unsettled()
        if amount < len(live):
            desk.orders.mark(live[amount].client_order_id, OrderStatus.CANCELED)
    elif what == "wait":
        scene.clock.advance(amount * 1_000)
    elif what == "state":
        scene.venue.publish_account()
    elif what == "leverage":
        desk.survey.leverages[coin] = Leverage(MarginMode.CROSS, amount)
    elif what == "swing":
        known = Decimal(amount) / 100
        desk.survey.swing = lambda name: known if name == coin else None


@pytest.mark.parametrize("coin", ["ETH", "BTC"])
async def test_a_coin_with_nothing_on_it_has_its_price_and_no_stake(coin: str) -> None:
    async with running() as scene:
        found = scene.desk.survey(coin).stake
        assert (found.worst, found.price, found.value) == (0, 3_000, 0)
