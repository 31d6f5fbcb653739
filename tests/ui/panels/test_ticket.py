"""The order ticket on a real desk: what it reads, what it shows, what it sends, and what it refuses to."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from hlmaster.core.events import TradingState
from hlmaster.core.model import Leverage, MarginMode, Side
from hlmaster.core.orders import ActionKind, Order, OrderReply, ReplyKind, TimeInForce, TriggerKind
from hlmaster.trading.risk.safeguards import Safeguards
from hlmaster.trading.ticket import SizeUnit
from hlmaster.ui import theme
from hlmaster.ui.dialogs.checklist import Checklist
from hlmaster.ui.panels.ticket import TicketPanel
from tests.ui.desks import UNPROTECTED, TradingScene, confirming, settled, shown, trading, until
from tests.ui.questions import met

D = Decimal
LIMITS = ("post-only", "limit IOC")
IN_1280_BY_800 = (268, 327)
"""What a window of that size leaves to the ticket, with the analyst below it."""
IN_1600_BY_980 = (277, 421)
ALONE = (265, 485)
"""And without."""
UNITS = {unit: number for number, unit in enumerate(SizeUnit)}


def panel_of(scene: TradingScene, qtbot: QtBot) -> TicketPanel:
    panel = TicketPanel(scene.context)
    qtbot.addWidget(panel)
    shown(panel, 280, 610)
    panel.refresh()
    return panel


async def focused(panel: TicketPanel) -> None:
    """Keys count only in an active window, and it becomes active in its own time."""
    panel.activateWindow()
    panel.ui.amount.setFocus()
    await until(panel.isActiveWindow)


def fill(panel: TicketPanel, kind: str = "market", **fields: str) -> None:
    panel.ui.kind.choose("limit" if kind in LIMITS else kind)
    panel.ui.post_only.setChecked(kind == "post-only")
    panel.ui.at_once.setChecked(kind == "limit IOC")
    exits = {"stop": panel.ui.bracket.stop, "target": panel.ui.bracket.targets[0]}
    for name, text in fields.items():
        field = exits[name] if name in exits else getattr(panel.ui, name)
        field.setText(text)


def orders(scene: TradingScene) -> list[Order]:
    return [order for prepared in scene.venue.sent if prepared.kind is ActionKind.ORDER for order in prepared.orders]


def reason(panel: TicketPanel) -> str:
    return panel.ui.reason.text()


async def test_an_empty_ticket_waits_without_alarm(qtbot: QtBot) -> None:
    async with trading() as scene:
        panel = panel_of(scene, qtbot)
        assert reason(panel) == "Enter the size."
        assert not panel.ui.submit.isEnabled()
        assert not panel.ui.reason.property("tone")


async def test_the_preview_follows_every_edit(qtbot: QtBot) -> None:
    async with trading() as scene:
        panel = panel_of(scene, qtbot)
        fill(panel, "limit", price="3,400", amount="0.5")
        assert panel.ui.notional.text() == "$1,700.00"
        assert panel.ui.margin.text() == "$340.00"
        assert panel.ui.fee_caption.text() == "FEE · MAKER"
        assert panel.ui.after.text() == "Long 0.5"
        assert panel.ui.submit.text() == "Buy 0.5 ETH limit 3,400.0"
        panel.ui.side.choose(Side.SELL)
        assert panel.ui.after.text() == "Short 0.5"
        assert panel.ui.fee_caption.text() == "FEE · TAKER"
        assert panel.ui.submit.property("role") == "sell"


async def test_the_preview_follows_the_market_by_itself(qtbot: QtBot) -> None:
    async with trading() as scene:
        panel = panel_of(scene, qtbot)
        fill(panel, amount="1")
        before = panel.ui.notional.text()
        scene.tell("ETH", 3_500.0)
        await until(lambda: panel.ui.notional.text().startswith("$3,500"))
        assert before.startswith("$3,434")


KINDS = [
    ("market", {}, "market", TimeInForce.IOC),
    ("limit", {"price": "3400"}, "limit", TimeInForce.GTC),
    ("post-only", {"price": "3400"}, "post-only", TimeInForce.ALO),
    ("limit IOC", {"price": "3440"}, "limit", TimeInForce.IOC),
    ("stop", {"trigger": "3500"}, "stop market", TimeInForce.GTC),
    ("take profit", {"trigger": "3300"}, "take profit market", TimeInForce.GTC),
]


@pytest.mark.parametrize(("kind", "fields", "word", "time_in_force"), KINDS)
async def test_each_kind_of_order_is_sent_as_meant(
    qtbot: QtBot, kind: str, fields: dict[str, str], word: str, time_in_force: TimeInForce
) -> None:
    async with trading() as scene:
        panel = panel_of(scene, qtbot)
        fill(panel, kind, amount="0.5", **fields)
        assert panel.ui.submit.isEnabled(), reason(panel)
        panel.ui.submit.click()
        await settled(scene)
        (order,) = orders(scene)
        assert (order.kind, order.time_in_force, order.side, order.size) == (word, time_in_force, Side.BUY, D("0.5"))
        assert "Buy 0.5 ETH" in reason(panel)


async def test_a_time_in_force_is_asked_for_plain_limit_orders_alone(qtbot: QtBot) -> None:
    async with trading() as scene:
        panel = panel_of(scene, qtbot)
        fill(panel, "limit IOC", price="3440", amount="0.5")
        assert panel.ui.at_once.isEnabled()
        assert panel.ui.submit.text() == "Buy 0.5 ETH limit 3,440.0 IOC"
        for kind in ("market", "stop", "take profit"):
            panel.ui.kind.choose(kind)
            assert not panel.ui.at_once.isEnabled()
            assert "plain limit order" in panel.ui.at_once.toolTip()
            assert panel.form.time_in_force is TimeInForce.GTC


@pytest.mark.parametrize("unit", list(SizeUnit))
async def test_the_slider_takes_and_shows_a_share(qtbot: QtBot, unit: SizeUnit) -> None:
    async with trading() as scene:
        panel = panel_of(scene, qtbot)
        panel.ui.unit.setCurrentIndex(UNITS[unit])
        fill(panel, stop="3300")
        panel.ui.chips.share[50].click()
        assert panel.ui.share.value() == 50
        half = panel.ui.amount.value
        panel.ui.share.setValue(25)
        quarter = panel.ui.amount.value
        assert half is not None
        assert quarter is not None
        assert abs(quarter * 2 - half) <= half / 100
        panel.ui.share.setValue(0)
        assert panel.ui.amount.text() == ""
        assert reason(panel) == "Enter the size."


async def test_a_trigger_can_wake_a_limit_order(qtbot: QtBot) -> None:
    async with trading() as scene:
        panel = panel_of(scene, qtbot)
        fill(panel, "stop", trigger="3500", amount="0.5")
        assert not panel.ui.price_row.isVisible()
        panel.ui.execution.choose("limit")
        assert panel.ui.price_row.isVisible()
        assert reason(panel) == "Enter the limit price."
        panel.ui.price.setText("3505")
        panel.ui.submit.click()
        await settled(scene)
        (order,) = orders(scene)
        assert order.kind == "stop limit"
        assert order.price == D(3505)


async def test_an_attached_stop_travels_with_its_entry(qtbot: QtBot) -> None:
    async with trading() as scene:
        panel = panel_of(scene, qtbot)
        fill(panel, "limit", price="3400", amount="0.5")
        panel.ui.bracket.attach_stop.setChecked(True)
        assert reason(panel) == "Enter the stop."
        panel.ui.bracket.stop.setText("3350")
        assert panel.ui.risk.text().startswith("$2")
        panel.ui.submit.click()
        await settled(scene)
        entry, stop = orders(scene)
        assert not entry.reduce_only
        assert stop.reduce_only
        assert stop.trigger is not None
        assert stop.trigger.price == D(3350)


async def test_a_bracket_is_placed_with_its_entry_and_says_what_it_may_win(qtbot: QtBot) -> None:
    async with trading() as scene:
        panel = panel_of(scene, qtbot)
        fill(panel, "limit", price="3400", amount="0.5")
        assert not panel.ui.bracket.exits_row.isVisible()
        panel.ui.bracket.attach_stop.setChecked(True)
        panel.ui.bracket.attach_target.setChecked(True)
        panel.ui.bracket.stop.setText("3350")
        assert reason(panel) == "Enter the target."
        panel.ui.bracket.targets[0].setText("3390")
        assert reason(panel) == "The target of a buy must lie above the entry price of 3400."
        panel.ui.bracket.targets[0].setText("3500")
        assert panel.ui.reward.text().startswith("$4")
        assert panel.ui.reward_caption.text() == "REWARD 1.8×"
        panel.ui.submit.click()
        await settled(scene)
        kinds = [order.trigger and (order.trigger.kind, order.trigger.price) for order in orders(scene)]
        assert kinds == [None, (TriggerKind.STOP, D(3350)), (TriggerKind.TAKE_PROFIT, D(3500))]
        panel.ui.reduce_only.setChecked(True)
        assert not panel.ui.bracket.exits_row.isVisible()


BAD = [
    ({"amount": "abc"}, "“abc” is not a number."),
    ({"amount": "NaN"}, "“NaN” is not a number."),
    ({"amount": "1e400"}, "without an exponent"),
    ({"amount": "1,5"}, "write 1.5 with a point"),
    ({"amount": "0"}, "The size must be above zero."),
    ({"amount": "-1"}, "The size must be above zero."),
    ({"amount": "0.00001"}, "The smallest size is one lot of 0.0001 ETH."),
    ({"amount": "0.0001"}, "the smallest allowed is"),
    ({"amount": "999999999"}, "your limit is"),
    ({"amount": "9" * 40}, "too long"),
    ({"price": ""}, "Enter the limit price."),
    ({"price": "0"}, "The limit price must be above zero."),
    ({"price": "9999"}, "above the mark price"),
    ({"price": "0.0000000000000000000000001"}, "price"),
    ({"price": "٣"}, "not a number"),
]


@pytest.mark.parametrize(("fields", "says"), BAD)
async def test_every_wrong_order_is_refused_in_words_before_it_is_sent(
    qtbot: QtBot, fields: dict[str, str], says: str
) -> None:
    async with trading() as scene:
        panel = panel_of(scene, qtbot)
        await focused(panel)
        fill(panel, "limit", **{"price": "3400", "amount": "0.5", **fields})
        assert says in reason(panel) + panel.ui.reason.toolTip()
        assert not panel.ui.submit.isEnabled()
        QTest.keyClick(panel.ui.amount, Qt.Key.Key_Return)
        assert not scene.context.is_busy
        assert not orders(scene)


@pytest.mark.parametrize("unit", list(SizeUnit))
@given(text=st.one_of(st.text(max_size=12), st.decimals(allow_nan=False, allow_infinity=False).map(str)))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_typed_the_ticket_answers(qapp: QApplication, unit: SizeUnit, text: str) -> None:
    panel = _KEPT.panel(qapp)
    panel.ui.unit.setCurrentIndex(UNITS[unit])
    for kind in ("market", "limit", "stop"):
        fill(panel, kind, amount=text, price=text, trigger=text, stop=text)
        panel.refresh()
        assert panel.ui.submit.isEnabled() or reason(panel)


class _Kept:
    """One panel for all examples: making a desk for each would take the time of many."""

    def __init__(self) -> None:
        self._panel: TicketPanel | None = None

    def panel(self, qapp: QApplication) -> TicketPanel:
        if self._panel is None:
            scene = TradingScene(confirming())
            scene.desk._ready = True
            scene.tell("ETH")
            self._panel = TicketPanel(scene.context)
        return self._panel


_KEPT = _Kept()


async def test_double_clicks_and_repeated_enters_send_one_order(qtbot: QtBot) -> None:
    async with trading() as scene:
        panel = panel_of(scene, qtbot)
        await focused(panel)
        fill(panel, amount="0.5")
        scene.venue.gate.clear()
        QTest.mouseDClick(panel.ui.submit, Qt.MouseButton.LeftButton)
        panel.ui.submit.click()
        QTest.keyClick(panel.ui.amount, Qt.Key.Key_Return)
        assert panel.ui.submit.text() == "Sending ..."
        assert not panel.ui.submit.isEnabled()
        scene.venue.gate.set()
        await settled(scene)
        panel.ui.submit.click()
        panel._send()
        await settled(scene)
        assert len(orders(scene)) == 1
        panel.ui.amount.setText("0.3")
        await until(panel.ui.submit.isEnabled)


async def test_a_refusal_of_the_exchange_is_told_under_the_button(qtbot: QtBot) -> None:
    async with trading() as scene:
        panel = panel_of(scene, qtbot)
        scene.venue.reply = OrderReply(ReplyKind.REJECTED, text="Insufficient margin to place order.")
        fill(panel, amount="0.5")
        panel.ui.submit.click()
        await settled(scene)
        assert "Insufficient margin" in reason(panel)
        assert panel.ui.reason.property("tone") == "warning"
        panel.ui.amount.setText("0.4")
        assert "Insufficient margin" not in reason(panel)


async def test_where_the_settings_ask_the_first_enter_arms_and_the_second_sends(qtbot: QtBot) -> None:
    async with trading(settings=confirming()) as scene:
        panel = panel_of(scene, qtbot)
        await focused(panel)
        fill(panel, amount="0.5")
        QTest.keyClick(panel.ui.amount, Qt.Key.Key_Return)
        assert panel.ui.submit.text().startswith("Sure? Buy 0.5 ETH")
        panel.ui.amount.setText("0.6")
        assert not panel.ui.submit.is_armed, "what was armed is no longer what would be sent"
        QTest.keyClick(panel.ui.amount, Qt.Key.Key_Return)
        assert not orders(scene)
        QTest.keyClick(panel.ui.amount, Qt.Key.Key_Return)
        await settled(scene)
        assert [order.size for order in orders(scene)] == [D("0.6")]


async def test_escape_takes_back_what_was_typed(qtbot: QtBot) -> None:
    async with trading() as scene:
        panel = panel_of(scene, qtbot)
        await focused(panel)
        fill(panel, "limit", price="3400", amount="0.5")
        QTest.keyClick(panel.ui.price, Qt.Key.Key_Escape)
        assert panel.ui.price.text() == panel.ui.amount.text() == ""


async def test_arrow_keys_step_prices_by_ticks(qtbot: QtBot) -> None:
    async with trading() as scene:
        panel = panel_of(scene, qtbot)
        fill(panel, "limit", price="3400.04")
        QTest.keyClick(panel.ui.price, Qt.Key.Key_Up)
        assert panel.ui.price.text() == "3400.1"
        QTest.keyClick(panel.ui.price, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
        assert panel.ui.price.text() == "3399.1"
        panel.ui.price.setText("abc")
        QTest.keyClick(panel.ui.price, Qt.Key.Key_Up)
        assert panel.ui.price.text() == "abc"


async def test_quick_prices_come_from_the_book(qtbot: QtBot) -> None:
    async with trading() as scene:
        panel = panel_of(scene, qtbot)
        fill(panel, "limit")
        bid, ask = scene.venue.quotes["ETH"]
        panel.ui.bid.click()
        assert panel.ui.price.value is not None
        assert abs(panel.ui.price.value - bid) <= D("0.1")
        panel.ui.ask.click()
        assert panel.ui.price.value is not None
        assert abs(panel.ui.price.value - ask) <= D("0.1")


async def test_a_price_picked_in_the_book_becomes_a_limit_or_a_trigger(qtbot: QtBot) -> None:
    async with trading() as scene:
        panel = panel_of(scene, qtbot)
        scene.context.price_picked.emit("SOL", 200.0)
        assert panel.ui.price.text() == ""
        scene.context.price_picked.emit("ETH", 3_412.34)
        assert panel.ui.kind.value == "limit"
        assert panel.ui.price.text() == "3412.3"
        panel.ui.kind.choose("stop")
        scene.context.price_picked.emit("ETH", 3_380.0)
        assert panel.ui.trigger.text() == "3380"


async def test_another_coin_takes_prices_and_coin_sizes_away_but_keeps_dollars(qtbot: QtBot) -> None:
    async with trading("ETH", "SOL") as scene:
        panel = panel_of(scene, qtbot)
        fill(panel, "limit", price="3400", amount="0.5")
        scene.context.select("SOL")
        assert panel.ui.price.text() == panel.ui.amount.text() == ""
        assert panel.ui.unit.itemText(0) == "SOL"
        panel.ui.unit.setCurrentIndex(UNITS[SizeUnit.USD])
        panel.ui.amount.setText("100")
        scene.context.select("ETH")
        assert panel.ui.amount.text() == "100"


async def test_a_long_coin_is_shortened_beside_the_size_and_whole_in_its_tip(qtbot: QtBot) -> None:
    async with trading("ETH") as scene:
        panel = panel_of(scene, qtbot)
        for coin, said in (("ETH", "ETH"), ("kDOGWIFHA", "kDOGWIFHA"), ("kDOGWIFHATBABY", "kDOGWIFH…")):
            panel.form.follow(coin)
            assert panel.ui.unit.itemText(0) == said
            assert panel.ui.unit.itemData(0, Qt.ItemDataRole.ToolTipRole) == coin


@pytest.mark.parametrize("share", [25, 100])
@pytest.mark.parametrize("unit", list(SizeUnit))
async def test_a_share_of_what_is_possible_can_be_sent(qtbot: QtBot, share: int, unit: SizeUnit) -> None:
    async with trading() as scene:
        panel = panel_of(scene, qtbot)
        panel.ui.unit.setCurrentIndex(UNITS[unit])
        fill(panel, stop="3300")
        panel.ui.chips.share[share].click()
        panel.refresh()
        assert panel.ui.submit.isEnabled(), reason(panel)


async def test_shares_of_a_reduce_only_order_are_of_the_position(qtbot: QtBot) -> None:
    async with trading() as scene:
        panel = panel_of(scene, qtbot)
        fill(panel, amount="0.4")
        panel.ui.submit.click()
        await settled(scene)
        panel.ui.side.choose(Side.SELL)
        panel.ui.reduce_only.setChecked(True)
        panel.ui.chips.share[50].click()
        assert panel.ui.amount.value == D("0.2")
        assert panel.ui.after.text() == "Long 0.2"


async def test_leverage_shows_its_effect_before_it_is_set(qtbot: QtBot) -> None:
    async with trading() as scene:
        panel = panel_of(scene, qtbot)
        fill(panel, "limit", price="3400", amount="0.5")
        panel.ui.leverage.click()
        box = panel.ui.leverage_box
        assert box.isVisible()
        assert not box.apply.isEnabled()
        box.mode.choose(MarginMode.ISOLATED)
        box.number.setValue(10)
        assert "margin $340.00 → $170.00" in box.effect.text()
        assert "liquidation" in box.effect.text()
        box.apply.click()
        await settled(scene)
        assert scene.venue.leverages["ETH"] == Leverage(MarginMode.ISOLATED, 10)
        assert not box.isVisible()
        assert panel.ui.leverage.text() == "Isolated 10×"


async def test_the_margin_mode_is_fixed_while_a_position_is_open(qtbot: QtBot) -> None:
    async with trading() as scene:
        panel = panel_of(scene, qtbot)
        fill(panel, amount="0.4")
        panel.ui.submit.click()
        await settled(scene)
        panel.ui.leverage.click()
        assert not panel.ui.leverage_box.mode.button(MarginMode.ISOLATED).isEnabled()
        assert "fixed while it is open" in panel.ui.leverage_box.effect.text()
        QTest.keyClick(panel.ui.leverage_box.number, Qt.Key.Key_Escape)
        assert not panel.ui.leverage_box.isVisible()


async def test_before_the_exchange_has_answered_nothing_can_be_sent(qtbot: QtBot) -> None:
    async with trading(start=False) as scene:
        panel = panel_of(scene, qtbot)
        fill(panel, "limit", price="3400", amount="0.5")
        assert reason(panel) == "Orders open once the exchange has answered."
        for button in (panel.ui.bid, panel.ui.chips.share[25], panel.ui.leverage):
            button.click()
        scene.context.price_picked.emit("ETH", 3400.0)
        assert not panel.ui.submit.isEnabled()


async def test_a_coin_that_is_not_listed_is_named(qtbot: QtBot) -> None:
    async with trading() as scene:
        panel = panel_of(scene, qtbot)
        fill(panel, amount="1")
        scene.context.select("NOPE")
        panel.ui.amount.setText("1")
        assert "'NOPE' is not listed" in reason(panel)
        assert not panel.ui.submit.isEnabled()


async def test_while_trading_is_paused_entries_say_so_and_exits_go_on(qtbot: QtBot) -> None:
    async with trading() as scene:
        panel = panel_of(scene, qtbot)
        fill(panel, amount="0.4")
        panel.ui.submit.click()
        await settled(scene)
        scene.desk.pause()
        assert scene.desk.guard.state is TradingState.REDUCING
        panel.ui.amount.setText("0.2")
        assert "paused" in reason(panel)
        panel.ui.side.choose(Side.SELL)
        panel.ui.reduce_only.setChecked(True)
        await until(panel.ui.submit.isEnabled)


async def test_tab_walks_from_what_is_traded_to_the_button_that_sends_it(qtbot: QtBot) -> None:
    async with trading() as scene:
        panel = panel_of(scene, qtbot)
        fill(panel, "limit", price="3400", amount="0.5")
        panel.ui.price.setFocus()
        walked = []
        for _ in range(34):
            panel.focusNextChild()
            walked.append(panel.focusWidget())
        ui = panel.ui
        for earlier, later in (
            (ui.bid, ui.amount),
            (ui.amount, ui.unit),
            (ui.unit, ui.share),
            (ui.share, ui.reduce_only),
            (ui.post_only, ui.bracket.attach_stop),
            (ui.share, ui.submit),
            (ui.submit, ui.leverage),
        ):
            assert walked.index(earlier) < walked.index(later)


@pytest.mark.parametrize("unit", [SizeUnit.COIN, SizeUnit.RISK_USD])
@pytest.mark.parametrize("kind", ["market", "limit", "stop", "take profit"])
async def test_a_bracket_needs_no_scrolling_in_the_smallest_usual_window(
    qtbot: QtBot, qapp: QApplication, kind: str, unit: SizeUnit
) -> None:
    theme.load_fonts()
    theme.apply(qapp, theme.theme("light"))
    async with trading() as scene:
        panel = panel_of(scene, qtbot)
        shown(panel, *IN_1280_BY_800)
        panel.ui.kind.choose(kind)
        panel.ui.unit.setCurrentIndex(UNITS[unit])
        for attach in (panel.ui.bracket.attach_stop, panel.ui.bracket.attach_target):
            attach.setChecked(True)
        await until(panel.ui.bracket.exits_row.isVisible)
        for size, execution in ((IN_1280_BY_800, "market"), (ALONE, "limit"), (IN_1280_BY_800, "limit")):
            shown(panel, *size)
            panel.ui.execution.choose(execution)
            panel.refresh()
            await until(lambda: in_sight(panel, panel.ui.bracket))
        panel.ui.bracket.set_count(3)
        shown(panel, *IN_1600_BY_980)
        await until(lambda: in_sight(panel, panel.ui.bracket))
        assert panel.form.is_low
        assert panel.ui.margin_caption.text().endswith("×"), "the leverage is told without its button"
        shown(panel, 280, 610)
        await until(panel.ui.share.isVisible)


def in_sight(panel: TicketPanel, widget: QWidget) -> bool:
    """Whole, without scrolling."""
    place = QRect(widget.mapTo(panel, QPoint(0, 0)), widget.size())
    area = panel.ui.area
    seen = QRect(area.mapTo(panel, QPoint(0, 0)), area.size()) if area.isAncestorOf(widget) else panel.rect()
    return widget.isVisible() and seen.contains(place)


@pytest.mark.parametrize("height", [210, 260, 327, 340, 400, 459, 520, 559, 600, 700])
@pytest.mark.parametrize("bracketed", [False, True])
async def test_figures_and_the_button_stay_in_sight_at_every_height_whatever_is_scrolled_above(
    qtbot: QtBot, qapp: QApplication, height: int, bracketed: bool
) -> None:
    theme.load_fonts()
    theme.apply(qapp, theme.theme("dark"))
    async with trading() as scene:
        panel = panel_of(scene, qtbot)
        fill(panel, "limit", price="3400", amount="0.5")
        if bracketed:
            panel.ui.bracket.take_ready(0)
        ui = panel.ui
        for start in (900, 150):
            shown(panel, 268, start)
            await until(lambda: not ui.area.size().isEmpty())
            shown(panel, 268, height)
            panel.refresh()
            boxes = [ui.submit, ui.reason, ui.notional_box, ui.fee_box, ui.margin_box, ui.liquidation_box]
            boxes += [ui.risk_box, ui.reward_box] if bracketed else []
            await until(partial(all_in_sight, panel, boxes))
        for widget in (ui.leverage, ui.chips, ui.bracket.attach_stop, *([ui.bracket.stop] if bracketed else [])):
            await until(partial(reached, panel, widget))


def all_in_sight(panel: TicketPanel, widgets: Sequence[QWidget]) -> bool:
    return all(in_sight(panel, widget) for widget in widgets)


def reached(panel: TicketPanel, widget: QWidget) -> bool:
    """By scrolling."""
    panel.ui.area.ensureWidgetVisible(widget, 0, 0)
    return in_sight(panel, widget)


async def test_leverage_is_brought_into_sight_by_its_action_in_a_low_ticket(qtbot: QtBot, qapp: QApplication) -> None:
    theme.load_fonts()
    theme.apply(qapp, theme.theme("dark"))
    async with trading() as scene:
        panel = panel_of(scene, qtbot)
        shown(panel, *IN_1280_BY_800)
        panel.ui.bracket.take_ready(0)
        assert panel.form.is_low
        assert scene.context.actions.run("ticket.leverage")
        await until(partial(in_sight, panel, panel.ui.leverage_box))


async def test_an_entry_is_sent_only_with_the_whole_checklist_ticked_and_an_exit_is_never_asked(qtbot: QtBot) -> None:
    asking = UNPROTECTED.model_copy(update={"safeguards": Safeguards(checklist=("The stop is set.",))})
    async with trading(settings=asking) as scene:
        panel = panel_of(scene, qtbot)
        for ticked in (False, True):
            fill(panel, amount="0.5")
            await until(panel.ui.submit.isEnabled)
            panel.ui.submit.click()
            dialog = await met(Checklist)
            assert not orders(scene)
            dialog.boxes[0].setChecked(ticked)
            (dialog.yes if ticked else dialog.no).click()
            await settled(scene)
            assert len(orders(scene)) == int(ticked)
        panel.ui.side.choose(Side.SELL)
        panel.ui.reduce_only.setChecked(True)
        await until(panel.ui.submit.isEnabled)
        panel.ui.submit.click()
        await settled(scene)
        assert len(orders(scene)) == 2


async def test_a_ticket_that_changed_while_the_checklist_was_asked_is_not_sent(qtbot: QtBot) -> None:
    asking = UNPROTECTED.model_copy(update={"safeguards": Safeguards(checklist=("The stop is set.",))})
    async with trading(settings=asking) as scene:
        panel = panel_of(scene, qtbot)
        fill(panel, amount="0.5")
        panel.ui.submit.click()
        dialog = await met(Checklist)
        panel.ui.amount.setText("0.6")
        dialog.boxes[0].setChecked(True)
        dialog.yes.click()
        await settled(scene)
        assert not orders(scene)
