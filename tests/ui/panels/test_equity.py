"""The equity panel on a real desk."""

from __future__ import annotations

from datetime import UTC
from decimal import Decimal

import pytest
from pytestqt.qtbot import QtBot

from hlmaster.core.events import EquityPoint, FillsReported, SessionRestored
from hlmaster.core.model import Side
from hlmaster.trading.portfolio import TradeStats
from hlmaster.ui.panels.equity import EquityPanel, summary
from tests.trading.scenes import fill
from tests.ui.desks import NOW, trading, until

D = Decimal


@pytest.mark.parametrize(
    ("stats", "text"),
    [
        (TradeStats(0, None, None, None), "not enough trades yet"),
        (TradeStats(0, None, None, 0.006), "max drawdown 0.6% · not enough trades yet"),
        (TradeStats(41, 0.61, 1.7, 0.006), "max drawdown 0.6% · win 61% · PF 1.7"),
        (TradeStats(2, 1.0, None, 0.0), "max drawdown 0.0% · win 100% · PF –"),
    ],
)
def test_the_head_says_what_is_known_and_what_is_not(stats: TradeStats, text: str) -> None:
    assert summary(stats) == text


async def test_points_join_the_curve_as_they_come_and_earlier_ones_do_not(qtbot: QtBot) -> None:
    async with trading() as scene:
        await until(lambda: scene.desk.portfolio.equity_curve)
        panel = EquityPanel(scene.context)
        qtbot.addWidget(panel)
        last = scene.clock.now_ms() + 60_000
        before = len(panel.chart.time)
        for time_ms in (last, last + 1, last + 1, last):
            scene.bus.publish(EquityPoint(time_ms, D(10_000)))
        assert len(panel.chart.time) == before + 2


async def test_a_closed_trade_changes_the_head(qtbot: QtBot) -> None:
    async with trading() as scene:
        panel = EquityPanel(scene.context)
        qtbot.addWidget(panel)
        assert "not enough trades yet" in panel.stats.text()
        scene.bus.publish(FillsReported((fill(Side.BUY, "1", "3000", NOW), fill(Side.SELL, "1", "3100", NOW + 1))))
        assert "win 100%" in panel.stats.text()


async def test_the_stored_curve_appears_though_the_window_was_there_first(qtbot: QtBot) -> None:
    async with trading(start=False) as scene:
        panel = EquityPanel(scene.context)
        qtbot.addWidget(panel)
        scene.store.saved_equity += [EquityPoint(NOW, D(1)), EquityPoint(NOW, D(2)), EquityPoint(NOW + 1, D(3))]
        await scene.desk.portfolio.restore()
        scene.bus.publish(SessionRestored())
        assert panel.chart.equity.tolist() == [2.0, 3.0]


async def test_the_time_zone_follows_the_settings(qtbot: QtBot) -> None:
    async with trading() as scene:
        panel = EquityPanel(scene.context)
        qtbot.addWidget(panel)
        settings = scene.desk.settings
        for name, zone in (("utc", UTC), ("local", None)):
            general = settings.general.model_copy(update={"time_zone": name})
            scene.context.apply_settings(settings.model_copy(update={"general": general}))
            assert panel.chart.time_zone is zone
