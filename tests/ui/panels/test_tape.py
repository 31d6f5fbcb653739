"""The tape shows the feed's trades, newest first, and hides small ones on request."""

from __future__ import annotations

from typing import Any

from hlmaster.core.events import Trade
from hlmaster.ui.panels.tape import ROW, TapePanel, filter_text, large_from
from tests.ui.market_desk import NOW, MarketScene, open_context, shown


def opened(scene: MarketScene, qtbot: Any, rows: int = 10) -> TapePanel:
    panel = TapePanel(open_context(scene, qtbot))
    shown(panel, qtbot, 230, rows * ROW)
    panel.grab()
    return panel


def test_the_newest_trade_stands_on_top_and_new_ones_arrive_by_themselves(qtbot: Any) -> None:
    scene = MarketScene()
    scene.tell_trades((3430.0 + n, 1.0, True) for n in range(5))
    panel = opened(scene, qtbot)
    assert [trade.price for trade in panel.shown] == [3434.0, 3433.0, 3432.0, 3431.0, 3430.0]
    scene.pass_time(1)
    scene.tell_trades([(3434.5, 2.0, False)])
    qtbot.waitUntil(lambda: panel.shown[0].price == 3434.5)


def test_no_more_is_shown_than_fits(qtbot: Any) -> None:
    scene = MarketScene()
    scene.tell_trades((3430.0, 1.0, True) for _ in range(100))
    assert len(opened(scene, qtbot, rows=10).shown) == 11


def test_the_filter_reaches_back_to_the_trades_that_are_large_enough(qtbot: Any) -> None:
    scene = MarketScene()
    scene.tell_trades([(3430.0, 10.0, True)])
    scene.tell_trades((3430.0, 0.01, True) for _ in range(300))
    panel = opened(scene, qtbot)
    panel.show_only(10_000)
    panel.grab()
    assert [trade.size for trade in panel.shown] == [10.0]
    assert panel.filter.text() == "≥ $10k ▾"
    panel.show_only(100_000)
    panel.grab()
    assert panel.shown == []


def test_trades_of_another_coin_are_shown_when_it_comes_into_focus(qtbot: Any) -> None:
    scene = MarketScene()
    scene.tell_trades([(97_000.0, 1.0, True)], coin="BTC")
    panel = opened(scene, qtbot)
    assert panel.shown == []
    panel.context.select("BTC")
    qtbot.waitUntil(lambda: [trade.price for trade in panel.shown] == [97_000.0])


def test_large_is_the_largest_twentieth_and_nothing_while_there_are_few() -> None:
    def trades(count: int) -> list[Trade]:
        return [Trade("ETH", NOW, 1.0, float(n), True, n) for n in range(1, count + 1)]

    assert sum(trade.size >= large_from(trades(200)) for trade in trades(200)) == 10
    assert large_from(trades(19)) == float("inf")


def test_the_filter_is_written_short() -> None:
    assert [filter_text(least) for least in (0, 100, 10_000)] == ["all", "≥ $100", "≥ $10k"]
