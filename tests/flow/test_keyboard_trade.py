"""Keys alone, over real sockets: from an empty ticket to a bracket at the exchange, and out of it again."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from hlmaster.core.model import Side
from hlmaster.desk.desk import Desk
from hlmaster.ui import theme
from hlmaster.ui.bridge import Bridge
from hlmaster.ui.context import Context
from hlmaster.ui.panels.ticket import TicketPanel
from tests.flow.desks import UNPROTECTED, demo_desk, fresh, until

LOOKS = 500


def press(*keys: Qt.Key | str) -> None:
    for key in keys:
        focused = QApplication.focusWidget()
        assert isinstance(focused, QWidget)
        QTest.keyClicks(focused, key) if isinstance(key, str) else QTest.keyClick(focused, key)


async def triggers(desk: Desk) -> list[Decimal]:
    """What waits at the exchange, by its own word."""
    orders = await desk._parts.trading.open_orders()
    return sorted(order.trigger.price for order in orders if order.coin == "ETH" and order.trigger is not None)


async def test_a_bracket_is_bought_and_left_by_keys_alone(tmp_path: Path, qtbot: QtBot) -> None:
    async with demo_desk(tmp_path, overrides=[*UNPROTECTED, "ticket.brackets=2:1,4:1"]) as desk:
        context = Context(desk, Bridge(desk.bus), theme.theme("dark"))
        context.select("ETH")
        panel = TicketPanel(context)
        qtbot.addWidget(panel)
        panel.resize(284, 600)
        panel.show()
        panel.activateWindow()
        await fresh(desk, "ETH")
        await until(panel.isActiveWindow, desk)
        context.actions.run("ticket.focus")
        press("b", "m", "k", Qt.Key.Key_Return)
        press("0.3", Qt.Key.Key_Return)
        await until(lambda: desk.portfolio.size("ETH") == Decimal("0.3"), desk)
        await until(lambda: len(desk.orders.live("ETH")) == 2, desk)
        entry = desk.portfolio.ledger.holdings["ETH"].entry_price
        stop, target = await triggers(desk)
        assert abs(stop / entry - Decimal("0.98")) < Decimal("0.002")
        assert target > entry
        # Gestures are locked at the start; armed, half of it goes, then the other half
        assert context.quick.close("ETH", Decimal("0.5")) is None
        context.arming.set(True)
        context.quick.close("ETH", Decimal("0.5"))
        await until(lambda: desk.portfolio.size("ETH") == Decimal("0.15"), desk)
        await until(lambda: not context.is_busy, desk)
        press(Qt.Key.Key_Escape)
        press("0.15")
        panel.setFocus()
        press("k", "s", "r")
        assert panel.form.side is Side.SELL
        await until(panel.ui.submit.isEnabled, desk)
        press(Qt.Key.Key_Return)
        await until(lambda: desk.portfolio.size("ETH") == 0, desk)
        # What the position leaves behind is swept by protection itself
        for _ in range(LOOKS):
            left = [*desk.orders.unsettled("ETH"), *await triggers(desk)]
            if not left:
                break
            await asyncio.sleep(0.02)
        assert not left
        await context.close()
