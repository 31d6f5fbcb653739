"""Quick orders that only write down what they were asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QObject, QPoint, Qt, Signal

from hlmaster.core.model import Side
from hlmaster.ui.ladder.columns import BookColumns, Column, LadderColumns
from hlmaster.ui.ladder.options import Layout
from hlmaster.ui.panels.ladder import LadderPanel
from tests.ui.market_desk import MarketScene, open_context, shown

LEFT, MIDDLE, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton, Qt.MouseButton.RightButton


class FakeQuick(QObject):
    size_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.size = "0.42"
        self.asked: list[tuple[Any, ...]] = []

    def size_text(self, coin: str) -> str:
        return self.size

    def limit(self, coin: str, price: float, side: Side | None = None) -> None:
        self.asked.append(("limit", coin, price, side))

    def stop(self, coin: str, price: float, side: Side | None = None) -> None:
        self.asked.append(("stop", coin, price, side))

    def cancel(self, client_order_id: str) -> None:
        self.asked.append(("cancel", client_order_id))

    def move_all(self, prices: Mapping[str, float]) -> None:
        self.asked += [("move", name, price) for name, price in prices.items()]

    def why_not(self, placed: object) -> str:
        return ""


class Ladder:
    """A ladder over a market in memory, with hands to point at its cells."""

    def __init__(self, qtbot: Any, layout: Layout = Layout.LADDER, *, armed: bool = True, width: int = 320) -> None:
        self.qtbot = qtbot
        self.scene = MarketScene()
        self.scene.connect()
        self.scene.tell_context("ETH")
        self.scene.tell_book("ETH")
        context = open_context(self.scene, qtbot)
        self.quick = FakeQuick()
        context.quick = self.quick  # type: ignore[assignment]
        self.panel = LadderPanel(context)
        self.panel.options.layout = layout
        shown(self.panel, qtbot, width, 600)
        context.arming.set(armed)
        self.picked: list[tuple[str, float]] = []
        context.price_picked.connect(lambda coin, price: self.picked.append((coin, price)))
        self.look()

    def look(self) -> None:
        """Paint what is so now."""
        self.panel.grab()

    @property
    def asked(self) -> list[tuple[Any, ...]]:
        return self.quick.asked

    @property
    def says(self) -> tuple[str, str]:
        self.look()
        assert self.panel.view is not None
        return self.panel.view.says

    def at(self, price: float, column: Column) -> QPoint:
        view = self.panel.view
        assert view is not None
        row = next(row for row in view.rows if row.price == price)
        columns = view.columns
        if isinstance(columns, LadderColumns):
            span = columns.span(column)
        else:
            assert isinstance(columns, BookColumns)
            span = columns.own if column is Column.OWN else columns.size
        return QPoint(int((span.left + span.right) / 2), row.top + 5)

    def click(self, price: float, column: Column, button: Qt.MouseButton = LEFT) -> None:
        self.qtbot.mouseClick(self.panel, button, pos=self.at(price, column))

    def hover(self, price: float, column: Column) -> None:
        self.qtbot.mouseMove(self.panel, self.at(price, column))

    def drag(self, price: float, to: float, column: Column) -> None:
        self.qtbot.mousePress(self.panel, LEFT, pos=self.at(price, column))
        self.qtbot.mouseMove(self.panel, self.at(to, column))
        self.qtbot.mouseRelease(self.panel, LEFT, pos=self.at(to, column))

    def key(self, *keys: Qt.Key) -> None:
        for key in keys:
            self.qtbot.keyClick(self.panel, key)
            self.look()
