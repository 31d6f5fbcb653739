"""What strategies say of the coin on the chart stands on its candles."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from hlmaster.core.signals import Direction, SignalMade
from hlmaster.ui.panels.chart import ChartPanel
from tests.ui.market_desk import NOW, MarketScene, open_context, shown
from tests.ui.proposals import signal


async def test_a_word_is_a_mark_on_its_coin_and_neutral_is_none(qtbot: QtBot) -> None:
    scene = MarketScene()
    context = open_context(scene, qtbot)
    panel = ChartPanel(context)
    shown(panel, qtbot)
    for coin, direction in (("ETH", Direction.LONG), ("ETH", Direction.NEUTRAL), ("SOL", Direction.SHORT)):
        scene.bus.publish(SignalMade(signal(NOW, coin, direction)))
    (mark,) = panel.chart.frame.marks
    assert (mark.rising, mark.text) == (True, "confluence 0.81")
    context.select("SOL")
    (other,) = panel.chart.frame.marks
    assert not other.rising
    await context.close()
