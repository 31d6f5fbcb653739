"""The ticket by keys alone, its brackets, its presets, and what it tells others."""

from __future__ import annotations

from decimal import Decimal

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from hlmaster.core.model import Side
from hlmaster.core.orders import ActionKind, TimeInForce
from hlmaster.settings.ticket import OrderEntry
from hlmaster.trading.bracket import ExitUnit
from hlmaster.trading.ticket import SizeUnit
from hlmaster.ui import figures, theme
from hlmaster.ui.panels.ticket import TicketPanel
from hlmaster.ui.working import WorkingSize
from tests.ui.desks import UNPROTECTED, TradingScene, confirming, settled, shown, trading, until
from tests.ui.panels.test_ticket import UNITS, fill, orders, panel_of, reason

D = Decimal
K = Qt.Key


async def keyed(scene: TradingScene, panel: TicketPanel) -> None:
    panel.activateWindow()
    await until(panel.isActiveWindow)
    scene.context.actions.run("ticket.focus")


def press(*keys: Qt.Key | str) -> None:
    """To whatever has the focus, as hands do."""
    for key in keys:
        focused = QApplication.focusWidget()
        assert isinstance(focused, QWidget)
        QTest.keyClicks(focused, key) if isinstance(key, str) else QTest.keyClick(focused, key)


async def test_an_empty_ticket_becomes_a_sent_bracket_order_by_keys_alone(qtbot: QtBot) -> None:
    async with trading() as scene:
        panel = panel_of(scene, qtbot)
        await keyed(scene, panel)
        press("s", "l", "k", K.Key_Return)
        assert QApplication.focusWidget() is panel.ui.price, "Enter goes to what is wanting"
        press("3500", K.Key_Up, K.Key_Return)
        assert QApplication.focusWidget() is panel.ui.amount
        press("0.5")
        assert panel.ui.submit.text() == "Sell 0.5 ETH limit 3,500.1"
        press(K.Key_Return)
        await settled(scene)
        entry, stop, target = orders(scene)
        assert (entry.side, entry.price, entry.size) == (Side.SELL, D("3500.1"), D("0.5"))
        assert stop.trigger is not None
        assert target.trigger is not None
        assert stop.trigger.price == D("3517.6"), "half a per cent away"
        assert target.trigger.price < entry.price


async def test_letters_choose_only_while_no_field_has_the_keys(qtbot: QtBot) -> None:
    async with trading() as scene:
        panel = panel_of(scene, qtbot)
        await keyed(scene, panel)
        press("s", "o", "r")
        assert (panel.form.side, panel.ui.kind.value, panel.ui.reduce_only.isChecked()) == (Side.SELL, "stop", True)
        press("l", "p", "b")
        assert (panel.form.side, panel.ui.post_only.isChecked()) == (Side.BUY, True)
        panel.ui.amount.setFocus()
        press("s")
        assert panel.form.side is Side.BUY
        assert "not a number" in reason(panel)
        press(K.Key_Escape)
        assert panel.ui.amount.text() == ""


async def test_post_only_and_immediate_exclude_each_other_and_say_why(qtbot: QtBot) -> None:
    async with trading() as scene:
        ui = panel_of(scene, qtbot).ui
        assert not ui.post_only.isEnabled()
        assert "Only a limit order" in ui.post_only.toolTip()
        ui.kind.choose("limit")
        ui.post_only.setChecked(True)
        assert not ui.at_once.isEnabled()
        assert "take post-only off first" in ui.at_once.toolTip()
        ui.post_only.setChecked(False)
        ui.at_once.setChecked(True)
        assert not ui.post_only.isEnabled()
        ui.reduce_only.setChecked(True)
        assert not ui.bracket.attach_stop.isEnabled()
        assert "nothing for a bracket to protect" in ui.bracket.attach_stop.toolTip()


async def test_what_is_typed_between_ticks_and_lots_is_told_shown_and_sent_snapped(qtbot: QtBot) -> None:
    async with trading() as scene:
        panel = panel_of(scene, qtbot)
        fill(panel, "limit", price="3400.04", amount="0.50003")
        assert "3400.04 lies between two ticks: 3400 is meant." in reason(panel)
        assert "0.50003 lies between two lots of 0.0001: 0.5 is meant." in reason(panel)
        assert panel.ui.submit.text() == "Buy 0.5 ETH limit 3,400.0"
        panel.ui.price.editingFinished.emit()
        assert (panel.ui.price.text(), panel.ui.amount.text()) == ("3400", "0.5")
        panel.ui.submit.click()
        await settled(scene)
        assert [(order.price, order.size) for order in orders(scene)] == [(D(3400), D("0.5"))]


