"""Closed round trips on a real desk."""

from __future__ import annotations

from decimal import Decimal

from pytestqt.qtbot import QtBot

from hlmaster.core.events import FillsReported
from hlmaster.core.model import Side
from hlmaster.core.orders import Fill
from hlmaster.ui.panels.history import HistoryPanel
from tests.trading.scenes import fill
from tests.ui.desks import NOW, TradingScene, trading

D = Decimal


def told(scene: TradingScene, *fills: Fill) -> None:
    scene.bus.publish(FillsReported(fills))


def texts(panel: HistoryPanel, row: int = 0) -> dict[str, str]:
    panel.model.flush()
    return {c.key: str(panel.model.index(row, i).data()) for i, c in enumerate(panel.model.columns)}


async def test_a_trade_appears_when_it_is_flat_net_of_fees(qtbot: QtBot) -> None:
    async with trading() as scene:
        panel = HistoryPanel(scene.context)
        qtbot.addWidget(panel)
        told(scene, fill(Side.SELL, "2", "3000", NOW + 1_000, fee=D("1.5")))
        panel.model.flush()
        assert panel.model.rows() == []
        told(scene, fill(Side.BUY, "2", "2900", NOW + 66_000, fee=D("1.25")))
        found = texts(panel)
        assert found["coin"] == "ETH SHORT"
        assert found["gross"] == "+$200.00"
        assert found["fees"] == "$2.75"
        assert found["net"] == "+$197.25 +3.29%"
        assert found["duration"] == "1m 05s"
        assert found["reason"] == "Elsewhere"


async def test_trades_are_listed_once_and_the_newest_first(qtbot: QtBot) -> None:
    async with trading() as scene:
        told(scene, fill(Side.BUY, "1", "3000", NOW + 1), fill(Side.SELL, "1", "3100", NOW + 2))
        panel = HistoryPanel(scene.context)
        qtbot.addWidget(panel)
        told(scene, fill(Side.BUY, "1", "3000", NOW + 3), fill(Side.SELL, "1", "2950", NOW + 4))
        panel.catch_up()
        panel.model.flush()
        assert [trip.closed_ms for trip in panel.model.rows()] == [NOW + 4, NOW + 2]
