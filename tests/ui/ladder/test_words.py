"""Tooltips tell what rests, what is one's own and how it stands in the queue."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QPoint, Qt

from hlmaster.core.events import DataDefect, DefectKind, LinkChanged, LinkState
from hlmaster.core.model import Side
from hlmaster.core.orders import Trigger, TriggerKind
from hlmaster.market.staleness import TRADES
from hlmaster.ui import figures
from hlmaster.ui.ladder.columns import Column
from hlmaster.ui.ladder.queue import RULE
from tests.ui.ladder.fakes import Ladder
from tests.ui.market_desk import D


def tooltip(ladder: Ladder, price: float) -> str:
    ladder.look()
    return ladder.panel.explain(ladder.at(price, Column.PRICE).y())


def test_own_orders_are_counted_and_the_queue_says_that_it_is_an_estimate(qtbot: Any) -> None:
    ladder = Ladder(qtbot)
    ladder.scene.tell_order(Side.BUY, "3434.2", "0.5")
    ladder.scene.tell_order(Side.BUY, "3434.2", "0.25")
    ladder.scene.tell_order(Side.SELL, "3434.2", "2", Trigger(D("3434.2"), TriggerKind.STOP, True))
    text = tooltip(ladder, 3434.2)
    assert "2 orders to buy, 0.75 ETH, rest." in text
    assert "1 order to sell, 2 ETH, waits for a trigger." in text
    assert "ahead (estimate)" in text
    assert RULE in text


def test_what_was_traded_and_what_is_not_in_sight_is_said(qtbot: Any) -> None:
    ladder = Ladder(qtbot)
    ladder.scene.tell_trades([(3434.6, 1.5, True)])
    assert "Traded here since the ladder listens: 1.5 ETH." in tooltip(ladder, 3434.6)
    ladder.scene.pass_time(1)
    ladder.scene.tell_book("ETH", levels=3)
    assert "further out than the book" in tooltip(ladder, 3433.6)


def test_with_privacy_own_sizes_are_hidden(qtbot: Any) -> None:
    ladder = Ladder(qtbot)
    ladder.scene.tell_order(Side.BUY, "3434.2", "0.777")
    figures.hide_money(True)
    try:
        assert "0.777" not in tooltip(ladder, 3434.2)
        ladder.hover(3434.2, Column.OWN_BUY)
        assert "0.777" not in " ".join(ladder.says)
    finally:
        figures.hide_money(False)


def test_a_gap_of_the_tape_is_told_and_never_bridged(qtbot: Any) -> None:
    ladder = Ladder(qtbot)
    ladder.scene.tell_trades([(3434.6, 1.5, True)])
    bus, now = ladder.scene.bus, ladder.scene.clock.now_ms()
    bus.publish(DataDefect(DefectKind.DUPLICATE, TRADES, "ETH", "twice", now))
    assert "since the ladder listens: 1.5 ETH" in tooltip(ladder, 3434.6)
    for state in (LinkState.RECONNECTING, LinkState.CONNECTED):
        ladder.scene.pass_time(1)
        bus.publish(LinkChanged(state, "The line."))
    ladder.scene.tell_book("ETH")
    assert "Traded here" not in tooltip(ladder, 3434.6)
    ladder.scene.tell_trades([(3434.6, 0.25, True)])
    assert "for the tape has a gap before: 0.25 ETH." in tooltip(ladder, 3434.6)
    ladder.panel.hands.hover(None, 1)
    assert ladder.says[0].startswith("tape gap, volume since ")
    ladder.scene.pass_time(1)
    bus.publish(DataDefect(DefectKind.MALFORMED, "", "", "unreadable", ladder.scene.clock.now_ms()))
    assert "Traded here" not in tooltip(ladder, 3434.6), "nobody knows what an unreadable frame held"


def test_what_came_of_a_gesture_is_read_whole_in_a_narrow_ladder(qtbot: Any) -> None:
    ladder = Ladder(qtbot, width=196)
    said = "The order is worth $48,216.00; your limit is $25,000.00 (Settings, Risk, Largest order)."
    ladder.panel._said = said
    ladder.panel.refresh()
    ladder.look()
    view, picture, height = ladder.panel.view, ladder.panel.picture, ladder.panel.height()
    assert view is not None
    assert " ".join(picture._words(view, 196)) == said
    assert picture.strip(view, 196) > ladder.panel.scene.look.strip
    ladder.qtbot.mouseClick(
        ladder.panel, Qt.MouseButton.LeftButton, pos=QPoint(60, height - picture.strip(view, 196) + 2)
    )
    assert ladder.asked == [], "what lies under the words is not clicked"
    assert ladder.says[0] != said
