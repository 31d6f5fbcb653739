"""Three strengths of a way out, by key and by button."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from hlmaster.core.model import Side
from hlmaster.trading.ticket import SizeUnit, Ticket, TicketKind
from hlmaster.ui import figures
from hlmaster.ui.dialogs.kill_report import KillReport
from hlmaster.ui.dialogs.order_question import OrderQuestion
from hlmaster.ui.hands.panic import PanicButton
from hlmaster.ui.hold_button import HINT
from hlmaster.ui.kill_switch import CANCEL, FLATTEN, KILL, STRENGTHS
from hlmaster.ui.working import WorkingSize
from tests.ui.desks import D, confirming, settled, until
from tests.ui.hands.room import Room, room
from tests.ui.questions import met, words

Key = Qt.Key


def with_button(here: Room) -> PanicButton:
    button = PanicButton(here.scene.context)
    layout = here.canvas.parentWidget().layout()  # type: ignore[union-attr]
    assert layout is not None
    layout.addWidget(button)
    return button


async def test_each_strength_says_what_it_does_and_its_key(qtbot: QtBot) -> None:
    async with room(qtbot) as here:
        button = with_button(here)
        button.show_keys(CANCEL, "Ctrl+J")
        button.toggle()
        said = words(button.ways)
        assert all(strength.meaning in said and strength.title in said for strength in STRENGTHS)
        assert "Ctrl+J twice" in said
        assert f"{KILL.keys} twice" in said
        names = [made.accessibleName() for made in button.ways.buttons.values()]
        assert names == ["Cancel all orders", "Flatten all", "Kill switch"]
        assert button.ways.geometry().right() <= here.window.width()
        assert all(made.toolTip() for made in (*button.ways.buttons.values(), button.flatten, button.more))


async def test_the_first_press_of_a_key_shows_and_the_second_acts(qtbot: QtBot) -> None:
    async with room(qtbot, start=True) as here:
        await here.scene.desk.manual.place(Ticket("ETH", Side.BUY, TicketKind.MARKET, SizeUnit.COIN, D("0.5")))
        button = with_button(here)
        button.press(FLATTEN)
        assert button.ways.isVisible()
        assert button.ways.buttons[FLATTEN].text() == FLATTEN.again
        await settled(here.scene)
        assert here.scene.desk.portfolio.size("ETH") == D("0.5"), "once is not enough"
        QTest.keyClick(button.ways.buttons[FLATTEN], Key.Key_Return)
        report = await met(KillReport)
        assert "You are flat" in words(report)
        await settled(here.scene)
        report.accept()
        assert here.scene.desk.portfolio.size("ETH") == 0


async def test_esc_closes_and_gives_the_keys_back(qtbot: QtBot) -> None:
    async with room(qtbot) as here:
        button = with_button(here)
        here.line.setFocus()
        button.toggle()
        QTest.keyClick(button.ways.buttons[FLATTEN], Key.Key_Escape)
        assert not button.ways.isVisible()
        assert here.line.hasFocus()


async def test_a_mere_click_on_the_red_button_says_that_it_is_held(qtbot: QtBot) -> None:
    async with room(qtbot) as here:
        button = with_button(here)
        QTest.mouseClick(button.flatten, Qt.MouseButton.LeftButton)
        assert button.flatten.text() == HINT
        assert not here.scene.context.is_busy


async def test_a_question_that_is_open_when_all_is_flattened_opens_nothing_anew(qtbot: QtBot) -> None:
    async with room(qtbot, confirming(), start=True) as here:
        context = here.scene.context
        button = with_button(here)
        context.arming.set(True)
        context.quick.set_working(WorkingSize("ETH", SizeUnit.COIN, D("0.5")))
        context.quick.market("ETH", Side.BUY)
        question = await met(OrderQuestion)
        for _ in range(2):
            button.flatten.press_key()
        report = await met(KillReport)
        question.yes.click()
        await settled(here.scene)
        report.accept()
        assert here.scene.desk.portfolio.size("ETH") == 0
        assert not here.scene.venue.open
        assert "locked" in here.scene.sentences()


async def test_two_ways_to_flatten_at_once_are_one(qtbot: QtBot) -> None:
    async with room(qtbot, start=True) as here:
        await here.scene.desk.manual.place(Ticket("ETH", Side.BUY, TicketKind.MARKET, SizeUnit.COIN, D("0.5")))
        button = with_button(here)
        for one in (button.flatten, button.ways.buttons[FLATTEN]):
            one.fired.emit()
        await until(lambda: here.scene.desk.portfolio.size("ETH") == 0)
        await settled(here.scene)
        orders = [order for sent in here.scene.venue.sent for order in sent.orders if order.reduce_only]
        assert [order.size for order in orders] == [D("0.5")]
        for report in QApplication.topLevelWidgets():
            if isinstance(report, KillReport):
                report.accept()


async def test_the_kill_switch_says_in_its_first_line_what_flattening_leaves_open(qtbot: QtBot) -> None:
    async with room(qtbot) as here:
        button = with_button(here)
        button.toggle()
        flat, killed = (button.ways.numbers[strength].text() for strength in (FLATTEN, KILL))
        assert flat.endswith("Trading goes on.")
        assert killed.endswith("Then trading is HALTED.")
        assert killed in button.ways.buttons[KILL].accessibleDescription()


async def test_numbers_of_the_ways_out_are_hidden_at_once(qtbot: QtBot) -> None:
    async with room(qtbot, start=True) as here:
        await here.scene.desk.manual.place(Ticket("ETH", Side.BUY, TicketKind.MARKET, SizeUnit.COIN, D("0.5")))
        await settled(here.scene)
        button = with_button(here)
        button.toggle()
        said = (button.flatten.toolTip, button.ways.numbers[KILL].text)
        assert all("worth $" in each() for each in said)
        figures.hide_money(True)
        try:
            here.scene.context.set_theme(here.scene.context.theme)
            assert not any("$" in each() for each in said)
        finally:
            figures.hide_money(False)
