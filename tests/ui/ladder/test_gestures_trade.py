"""The ladder trades on a real desk: what a gesture says is what the venue holds afterwards."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from PySide6.QtCore import QPoint, Qt

from hlmaster.core.events import BookSnapshot, Level
from hlmaster.core.model import Side
from hlmaster.trading.ticket import SizeUnit
from hlmaster.ui.ladder.columns import Column, LadderColumns
from hlmaster.ui.ladder.options import Layout
from hlmaster.ui.panels.ladder import LadderPanel
from hlmaster.ui.working import WorkingSize
from tests.ui.desks import TradingScene, settled, trading, until
from tests.ui.market_desk import shown

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton


def tell(scene: TradingScene) -> None:
    """A market whose prices are on the ticks."""
    scene.tell()
    now = scene.clock.now_ms()
    bids = [Level(round(3434.5 - index / 10, 1), 5.0, 2) for index in range(12)]
    asks = [Level(round(3434.6 + index / 10, 1), 5.0, 2) for index in range(12)]
    for fast in (False, True):
        depth = 5 if fast else 12
        scene.bus.publish(BookSnapshot("ETH", now + 1, bids[:depth], asks[:depth], fast))


def cell(panel: LadderPanel, price: float, column: Column) -> QPoint:
    panel.grab()
    assert panel.view is not None
    columns = panel.view.columns
    assert isinstance(columns, LadderColumns)
    span = columns.span(column)
    row = next(row for row in panel.rows if row.price == price)
    return QPoint(int((span.left + span.right) / 2), row.top + 5)


async def test_a_limit_is_clicked_dragged_and_cancelled_and_a_stop_is_placed(qtbot: Any) -> None:
    async with trading() as scene:
        panel = LadderPanel(scene.context)
        panel.options.layout = Layout.LADDER
        shown(panel, qtbot, 320, 600)
        scene.context.quick.set_working(WorkingSize("ETH", SizeUnit.COIN, Decimal("0.42")))
        scene.context.arming.set(True)
        tell(scene)
        qtbot.mouseClick(panel, LEFT, pos=cell(panel, 3434.2, Column.BUY))
        await settled(scene)
        await until(lambda: len(scene.venue.open) == 1)
        (order,) = scene.venue.open.values()
        assert (order.side, order.price, order.size) == (Side.BUY, Decimal("3434.2"), Decimal("0.42"))
        tell(scene)
        qtbot.mousePress(panel, LEFT, pos=cell(panel, 3434.2, Column.OWN_BUY))
        qtbot.mouseRelease(panel, LEFT, pos=cell(panel, 3434.0, Column.OWN_BUY))
        await settled(scene)
        own = scene.desk.orders.live("ETH")
        assert [tracked.order.price for tracked in own] == [Decimal("3434.0")]
        tell(scene)
        qtbot.mouseClick(panel, RIGHT, pos=cell(panel, 3435.0, Column.PRICE))
        await settled(scene)
        triggers = [one.order.trigger.price for one in scene.desk.orders.live("ETH") if one.order.trigger]
        assert triggers == [Decimal("3435.0")]
        assert not scene.context.is_busy
        qtbot.mouseDClick(panel, LEFT, pos=cell(panel, 3434.0, Column.OWN_BUY))
        await settled(scene)
        await until(lambda: len(scene.desk.orders.live("ETH")) == 1)
        scene.context.bridge.close()
