"""Lines are dragged, pills pressed and clicks become orders on a real chart; nothing of it happens unarmed."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from hlmaster.core.model import Side
from hlmaster.core.orders import ActionKind, OrderReply, ReplyKind
from hlmaster.settings import Settings
from hlmaster.trading.protection.policy import Policy
from hlmaster.trading.ticket import SizeUnit, Target, Ticket, TicketKind
from hlmaster.ui import figures
from hlmaster.ui.arming import Arming
from hlmaster.ui.panels.chart import ChartPanel
from hlmaster.ui.working import DraftBracket, DraftLine
from tests.ui.chart_hand import CONTROL, LEFT, NONE, PLAIN, RIGHT, SHIFT, X, hand, resting
from tests.ui.desks import D, settled, until


async def test_a_limit_is_dragged_to_another_tick(qtbot: QtBot) -> None:
    async with hand(qtbot) as it:
        name = await it.rest_a_bid()
        it.scene.venue.gate.clear()
        it.drag(3430.1, 3425.43)
        await until(lambda: it.sent(ActionKind.MODIFY) == 1)
        assert it.prices("order_buy") == [pytest.approx(3425.4, abs=0.21)]
        assert it.prices("order_buy", faint=True) == [3430.1], "the old place is dim"
        words = [cell.text for line in it.lines if line.pill for cell in line.pill.cells]
        assert "moving …" in words
        it.scene.venue.gate.set()
        await settled(it.scene)
        moved = it.scene.desk.orders.get(name)
        assert moved is not None
        assert moved.order.size == D("0.3")
        await until(
            lambda: it.prices("order_buy") == [float(moved.order.price)] and not it.prices("order_buy", faint=True)
        )


async def test_while_it_is_held_a_ghost_says_the_new_price_and_escape_puts_it_back(qtbot: QtBot) -> None:
    async with hand(qtbot) as it:
        await it.rest_a_bid()
        it.press(it.row(3430.1))
        it.move(it.row(3425.0))
        (ghost,) = it.prices("order_buy")
        assert ghost < 3427
        assert round(ghost, 1) == ghost, "on the grid"
        it.key(Qt.Key.Key_Escape)
        assert it.prices("order_buy") == [3430.1]
        it.move(it.row(3420.0))
        it.release(it.row(3420.0))
        await settled(it.scene)
        assert (it.prices("order_buy"), it.sent(ActionKind.MODIFY)) == ([3430.1], 0)


async def test_a_refusal_puts_the_line_back_and_says_why(qtbot: QtBot) -> None:
    async with hand(qtbot) as it:
        await it.rest_a_bid()
        it.scene.venue.reply = OrderReply(ReplyKind.REJECTED, text="Price too far from oracle.")
        it.drag(3430.1, 3424.0)
        await settled(it.scene)
        await until(lambda: it.said)
        assert "too far from oracle" in it.said
        assert it.prices("order_buy") == [3430.1]


async def test_an_order_that_is_filled_in_the_hand_ends_the_drag(qtbot: QtBot) -> None:
    async with hand(qtbot) as it:
        name = await it.rest_a_bid()
        it.press(it.row(3430.1))
        it.move(it.row(3425.0))
        tracked = it.scene.desk.orders.get(name)
        assert tracked is not None
        assert tracked.order_id is not None
        it.scene.venue.open.pop(name)
        it.scene.venue.fill(tracked.order, tracked.order_id, D("3430.1"), maker=True)
        await until(lambda: it.trading.handles.drag is None)
        assert "filled while it was held" in it.said
        it.release(it.row(3420.0))
        await settled(it.scene)
        assert it.sent(ActionKind.MODIFY) == 0


async def test_an_unarmed_hand_only_hears_how_to_arm(qtbot: QtBot) -> None:
    async with hand(qtbot) as it:
        await it.rest_a_bid()
        it.scene.context.arming.set(False)
        view = it.panel.chart.frame.view.right
        it.drag(3430.1, 3424.0)
        assert it.said == Arming().refusal
        assert (it.prices("order_buy"), it.panel.chart.frame.view.right) == ([3430.1], view)
        it.press_button("BUY limit")
        it.click(it.row(3420.0), keys=CONTROL)
        it.move(it.row(3430.1), button=NONE)
        assert it.trading.handles.cursor == Qt.CursorShape.ForbiddenCursor
        await settled(it.scene)
        assert (it.sent(ActionKind.MODIFY), it.sent(ActionKind.CANCEL), it.sent(ActionKind.ORDER)) == (0, 0, 1)


async def test_the_x_cancels_and_the_position_closes_or_reverses(qtbot: QtBot) -> None:
    async with hand(qtbot) as it:
        await it.rest_a_bid()
        it.press_button("BUY limit")
        await until(lambda: not it.scene.desk.orders.live("ETH"))
        await it.scene.desk.manual.place(Ticket("ETH", Side.BUY, TicketKind.MARKET, SizeUnit.COIN, D("0.3")))
        await until(lambda: it.prices("position"))
        it.scene.tell()
        it.press_button("LONG", 0)
        await until(lambda: it.scene.desk.portfolio.size("ETH") == D("-0.3"))
        await settled(it.scene)
        await until(lambda: any(line.pill and line.pill.title == "SHORT" for line in it.lines))
        it.scene.tell()
        it.press_button("SHORT")
        await until(lambda: not it.scene.desk.portfolio.size("ETH"))


async def test_a_position_has_no_buttons_for_an_unarmed_hand(qtbot: QtBot) -> None:
    async with hand(qtbot) as it:
        await it.scene.desk.manual.place(Ticket("ETH", Side.BUY, TicketKind.MARKET, SizeUnit.COIN, D("0.3")))
        await until(lambda: it.prices("position"))
        assert [len(line.pill.buttons) for line in it.lines if line.kind == "position" and line.pill] == [2]
        it.scene.context.arming.set(False)
        assert [line.pill.buttons for line in it.lines if line.kind == "position" and line.pill] == [()]


async def test_a_bracket_goes_together_when_shift_is_held(qtbot: QtBot) -> None:
    async with hand(qtbot) as it:
        await resting(
            it.scene, Side.BUY, "3430.1", stop_price=D("3415"), attach_stop=True, targets=(Target(D("3440")),)
        )
        await until(lambda: len(it.scene.desk.orders.live("ETH")) == 3 and len(it.lines) == 3)
        it.drag(3430.1, 3427.1, SHIFT)
        await until(lambda: it.sent(ActionKind.MODIFY) == 1)
        await settled(it.scene)
        live = [tracked.order for tracked in it.scene.desk.orders.live("ETH")]
        moved = sorted(order.price if order.trigger is None else order.trigger.price for order in live)
        shift = moved[1] - D("3430.1")
        assert shift < -2
        assert moved == [3415 + shift, D("3430.1") + shift, 3440 + shift]


async def test_a_stop_of_the_protection_follows_the_hand_and_with_shift_all_do(qtbot: QtBot, tmp_path: Path) -> None:
    async with hand(qtbot, Settings(), tmp_path) as it:
        await it.scene.desk.manual.place(Ticket("ETH", Side.BUY, TicketKind.MARKET, SizeUnit.COIN, D("0.42")))
        await until(lambda: it.scene.desk.protector.kept("ETH"))
        tiers = ("3428:33", "3424:33", "3420:34")
        assert it.scene.desk.protect("ETH", Policy(stop_tiers=tiers)).ok
        await until(lambda: it.prices("stop") == [3420.0, 3424.0, 3428.0])
        it.drag(3424.0, 3426.0)
        assert len(it.prices("stop", faint=True)) == 1

        def stops() -> list[Decimal]:
            waiting = it.scene.venue.open.values()
            return sorted(order.trigger.price for order in waiting if order.trigger is not None)

        await until(lambda: len(stops()) == 3 and stops()[1] > 3424 and not it.prices("stop", faint=True))
        middle = stops()[1]
        assert [float(price) for price in stops()] == it.prices("stop")
        it.drag(3428.0, 3426.6, SHIFT)
        await until(lambda: len(stops()) == 3 and stops()[0] != 3420)
        shift = stops()[0] - 3420
        assert stops() == [3420 + shift, middle + shift, 3428 + shift]
        await until(lambda: it.prices("stop") == [float(price) for price in stops()])


async def test_a_stop_of_the_protection_stays_where_it_was_dropped_until_it_stands_there(
    qtbot: QtBot, tmp_path: Path
) -> None:
    async with hand(qtbot, Settings(), tmp_path) as it:
        await it.scene.desk.manual.place(Ticket("ETH", Side.BUY, TicketKind.MARKET, SizeUnit.COIN, D("0.42")))
        await until(lambda: it.scene.desk.protector.kept("ETH"))
        assert it.scene.desk.protect("ETH", Policy(stop_price=D(3425))).ok
        await until(lambda: it.prices("stop") == [3425.0])
        (old,) = it.scene.desk.protector.kept("ETH")
        it.drag(3425.0, 3420.0)
        (wanted,) = it.prices("stop")
        while it.scene.venue.open.keys() == {old}:
            it.trading.refresh()
            assert it.prices("stop") == [wanted]
            await asyncio.sleep(0)
        await until(lambda: old not in it.scene.venue.open and it.prices("stop") == [wanted])


async def test_a_stop_beyond_the_mark_is_refused_where_it_stands(qtbot: QtBot, tmp_path: Path) -> None:
    async with hand(qtbot, Settings(), tmp_path) as it:
        await it.scene.desk.manual.place(Ticket("ETH", Side.BUY, TicketKind.MARKET, SizeUnit.COIN, D("0.42")))
        await until(lambda: it.scene.desk.protector.kept("ETH"))
        assert it.scene.desk.protect("ETH", Policy(stop_price=D(3425))).ok
        await until(lambda: it.prices("stop") == [3425.0])
        it.drag(3425.0, 3440.0)
        assert "must lie below the mark price" in it.said
        assert (it.prices("stop"), it.prices("stop", faint=True)) == ([3425.0], [])


@pytest.mark.parametrize(
    ("price", "button", "side", "kind"),
    [
        (3425.0, LEFT, Side.BUY, "limit"),
        (3440.0, LEFT, Side.SELL, "limit"),
        (3440.0, RIGHT, Side.BUY, "stop market"),
        (3425.0, RIGHT, Side.SELL, "stop market"),
    ],
)
async def test_a_click_with_control_places_what_the_preview_says(
    qtbot: QtBot, price: float, button: Qt.MouseButton, side: Side, kind: str
) -> None:
    async with hand(qtbot) as it:
        it.move(it.row(price), button=NONE, keys=CONTROL)
        it.click(it.row(price), button=button, keys=CONTROL)
        await until(lambda: it.scene.desk.orders.live("ETH"))
        (tracked,) = it.scene.desk.orders.live("ETH")
        order = tracked.order
        assert (order.side, order.kind, order.size) == (side, kind, D("0.42"))
        at = order.price if order.trigger is None else order.trigger.price
        assert abs(float(at) - price) < 0.5


async def test_plain_clicks_trade_only_when_they_were_asked_to_and_a_pan_is_no_click(qtbot: QtBot) -> None:
    async with hand(qtbot) as it:
        it.click(it.row(3425.0))
        it.trading.switches.flip("clicks")
        it.press(it.row(3425.0), X)
        it.move(it.row(3425.0), X + 40)
        it.release(it.row(3425.0), X + 40)
        assert not it.scene.context.is_busy
        it.click(it.row(3425.0))
        await until(lambda: it.scene.desk.orders.live("ETH"))
        await settled(it.scene)
        assert it.sent(ActionKind.ORDER) == 1


async def test_the_menu_names_four_orders_and_places_the_chosen_one(qtbot: QtBot) -> None:
    async with hand(qtbot) as it:
        menu = it.trading.open_menu(3425.0, QPoint(5, 5))
        entries = {action.text().split("  ")[0]: action for action in menu.actions() if action.text()}
        possible = {name for name, action in entries.items() if action.isEnabled()}
        assert {"Buy limit here", "Sell stop here"} <= possible
        assert not {"Sell limit here", "Buy stop here"} & possible
        picked: list[tuple[str, float]] = []
        it.scene.context.price_picked.connect(lambda coin, price: picked.append((coin, price)))
        entries["Set ticket price to 3,425.0"].trigger()
        entries["Copy price 3,425.0"].trigger()
        assert (picked, QApplication.clipboard().text()) == ([("ETH", 3425.0)], "3425.0")
        entries["Buy limit here"].trigger()
        menu.close()
        await until(lambda: it.scene.desk.orders.live("ETH"))


async def test_orders_can_be_hidden_and_another_coin_has_its_own(qtbot: QtBot) -> None:
    async with hand(qtbot) as it:
        await it.rest_a_bid()
        assert it.scene.context.actions.run("chart.orders")
        assert it.lines == []
        it.scene.context.actions.run("chart.orders")
        assert it.prices("order_buy") == [3430.1]
        it.scene.context.select("BTC")
        await until(lambda: it.lines == [])
        await settled(it.scene)


async def test_fills_are_marked_and_say_what_they_were(qtbot: QtBot) -> None:
    async with hand(qtbot) as it:
        it.scene.tell()
        await it.scene.desk.manual.place(Ticket("ETH", Side.BUY, TicketKind.MARKET, SizeUnit.COIN, D("0.3")))
        await it.scene.desk.manual.close("ETH")
        await until(lambda: len(it.trading._fills._deals) == 2)
        it.panel.chart.grab()
        marks = it.trading._fills.placed
        assert [(one.mark.is_buy, one.mark.size) for one in marks] == [(False, 0.3), (True, 0.3)]
        it.move(marks[1].y, marks[1].x, NONE)
        tip = it.trading.handles.shown_tip
        assert tip[0].startswith(f"BUY 0.3 @ {figures.price(marks[1].mark.price, 4)}")
        assert "fee $0." in tip[1]
        assert tip[2] == "market, by you"
        await until(lambda: it.trading._fills._trips)
        it.scene.context.actions.run("chart.trades")
        assert it.trading._fills._trips == ()


async def test_many_charts_share_one_set_of_switches(qtbot: QtBot) -> None:
    async with hand(qtbot) as it:
        other = ChartPanel(it.scene.context)
        qtbot.addWidget(other)
        assert other.trading.switches is it.trading.switches
        it.trading.switches.flip("orders")
        assert not other.trading.switches.orders
        await settled(it.scene)


async def test_the_tickets_draft_stands_on_the_chart_and_cannot_be_moved(qtbot: QtBot) -> None:
    async with hand(qtbot) as it:
        draft = DraftBracket(
            "ETH",
            Side.BUY,
            (DraftLine("entry", D("3425"), D("0.42")), DraftLine("stop", D("3415"), D("0.42"), D("-4.5"))),
        )
        it.scene.context.quick.set_bracket(draft)
        shown = {line.price: line.pill for line in it.lines}
        assert {price: pill.title for price, pill in shown.items() if pill} == {
            3425.0: "ticket BUY",
            3415.0: "ticket stop",
        }
        it.drag(3425.0, 3420.0)
        assert [line.price for line in it.lines] == [3425.0, 3415.0]
        it.scene.context.quick.set_bracket(None)
        assert it.lines == []


async def test_the_preview_says_what_either_button_would_do(qtbot: QtBot) -> None:
    async with hand(qtbot) as it:
        shown = it.trading.preview(3425.0)
        assert shown is not None
        assert shown.words == ("BUY 0.42 limit 3,425.0", "right click: SELL 0.42 stop 3,425.0")
        it.scene.context.arming.set(False)
        assert it.trading.preview(3425.0) is None


async def test_what_an_exit_brings_follows_its_entry_while_that_is_dragged(qtbot: QtBot) -> None:
    async with hand(qtbot) as it:
        await resting(it.scene, Side.BUY, "3430.1", stop_price=D("3415"), attach_stop=True)
        await until(lambda: len(it.lines) == 2)

        def loss() -> str:
            (stop,) = (line.pill for line in it.lines if line.kind == "stop")
            return "" if stop is None else stop.cells[-1].text

        before = loss()
        it.press(it.row(3430.1))
        it.move(it.row(3427.0))
        assert float(before.strip("-$")) > float(loss().strip("-$"))
        it.key(Qt.Key.Key_Escape)
        assert loss() == before


async def test_switches_come_back_but_click_trading_never_does(qtbot: QtBot) -> None:
    async with hand(qtbot) as it:
        switches = it.trading.switches
        switches.flip("trades")
        switches.flip("clicks")
        state = switches.save_state()
        assert state == {"orders": True, "fills": True, "trades": False}
        switches.flip("trades")
        switches.restore_state({**state, "orders": "damaged"})
        assert (switches.trades, switches.orders) == (False, True)
        switches.restore_state(None)
        await settled(it.scene)


async def test_a_limit_that_would_cross_says_so_while_it_is_held(qtbot: QtBot) -> None:
    async with hand(qtbot) as it:
        await it.rest_a_bid()
        it.press(it.row(3430.1))
        it.move(it.row(3437.0))
        words = [cell.text for line in it.lines if line.pill for cell in line.pill.cells]
        assert "at or above the ask it would fill at once" in words
        it.key(Qt.Key.Key_Escape)


async def test_readers_hear_the_lines(qtbot: QtBot) -> None:
    async with hand(qtbot) as it:
        assert it.panel.chart.accessibleDescription() == "No orders and no position"
        await resting(it.scene, Side.BUY, "3430.1")
        await until(lambda: it.panel.chart.accessibleDescription() == "BUY limit 0.3 at 3,430.1")


async def test_a_click_beside_a_button_is_no_order_beneath_it(qtbot: QtBot) -> None:
    async with hand(qtbot) as it:
        await it.scene.desk.manual.place(Ticket("ETH", Side.BUY, TicketKind.MARKET, SizeUnit.COIN, D("0.3")))
        await until(lambda: it.prices("position"))
        it.trading.switches.flip("clicks")
        pill = next(one for one in it.trading.handles.placed(it.panel.chart.frame) if one.title == "LONG")
        sent = it.sent(ActionKind.ORDER)
        for keys in (PLAIN, CONTROL):
            it.click(pill.top + 5, pill.title_right + 3, keys=keys)
        await settled(it.scene)
        assert it.sent(ActionKind.ORDER) == sent
        menus: list[float] = []
        it.trading.handles.menu_wanted.disconnect(it.trading.open_menu)
        it.trading.handles.menu_wanted.connect(lambda price, _: menus.append(price))
        it.click(pill.top + 5, pill.title_right + 3, RIGHT)
        assert len(menus) == 1


async def test_fills_of_before_the_chart_are_there_when_it_opens(qtbot: QtBot) -> None:
    async with hand(qtbot) as it:
        await it.scene.desk.manual.place(Ticket("ETH", Side.BUY, TicketKind.MARKET, SizeUnit.COIN, D("0.3")))
        await until(lambda: it.scene.desk.portfolio.size("ETH"))
        later = ChartPanel(it.scene.context)
        qtbot.addWidget(later)
        (deal,) = later.trading._fills._deals
        assert (deal.is_buy, deal.size, deal.note) == (True, 0.3, "market, by you")
        await settled(it.scene)
