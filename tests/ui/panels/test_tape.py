"""The tape shows the feed's trades, newest first, and hides small ones on request."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QPointF
from PySide6.QtGui import QEnterEvent

from hlmaster.core.events import LinkChanged, LinkState
from hlmaster.ui.panels.tape import ROW, TapePanel, filter_text
from tests.ui.market_desk import MarketScene, open_context, shown


def opened(scene: MarketScene, qtbot: Any, rows: int = 10) -> TapePanel:
    panel = TapePanel(open_context(scene, qtbot))
    shown(panel, qtbot, 230, rows * ROW)
    panel.grab()
    return panel


def test_the_newest_trade_stands_on_top_and_new_ones_arrive_by_themselves(qtbot: Any) -> None:
    scene = MarketScene()
    for number in range(5):
        scene.tell_trades([(3430.0 + number, 1.0, True)])
        scene.pass_time(1)
    panel = opened(scene, qtbot)
    assert [trade.price for trade in panel.shown] == [3434.0, 3433.0, 3432.0, 3431.0, 3430.0]
    scene.pass_time(1)
    scene.tell_trades([(3434.5, 2.0, False)])
    qtbot.waitUntil(lambda: panel.shown[0].price == 3434.5)


def test_no_more_is_shown_than_fits(qtbot: Any) -> None:
    scene = MarketScene()
    scene.tell_trades((3430.0, 1.0, number % 2 == 0) for number in range(100))
    assert len(opened(scene, qtbot, rows=10).shown) == 11


def test_the_filter_reaches_back_to_the_trades_that_are_large_enough(qtbot: Any) -> None:
    scene = MarketScene()
    scene.tell_trades([(3430.0, 10.0, True)])
    scene.pass_time(1)
    scene.tell_trades((3430.0, 0.01, number % 2 == 0) for number in range(300))
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


def test_the_filter_is_the_coins_own_and_remembered(qtbot: Any) -> None:
    panel = opened(MarketScene(), qtbot)
    panel.show_only(10_000)
    panel.context.select("BTC")
    assert (panel.least_notional, panel.filter.text()) == (0, "all ▾")
    panel.show_only(100)
    panel.group(False)
    other = opened(MarketScene(), qtbot)
    other.restore_state(panel.save_state())
    assert (other.least_notional, other.filter.text(), other.is_grouped) == (10_000, "≥ $10k ▾", False)
    other.restore_state({"least": "damaged", "grouped": None})
    assert other.least_notional == 10_000


def test_what_one_order_took_is_one_line_unless_all_trades_are_wanted(qtbot: Any) -> None:
    scene = MarketScene()
    scene.tell_trades([(3430.0, 1.0, True), (3430.5, 2.0, True), (3430.4, 4.0, False)])
    scene.pass_time(1)
    scene.tell_trades([(3430.5, 1.0, True)])
    panel = opened(scene, qtbot)
    assert [(line.price, line.size, line.fills) for line in panel.shown] == [
        (3430.5, 1.0, 1),
        (3430.4, 4.0, 1),
        (3430.5, 3.0, 2),
    ]
    panel.context.actions.run("trades.group")
    panel.grab()
    assert len(panel.shown) == 4


def test_the_tape_is_still_under_the_mouse_and_counts_what_came(qtbot: Any) -> None:
    scene = MarketScene()
    scene.tell_trades([(3430.0, 1.0, True)])
    panel = opened(scene, qtbot)
    at = QPointF(20, 20)
    panel.enterEvent(QEnterEvent(at, at, at))
    scene.pass_time(1)
    scene.tell_trades([(3431.0, 1.0, True), (3432.0, 1.0, False)])
    panel.grab()
    assert ([line.price for line in panel.shown], panel.waiting) == ([3430.0], 2)
    panel.leaveEvent(QEvent(QEvent.Type.Leave))
    panel.grab()
    assert (len(panel.shown), panel.waiting) == (3, 0)


def test_actions_step_through_the_filter(qtbot: Any) -> None:
    panel = opened(MarketScene(), qtbot)
    for key, least in (("larger", 100), ("larger", 1_000), ("smaller", 100), ("all", 0), ("smaller", 0)):
        panel.context.actions.run(f"trades.{key}")
        assert panel.least_notional == least


def test_the_filter_is_written_short() -> None:
    assert [filter_text(least) for least in (0, 100, 10_000)] == ["all", "≥ $100", "≥ $10k"]


def test_trades_from_before_the_link_broke_are_dimmed_at_once(qtbot: Any) -> None:
    scene = MarketScene()
    panel = opened(scene, qtbot)
    scene.connect()
    scene.tell_book()
    scene.tell_context()
    assert not panel.is_old
    scene.bus.publish(LinkChanged(LinkState.RECONNECTING, "The exchange closed the connection."))
    assert panel.is_old
