"""Trading by key, down to the venue."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMainWindow, QWidget
from pytestqt.qtbot import QtBot

from hlmaster.core.model import Side
from hlmaster.core.orders import ActionKind
from hlmaster.trading.ticket import SizeUnit, Ticket, TicketKind
from hlmaster.ui.dialogs.order_question import OrderQuestion
from hlmaster.ui.hands import trading_actions
from hlmaster.ui.hands.overlay import Overlay
from hlmaster.ui.market_panel import MarketPanel
from hlmaster.ui.working import WorkingSize
from tests.ui.desks import D, confirming, settled, until
from tests.ui.hands.room import ALT, CONTROL, NONE, SHIFT, Room, room
from tests.ui.questions import met

Key = Qt.Key


async def armed(here: Room) -> None:
    context = here.scene.context
    here.scene.tell("ETH", 3434.55)  # bid and ask on the grid
    trading_actions.register(context, here.canvas)
    here.shortcuts.bring_up_to_date()
    context.quick.set_working(WorkingSize("ETH", SizeUnit.COIN, D("0.5")))
    context.arming.set(True)


async def press(here: Room, key: Qt.Key, modifiers: Qt.KeyboardModifier = NONE) -> None:
    here.press(key, modifiers)
    await settled(here.scene)
    await until(lambda: not here.scene.context.quick._attempts._recent)


@pytest.fixture(autouse=True)
def quick_clicks(qapp: QApplication) -> Iterator[None]:
    """The second half of a double click is none of ours here."""
    before = qapp.doubleClickInterval()
    qapp.setDoubleClickInterval(1)
    yield
    qapp.setDoubleClickInterval(before)


@pytest.mark.parametrize(
    ("key", "modifiers", "side", "rests"),
    [
        (Key.Key_B, SHIFT, Side.BUY, True),
        (Key.Key_B, ALT, Side.BUY, False),
        (Key.Key_B, CONTROL | SHIFT, Side.BUY, False),
        (Key.Key_S, SHIFT, Side.SELL, True),
        (Key.Key_S, ALT, Side.SELL, False),
        (Key.Key_S, CONTROL | SHIFT, Side.SELL, False),
    ],
)
async def test_one_key_buys_or_sells_at_bid_ask_or_market(
    qtbot: QtBot, key: Qt.Key, modifiers: Qt.KeyboardModifier, side: Side, rests: bool
) -> None:
    async with room(qtbot, start=True) as here:
        await armed(here)
        await press(here, key, modifiers)
        bid, ask = here.scene.venue.quotes["ETH"]
        if rests:
            (order,) = here.scene.venue.open.values()
            assert (order.side, order.size, order.price) == (side, D("0.5"), bid if side is Side.BUY else ask)
        else:
            assert here.scene.desk.portfolio.size("ETH") == D("0.5") * side.sign


async def test_keys_cancel_the_newest_then_all_of_the_coin(qtbot: QtBot) -> None:
    async with room(qtbot, start=True) as here:
        await armed(here)
        manual, venue = here.scene.desk.manual, here.scene.venue
        for price in (3000, 3001, 3002):
            ticket = Ticket("ETH", Side.BUY, TicketKind.LIMIT, SizeUnit.COIN, D("0.1"), limit_price=D(price))
            assert (await manual.place(ticket)).ok
        await press(here, Key.Key_X, SHIFT)
        assert {order.price for order in venue.open.values()} == {D(3000), D(3001)}
        await press(here, Key.Key_X, ALT)
        assert venue.open == {}
        await press(here, Key.Key_X, ALT)
        assert "no order on the coin" in here.scene.sentences()


async def test_keys_close_parts_of_a_position_and_reverse_it(qtbot: QtBot) -> None:
    async with room(qtbot, start=True) as here:
        await armed(here)
        size = here.scene.desk.portfolio.size
        await here.scene.desk.manual.place(Ticket("ETH", Side.BUY, TicketKind.MARKET, SizeUnit.COIN, D("0.8")))
        for key, left in ((Key.Key_2, D("0.6")), (Key.Key_5, D("0.3"))):
            await press(here, key, ALT)
            assert size("ETH") == left
        await press(here, Key.Key_R, ALT)
        assert size("ETH") == D("-0.3")
        await press(here, Key.Key_0, ALT)
        assert size("ETH") == 0
        await press(here, Key.Key_0, ALT)
        assert "no position" in here.scene.sentences()


async def test_a_key_moves_the_stop_to_break_even(qtbot: QtBot) -> None:
    async with room(qtbot, start=True) as here:
        await armed(here)
        await here.scene.desk.manual.place(Ticket("ETH", Side.BUY, TicketKind.MARKET, SizeUnit.COIN, D("0.5")))
        here.scene.context.quick.stop("ETH", 3300.0)
        await settled(here.scene)
        here.scene.tell("ETH", 3_500.0)
        await press(here, Key.Key_E, ALT)
        (stop,) = here.scene.desk.orders.live("ETH")
        entry = here.scene.desk.portfolio.position("ETH")
        assert stop.order.trigger is not None
        assert entry is not None
        assert entry.entry_price < stop.order.trigger.price < 3_450


async def test_nothing_leaves_while_it_is_locked(qtbot: QtBot) -> None:
    async with room(qtbot, start=True) as here:
        await armed(here)
        here.scene.context.arming.set(False)
        for action in here.scene.context.actions.all():
            if action.is_trading:
                here.shortcuts.press(action.key)
        await settled(here.scene)
        assert [prepared for prepared in here.scene.venue.sent if prepared.kind is ActionKind.ORDER] == []


class Probe(MarketPanel):
    KEY, TITLE = "probe", "Probe"


async def test_keys_trade_the_coin_of_the_panel_that_has_them(qtbot: QtBot) -> None:
    async with room(qtbot, start=True) as here:
        await armed(here)
        here.scene.tell("SOL")
        context = here.scene.context
        for coin, amount in (("ETH", D("0.5")), ("SOL", D(3))):
            ticket = Ticket(coin, Side.BUY, TicketKind.MARKET, SizeUnit.COIN, amount)
            assert (await here.scene.desk.manual.place(ticket)).ok
        panel = Probe(context)
        here.canvas.parentWidget().layout().addWidget(panel)  # type: ignore[union-attr]
        panel.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        panel.show()
        panel.join("blue")
        panel.select("SOL")
        assert context.coin == "ETH"
        here.press(Key.Key_0, ALT, at=panel)
        await settled(here.scene)
        size = here.scene.desk.portfolio.size
        assert (size("SOL"), size("ETH")) == (0, D("0.5"))
        here.press(Key.Key_B, ALT, at=panel)
        assert "counted in ETH" in here.scene.sentences(), "a size in ETH is no size in SOL"
        overlay = Overlay(here.window)
        field = QLineEdit(overlay)
        panel.setFocus()
        overlay.come(field)
        assert trading_actions.coin_at_hand(context) == "SOL", "the palette asks for whoever had the keys"
        overlay.go()
        here.canvas.setFocus()
        assert trading_actions.coin_at_hand(context) == "ETH"


async def test_a_question_has_the_keys_while_it_is_asked(qtbot: QtBot) -> None:
    async with room(qtbot, confirming(), start=True) as here:
        await armed(here)
        here.press(Key.Key_B, ALT)
        question = await met(OrderQuestion)
        question.activateWindow()
        await until(question.isActiveWindow)
        QTest.keyClick(question, Key.Key_S, ALT)
        question.no.click()
        await settled(here.scene)
        assert not here.scene.venue.sent


async def test_a_second_window_hears_each_key_once(qtbot: QtBot) -> None:
    async with room(qtbot) as here:
        here.add("buy", "Shift+B", trades=True)
        here.scene.context.arming.set(True)
        second = QMainWindow()
        qtbot.addWidget(second)
        canvas = QWidget()
        canvas.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        second.setCentralWidget(canvas)
        here.shortcuts.serve(second)
        second.show()
        second.activateWindow()
        await until(second.isActiveWindow)
        here.press(Key.Key_B, SHIFT, at=canvas)
        assert here.ran == ["buy"]
        here.window.activateWindow()
        await until(here.window.isActiveWindow)
        here.press(Key.Key_B, SHIFT)
        assert here.ran == ["buy", "buy"]


async def test_keys_that_a_user_gave_away_before_an_upgrade_do_not_begin_to_trade(qtbot: QtBot) -> None:
    async with room(qtbot, start=True) as here:
        here.add("chart.log", "")
        here.keymap.set("chart.log", "Alt+0")
        await armed(here)
        await here.scene.desk.manual.place(Ticket("ETH", Side.BUY, TicketKind.MARKET, SizeUnit.COIN, D("0.5")))
        await press(here, Key.Key_0, ALT)
        assert here.ran == ["chart.log"]
        assert here.scene.desk.portfolio.size("ETH") == D("0.5")
        assert any("Close 100 % of the position" in sentence for sentence in here.keymap.unmet())
