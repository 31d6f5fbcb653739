"""Clicks, drags and keys on a ladder, against quick orders that only write down."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from hlmaster.core.model import Side
from hlmaster.core.orders import Trigger, TriggerKind
from hlmaster.ui.ladder.columns import Column
from hlmaster.ui.ladder.gestures import LOCKED, NO_SIZE
from hlmaster.ui.ladder.hands import JUMPED
from hlmaster.ui.ladder.options import Follow, Layout
from tests.ui.ladder.fakes import MIDDLE, RIGHT, Ladder
from tests.ui.market_desk import D

BEST_BID, BEST_ASK = 3434.5, 3434.6
LOWER = 3434.2


def turn(ladder: Ladder, notches: int, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    at, none = QPointF(50, 200), Qt.MouseButton.NoButton
    phase = Qt.ScrollPhase.NoScrollPhase
    event = QWheelEvent(at, at, QPoint(), QPoint(0, 120 * notches), none, keys, phase, False)
    QApplication.sendEvent(ladder.panel, event)
    ladder.look()


@pytest.mark.parametrize(
    ("column", "price", "side"),
    [
        (Column.BUY, LOWER, Side.BUY),
        (Column.SELL, LOWER, Side.SELL),
        (Column.PRICE, LOWER, Side.BUY),
        (Column.PRICE, 3435.0, Side.SELL),
        (Column.BUY, 3435.0, Side.BUY),
    ],
)
def test_a_left_click_places_a_limit_at_the_row_on_the_columns_side(
    qtbot: Any, column: Column, price: float, side: Side
) -> None:
    ladder = Ladder(qtbot)
    ladder.click(price, column)
    assert ladder.asked == [("limit", "ETH", price, side)]
    assert ladder.picked == []


def test_in_the_book_the_row_says_the_side(qtbot: Any) -> None:
    ladder = Ladder(qtbot, Layout.BOOK)
    ladder.click(LOWER, Column.LEVEL)
    ladder.click(3435.0, Column.LEVEL, RIGHT)
    assert ladder.asked == [("limit", "ETH", LOWER, Side.BUY), ("stop", "ETH", 3435.0, Side.BUY)]


def test_what_a_click_would_do_is_said_before_it_and_is_what_it_does(qtbot: Any) -> None:
    ladder = Ladder(qtbot)
    ladder.hover(LOWER, Column.BUY)
    assert ladder.says == ("Buy limit 0.42 @ 3,434.2", "ARMED · 0.42 a click")
    ladder.hover(LOWER, Column.SELL)
    assert ladder.says == ("Sell now 0.42, limit 3,434.2", "Right: sell stop 0.42 @ 3,434.2")
    ladder.click(LOWER, Column.SELL, RIGHT)
    assert ladder.asked == [("stop", "ETH", LOWER, Side.SELL)]


def test_letting_go_on_another_row_does_nothing(qtbot: Any) -> None:
    ladder = Ladder(qtbot)
    ladder.drag(LOWER, 3434.0, Column.BUY)
    assert ladder.asked == []


def test_while_locked_clicks_pick_and_gestures_say_so(qtbot: Any) -> None:
    ladder = Ladder(qtbot, armed=False)
    order = ladder.scene.tell_order(Side.BUY, "3434.2", "0.5")
    ladder.look()
    ladder.click(LOWER, Column.BUY)
    assert ladder.picked == [("ETH", LOWER)]
    ladder.click(LOWER, Column.PRICE, RIGHT)
    assert ladder.says[0] == LOCKED
    ladder.hover(3434.0, Column.BUY)
    assert ladder.says[0] == "3,434.0 into the ticket"
    ladder.drag(LOWER, 3434.0, Column.OWN_BUY)
    assert ladder.says[0] == LOCKED
    assert order.status.is_live
    assert ladder.asked == []


def test_own_size_is_cancelled_by_middle_and_double_click_and_moved_by_a_drag(qtbot: Any) -> None:
    ladder = Ladder(qtbot)
    first = ladder.scene.tell_order(Side.BUY, "3434.2", "0.5")
    second = ladder.scene.tell_order(Side.BUY, "3434.2", "0.25")
    keys = [f"oid:{order.order_id}" for order in (first, second)]
    ladder.look()
    ladder.click(LOWER, Column.OWN_BUY)
    assert ladder.asked == []
    ladder.click(LOWER, Column.OWN_BUY, MIDDLE)
    assert ladder.asked == [("cancel", key) for key in keys]
    ladder.asked.clear()
    at = ladder.at(LOWER, Column.OWN_BUY)
    qtbot.mouseClick(ladder.panel, Qt.MouseButton.LeftButton, pos=at)
    qtbot.mouseDClick(ladder.panel, Qt.MouseButton.LeftButton, pos=at)
    assert ladder.asked == [("cancel", key) for key in keys]
    ladder.asked.clear()
    ladder.drag(LOWER, 3434.0, Column.OWN_BUY)
    assert ladder.asked == [("move", key, 3434.0) for key in keys]


def test_a_stop_is_moved_and_cancelled_like_any_other(qtbot: Any) -> None:
    ladder = Ladder(qtbot)
    order = ladder.scene.tell_order(Side.SELL, "3434.0", "0.5", Trigger(D("3434.0"), TriggerKind.STOP, True))
    ladder.look()
    ladder.drag(3434.0, 3434.1, Column.OWN_SELL)
    ladder.click(3434.0, Column.OWN_SELL, MIDDLE)
    assert ladder.asked == [("move", f"oid:{order.order_id}", 3434.1), ("cancel", f"oid:{order.order_id}")]


def test_in_the_book_ones_own_size_beside_the_price_is_dragged(qtbot: Any) -> None:
    ladder = Ladder(qtbot, Layout.BOOK)
    order = ladder.scene.tell_order(Side.BUY, "3434.2", "0.5")
    ladder.look()
    ladder.drag(LOWER, 3434.0, Column.OWN)
    assert ladder.asked == [("move", f"oid:{order.order_id}", 3434.0)]


def test_escape_lets_go_of_what_is_dragged(qtbot: Any) -> None:
    ladder = Ladder(qtbot)
    ladder.scene.tell_order(Side.BUY, "3434.2", "0.5")
    ladder.look()
    qtbot.mousePress(ladder.panel, Qt.MouseButton.LeftButton, pos=ladder.at(LOWER, Column.OWN_BUY))
    ladder.key(Qt.Key.Key_Escape)
    qtbot.mouseRelease(ladder.panel, Qt.MouseButton.LeftButton, pos=ladder.at(3434.0, Column.OWN_BUY))
    assert ladder.asked == []


def test_on_a_stale_book_nothing_is_placed_and_the_reason_is_said(qtbot: Any) -> None:
    ladder = Ladder(qtbot)
    ladder.scene.pass_time(20)
    ladder.look()
    ladder.click(LOWER, Column.BUY)
    ladder.click(LOWER, Column.SELL, RIGHT)
    assert ladder.asked == []
    assert ladder.says[0] == "The book is 20 s old; orders wait for a fresh one."


def test_a_click_on_prices_that_just_moved_under_the_pointer_sends_nothing(qtbot: Any) -> None:
    ladder = Ladder(qtbot)
    ladder.panel.options.follow = Follow.CENTRED
    ladder.panel.context.arming.set(False)
    ladder.look()
    at = ladder.at(LOWER, Column.BUY)
    qtbot.mouseMove(ladder.panel, at)
    ladder.scene.pass_time(1)
    ladder.scene.tell_book("ETH", mid=3_440.0)
    ladder.look()
    ladder.panel.context.arming.set(True)
    ladder.look()
    qtbot.mouseClick(ladder.panel, Qt.MouseButton.LeftButton, pos=at)
    assert ladder.asked == []
    assert ladder.says[0] == JUMPED
    ladder.scene.pass_time(1)
    qtbot.mouseClick(ladder.panel, Qt.MouseButton.LeftButton, pos=at)
    assert len(ladder.asked) == 1


def test_another_coin_under_a_held_button_gets_no_order(qtbot: Any) -> None:
    ladder = Ladder(qtbot)
    ladder.scene.tell_book("BTC")
    at = ladder.at(LOWER, Column.BUY)
    qtbot.mousePress(ladder.panel, Qt.MouseButton.LeftButton, pos=at)
    ladder.panel.context.select("BTC")
    qtbot.mouseRelease(ladder.panel, Qt.MouseButton.LeftButton, pos=at)
    ladder.panel.context.select("ETH")
    ladder.panel.hands.press(Qt.MouseButton.LeftButton, QPointF(at), 17)
    assert ladder.panel.hands.grip is None
    assert ladder.asked == []


def test_locked_again_or_without_a_size_nothing_is_asked_for(qtbot: Any) -> None:
    ladder = Ladder(qtbot)
    ladder.quick.size = ""
    ladder.quick.size_changed.emit()
    ladder.click(LOWER, Column.BUY)
    assert ladder.says[0] == NO_SIZE
    ladder.panel.context.arming.set(False)
    ladder.click(LOWER, Column.SELL, RIGHT)
    assert ladder.asked == []


def test_in_focus_its_keys_are_its_own_and_no_others(qtbot: Any) -> None:
    ladder = Ladder(qtbot)
    for key, modifiers, is_ours in (
        (Qt.Key.Key_C, Qt.KeyboardModifier.NoModifier, True),
        (Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier, False),
        (Qt.Key.Key_Q, Qt.KeyboardModifier.NoModifier, False),
    ):
        event = QKeyEvent(QEvent.Type.ShortcutOverride, key, modifiers)
        event.ignore()
        QApplication.sendEvent(ladder.panel, event)
        assert event.isAccepted() is is_ours


def test_a_middle_click_where_nothing_of_ones_own_is_centres(qtbot: Any) -> None:
    ladder = Ladder(qtbot)
    top = ladder.panel.rows[0].price
    turn(ladder, 2)
    ladder.click(ladder.panel.rows[3].price, Column.PRICE, MIDDLE)
    ladder.look()
    assert ladder.panel.rows[0].price == top


def test_the_wheel_scrolls_and_with_ctrl_groups(qtbot: Any) -> None:
    ladder = Ladder(qtbot)
    top = ladder.panel.rows[0].price
    turn(ladder, 2)
    assert ladder.panel.rows[0].price == pytest.approx(top + 0.6)
    turn(ladder, 1, Qt.KeyboardModifier.ControlModifier)
    assert ladder.panel.grouping.text() == "0.2 ▾"
    turn(ladder, -1, Qt.KeyboardModifier.ControlModifier)
    assert ladder.panel.grouping.text() == "0.1 ▾"


def test_the_keys_walk_the_rows_place_and_cancel(qtbot: Any) -> None:
    ladder = Ladder(qtbot)
    ladder.panel.setFocus()
    order = ladder.scene.tell_order(Side.BUY, "3434.2", "0.5")
    ladder.panel.hands.cursor = BEST_BID
    ladder.key(Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Down)
    assert ladder.panel.hands.cursor == LOWER
    assert ladder.panel.accessibleDescription().startswith("3,434.2, bid,")
    assert ladder.panel.accessibleDescription().endswith("own buy 0.5. Enter: Buy limit 0.42 @ 3,434.2.")
    ladder.key(Qt.Key.Key_Return, Qt.Key.Key_Right, Qt.Key.Key_Enter, Qt.Key.Key_Delete)
    assert ladder.asked == [
        ("limit", "ETH", LOWER, Side.BUY),
        ("limit", "ETH", LOWER, Side.SELL),
        ("cancel", f"oid:{order.order_id}"),
    ]


def test_keys_scroll_a_ladder_at_its_end_and_home_brings_it_back(qtbot: Any) -> None:
    ladder = Ladder(qtbot)
    top = ladder.panel.rows[0].price
    ladder.panel.hands.cursor = top
    ladder.key(Qt.Key.Key_Up, Qt.Key.Key_Up)
    assert ladder.panel.rows[0].price == pytest.approx(top + 0.2)
    assert ladder.panel.hands.cursor == ladder.panel.rows[0].price
    ladder.key(Qt.Key.Key_Home)
    assert ladder.panel.rows[0].price == top


def test_a_second_button_while_one_is_held_means_not_this(qtbot: Any) -> None:
    ladder = Ladder(qtbot)
    ladder.scene.tell_order(Side.BUY, "3434.2", "0.5")
    ladder.look()
    held, other = ladder.at(LOWER, Column.OWN_BUY), ladder.at(3434.0, Column.BUY)
    qtbot.mousePress(ladder.panel, Qt.MouseButton.LeftButton, pos=held)
    qtbot.mouseMove(ladder.panel, other)
    qtbot.mouseClick(ladder.panel, Qt.MouseButton.RightButton, pos=other)
    qtbot.mouseRelease(ladder.panel, Qt.MouseButton.LeftButton, pos=other)
    assert ladder.asked == []


def test_a_key_that_is_held_down_walks_on_and_orders_once(qtbot: Any) -> None:
    ladder = Ladder(qtbot)
    ladder.key(Qt.Key.Key_Down, Qt.Key.Key_Left)
    for repeats in (False, True, True):
        for key in (Qt.Key.Key_Return, Qt.Key.Key_Down):
            plain = Qt.KeyboardModifier.NoModifier
            QApplication.sendEvent(ladder.panel, QKeyEvent(QEvent.Type.KeyPress, key, plain, "", repeats))
            ladder.look()
    assert len(ladder.asked) == 1


def test_a_price_for_the_ticket_of_another_coin_goes_nowhere_and_says_so(qtbot: Any) -> None:
    ladder = Ladder(qtbot, armed=False)
    ladder.panel.context.coin = "SOL"
    ladder.click(LOWER, Column.PRICE)
    assert ladder.picked == []
    assert any("The ticket is for SOL, not ETH." in line for line in ladder.says)
