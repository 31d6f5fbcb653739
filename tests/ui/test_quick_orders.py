"""Orders by one gesture: what each means, that it is sent once, and every reason not to send it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from hlmaster.core.events import LinkChanged, LinkState
from hlmaster.core.model import Side
from hlmaster.core.orders import ActionKind, Order, TimeInForce
from hlmaster.core.rounding import snap_price
from hlmaster.settings import Settings
from hlmaster.settings.ticket import OrderEntry
from hlmaster.trading.risk.safeguards import Safeguards
from hlmaster.trading.ticket import SizeUnit
from hlmaster.ui.arming import Arming
from hlmaster.ui.dialogs.checklist import Checklist
from hlmaster.ui.dialogs.confirm import Confirm
from hlmaster.ui.gestures import NO_SIZE
from hlmaster.ui.quick_orders import QuickOrders
from hlmaster.ui.working import WorkingSize
from tests.ui.desks import UNPROTECTED, TradingScene, confirming, settled, trading, until
from tests.ui.questions import met, words

D = Decimal
ETH = WorkingSize("ETH", SizeUnit.COIN, D("0.5"))
Gesture = Callable[[QuickOrders], object]


def armed(scene: TradingScene, size: WorkingSize | None = ETH) -> QuickOrders:
    scene.context.arming.set(True)
    scene.context.quick.set_working(size)
    return scene.context.quick


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    """Without one, the end of a question would be the end of the application."""
    shown = QWidget()
    qtbot.addWidget(shown)
    shown.show()
    return shown


def orders(scene: TradingScene, kind: ActionKind = ActionKind.ORDER) -> list[Order]:
    return [order for prepared in scene.venue.sent if prepared.kind is kind for order in prepared.orders]


GESTURES: list[tuple[str, Gesture, str, Side, str]] = [
    ("limit below", lambda q: q.limit("ETH", 3400.04), "limit", Side.BUY, "3400"),
    ("limit above", lambda q: q.limit("ETH", 3500.0), "limit", Side.SELL, "3500"),
    ("limit told", lambda q: q.limit("ETH", 3400.0, Side.BUY), "limit", Side.BUY, "3400"),
    ("stop above", lambda q: q.stop("ETH", 3500.0), "stop market", Side.BUY, "3500"),
    ("stop below", lambda q: q.stop("ETH", 3300.0), "stop market", Side.SELL, "3300"),
    ("market", lambda q: q.market("ETH", Side.SELL), "market", Side.SELL, ""),
    ("join", lambda q: q.join("ETH", Side.BUY), "post-only", Side.BUY, "bid"),
    ("take", lambda q: q.take("ETH", Side.BUY), "limit", Side.BUY, "ask"),
]


@pytest.mark.parametrize(
    ("gesture", "kind", "side", "price"), [row[1:] for row in GESTURES], ids=[r[0] for r in GESTURES]
)
async def test_each_gesture_is_the_order_it_looks_like(
    qtbot: QtBot, gesture: Gesture, kind: str, side: Side, price: str
) -> None:
    async with trading() as scene:
        assert gesture(armed(scene)) is not None
        await settled(scene)
        (order,) = orders(scene)
        assert (order.kind, order.side, order.size) == (kind, side, D("0.5"))
        bid, ask = (snap_price(quote, 4) for quote in scene.venue.quotes["ETH"])
        shown = order.trigger.price if order.trigger is not None else order.price
        wanted = {"bid": bid, "ask": ask, "": shown}
        assert shown == (wanted[price] if price in wanted else D(price))


async def test_the_same_gesture_within_a_moment_is_one_order(qtbot: QtBot) -> None:
    async with trading() as scene:
        quick = armed(scene)
        assert quick.limit("ETH", 3400.0) is quick.limit("ETH", 3400.0)
        assert quick.limit("ETH", 3390.0) is not None
        await settled(scene)
        assert quick.limit("ETH", 3390.0) is not None
        await settled(scene)
        assert sorted(order.price for order in orders(scene)) == [D(3390), D(3400)]


REFUSALS: list[tuple[str, Callable[[TradingScene], object], str]] = [
    ("locked", lambda s: s.context.arming.set(False), Arming().refusal),
    ("no size", lambda s: s.context.quick.set_working(None), NO_SIZE),
    ("another coin's size", lambda s: s.context.quick.set_working(WorkingSize("SOL", SizeUnit.COIN, D(1))), "SOL"),
    ("no stop", lambda s: s.context.quick.set_working(WorkingSize("ETH", SizeUnit.RISK_USD, D(25))), "distance"),
    ("too small", lambda s: s.context.quick.set_working(WorkingSize("ETH", SizeUnit.USD, D(3))), "10"),
    ("cut off", lambda s: s.bus.publish(LinkChanged(LinkState.CONNECTING, "Reconnecting.")), "connection"),
]


@pytest.mark.parametrize(("spoil", "word"), [row[1:] for row in REFUSALS], ids=[r[0] for r in REFUSALS])
async def test_what_cannot_be_is_refused_at_once_with_its_reason(
    qtbot: QtBot, spoil: Callable[[TradingScene], object], word: str
) -> None:
    async with trading() as scene:
        quick = armed(scene)
        spoil(scene)
        scene.notices.clear()
        assert quick.limit("ETH", 3400.0) is None
        assert word in scene.sentences()
        assert not orders(scene)


async def test_a_desk_that_is_not_ready_takes_no_gesture(qtbot: QtBot) -> None:
    async with trading(start=False) as scene:
        assert armed(scene).market("ETH", Side.BUY) is None
        assert "once the exchange has answered" in scene.sentences()


async def test_risk_is_measured_to_the_stop_of_the_bracket(qtbot: QtBot) -> None:
    async with trading() as scene:
        quick = armed(scene, WorkingSize("ETH", SizeUnit.RISK_USD, D(25), D(2)))
        quick.limit("ETH", 3400.0)
        await settled(scene)
        (order,) = orders(scene)
        assert 20 < order.size * 68 < 25, "2 % of 3,400 a coin, and fees"
        assert not order.reduce_only


async def test_a_stop_on_the_wrong_side_is_refused(qtbot: QtBot) -> None:
    async with trading() as scene:
        assert armed(scene).stop("ETH", 3300.0, Side.BUY) is None
        assert "A buy stop lies above the market" in scene.sentences()


async def test_a_stop_that_can_only_end_the_position_is_reduce_only(qtbot: QtBot) -> None:
    async with trading() as scene:
        quick = armed(scene)
        quick.market("ETH", Side.BUY)
        await settled(scene)
        quick.stop("ETH", 3300.0)
        await settled(scene)
        quick.set_working(WorkingSize("ETH", SizeUnit.COIN, D("0.6")))
        quick.stop("ETH", 3290.0)
        await settled(scene)
        assert [order.reduce_only for order in orders(scene)] == [False, True, False]


async def test_where_the_settings_ask_a_gesture_is_asked_about_beside_the_window(window: QWidget) -> None:
    async with trading(settings=confirming()) as scene:
        quick = armed(scene)
        for yes in (False, True):
            quick.limit("ETH", 3400.0 - yes)
            question = await met(Confirm)
            assert "Buy 0.5 ETH limit 3," in words(question)
            assert " at cross 5×, no liquidation price, fee about $" in question.text.text()
            assert not question.isModal()
            (question.yes if yes else question.no).click()
            await settled(scene)
        assert [order.price for order in orders(scene)] == [D(3399)]


async def test_what_was_asked_about_is_not_sent_once_gestures_are_locked_again(window: QWidget) -> None:
    async with trading(settings=confirming()) as scene:
        armed(scene).limit("ETH", 3400.0)
        question = await met(Confirm)
        scene.context.arming.set(False)
        question.yes.click()
        await settled(scene)
        assert Arming().refusal in scene.sentences()
        assert not orders(scene)


async def test_the_checklist_is_asked_before_an_entry(window: QWidget) -> None:
    asking = UNPROTECTED.model_copy(update={"safeguards": Safeguards(checklist=("The stop is set.",))})
    async with trading(settings=asking) as scene:
        armed(scene).market("ETH", Side.BUY)
        dialog = await met(Checklist)
        dialog.no.click()
        await settled(scene)
        assert not orders(scene)
        assert "not ticked" in scene.sentences()


async def test_orders_are_moved_to_the_tick_and_a_limit_keeps_its_distance_to_the_trigger(qtbot: QtBot) -> None:
    async with trading() as scene:
        quick = armed(scene)
        quick.limit("ETH", 3400.0)
        quick.stop("ETH", 3500.0)
        await settled(scene)
        limit, stop = orders(scene)
        quick.move(limit.client_order_id, 3390.04)
        quick.move(stop.client_order_id, 3510.0)
        await settled(scene)
        moved = {order.client_order_id: order for order in orders(scene, ActionKind.MODIFY)}
        assert moved[limit.client_order_id].price == D(3390)
        assert moved[limit.client_order_id].time_in_force is TimeInForce.GTC
        trigger = moved[stop.client_order_id].trigger
        assert trigger is not None
        assert trigger.price == D(3510)
        assert quick.move("0xgone", 1.0) is None
        assert "not open any more" in scene.sentences()


async def test_orders_are_cancelled_one_by_one_or_a_coin_at_a_time(qtbot: QtBot) -> None:
    async with trading() as scene:
        quick = armed(scene)
        for price in (3400.0, 3390.0, 3380.0):
            quick.limit("ETH", price)
        await settled(scene)
        quick.cancel(orders(scene)[0].client_order_id)
        await settled(scene)
        assert len(scene.venue.open) == 2
        quick.cancel_coin("ETH")
        await settled(scene)
        assert not scene.venue.open
        scene.context.arming.set(False)
        assert quick.cancel_coin("SOL") is None
        assert Arming().refusal in scene.sentences()


async def test_a_position_is_closed_in_part_and_turned(qtbot: QtBot) -> None:
    async with trading() as scene:
        quick = armed(scene)
        assert quick.close("ETH", 0.5) is None
        assert "There is no ETH position." in scene.sentences()
        quick.market("ETH", Side.BUY)
        await settled(scene)
        quick.close("ETH", 0.5)
        await settled(scene)
        assert scene.desk.portfolio.size("ETH") == D("0.25")
        quick.reverse("ETH")
        await until(lambda: scene.desk.portfolio.size("ETH") == D("-0.25"))
        await settled(scene)


def test_the_working_size_reads_as_it_is_counted() -> None:
    texts = {
        SizeUnit.COIN: "1,000",
        SizeUnit.USD: "$1,000",
        SizeUnit.EQUITY_PERCENT: "1,000% eq",
        SizeUnit.RISK_USD: "$1,000 risk",
    }
    assert {unit: WorkingSize("ETH", unit, D(1000)).text for unit in SizeUnit} == texts


async def test_a_size_in_coins_is_no_size_for_another_coin(qtbot: QtBot) -> None:
    async with trading() as scene:
        quick = scene.context.quick
        with qtbot.waitSignal(quick.size_changed):
            quick.set_working(ETH)
        assert (quick.size_text("ETH"), quick.size_text("SOL")) == ("0.5", "")
        quick.set_working(None)
        assert quick.size_text("ETH") == ""


async def test_breakeven_moves_every_stop_behind_it_and_places_one_where_there_is_none(qtbot: QtBot) -> None:
    async with trading() as scene:
        quick = armed(scene)
        assert quick.breakeven("ETH") is None
        quick.market("ETH", Side.BUY)
        await settled(scene)
        held = scene.desk.portfolio.position("ETH")
        assert held is not None
        scene.notices.clear()
        assert quick.breakeven("ETH") is None
        assert "has not passed it" in scene.sentences()
        quick.stop("ETH", 3300.0)
        await settled(scene)
        scene.tell("ETH", 3_500.0)
        quick.breakeven("ETH")
        await settled(scene)
        (moved,) = orders(scene, ActionKind.MODIFY)
        assert moved.trigger is not None
        cost = held.entry_price * (1 + D("0.00045")) / (1 - D("0.00045"))
        assert 0 <= moved.trigger.price - cost <= D("0.1"), "entry and the fees of both ends"


async def test_what_protection_keeps_is_moved_by_protection(qtbot: QtBot, tmp_path: Path) -> None:
    async with trading(settings=Settings(), folder=tmp_path) as scene:
        quick = armed(scene)
        quick.market("ETH", Side.BUY)
        await settled(scene)
        await until(lambda: scene.desk.protector.kept("ETH"))
        (kept,) = scene.desk.protector.kept("ETH")
        quick.move(kept, 3400.0)
        await settled(scene)
        shield = scene.desk.protector.shield("ETH")
        assert shield is not None
        assert shield.policy.stop_price == D(3400)
        assert not orders(scene, ActionKind.MODIFY)


async def test_a_gesture_brings_the_ready_bracket_where_the_settings_say_so(qtbot: QtBot) -> None:
    terms = OrderEntry(gestures_carry_bracket=True, brackets=("1:2",))
    async with trading(settings=UNPROTECTED.model_copy(update={"ticket": terms})) as scene:
        armed(scene).limit("ETH", 3400.0)
        await settled(scene)
        _, stop, target = orders(scene)
        assert stop.trigger is not None
        assert target.trigger is not None
        assert stop.trigger.price == D(3366)
        assert target.trigger.price > 3468, "twice the risk, and the fees"