async def test_a_change_of_unit_says_the_same_exits_in_another_way(qtbot: QtBot) -> None:
    async with trading() as scene:
        panel = panel_of(scene, qtbot)
        fill(panel, "limit", price="3400", amount="0.5")
        bracket = panel.ui.bracket
        bracket.attach_stop.setChecked(True)
        bracket.attach_target.setChecked(True)
        bracket.stop.setText("3366")
        bracket.targets[0].setText("3468")
        bracket.choose_unit(ExitUnit.PERCENT)
        assert (bracket.stop.text(), bracket.targets[0].text()) == ("1", "2")
        bracket.choose_unit(ExitUnit.MONEY)
        assert panel.ui.risk.text() == f"${bracket.stop.value}"
        bracket.choose_unit(ExitUnit.PRICE)
        assert (bracket.stop.text(), bracket.targets[0].text()) == ("3366", "3468")
        assert bracket.stop_words.text() == "3,366.0 -1.00%"
        panel.ui.unit.setCurrentIndex(UNITS[SizeUnit.RISK_USD])
        bracket.choose_unit(ExitUnit.RISK)
        assert panel.ui.submit.isEnabled() or reason(panel)


async def test_three_targets_share_the_order_and_the_last_takes_what_is_left(qtbot: QtBot) -> None:
    async with trading() as scene:
        panel = panel_of(scene, qtbot)
        fill(panel, amount="0.3")
        bracket = panel.ui.bracket
        bracket.take_ready(1)
        bracket.edges[0].click()
        bracket.edges[0].click()
        assert [field.text() for field in bracket.shares] == ["33", "33", "34"]
        assert not bracket.edges[0].isVisible()
        bracket.shares[0].setText("50")
        assert bracket.shares[2].text() == "17"
        for field, multiple in zip(bracket.targets[1:], ("3", "4"), strict=True):
            field.setText(multiple)
        assert panel.ui.submit.isEnabled(), reason(panel)
        panel.ui.submit.click()
        await settled(scene)
        sent = [prepared.orders for prepared in scene.venue.sent if prepared.kind is ActionKind.ORDER]
        assert [[order.size for order in part] for part in sent] == [[D(s)] * 3 for s in ("0.15", "0.099", "0.051")]
        bracket.edges[1].click()
        assert bracket.count == 2
        assert bracket.targets[1].text() == "4"


async def test_size_presets_are_taken_by_key_changed_in_place_and_remembered(qtbot: QtBot) -> None:
    async with trading() as scene:
        panel = panel_of(scene, qtbot)
        panel.ui.unit.setCurrentIndex(UNITS[SizeUnit.USD])
        scene.context.actions.run("ticket.size_preset_2")
        assert panel.ui.amount.text() == "500"
        await keyed(scene, panel)
        scene.context.actions.run("ticket.edit_preset_2")
        press("750", K.Key_Return)
        assert panel.ui.chips.preset[1].text() == "$750"
        scene.context.actions.run("ticket.size_preset_2")
        assert panel.ui.amount.text() == "750"
        scene.context.actions.run("ticket.edit_preset_1")
        press("9", K.Key_Escape)
        assert panel.ui.chips.preset[0].text() == "$100"
        memory = panel.save_state()
    async with trading() as scene:
        again = panel_of(scene, qtbot)
        again.restore_state(memory)
        again.refresh()
        assert again.form.unit is SizeUnit.USD
        assert again.ui.chips.preset[1].text() == "$750"
        again.restore_state({"presets": {"USD": ["x", None]}, "unit": 7, "exit_unit": "miles"})


async def test_the_working_size_and_the_bracket_are_told_as_they_change(qtbot: QtBot) -> None:
    async with trading() as scene:
        panel = panel_of(scene, qtbot)
        quick = scene.context.quick
        fill(panel, "limit", price="3400", amount="0.50003")
        assert quick.working == WorkingSize("ETH", SizeUnit.COIN, D("0.5"), D("0.5"))
        panel.ui.bracket.attach_stop.setChecked(True)
        panel.ui.bracket.stop.setText("3366")
        assert quick.bracket is not None
        assert [(line.kind, line.price) for line in quick.bracket.lines] == [("entry", 3400), ("stop", 3366)]
        panel.form.clear()
        assert (quick.working, quick.bracket) == (None, None)


async def test_quick_orders_unfold_and_trade_only_while_armed(qtbot: QtBot) -> None:
    async with trading() as scene:
        panel = panel_of(scene, qtbot)
        shown(panel, 284, 900)
        fill(panel, amount="0.5")
        quick = panel.ui.quick
        quick.head.click()
        assert quick.locked.isVisible()
        assert not quick.buttons["buy_market"].isEnabled()
        scene.context.arming.set(True)
        quick.buttons["buy_market"].click()
        await settled(scene)
        quick.buttons["close_50"].click()
        await settled(scene)
        assert scene.desk.portfolio.size("ETH") == D("0.25")


async def test_a_sent_size_goes_where_the_settings_say_so(qtbot: QtBot) -> None:
    terms = OrderEntry(size_unit="USD", empty_after_send=True)
    async with trading(settings=UNPROTECTED.model_copy(update={"ticket": terms})) as scene:
        panel = panel_of(scene, qtbot)
        assert panel.form.unit is SizeUnit.USD
        fill(panel, amount="500")
        assert panel.form.time_in_force is TimeInForce.GTC
        panel.ui.submit.click()
        await settled(scene)
        assert panel.ui.amount.text() == ""


