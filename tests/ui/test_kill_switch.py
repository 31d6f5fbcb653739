"""The kill switch in the window: it kills, tells, and the banner keeps saying that trading is halted."""

from __future__ import annotations

from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from hlmaster.core.events import TradingState
from hlmaster.core.model import Side
from hlmaster.core.orders import VenueOrder
from hlmaster.ui.dialogs.kill_report import KillReport
from hlmaster.ui.kill_switch import KillSwitch
from hlmaster.ui.notices import Banner
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
        switch = KillSwitch(scene.context)
        qtbot.addWidget(switch)
        switch.press_key()
        switch.press_key()
        assert (switch.text(), switch.isEnabled()) == ("KILLING …", False)
        report = await met(KillReport)
        assert "You are flat" in words(report)
        assert "buy 1 ETH order at 3000" in words(report)
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
        switch = bar.kill_switch
        assert switch.width() >= switch.fontMetrics().horizontalAdvance(switch.text())
