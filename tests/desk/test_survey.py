"""Money is spent once, and what is in doubt is not traded on."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from hlmaster.core.errors import ConfigError
from hlmaster.core.events import AssetContext
from hlmaster.core.model import Leverage, MarginMode, Side
from hlmaster.core.orders import OrderStatus
from hlmaster.trading.agreement import GRACE_MS
from tests.desk.desks import Scene, running
from tests.trading.scenes import D, order


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with running() as made:
        yield made


async def test_every_entry_on_its_way_reserves_its_margin(scene: Scene) -> None:
    free = scene.desk.survey("ETH").available
    scene.desk.orders.register(order(size="1", price="2000"))
    scene.desk.orders.register(order(Side.SELL, size="1", reduce_only=True))
    assert scene.desk.survey("ETH").available == free - 100


async def test_an_order_that_only_reduces_reserves_nothing(scene: Scene) -> None:
    scene.hold("1")
    free = scene.desk.survey("ETH").available
    scene.desk.orders.register(order(Side.SELL, size="1"))
    assert scene.desk.survey("ETH").available == free


async def test_a_fill_is_paid_for_before_the_venue_states_it(scene: Scene) -> None:
    free = scene.desk.survey("ETH").available
    scene.venue.give("ETH", D(1))
    assert scene.desk.survey("ETH").available == free - 150


async def test_leverage_is_the_positions_then_what_was_set_then_the_venues_default(scene: Scene) -> None:
    survey = scene.desk.survey
    survey.leverages.clear()
    assert survey.leverage("ETH") == Leverage(MarginMode.CROSS, 20)
    survey.leverages["ETH"] = Leverage(MarginMode.ISOLATED, 3)
    assert survey.leverage("ETH") == Leverage(MarginMode.ISOLATED, 3)
    scene.hold("1")
    assert survey.leverage("ETH") == Leverage(MarginMode.CROSS, 20)


async def test_an_order_of_unknown_fate_closes_its_coin_for_entries(scene: Scene) -> None:
    wanted = order(price="2900")
    scene.venue.deaf = ConfigError("never asked")
    scene.desk.orders.register(wanted, scene.clock.now_ms() + 10**9)
    assert scene.desk.survey("ETH").stale is None
    scene.desk.orders.mark(wanted.client_order_id, OrderStatus.UNKNOWN)
    assert "fate is still unknown" in (scene.desk.survey("ETH").stale or "")
    assert scene.desk.survey("BTC").stale is None
    scene.desk.orders.mark(wanted.client_order_id, OrderStatus.REJECTED)


async def test_books_that_stay_apart_from_the_venue_close_the_coin(scene: Scene) -> None:
    scene.venue.positions["ETH"] = D(2)
    scene.venue.publish_account()
    assert scene.desk.survey("ETH").stale is None
    scene.clock.advance(GRACE_MS + 1)
    assert "differ" in (scene.desk.survey("ETH").stale or "")
    assert scene.desk.survey("ETH").position == 2


async def test_a_coin_that_is_not_listed_is_named(scene: Scene) -> None:
    with pytest.raises(ConfigError, match="'DOGE' is not listed"):
        scene.desk.survey("DOGE")


async def test_a_mark_between_two_ticks_keeps_its_digits_as_money(scene: Scene) -> None:
    price = 0.0000123
    scene.desk.bus.publish(AssetContext("ETH", price, price, price, price, 1e9, 1e6, 0.0, 0.0, 1e6))
    assert scene.desk.survey.mark("ETH") == D("0.0000123")
