"""A mouse over a real chart of a desk that trades in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from hlmaster.core.model import Side
from hlmaster.core.orders import ActionKind
from hlmaster.settings import Settings
from hlmaster.trading.ticket import SizeUnit, Ticket, TicketKind
from hlmaster.ui.charts.lines import PriceLine
from hlmaster.ui.panels.chart import ChartPanel
from hlmaster.ui.working import WorkingSize
from tests.ui.desks import UNPROTECTED, D, TradingScene, trading, until

LEFT, RIGHT, NONE = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton, Qt.MouseButton.NoButton
PLAIN, CONTROL, SHIFT = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
)
X = 500.0


class Hand:
    """A mouse over a chart panel."""

    def __init__(self, scene: TradingScene, panel: ChartPanel) -> None:
        self.scene, self.panel, self.trading = scene, panel, panel.trading
        assert panel.chart._canvas is not None
        self._viewport = panel.chart._canvas.viewport()

    async def rest_a_bid(self) -> str:
        """Buy 0.3 ETH at 3430.1, seen on the chart; its name."""
        name = await resting(self.scene, Side.BUY, "3430.1")
        await until(lambda: self.prices("order_buy") == [3430.1])
        return name

    def mouse(self, kind: QEvent.Type, x: float, y: float, button: Qt.MouseButton, keys: Qt.KeyboardModifier) -> None:
        at, held = QPointF(x, y), NONE if kind is QEvent.Type.MouseButtonRelease else button
        acting = NONE if kind is QEvent.Type.MouseMove else button
        on_screen = QPointF(self._viewport.mapToGlobal(at.toPoint()))
        QApplication.sendEvent(self._viewport, QMouseEvent(kind, at, on_screen, acting, held, keys))

    def press(self, y: float, x: float = X, button: Qt.MouseButton = LEFT, keys: Qt.KeyboardModifier = PLAIN) -> None:
        self.mouse(QEvent.Type.MouseButtonPress, x, y, button, keys)

    def move(self, y: float, x: float = X, button: Qt.MouseButton = LEFT, keys: Qt.KeyboardModifier = PLAIN) -> None:
        self.mouse(QEvent.Type.MouseMove, x, y, button, keys)

    def release(self, y: float, x: float = X, button: Qt.MouseButton = LEFT, keys: Qt.KeyboardModifier = PLAIN) -> None:
        self.mouse(QEvent.Type.MouseButtonRelease, x, y, button, keys)

    def click(self, y: float, x: float = X, button: Qt.MouseButton = LEFT, keys: Qt.KeyboardModifier = PLAIN) -> None:
        self.press(y, x, button, keys)
        self.release(y, x, button, keys)

    def drag(self, start: float, end: float, keys: Qt.KeyboardModifier = PLAIN) -> None:
        """From one price to another, in two steps."""
        self.press(self.row(start), keys=keys)
        self.move(self.row((start + end) / 2), keys=keys)
        self.move(self.row(end), keys=keys)
        self.release(self.row(end), keys=keys)

    def key(self, key: Qt.Key) -> None:
        QApplication.sendEvent(self._viewport.parent(), QKeyEvent(QEvent.Type.KeyPress, key, PLAIN))

    def row(self, price: float) -> float:
        return self.panel.chart.frame.y_of(price)

    def press_button(self, title: str, number: int = -1) -> None:
        """Of the pill with this title."""
        placed = self.trading.handles.placed(self.panel.chart.frame)
        one = next(one for one in placed if one.title.endswith(title))
        self.click(one.top + 5, one.buttons[number][1] + 5)

    @property
    def lines(self) -> list[PriceLine]:
        return list(self.panel.chart.frame.lines)

    def prices(self, kind: str, *, faint: bool = False) -> list[float]:
        return sorted(line.price for line in self.lines if line.kind == kind and line.faint is faint)

    @property
    def said(self) -> str:
        return self.trading.handles.said

    def sent(self, kind: ActionKind) -> int:
        return sum(1 for prepared in self.scene.venue.sent if prepared.kind is kind)


@asynccontextmanager
async def hand(qtbot: QtBot, settings: Settings = UNPROTECTED, folder: Path = Path("unused")) -> AsyncIterator[Hand]:
    async with trading("ETH", settings=settings, folder=folder) as scene:
        panel = ChartPanel(scene.context)
        qtbot.addWidget(panel)
        panel.resize(1000, 520)
        panel.show()
        await until(lambda: len(panel.chart.frame.series) > 100 and not scene.context.is_busy)
        scene.context.arming.set(True)
        scene.context.quick.set_working(WorkingSize("ETH", SizeUnit.COIN, D("0.42")))
        yield Hand(scene, panel)
        scene.context.bridge.close()


async def resting(scene: TradingScene, side: Side, price: str, **more: object) -> str:
    ticket = Ticket("ETH", side, TicketKind.LIMIT, SizeUnit.COIN, D("0.3"), limit_price=D(price), **more)  # type: ignore[arg-type]
    outcome = await scene.desk.manual.place(ticket)
    assert outcome.ok, outcome.sentence
    await until(lambda: scene.desk.orders.live("ETH"))
    return outcome.orders[0].client_order_id
