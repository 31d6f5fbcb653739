"""Order flow is collected for who looks: from the first look on, each trade once, and gaps are told."""

from __future__ import annotations

from typing import Any

import pytest

from hlmaster.core.events import BookChanged, BookSnapshot, LinkChanged, LinkState, Trade, Trades
from hlmaster.desk import flow as module
from hlmaster.desk.flow import Flow
from hlmaster.market.flow.coin_flow import CoinFlow
from tests.market.facts import MINUTE, NOW, ladder, levels
from tests.ui.market_desk import PRICES, MarketScene


def opened(coin: str = "ETH") -> tuple[MarketScene, Flow, CoinFlow]:
    scene = MarketScene()
    scene.connect()
    scene.tell_book(coin)
    flow = scene.desk.flow.look(coin)
    assert flow is not None
    return scene, scene.desk.flow, flow


def volume(flow: CoinFlow) -> float:
    cells = flow.cells.between(0, NOW * 2)
    return float(cells.sold.sum() + cells.bought.sum())


def test_nothing_is_heard_before_anybody_looks() -> None:
    scene = MarketScene()
    scene.connect()
    heard = len(scene.bus._handlers[BookChanged])
    scene.tell_book()
    assert scene.desk.flow.coins == ()
    assert len(scene.bus._handlers[BookChanged]) == heard
    scene.desk.flow.look("ETH")
    assert len(scene.bus._handlers[BookChanged]) == heard + 1


def test_a_coin_without_a_price_or_that_is_not_listed_is_followed_later() -> None:
    scene = MarketScene()
    assert scene.desk.flow.look("ETH") is None
    assert scene.desk.flow.look("NOSUCH") is None
    scene.tell_context("ETH")
    assert scene.desk.flow.look("ETH") is not None


def test_trades_count_from_the_first_look_on_and_each_once() -> None:
    scene, _, flow = opened()
    early = Trade("ETH", scene.clock.now_ms() - 5, 3434.0, 7.0, True, 900_001)
    now = [Trade("ETH", scene.clock.now_ms(), 3434.0, 2.0, True, 900_002)]
    scene.bus.publish(Trades("ETH", [early, *now]))
    scene.bus.publish(Trades("ETH", now))
    assert volume(flow) == 2.0


def test_a_reconnect_marks_what_may_be_missing_and_doubles_nothing() -> None:
    scene, _, flow = opened()
    scene.tell_trades([(3434.0, 2.0, True)])
    heard = scene.clock.now_ms()
    told = list(scene.desk.feed.market("ETH").trades.recent(1))
    scene.pass_time(4)
    scene.bus.publish(LinkChanged(LinkState.RECONNECTING, "The line is gone."))
    scene.pass_time(6)
    assert flow.listening.gaps(scene.clock.now_ms()) == [(heard, heard + 10_000)]
    scene.bus.publish(LinkChanged(LinkState.CONNECTED, "Connected."))
    missed = Trade("ETH", heard + 5_000, 3435.0, 3.0, False, 900_003)
    scene.bus.publish(Trades("ETH", [*told, missed]))
    assert volume(flow) == 5.0
    scene.pass_time(60)
    assert flow.listening.gaps(scene.clock.now_ms()) == [(heard, heard + 10_000)]
    assert not flow.listening.is_whole(heard, heard + MINUTE, scene.clock.now_ms())


def test_a_book_that_went_stale_leaves_a_gap_in_the_heat_and_not_in_the_trades() -> None:
    scene, flows, flow = opened()
    scene.desk.feed.check_staleness()
    scene.pass_time(4)
    scene.desk.feed.check_staleness()
    flows.look("ETH")
    assert flow.listening.gaps(scene.clock.now_ms()) == []
    window = flow.heat.window(flow.heat.begun, 17, 250, 0, 1, 10**6)
    assert window.heard.tolist() == [True] * 13 + [False] * 4


def test_a_trade_that_was_kept_out_is_a_gap() -> None:
    scene, _, flow = opened()
    scene.tell_trades([(3434.0, 2.0, True)])
    assert flow.listening.gaps(scene.clock.now_ms()) == []
    scene.tell_trades([(float("nan"), 2.0, True)])
    assert len(flow.listening.gaps(scene.clock.now_ms())) == 1
    assert volume(flow) == 2.0


def test_who_looks_while_the_line_is_down_begins_with_a_gap() -> None:
    scene = MarketScene()
    scene.tell_context("ETH")
    flow = scene.desk.flow.look("ETH")
    assert flow is not None
    assert flow.listening.is_lost


def test_the_coin_nobody_looked_at_for_longest_gives_way() -> None:
    scene, flows, _ = opened()
    for coin in PRICES:
        scene.tell_context(coin)
        scene.pass_time(1)
        flows.look("ETH")
        flows.look(coin)
    assert len(flows.coins) == module.MOST_COINS
    assert "ETH" in flows.coins
    assert "BTC" not in flows.coins


def test_what_nobody_looks_at_is_let_go_and_costs_nothing_then() -> None:
    scene, flows, _ = opened()
    heard = len(scene.bus._handlers[BookChanged])
    scene.tell_context("ETH")
    assert "ETH" in flows.coins
    scene.pass_time(module.KEPT_SECONDS + 1)
    scene.tell_context("ETH")
    assert "ETH" not in flows.coins
    assert len(scene.bus._handlers[BookChanged]) == heard - 1


@pytest.mark.parametrize("fast", [True, False])
def test_the_book_is_kept_as_the_feed_merged_it(fast: bool) -> None:
    scene, _, flow = opened()
    scene.pass_time(1)
    bids, asks = ladder(3434.0, 5, -0.1), ladder(3434.1, 5, 0.1)
    now = scene.clock.now_ms()
    book: Any = BookSnapshot("ETH", now, levels(bids), levels(asks), fast)
    scene.bus.publish(book)
    window = flow.heat.window(now // 250, 1, 250, flow.grid.units(3433.6) // 10, 10, 10)
    assert window.size.tolist() == [[1.0] * 10]
    assert (window.bid[0], window.ask[0]) == (3434.0, 3434.1)
