"""Quick orders attacked: twice, at once, on an old picture, after the lock, with the wrong thing on the other end."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from hlmaster.core.events import LinkChanged, LinkState, TradingState
from hlmaster.core.model import Side
from hlmaster.core.orders import ActionKind, Order
from hlmaster.settings import Settings
from hlmaster.trading.ticket import SizeUnit, Ticket, TicketKind
from hlmaster.ui import figures
from hlmaster.ui.dialogs.order_question import OrderQuestion
from hlmaster.ui.quick_orders import KEPT, QuickOrders
from hlmaster.ui.working import WorkingSize
from tests.ui.desks import UNPROTECTED, TradingScene, confirming, settled, trading, until
from tests.ui.questions import met, words

D = Decimal


def armed(scene: TradingScene, amount: str = "0.5", unit: SizeUnit = SizeUnit.COIN) -> QuickOrders:
    scene.context.arming.set(True)
    scene.context.quick.set_working(WorkingSize("ETH", unit, D(amount)))
    return scene.context.quick


async def bought(scene: TradingScene, size: str = "0.5") -> None:
    order = Ticket("ETH", Side.BUY, TicketKind.MARKET, SizeUnit.COIN, D(size))
    outcome = await scene.desk.manual.place(order)
    assert outcome.ok, outcome.sentence
    await until(lambda: scene.desk.portfolio.size("ETH"))


def sent(scene: TradingScene, kind: ActionKind = ActionKind.ORDER) -> list[Order]:
    return [order for prepared in scene.venue.sent if prepared.kind is kind for order in prepared.orders]


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    shown = QWidget()
    qtbot.addWidget(shown)
    shown.show()
    return shown


# --- twice, at once ---


async def test_reverse_pressed_twice_turns_once(qtbot: QtBot) -> None:
    async with trading() as scene:
        quick = armed(scene)
        await bought(scene)
        assert quick.reverse("ETH") is quick.reverse("ETH")
        await settled(scene)
        assert scene.desk.portfolio.size("ETH") == D("-0.5")


async def test_reverse_from_two_places_at_once_turns_once(qtbot: QtBot) -> None:
    async with trading() as scene:
        quick = armed(scene)
        await bought(scene)
        quick.reverse("ETH")
        scene.context.run(scene.desk.manual.reverse("ETH"), "the table's button")
        await settled(scene)
        assert scene.desk.portfolio.size("ETH") == D("-0.5")


async def test_a_whole_close_is_not_taken_for_the_part_before_it(qtbot: QtBot) -> None:
    async with trading() as scene:
        quick = armed(scene)
        await bought(scene)
        part, again, whole = quick.close("ETH", 0.25), quick.close("ETH", D("0.25")), quick.close("ETH")
        assert part is again
        assert whole is not part
        await settled(scene)
        assert scene.desk.portfolio.size("ETH") == 0


async def test_an_order_on_its_way_is_not_sent_on_another_one(qtbot: QtBot) -> None:
    async with trading() as scene:
        quick = armed(scene)
        quick.limit("ETH", 3400.0)
        await settled(scene)
        (order,) = sent(scene)
        scene.venue.gate.clear()
        assert quick.move(order.client_order_id, 3390.0) is not None
        assert quick.move(order.client_order_id, 3380.0) is None
        assert "on its way" in quick.why_not(None)
        scene.venue.gate.set()
        await settled(scene)
        assert [moved.price for moved in sent(scene, ActionKind.MODIFY)] == [D(3390)]


# --- sizes and prices ---


async def test_a_part_of_less_than_a_lot_closes_nothing_and_says_so(qtbot: QtBot) -> None:
    async with trading() as scene:
        quick = armed(scene)
        await bought(scene, "0.0031")
        before = len(sent(scene))
        placed = quick.close("ETH", D("0.01"))
        await settled(scene)
        assert "less than one lot" in quick.why_not(placed)
        assert len(sent(scene)) == before


@pytest.mark.parametrize("price", [math.nan, math.inf, -1.0, 0.0, 1e30])
async def test_a_price_that_is_none_is_refused(qtbot: QtBot, price: float) -> None:
    async with trading() as scene:
        quick = armed(scene)
        assert quick.limit("ETH", price) is None
        assert quick.why_not(None)
        assert not sent(scene)


@pytest.mark.parametrize(
    ("amount", "unit"),
    [
        ("0.001", SizeUnit.EQUITY_PERCENT),
        ("0.5", SizeUnit.USD),
        ("999999999999", SizeUnit.COIN),
        ("0.00001", SizeUnit.COIN),
    ],
)
async def test_sizes_of_next_to_nothing_and_beyond_any_are_refused(qtbot: QtBot, amount: str, unit: SizeUnit) -> None:
    async with trading() as scene:
        quick = armed(scene, amount, unit)
        assert quick.market("ETH", Side.BUY) is None
        assert quick.why_not(None)
        assert not sent(scene)


async def test_the_size_that_was_asked_about_is_the_one_that_is_sent(window: QWidget) -> None:
    async with trading(settings=confirming()) as scene:
        armed(scene, "1000", SizeUnit.USD).market("ETH", Side.BUY)
        question = await met(OrderQuestion)
        asked = words(question)
        scene.tell("ETH", 3300.0)
        question.yes.click()
        await settled(scene)
        (order,) = sent(scene)
        assert f"Buy {order.size} ETH" in asked


async def test_a_question_before_an_order_hides_nothing_of_it(window: QWidget) -> None:
    async with trading(settings=confirming()) as scene:
        quick = armed(scene)
        await bought(scene)
        figures.hide_money(True)
        try:
            asked: list[tuple[Callable[[], object], str]] = [
                (lambda: quick.limit("ETH", 3400.0), "Buy 0.5 ETH limit 3,400.0\n$1,700.00"),
                (lambda: quick.close("ETH", 0.5), "Close 50 % of long 0.5 ETH"),
                (lambda: quick.reverse("ETH"), "Reverse long 0.5 ETH"),
            ]
            for gesture, expected in asked:
                gesture()
                question = await met(OrderQuestion)
                assert expected in words(question)
                question.no.click()
                await settled(scene)
            assert quick.size_text("ETH") == figures.HIDDEN, "what is only shown stays hidden"
        finally:
            figures.hide_money(False)


# --- while it is asked ---


@pytest.mark.parametrize("gesture", [lambda q: q.close("ETH"), lambda q: q.reverse("ETH")], ids=["close", "reverse"])
async def test_another_position_than_the_one_asked_about_is_left_alone(
    window: QWidget, gesture: Callable[[QuickOrders], object]
) -> None:
    async with trading(settings=confirming()) as scene:
        quick = armed(scene)
        await bought(scene)
        gesture(quick)
        question = await met(OrderQuestion)
        await scene.desk.manual.close("ETH", D("0.5"))
        question.yes.click()
        await settled(scene)
        assert scene.desk.portfolio.size("ETH") == D("0.25")
        assert "changed while it was asked" in scene.sentences()


@pytest.mark.parametrize("gesture", [lambda q: q.close("ETH"), lambda q: q.reverse("ETH")], ids=["close", "reverse"])
async def test_the_lock_counts_at_the_moment_of_sending(
    window: QWidget, gesture: Callable[[QuickOrders], object]
) -> None:
    async with trading(settings=confirming()) as scene:
        quick = armed(scene)
        await bought(scene)
        placed = gesture(quick)
        question = await met(OrderQuestion)
        scene.context.arming.set(False)
        question.yes.click()
        await settled(scene)
        assert quick.why_not(placed) == scene.context.arming.refusal  # type: ignore[arg-type]
        assert scene.desk.portfolio.size("ETH") == D("0.5")


async def test_the_rest_of_the_gesture_that_asked_is_no_yes(window: QWidget) -> None:
    async with trading(settings=confirming()) as scene:
        armed(scene).market("ETH", Side.BUY)
        question = await met(OrderQuestion)
        for repeats in (False, True):
            press = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Return, Qt.KeyboardModifier.NoModifier, "\r", repeats)
            for target in (question.yes, question):
                QApplication.sendEvent(target, press)
        assert question.isVisible()
        await until(lambda: not question._deaf.isActive())
        held = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Return, Qt.KeyboardModifier.NoModifier, "\r", True)
        for target in (question.yes, question):
            QApplication.sendEvent(target, held)
        assert question.isVisible(), "a key that is still down"
        question.no.click()
        await settled(scene)
        assert not sent(scene)


async def test_of_two_questions_the_end_of_one_is_no_answer_to_the_other(window: QWidget) -> None:
    async with trading(settings=confirming()) as scene:
        quick = armed(scene)
        window.activateWindow()
        await until(window.isActiveWindow)
        quick.limit("ETH", 3400.0)
        first = await met(OrderQuestion)
        first.activateWindow()
        await until(first.isActiveWindow)
        quick.limit("ETH", 3300.0)

        def asked() -> list[OrderQuestion]:
            return [one for one in QApplication.topLevelWidgets() if isinstance(one, OrderQuestion) and one.isVisible()]

        await until(lambda: len(asked()) == 2)
        first.no.click()
        await until(lambda: len(asked()) == 1)
        (second,) = asked()
        assert "3,300" in words(second)
        second.yes.click()
        await settled(scene)
        assert [order.price for order in sent(scene)] == [D(3300)]


# --- stops ---


async def test_what_protection_keeps_is_not_cancelled_by_hand(qtbot: QtBot, tmp_path: Path) -> None:
    async with trading(settings=Settings(), folder=tmp_path) as scene:
        quick = armed(scene)
        await bought(scene)
        await until(lambda: scene.desk.protector.kept("ETH"))
        (kept,) = scene.desk.protector.kept("ETH")
        assert quick.cancel(kept) is None
        assert quick.why_not(None) == KEPT
        assert quick.cancel_newest("ETH") is None
        assert "they stay" in quick.why_not(None)
        quick.limit("ETH", 3300.0)
        await settled(scene)
        quick.cancel_coin("ETH")
        await settled(scene)
        assert list(scene.venue.open) == [kept]
        assert "What protection keeps stays: 1 order." in scene.sentences()


async def test_the_newest_order_is_never_the_stop_of_another(qtbot: QtBot) -> None:
    async with trading() as scene:
        quick = armed(scene)
        bracket = Ticket(
            "ETH", Side.BUY, TicketKind.LIMIT, SizeUnit.COIN, D("0.5"), D(3400), stop_price=D(3350), attach_stop=True
        )
        assert (await scene.desk.manual.place(bracket)).ok
        quick.cancel_newest("ETH")
        await settled(scene)
        assert all(order.reduce_only for order in scene.venue.open.values()), "the entry went, not its stop"


async def test_a_position_that_loses_its_stop_by_a_key_is_told_of(qtbot: QtBot) -> None:
    async with trading() as scene:
        quick = armed(scene)
        await bought(scene)
        quick.stop("ETH", 3300.0)
        await settled(scene)
        quick.cancel_coin("ETH")
        await settled(scene)
        assert "has no stop of its own now" in scene.sentences()


async def test_on_an_old_picture_exits_are_moved_and_entries_are_not(qtbot: QtBot) -> None:
    async with trading() as scene:
        quick = armed(scene)
        await bought(scene)
        quick.stop("ETH", 3300.0)
        quick.limit("ETH", 3200.0)
        await settled(scene)
        entry, stop = sorted(sent(scene)[1:], key=lambda order: order.reduce_only)
        scene.bus.publish(LinkChanged(LinkState.CONNECTING, "Reconnecting."))
        assert quick.move(entry.client_order_id, 3210.0) is None
        assert "connection" in quick.why_not(None)
        assert quick.move(stop.client_order_id, 3310.0) is not None
        await settled(scene)
        (moved,) = sent(scene, ActionKind.MODIFY)
        assert moved.trigger is not None
        assert moved.trigger.price == D(3310)
        assert "The picture of ETH is old" in scene.sentences()


async def test_a_stop_is_not_moved_to_where_it_fires_at_once(qtbot: QtBot) -> None:
    async with trading() as scene:
        quick = armed(scene)
        await bought(scene)
        quick.stop("ETH", 3300.0)
        await settled(scene)
        assert quick.move(sent(scene)[1].client_order_id, 3500.0) is None
        assert "must lie below the mark price" in quick.why_not(None)


async def test_several_orders_of_which_one_is_gone_are_not_moved_in_part(qtbot: QtBot) -> None:
    async with trading() as scene:
        quick = armed(scene)
        quick.limit("ETH", 3400.0)
        await settled(scene)
        (order,) = sent(scene)
        assert quick.move_all({order.client_order_id: 3390.0, "0xgone": 3380.0}) is None
        assert "none was moved" in quick.why_not(None)


# --- states of the desk ---


@pytest.mark.parametrize("state", [TradingState.REDUCING, TradingState.PROTECT_ONLY, TradingState.HALTED])
async def test_a_restrained_desk_refuses_entries_and_lets_exits_go(qtbot: QtBot, state: TradingState) -> None:
    async with trading() as scene:
        quick = armed(scene)
        await bought(scene)
        scene.desk.guard.restrain("test", state, "Restrained for this test.")
        before = len(sent(scene))
        assert quick.market("ETH", Side.BUY) is None
        assert "Restrained for this test" in quick.why_not(None)
        assert len(sent(scene)) == before
        quick.close("ETH")
        await settled(scene)
        assert scene.desk.portfolio.size("ETH") == 0


async def test_a_locked_out_trader_is_refused_with_the_reason(qtbot: QtBot, tmp_path: Path) -> None:
    async with trading(settings=UNPROTECTED, folder=tmp_path) as scene:
        quick = armed(scene)
        assert scene.desk.risk.lock_out(60).ok
        assert quick.market("ETH", Side.BUY) is None
        assert "locked" in quick.why_not(None).lower()
