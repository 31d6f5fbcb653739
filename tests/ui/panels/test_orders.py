"""Open orders on a real desk: what they show, changing them in place, cancelling them."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QItemSelectionModel, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu
from pytestqt.qtbot import QtBot

from hlmaster.core.events import OrderReported, TrackedOrder
from hlmaster.core.model import Side
from hlmaster.core.orders import ActionKind, VenueOrder
from hlmaster.settings import Settings
from hlmaster.trading.ticket import SizeUnit, Ticket, TicketKind
from hlmaster.ui.panels.orders import OrdersPanel
from hlmaster.ui.quick_orders import KEPT
from tests.ui.desks import NOW, TradingScene, settled, shown, trading, until
from tests.ui.panels.rows import text

D = Decimal


async def resting(scene: TradingScene, price: str = "3400.1", coin: str = "ETH", **more: object) -> str:
    ticket = Ticket(coin, Side.BUY, TicketKind.LIMIT, SizeUnit.COIN, D("0.5"), D(price), **more)  # type: ignore[arg-type]
    outcome = await scene.desk.manual.place(ticket)
    assert outcome.ok, outcome.sentence
    return outcome.orders[0].client_order_id


def panel_of(scene: TradingScene, qtbot: QtBot) -> OrdersPanel:
    panel = OrdersPanel(scene.context)
    qtbot.addWidget(panel)
    assert panel.header is not None
    qtbot.addWidget(panel.header)
    shown(panel)
    return panel


def order(scene: TradingScene, key: str) -> TrackedOrder:
    tracked = scene.desk.orders.get(key)
    assert tracked is not None
    return tracked


async def test_an_order_shows_side_type_price_and_status(qtbot: QtBot) -> None:
    async with trading() as scene:
        panel = panel_of(scene, qtbot)
        counts: list[int] = []
        panel.counted.connect(counts.append)
        key = await resting(scene)
        assert text(panel, key, "coin") == "ETH BUY"
        assert text(panel, key, "type") == "Limit"
        assert text(panel, key, "price") == "3,400.1"
        assert text(panel, key, "notional") == "$1,700.05"
        assert text(panel, key, "status") == "open"
        assert counts[-1] == 1


async def test_a_stop_shows_its_trigger_and_waits(qtbot: QtBot) -> None:
    async with trading() as scene:
        panel = panel_of(scene, qtbot)
        ticket = Ticket("ETH", Side.SELL, TicketKind.STOP_MARKET, SizeUnit.COIN, D("0.5"), trigger_price=D(3380))
        key = (await scene.desk.manual.place(ticket)).orders[0].client_order_id
        assert text(panel, key, "type") == "Stop market"
        assert text(panel, key, "trigger") == "3,380.0"
        assert text(panel, key, "price") == "market"
        assert text(panel, key, "status") == "waiting"


async def test_an_order_of_unknown_fate_is_shown_as_resolving_and_has_no_buttons(qtbot: QtBot) -> None:
    async with trading() as scene:
        panel = panel_of(scene, qtbot)
        scene.venue.loses_answers = True
        outcome = await scene.desk.manual.place(
            Ticket("ETH", Side.BUY, TicketKind.LIMIT, SizeUnit.COIN, D("0.5"), D(3400))
        )
        key = outcome.orders[0].client_order_id
        assert text(panel, key, "status") == "resolving ..."
        assert not panel.model.cell(0, len(panel.model.columns) - 1).actions


async def test_cancel_by_key_takes_the_order_away_once(qtbot: QtBot) -> None:
    async with trading() as scene:
        await resting(scene)
        panel = panel_of(scene, qtbot)
        panel.table.setCurrentIndex(panel.model.index(0, 0))
        QTest.keyClick(panel.table, Qt.Key.Key_Delete)
        QTest.keyClick(panel.table, Qt.Key.Key_Delete)
        await settled(scene)
        assert [p.kind for p in scene.venue.sent].count(ActionKind.CANCEL) == 1
        await until(lambda: not panel.model.rows())


async def typed_into(panel: OrdersPanel, name: str, value: str) -> None:
    """Open the editor of a column of the first row, type, press Enter."""
    number = next(i for i, c in enumerate(panel.model.columns) if c.key == name)
    panel.table.setCurrentIndex(panel.model.index(0, number))
    panel.table.edit(panel.model.index(0, number))
    editor = panel.table.findChild(QLineEdit)
    assert editor is not None
    editor.setText(value)
    seen: list[str] = []
    panel.model.edited.connect(lambda key, column, text: seen.append(text))
    QTest.keyClick(editor, Qt.Key.Key_Return)
    await until(lambda: seen)


@pytest.mark.parametrize(
    ("column", "value", "price", "size"),
    [("price", "3,390.5", "3390.5", "0.5"), ("size", "0.7", "3400.1", "0.7")],
)
async def test_enter_in_a_cell_changes_the_order(qtbot: QtBot, column: str, value: str, price: str, size: str) -> None:
    async with trading() as scene:
        key = await resting(scene)
        panel = panel_of(scene, qtbot)
        await typed_into(panel, column, value)
        await settled(scene)
        assert order(scene, key).order.price == D(price)
        assert order(scene, key).order.size == D(size)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("abc", "not a number"),
        ("1,5", "two ways"),
        ("-1", "above zero"),
        ("0", "above zero"),
        ("", "above zero"),
        ("3400.123", "off the grid"),
        ("9999", "above the mark"),
    ],
)
async def test_a_bad_change_is_refused_in_words_and_the_order_stands(qtbot: QtBot, value: str, says: str) -> None:
    async with trading() as scene:
        key = await resting(scene)
        panel = panel_of(scene, qtbot)
        await typed_into(panel, "price", value)
        await settled(scene)
        assert says in scene.sentences()
        assert order(scene, key).order.price == D("3400.1")
        assert not [p for p in scene.venue.sent if p.kind is ActionKind.MODIFY]


async def test_an_unchanged_value_sends_nothing(qtbot: QtBot) -> None:
    async with trading() as scene:
        await resting(scene)
        panel = panel_of(scene, qtbot)
        await typed_into(panel, "price", "3,400.1")
        assert not scene.context.is_busy
        assert len(scene.venue.sent) == 1


async def test_the_modify_key_opens_the_editor_of_the_price(qtbot: QtBot) -> None:
    async with trading() as scene:
        await resting(scene)
        panel = panel_of(scene, qtbot)
        panel.table.setCurrentIndex(panel.model.index(0, 0))
        QTest.keyClick(panel.table, Qt.Key.Key_F2)
        editor = panel.table.findChild(QLineEdit)
        assert editor is not None
        assert editor.text() == "3400.1"


async def test_a_rows_own_key_comes_before_the_windows_shortcut(qtbot: QtBot) -> None:
    async with trading() as scene:
        await resting(scene)
        panel = panel_of(scene, qtbot)
        for row, own in ((0, True), (-1, False)):
            panel.table.setCurrentIndex(panel.model.index(row, 0))
            asked = QKeyEvent(QEvent.Type.ShortcutOverride, Qt.Key.Key_F2, Qt.KeyboardModifier.NoModifier)
            asked.ignore()
            QApplication.sendEvent(panel.table, asked)
            assert asked.isAccepted() == own


async def test_an_order_placed_elsewhere_says_so_and_can_be_adopted_or_cancelled(qtbot: QtBot) -> None:
    async with trading() as scene:
        panel = panel_of(scene, qtbot)
        scene.bus.publish(OrderReported(VenueOrder("ETH", Side.BUY, D(3400), D(1), D(1), 77, None, NOW)))
        panel.model.flush()
        key = panel.model.key_at(0)
        assert text(panel, str(key), "source") == "elsewhere"
        assert [action.name for action in panel.model.cell(0, len(panel.model.columns) - 1).actions] == [
            "adopt",
            "cancel",
        ]


async def test_cancel_all_asks_back_and_cancel_of_a_coin_spares_the_others(qtbot: QtBot) -> None:
    async with trading("ETH", "SOL") as scene:
        await resting(scene)
        await resting(scene, "200.1", "SOL")
        panel = panel_of(scene, qtbot)
        panel.model.flush()
        assert panel.cancel_coin.text() == "Cancel ETH"
        panel.cancel_coin.click()
        assert not scene.context.is_busy
        panel.cancel_coin.click()
        await settled(scene)
        panel.model.touch()
        panel.model.flush()
        assert [o.order.coin for o in panel.model.rows()] == ["SOL"]
        assert not panel.cancel_coin.isEnabled()
        panel.cancel_all.click()
        panel.cancel_all.click()
        await settled(scene)
        assert not scene.desk.orders.live()


async def test_an_ignored_order_is_grey_until_it_is_adopted(qtbot: QtBot) -> None:
    async with trading() as scene:
        execution = scene.desk.settings.execution.model_copy(update={"foreign_orders": "ignore"})
        scene.desk.settings = scene.desk.settings.model_copy(update={"execution": execution})
        panel = panel_of(scene, qtbot)
        scene.bus.publish(OrderReported(VenueOrder("ETH", Side.BUY, D(3400), D(1), D(1), 77, None, NOW)))
        panel.model.flush()
        last = len(panel.model.columns) - 1
        assert {panel.model.cell(0, column).role for column in range(last)} == {"faint"}
        assert [action.name for action in panel.model.cell(0, last).actions] == ["adopt"]
        panel._act("oid:77", "adopt")
        panel.model.touch()
        panel.model.flush()
        assert text(panel, "oid:77", "source") == "adopted"
        assert panel.model.cell(0, 0).role == ""


async def test_all_selected_orders_are_cancelled_by_key_and_from_the_menu(qtbot: QtBot) -> None:
    async with trading() as scene:
        panel = panel_of(scene, qtbot)
        keys = [await resting(scene, price) for price in ("3400.1", "3401.1", "3402.1")]
        panel.model.flush()
        panel.table.selectAll()
        menu = QMenu(panel)
        panel.table.menu_wanted.emit(keys[0], menu)
        assert [item.text() for item in menu.actions()] == ["Cancel 3 selected orders"]
        panel.table.clearSelection()
        panel.table.setFocus()
        panel.table.selectRow(0)
        rows = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
        panel.table.selectionModel().select(panel.model.index(2, 0), rows)
        QTest.keyClick(panel.table, Qt.Key.Key_Delete)
        await settled(scene)
        assert [key for key in keys if order(scene, key).status.is_live] == [keys[1]]


async def test_a_cancel_that_was_asked_for_one_coin_is_not_done_to_the_next(qtbot: QtBot) -> None:
    async with trading("ETH", "SOL") as scene:
        panel = panel_of(scene, qtbot)
        await resting(scene)
        await resting(scene, "150", "SOL")
        await until(panel.cancel_coin.isEnabled)
        panel.cancel_coin.click()
        assert panel.cancel_coin.is_armed
        scene.context.select("SOL")
        panel.cancel_coin.click()
        await settled(scene)
        assert len(scene.venue.open) == 2


async def test_what_protection_keeps_is_moved_by_it_and_never_cancelled_from_the_table(
    qtbot: QtBot, tmp_path: Path
) -> None:
    async with trading(settings=Settings(), folder=tmp_path) as scene:
        panel = panel_of(scene, qtbot)
        bought = await scene.desk.manual.place(Ticket("ETH", Side.BUY, TicketKind.MARKET, SizeUnit.COIN, D("0.5")))
        assert bought.ok
        await until(lambda: scene.desk.protector.kept("ETH"))
        (kept,) = scene.desk.protector.kept("ETH")
        panel._act(kept, "cancel")
        panel._cancel_all(None)
        await settled(scene)
        assert list(scene.venue.open) == [kept]
        assert KEPT in scene.sentences()
        assert "What protection keeps stays: 1 order." in scene.sentences()
        await until(lambda: panel.model.get(kept))
        panel._change(kept, "trigger", "3400.04")
        await settled(scene)
        shield = scene.desk.protector.shield("ETH")
        assert shield is not None
        assert shield.policy.stop_price == D(3400)
