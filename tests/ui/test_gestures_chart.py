"""The chart's gestures attacked: what changes between a button that goes down and the order that leaves."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint
from pytestqt.qtbot import QtBot

from hlmaster.core.events import LinkChanged, LinkState, Severity
from hlmaster.core.model import Interval, Side
from hlmaster.core.orders import ActionKind, Order, OrderReply, ReplyKind
from hlmaster.settings import Settings
from hlmaster.trading.protection.policy import Policy
from hlmaster.trading.ticket import SizeUnit, Target, Ticket, TicketKind
from hlmaster.ui import jumps
from hlmaster.ui.charts.handles import JUMPED
from hlmaster.ui.moving import ON_ITS_WAY
from tests.ui.chart_hand import CONTROL, LEFT, NONE, PLAIN, RIGHT, SHIFT, Hand, X, hand, resting
from tests.ui.desks import D, settled, until


async def held(it: Hand, coin: str, size: str = "0.3") -> None:
    outcome = await it.scene.desk.manual.place(Ticket(coin, Side.BUY, TicketKind.MARKET, SizeUnit.COIN, D(size)))
    assert outcome.ok, outcome.sentence
    await until(lambda: it.scene.desk.portfolio.size(coin))


def button_of(it: Hand, title: str) -> tuple[float, float]:
    placed = it.trading.handles.placed(it.panel.chart.frame)
    one = next(one for one in placed if one.title.endswith(title))
    return one.top + 5, one.buttons[-1][1] + 5


async def test_a_button_that_was_pressed_on_one_coin_does_nothing_to_the_next(qtbot: QtBot) -> None:
    async with hand(qtbot) as it:
        it.scene.tell("SOL")
        await held(it, "ETH")
        await held(it, "SOL", "3")
        await until(lambda: it.prices("position"))
        y, x = button_of(it, "LONG")
        before = it.sent(ActionKind.ORDER)
        it.press(y, x)
        it.panel.select("SOL")
        await until(lambda: it.trading.handles.placed(it.panel.chart.frame))
        it.release(*button_of(it, "LONG"))
        await settled(it.scene)
        assert it.sent(ActionKind.ORDER) == before


async def test_a_click_that_began_on_one_coin_orders_nothing_on_the_next(qtbot: QtBot) -> None:
    async with hand(qtbot) as it:
        it.scene.tell("SOL")
        it.press(it.row(3425.0), keys=CONTROL)
        it.panel.select("SOL")
        it.release(it.row(3425.0), keys=CONTROL)
        await settled(it.scene)
        assert it.sent(ActionKind.ORDER) == 0


async def test_a_menu_of_one_coin_orders_nothing_on_the_next(qtbot: QtBot) -> None:
    async with hand(qtbot) as it:
        it.scene.tell("SOL")
        entries = it.trading.open_menu(3425.0, QPoint(5, 5)).actions()
        it.panel.select("SOL")
        entries[0].trigger()
        await settled(it.scene)
        assert it.sent(ActionKind.ORDER) == 0
        assert "shows SOL by now" in it.said


async def test_the_price_is_the_one_that_the_button_went_down_on(qtbot: QtBot) -> None:
    async with hand(qtbot) as it:
        row = it.row(3425.0)
        it.press(row, keys=CONTROL)
        it.panel.resize(1000, 900)
        assert abs(it.panel.chart.frame.price_at(row) - 3425) > 1
        it.release(row, keys=CONTROL)
        await until(lambda: it.scene.desk.orders.live("ETH"))
        (tracked,) = it.scene.desk.orders.live("ETH")
        assert abs(float(tracked.order.price) - 3425) < 0.5


async def test_a_market_that_passes_the_price_turns_no_buy_into_a_sell(qtbot: QtBot) -> None:
    async with hand(qtbot) as it:
        it.press(it.row(3425.0), keys=CONTROL)
        it.scene.tell("ETH", 3420.0)
        it.release(it.row(3425.0), keys=CONTROL)
        await settled(it.scene)
        assert it.sent(ActionKind.ORDER) == 0
        assert "fill at once" in it.said


async def test_a_second_button_means_not_this(qtbot: QtBot) -> None:
    async with hand(qtbot) as it:
        await it.rest_a_bid()
        it.press(it.row(3430.1))
        it.move(it.row(3425.0))
        it.press(it.row(3425.0), button=RIGHT)
        assert it.prices("order_buy") == [3430.1]
        it.release(it.row(3425.0), button=RIGHT)
        it.release(it.row(3425.0), button=LEFT)
        await settled(it.scene)
        assert (it.sent(ActionKind.MODIFY), it.sent(ActionKind.ORDER)) == (0, 1)


async def test_an_order_that_is_cancelled_in_the_hand_is_not_moved(qtbot: QtBot) -> None:
    async with hand(qtbot) as it:
        name = await it.rest_a_bid()
        it.press(it.row(3430.1))
        it.move(it.row(3425.0))
        assert (await it.scene.desk.manual.cancel(name)).ok
        await until(lambda: it.trading.handles.drag is None)
        it.release(it.row(3425.0))
        await settled(it.scene)
        assert it.sent(ActionKind.MODIFY) == 0
        assert "gone" in it.said


async def test_another_timeframe_during_a_drag_leaves_the_order_or_moves_it_to_the_price_that_was_shown(
    qtbot: QtBot,
) -> None:
    async with hand(qtbot) as it:
        name = await it.rest_a_bid()
        it.press(it.row(3430.1))
        it.move(it.row(3425.0))
        drag = it.trading.handles.drag
        assert drag is not None
        it.panel.choose_interval(Interval.M15)
        it.release(it.row(3425.0))
        await settled(it.scene)
        tracked = it.scene.desk.orders.get(name)
        assert tracked is not None
        assert float(tracked.order.price) == drag.prices[name]


async def test_half_a_bracket_goes_back_and_the_line_says_what_was_refused(qtbot: QtBot) -> None:
    async with hand(qtbot) as it:
        exits = {"stop_price": D("3415"), "attach_stop": True, "targets": (Target(D("3440")),)}
        await resting(it.scene, Side.BUY, "3430.1", **exits)
        await until(lambda: len(it.lines) == 3)
        take = it.scene.venue.take

        def refuse_the_stop(order: Order) -> OrderReply:
            no = OrderReply(ReplyKind.REJECTED, text="Too far from the oracle.")
            return no if order.kind == "stop market" else take(order)

        it.scene.venue.take = refuse_the_stop  # type: ignore[method-assign]
        it.drag(3430.1, 3427.1, SHIFT)
        await until(lambda: it.said)
        assert "stop market 3415 was not changed" in it.said
        assert "Too far from the oracle" in it.said
        assert "Put back: Buy 0.3 ETH limit 3430.1, Sell 0.3 ETH take profit market 3440." in it.said
        assert [it.prices(kind) for kind in ("order_buy", "stop", "take_profit")] == [[3430.1], [3415.0], [3440.0]]
        assert it.sent(ActionKind.MODIFY) == 2


@pytest.mark.parametrize(
    ("held", "to", "why"),
    [
        (3430.1, 3414.0, "the stop of a buy entry must lie below it"),
        (3415.0, 3431.0, "the stop of a buy entry must lie below it"),
        (3440.0, 3429.0, "the target of a buy entry must lie above it"),
        (3430.1, 3437.0, "at or above the ask it would fill at once"),
    ],
)
async def test_what_a_bracket_cannot_be_is_said_in_the_hand_and_never_sent(
    qtbot: QtBot, held: float, to: float, why: str
) -> None:
    async with hand(qtbot) as it:
        exits = {"stop_price": D("3415"), "attach_stop": True, "targets": (Target(D("3440")),)}
        await resting(it.scene, Side.BUY, "3430.1", **exits)
        await until(lambda: len(it.lines) == 3)
        it.press(it.row(held))
        it.move(it.row((held + to) / 2))
        it.move(it.row(to))
        assert why in [cell.text for line in it.lines if line.pill for cell in line.pill.cells]
        it.release(it.row(to))
        assert it.said == f"Nothing was moved: {why}."
        assert it.sent(ActionKind.MODIFY) == 0
        assert [it.prices(kind) for kind in ("order_buy", "stop", "take_profit")] == [[3430.1], [3415.0], [3440.0]]


async def test_a_gesture_hears_its_own_refusal_and_nobody_elses_warning(qtbot: QtBot) -> None:
    async with hand(qtbot) as it:
        await it.rest_a_bid()
        it.scene.venue.gate.clear()
        it.drag(3430.1, 3425.0)
        it.scene.context.notify(Severity.WARNING, "The disk is nearly full.")
        it.scene.venue.gate.set()
        await settled(it.scene)
        assert it.said == ""
        it.scene.context.quick.set_working(None)
        it.click(it.row(3420.0), keys=CONTROL)
        assert "no working size" in it.said


async def test_a_kept_stop_follows_the_hand_on_an_old_picture_and_says_that_it_is_old(
    qtbot: QtBot, tmp_path: Path
) -> None:
    async with hand(qtbot, Settings(), tmp_path) as it:
        await held(it, "ETH", "0.42")
        await until(lambda: it.scene.desk.protector.kept("ETH"))
        assert it.scene.desk.protect("ETH", Policy(stop_price=D(3425))).ok
        await until(lambda: it.prices("stop") == [3425.0])
        it.scene.bus.publish(LinkChanged(LinkState.CONNECTING, "Reconnecting."))
        it.drag(3425.0, 3428.0)

        def stops() -> list[Decimal]:
            return [order.trigger.price for order in it.scene.venue.open.values() if order.trigger is not None]

        await until(lambda: len(stops()) == 1 and stops()[0] > 3426)
        assert "The picture of ETH is old" in it.scene.sentences()


async def test_a_double_click_is_one_order_even_if_the_pointer_slips(qtbot: QtBot) -> None:
    async with hand(qtbot) as it:
        it.trading.switches.flip("clicks")
        row = it.row(3425.0)
        it.click(row)
        it.mouse(QEvent.Type.MouseButtonDblClick, X, row + 2, LEFT, PLAIN)
        it.release(row + 2)
        await until(lambda: it.scene.desk.orders.live("ETH"))
        await settled(it.scene)
        assert it.sent(ActionKind.ORDER) == 1


def rescaled(it: Hand, by: float) -> None:
    """The axis goes where the pointer does not."""
    chart = it.panel.chart
    chart.set_auto_scale(False)
    scale = chart.frame.prices
    scale.low, scale.high = scale.low + by, scale.high + by
    chart.repaint_layers()


async def test_a_click_right_after_the_axis_jumped_places_nothing(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with hand(qtbot) as it:
        monkeypatch.setattr(jumps, "JUMP_SECONDS", 600.0)
        at = it.row(3425.0)
        it.move(at, button=NONE)
        rescaled(it, 2.0)
        for button in (LEFT, RIGHT):
            it.click(at, button=button, keys=CONTROL)
            assert it.said == JUMPED
        await settled(it.scene)
        assert it.sent(ActionKind.ORDER) == 0
        it.move(at + 9, button=NONE)
        it.click(at + 9, keys=CONTROL)
        await settled(it.scene)
        assert it.sent(ActionKind.ORDER) == 1, "where the hand went by itself it means it"


async def test_a_line_that_came_under_the_pointer_is_neither_cancelled_nor_dragged(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with hand(qtbot) as it:
        await it.rest_a_bid()
        monkeypatch.setattr(jumps, "JUMP_SECONDS", 600.0)
        (placed,) = it.trading.handles.placed(it.panel.chart.frame)
        x, y = placed.buttons[-1][1] + 5, placed.top + 5
        it.move(y - 40, x, button=NONE)
        rescaled(it, it.panel.chart.frame.price_at(y) - it.panel.chart.frame.price_at(y - 40))
        it.click(y - 40, x)
        assert it.said == JUMPED
        it.press(y - 40)
        it.move(y + 20)
        it.release(y + 20)
        await settled(it.scene)
        assert it.sent(ActionKind.CANCEL) == 0
        monkeypatch.setattr(jumps, "JUMP_SECONDS", 0.0)
        it.press_button("BUY limit")
        await settled(it.scene)
        assert it.sent(ActionKind.CANCEL) == 1


async def test_a_hand_that_misses_a_line_that_jumped_away_hears_so_and_pans_nothing(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with hand(qtbot) as it:
        await it.rest_a_bid()
        monkeypatch.setattr(jumps, "JUMP_SECONDS", 600.0)
        at, frame = it.row(3430.1), it.panel.chart.frame
        it.move(at, button=NONE)
        for _ in range(2):
            rescaled(it, frame.price_at(at) - frame.price_at(at + 30))
            it.panel.chart.frame.lines  # noqa: B018 (worked out, as for a painting)
        right = it.panel.chart.frame.view.right
        it.press(at)
        assert it.said == JUMPED
        it.mouse(QEvent.Type.MouseMove, X + 90, at, LEFT, PLAIN)
        it.release(at, X + 90)
        assert it.panel.chart.frame.view.right == right
        await settled(it.scene)
        assert it.sent(ActionKind.MODIFY) == 0
        it.move(it.row(3430.1), button=NONE)
        it.drag(3430.1, 3425.4)
        await until(lambda: it.sent(ActionKind.MODIFY) == 1)


async def test_the_line_that_was_pressed_stays_in_the_hand_when_the_axis_moves(qtbot: QtBot) -> None:
    async with hand(qtbot) as it:
        names = [await resting(it.scene, Side.BUY, price) for price in ("3430.1", "3426.1")]
        await until(lambda: it.prices("order_buy") == [3426.1, 3430.1])
        it.press(it.row(3430.1))
        rescaled(it, -4.0)
        it.move(it.row(3428.3))
        it.release(it.row(3428.3))
        await until(lambda: it.prices("order_buy") == [3426.1, 3428.3])
        await settled(it.scene)
        stand = {one.client_order_id: one.order.price for one in it.scene.desk.orders.live("ETH")}
        assert stand[names[1]] == D("3426.1")


async def test_a_line_on_its_way_says_so_to_a_hand_that_takes_it_again(qtbot: QtBot) -> None:
    async with hand(qtbot) as it:
        await it.rest_a_bid()
        it.scene.venue.gate.clear()
        it.drag(3430.1, 3425.4)
        (there,) = it.prices("order_buy")
        it.drag(there, 3420.0)
        assert it.said == ON_ITS_WAY
        it.scene.venue.gate.set()
        await settled(it.scene)
        assert it.sent(ActionKind.MODIFY) == 1


async def test_a_hand_that_is_locked_while_it_holds_a_line_hears_so(qtbot: QtBot) -> None:
    async with hand(qtbot) as it:
        await it.rest_a_bid()
        it.scene.context.arming.set(False)
        assert it.said == "", "nothing was begun"
        it.scene.context.arming.set(True)
        it.press(it.row(3430.1))
        it.move(it.row(3425.0))
        it.scene.context.arming.set(False)
        assert it.said.startswith("Nothing was sent.")
        assert it.scene.context.arming.refusal in it.said
        it.release(it.row(3420.0))
        await settled(it.scene)
        assert (it.prices("order_buy"), it.sent(ActionKind.MODIFY)) == ([3430.1], 0)


async def test_an_axis_that_trembles_is_no_jump(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    async with hand(qtbot) as it:
        monkeypatch.setattr(jumps, "JUMP_SECONDS", 600.0)
        at = it.row(3425.0)
        it.move(at, button=NONE)
        rescaled(it, it.panel.chart.frame.price_at(at) - it.panel.chart.frame.price_at(at + 2))
        it.click(at, keys=CONTROL)
        await settled(it.scene)
        assert it.sent(ActionKind.ORDER) == 1


async def test_a_stop_that_protection_replaces_in_the_hand_stays_in_the_hand(qtbot: QtBot, tmp_path: Path) -> None:
    async with hand(qtbot, Settings(), tmp_path) as it:
        await it.scene.desk.manual.place(Ticket("ETH", Side.BUY, TicketKind.MARKET, SizeUnit.COIN, D("0.3")))
        await until(lambda: it.scene.desk.protector.kept("ETH"))
        assert it.scene.desk.protect("ETH", Policy(stop_price=D(3425))).ok
        await until(lambda: it.prices("stop") == [3425.0])
        (old,) = it.scene.desk.protector.kept("ETH")
        it.press(it.row(3425.0))
        it.move(it.row(3422.0))
        assert it.scene.desk.protect("ETH", Policy(stop_price=D(3426))).ok, "as a trail would"
        await until(lambda: old not in it.scene.venue.open and it.prices("stop", faint=True) == [3426.0])
        assert it.said == ""
        it.move(it.row(3420.0))
        it.release(it.row(3420.0))

        def stops() -> list[Decimal]:
            return [one.trigger.price for one in it.scene.venue.open.values() if one.trigger is not None]

        await until(lambda: len(stops()) == 1 and abs(stops()[0] - 3420) < 1)