@pytest.mark.parametrize("width", [264, 284])
async def test_nothing_is_wider_than_the_ticket(qtbot: QtBot, qapp: QApplication, width: int) -> None:
    theme.load_fonts()
    theme.apply(qapp, theme.theme("dark"))
    async with trading() as scene:
        panel = panel_of(scene, qtbot)
        shown(panel, width, 900)
        fill(panel, "limit", price="3400", amount="0.5")
        panel.ui.bracket.take_ready(0)
        panel.ui.bracket.set_count(3)
        panel.ui.quick.head.setChecked(True)
        assert panel.ui.contents.minimumSizeHint().width() <= width


async def test_enter_on_a_quick_button_presses_that_button_and_sends_no_ticket(qtbot: QtBot) -> None:
    async with trading() as scene:
        panel = panel_of(scene, qtbot)
        await keyed(scene, panel)
        fill(panel, "limit", price="3400", amount="0.5")
        scene.context.arming.set(True)
        panel.ui.quick.head.setChecked(True)
        panel.ui.quick.buttons["close_100"].setFocus()
        press(K.Key_Return)
        await settled(scene)
        assert orders(scene) == []
        assert "There is no ETH position." in scene.sentences()


async def test_what_was_asked_for_one_coin_is_not_sent_for_the_next(qtbot: QtBot) -> None:
    async with trading("ETH", "SOL", settings=confirming()) as scene:
        panel = panel_of(scene, qtbot)
        fill(panel, "market", amount="0.5")
        panel.ui.submit.click()
        assert panel.ui.submit.text().startswith("Sure? Buy 0.5 ETH")
        scene.context.select("SOL")
        panel.ui.submit.click()
        await settled(scene)
        assert orders(scene) == []
        assert not panel.ui.submit.is_armed
        assert panel.ui.amount.text() == "", "a size in coins is the coin's"


async def test_a_wheel_over_the_unit_makes_no_dollars_of_coins(qtbot: QtBot) -> None:
    async with trading() as scene:
        panel = panel_of(scene, qtbot)
        before = panel.ui.unit.currentIndex()
        at = QPointF(5, 5)
        wheel = QWheelEvent(
            at,
            panel.ui.unit.mapToGlobal(at),
            QPoint(),
            QPoint(0, -120),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(panel.ui.unit, wheel)
        assert panel.ui.unit.currentIndex() == before


async def test_the_question_on_the_button_hides_nothing_of_the_order(qtbot: QtBot) -> None:
    async with trading(settings=confirming()) as scene:
        panel = panel_of(scene, qtbot)
        fill(panel, "market", amount="0.5")
        figures.hide_money(True)
        try:
            panel.refresh()
            assert panel.ui.submit.text() == f"Buy {figures.HIDDEN} ETH at market"
            panel.ui.submit.click()
            assert panel.ui.submit.text() == "Sure? Buy 0.5 ETH at market"
        finally:
            figures.hide_money(False)


async def test_a_change_of_the_sizes_unit_keeps_the_size_and_not_the_number(qtbot: QtBot) -> None:
    async with trading() as scene:
        panel = panel_of(scene, qtbot)
        fill(panel, "limit", price="3400", amount="2")

        def typed(unit: SizeUnit) -> Decimal | None:
            panel.ui.unit.setCurrentIndex(UNITS[unit])
            return panel.ui.amount.value

        equity = scene.desk.survey("ETH").equity
        assert typed(SizeUnit.USD) == 6800
        assert typed(SizeUnit.EQUITY_PERCENT) == pytest.approx(6800 / equity * 100, abs=D("0.0001"))
        assert typed(SizeUnit.COIN) == 2
        assert typed(SizeUnit.RISK_USD) is None, "without a stop nobody can say what is at risk"
        assert typed(SizeUnit.USD) is None
        panel.ui.bracket.attach_stop.setChecked(True)
        fill(panel, "limit", price="3400", amount="6800", stop="3300")
        risked = typed(SizeUnit.RISK_USD)
        assert risked == pytest.approx(2 * (100 + 6700 * D("0.00045")), abs=D("0.01"))
        assert typed(SizeUnit.COIN) == 2


async def test_a_size_is_cleared_where_no_price_says_what_it_is_in_another_unit(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with trading() as scene:
        panel = panel_of(scene, qtbot)
        panel.ui.unit.setCurrentIndex(UNITS[SizeUnit.USD])
        panel.ui.amount.setText("100")
        monkeypatch.setattr(panel, "_situation", lambda: None)
        panel.ui.unit.setCurrentIndex(UNITS[SizeUnit.COIN])
        assert panel.ui.amount.text() == "", "100 dollars never become 100 coins"
