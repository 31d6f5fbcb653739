"""The kill switch in the window: it kills, tells, and the banner keeps saying that trading is halted."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from hlmaster.core.errors import VenueError
from hlmaster.core.events import TradingState
from hlmaster.core.model import Side
from hlmaster.core.orders import VenueOrder
from hlmaster.trading.ticket import SizeUnit, Ticket, TicketKind
from hlmaster.ui.banner import Banner
from hlmaster.ui.dialogs.kill_report import KillReport
from hlmaster.ui.figures import plain
from hlmaster.ui.kill_switch import CANCEL, FLATTEN, KILL, WayOut
from hlmaster.ui.topbar import TopBar
from tests.ui.desks import D, TradingScene, settled, trading, until
from tests.ui.questions import lifts_only_when_meant, met, words

SMALLEST_WIDTH = 1_280


async def give_position(scene: TradingScene) -> None:
    order = VenueOrder("ETH", Side.BUY, D(3000), D(1), D(1), 7, "0x7", scene.clock.now_ms())
    scene.venue.open["0x7"] = order
    await scene.account_told()


async def test_the_key_pressed_twice_kills_and_the_report_says_what_was_done(qtbot: QtBot) -> None:
    async with trading() as scene:
        await give_position(scene)
        switch = WayOut(scene.context, KILL)
        qtbot.addWidget(switch)
        switch.press_key()
        switch.press_key()
        assert (switch.text(), switch.isEnabled()) == ("KILLING …", False)
        report = await met(KillReport)
        assert "You are flat" in words(report)
        assert "buy 1 ETH order at 3,000" in words(report)
        assert scene.desk.guard.state is TradingState.HALTED
        await settled(scene)
        await until(switch.isEnabled)
        report.accept()


async def test_the_banner_says_who_halted_and_lifts_only_when_it_is_meant(qtbot: QtBot) -> None:
    async with trading() as scene:
        banner = Banner(scene.context)
        qtbot.addWidget(banner)
        scene.desk.brake.engage("hlmaster kill", "A drill.")
        lift, _ = banner.findChildren(QPushButton)
        await until(lambda: not lift.isHidden())
        assert "HALTED by hlmaster kill" in words(banner)
        assert scene.desk.guard.state is TradingState.HALTED
        await lifts_only_when_meant(scene, lift)


async def test_the_top_bar_fits_the_smallest_usual_screen(qtbot: QtBot) -> None:
    async with trading() as scene:
        desktop = QWidget()
        qtbot.addWidget(desktop)
        bar = TopBar(scene.context)
        bar.setParent(desktop)
        bar.resize(SMALLEST_WIDTH, 52)
        desktop.show()
        assert bar.minimumSizeHint().width() <= SMALLEST_WIDTH
        switch = bar.panic.flatten
        assert switch.width() >= switch.fontMetrics().horizontalAdvance(switch.text())


async def test_flatten_tells_what_was_closed_and_at_what_and_trading_goes_on(qtbot: QtBot) -> None:
    async with trading() as scene:
        await scene.desk.manual.place(Ticket("ETH", Side.BUY, TicketKind.MARKET, SizeUnit.COIN, D("0.5")))
        await give_position(scene)
        button = WayOut(scene.context, FLATTEN, "FLATTEN ALL")
        qtbot.addWidget(button)
        button.press_key()
        assert button.text() == "AGAIN TO FLATTEN"
        button.press_key()
        report = await met(KillReport)
        said = words(report)
        bid = scene.venue.quotes["ETH"][0]
        assert "You are flat" in said
        assert f"0.5 ETH long at {plain(bid)}" in said
        assert "buy 1 ETH order at 3,000" in said
        assert "Trading goes on" in said
        assert scene.desk.guard.state is TradingState.ACTIVE
        await settled(scene)
        report.accept()


@pytest.mark.parametrize("exits", [False, True])
async def test_cancel_takes_entries_and_leaves_stops_unless_they_are_chosen(qtbot: QtBot, exits: bool) -> None:
    async with trading() as scene:
        manual = scene.desk.manual
        await manual.place(Ticket("ETH", Side.BUY, TicketKind.MARKET, SizeUnit.COIN, D("0.5")))
        stop = Ticket(
            "ETH", Side.SELL, TicketKind.STOP_MARKET, SizeUnit.COIN, D("0.5"), trigger_price=D(3000), reduce_only=True
        )
        placed = await manual.place(stop)
        assert placed.ok, placed.sentence
        await give_position(scene)
        button = WayOut(scene.context, CANCEL)
        qtbot.addWidget(button)
        button.exits = exits
        button.press_key()
        button.press_key()
        report = await met(KillReport)
        assert "No entry rests" in words(report)
        assert "buy 1 ETH order at 3,000" in words(report)
        left = [order.reduce_only for order in scene.venue.open.values()]
        assert left == ([] if exits else [True])
        assert scene.desk.portfolio.size("ETH") == D("0.5")
        await settled(scene)
        report.accept()


async def test_what_the_exchange_refuses_stands_in_the_report(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    async with trading() as scene:
        await give_position(scene)

        async def refuse() -> tuple[VenueOrder, ...]:
            raise VenueError("The exchange does not answer.")

        monkeypatch.setattr(scene.venue, "open_orders", refuse)
        button = WayOut(scene.context, CANCEL)
        qtbot.addWidget(button)
        button.press_key()
        button.press_key()
        report = await met(KillReport)
        assert "Entries may still rest" in words(report)
        assert "The exchange does not answer." in words(report)
        await settled(scene)
        report.accept()
