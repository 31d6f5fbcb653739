"""A stop is dragged on the chart, over real sockets, and the exchange's own stop follows; nothing is bare meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from hlmaster.core.model import Side
from hlmaster.core.orders import TriggerKind
from hlmaster.desk.desk import Desk
from hlmaster.trading.ticket import SizeUnit, Ticket, TicketKind
from hlmaster.ui import theme
from hlmaster.ui.bridge import Bridge
from hlmaster.ui.context import Context
from hlmaster.ui.panels.chart import ChartPanel
from tests.flow.desks import D, demo_desk, fresh, until

LOOK_SECONDS = 0.1
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton


async def held_and_stops(desk: Desk) -> tuple[Decimal, list[tuple[Decimal, Decimal]]]:
    """The ETH position and its stops, (trigger, size), by the exchange's own word."""
    orders, account = await asyncio.gather(desk._parts.trading.open_orders(), desk._parts.trading.account())
    position = account.position("ETH")
    stops = [
        (order.trigger.price, order.size)
        for order in orders
        if order.coin == "ETH" and order.trigger is not None and order.trigger.kind is TriggerKind.STOP
    ]
    return D(0) if position is None else position.size, sorted(stops)


def drag(panel: ChartPanel, start: float, end: float) -> None:
    viewport = panel.chart._canvas.viewport()  # type: ignore[union-attr]
    row: Callable[[float], float] = panel.chart.frame.y_of

    def send(kind: QEvent.Type, price: float, acting: Qt.MouseButton, held: Qt.MouseButton) -> None:
        at = QPointF(500, row(price))
        there = QPointF(viewport.mapToGlobal(at.toPoint()))
        keys = Qt.KeyboardModifier.NoModifier
        QApplication.sendEvent(viewport, QMouseEvent(kind, at, there, acting, held, keys))

    send(QEvent.Type.MouseButtonPress, start, LEFT, LEFT)
    send(QEvent.Type.MouseMove, (start + end) / 2, NONE, LEFT)
    send(QEvent.Type.MouseMove, end, NONE, LEFT)
    send(QEvent.Type.MouseButtonRelease, end, LEFT, NONE)


def stops_shown(panel: ChartPanel) -> list[tuple[float, bool]]:
    return [(line.price, line.faint) for line in panel.chart.frame.lines if line.kind == "stop"]


async def test_a_dragged_stop_is_the_exchanges_stop(tmp_path: Path, qtbot: QtBot) -> None:
    async with demo_desk(tmp_path, overrides=["protection.stop_percent=0.4"]) as desk:
        context = Context(desk, Bridge(desk.bus), theme.theme("dark"))
        context.select("ETH")
        panel = ChartPanel(context)
        qtbot.addWidget(panel)
        panel.chart.add_canvas()
        panel.resize(1000, 520)
        panel.show()
        await fresh(desk, "ETH")
        assert (await desk.manual.place(Ticket("ETH", Side.BUY, TicketKind.MARKET, SizeUnit.USD, D(900)))).ok
        await until(lambda: len(desk.protector.kept("ETH")) == 1 and len(stops_shown(panel)) == 1, desk)
        ((stood, _),) = stops_shown(panel)
        # Wide enough that the stop is on the screen
        panel.chart.set_auto_scale(False)
        panel.chart.frame.prices.low, panel.chart.frame.prices.high = stood * 0.985, stood * 1.015
        panel.chart.repaint_layers()
        seen: list[tuple[Decimal, list[tuple[Decimal, Decimal]]]] = []

        async def watch() -> None:
            while True:
                seen.append(await held_and_stops(desk))
                await asyncio.sleep(LOOK_SECONDS)

        watching = asyncio.create_task(watch())
        context.arming.set(True)
        drag(panel, stood, stood * 0.994)
        wanted = [price for price, faint in stops_shown(panel) if not faint]
        assert wanted != [stood], "it stands where it was dropped while the exchange is asked"
        await until(lambda: stops_shown(panel) == [(wanted[0], False)], desk)
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        size, stops = await held_and_stops(desk)
        assert [(float(price), held) for price, held in stops] == [(wanted[0], size)]
        assert seen
        assert all(sum((part for _, part in resting), D(0)) >= held for held, resting in seen), "never bare"
        await context.close()
