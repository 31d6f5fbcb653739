"""Footprints: cells of the open candle, what is partial, and rows and candles as wide as wanted."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from PySide6.QtCore import QPointF, Qt

from hlmaster.core.candles import CandleBlock
from hlmaster.core.events import LinkChanged, LinkState
from hlmaster.core.model import Interval
from hlmaster.ui.panels.footprint import FootprintPanel
from tests.ui.flow.scene import followed, go_on
from tests.ui.market_desk import NOW, MarketScene, history, open_context, shown, until


def opened(scene: MarketScene, qtbot: Any) -> FootprintPanel:
    scene.desk.feed.load_series("ETH", Interval.M1, history("ETH", Interval.M1, NOW - 3_600_000, NOW))
    context = open_context(scene, qtbot)
    context.choose_interval(Interval.M1)
    panel = FootprintPanel(context)
    shown(panel, qtbot, 640, 400)
    panel.grab()
    return panel


def test_the_candle_in_which_listening_began_is_partial_and_earlier_ones_are_shapes(qtbot: Any) -> None:
    scene = MarketScene()
    scene.connect()
    scene.pass_time(20)
    scene.tell_context()
    scene.tell_book()
    scene.desk.flow.look("ETH")
    go_on(scene, seconds=15)
    panel = opened(scene, qtbot)
    open_ms, made, _ = panel.frame.shown[-1]
    assert (open_ms, made and made.partial) == (NOW, "began before we listened")
    assert made is not None
    assert made.sold + made.bought > 0
    assert all(one is None for _, one, _ in panel.frame.shown[:-1])
    assert all(candle is not None for _, _, candle in panel.frame.shown[-3:-1])


def test_the_next_candle_is_whole_unless_the_line_was_lost(qtbot: Any) -> None:
    scene, _ = followed(seconds=60)
    go_on(scene, seconds=60)
    panel = opened(scene, qtbot)
    assert [made.partial for _, made, _ in panel.frame.shown[-2:] if made] == ["", ""]
    scene.bus.publish(LinkChanged(LinkState.DISCONNECTED, "The line is gone."))
    panel.grab()
    assert panel.frame.shown[-1][1] is not None
    assert panel.frame.shown[-1][1].partial == "a gap in the data"


def test_candles_zoom_from_figures_to_shapes_and_rows_from_fine_to_coarse(qtbot: Any) -> None:
    scene, _ = followed(seconds=90)
    panel = opened(scene, qtbot)
    details = []
    for _ in range(12):
        panel.zoom(False)
        panel.grab()
        details.append(panel.frame.detail)
    assert sorted(set(details), reverse=True) == list(dict.fromkeys(details))
    assert details[-1] == 0
    step = panel.frame.step
    panel.context.actions.run("footprint.coarser_rows")
    assert panel.frame.step > step
    assert not panel.row_size.text().startswith("auto")
    panel.context.actions.run("footprint.auto_rows")
    panel.grab()
    panel.beat()
    assert panel.row_size.text().startswith("auto")


def test_under_the_mouse_stand_candle_row_and_sums(qtbot: Any) -> None:
    scene, flow = followed(seconds=30)
    panel = opened(scene, qtbot)
    made = panel.frame.shown[-1][1]
    assert made is not None
    panel.hover = QPointF(panel.plot.right() - 10, panel.plot.center().y())
    panel.grab()
    row = made.rows.first + int(made.rows.volume.argmax())
    painter = panel._painting(None, flow, scene.desk.feed.market("ETH"))  # type: ignore[arg-type]
    told = painter.read(len(panel.frame.shown) - 1, row)
    assert [line.split()[0] for line in told[2:5]] == ["sold", "bought", "delta"]
    assert painter.read(0, row)[-1] == "before we listened"


def test_it_has_a_timeframe_of_its_own_or_the_charts(qtbot: Any) -> None:
    scene, _ = followed()
    panel = opened(scene, qtbot)
    panel._load = lambda: None  # type: ignore[method-assign]
    panel.choose(Interval.M5)
    assert (panel.interval, panel.context.interval) == (Interval.M5, Interval.M1)
    assert panel.timeframe.text() == "5m ▾"
    panel.share_interval(True)
    assert panel.interval is Interval.M1
    panel.choose(Interval.D1)
    panel.grab()


def test_the_past_is_reached_by_key_and_the_zoom_is_remembered(qtbot: Any) -> None:
    scene, _ = followed(seconds=90)
    panel = opened(scene, qtbot)
    assert panel.frame.shown[-1][0] == NOW + 60_000
    qtbot.keyClick(panel, Qt.Key.Key_Left)
    panel.grab()
    assert panel.frame.shown[-1][0] == NOW
    qtbot.keyClick(panel, Qt.Key.Key_End)
    panel.zoom(True)
    other = opened(scene, qtbot)
    other.restore_state(panel.save_state())
    assert other.frame.zoom == panel.frame.zoom
    other.restore_state({"zoom": -4})
    assert other.frame.zoom == panel.frame.zoom


def test_without_a_price_it_waits(qtbot: Any) -> None:
    scene = MarketScene()
    panel = FootprintPanel(open_context(scene, qtbot))
    panel._load = lambda: None  # type: ignore[method-assign]
    shown(panel, qtbot)
    panel.grab()
    assert not scene.desk.flow.coins


async def test_the_candles_are_asked_for_once_however_often_they_are_missed(
    qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = MarketScene()

    async def wait(*_: object) -> CandleBlock:
        await asyncio.Event().wait()
        return CandleBlock.empty()

    monkeypatch.setattr(scene.market_data, "candles", wait)
    scene.connect()
    context = open_context(scene, qtbot)
    panel = FootprintPanel(context)
    shown(panel, qtbot, 640, 400)
    for _ in range(3):
        panel._load()
    await until(lambda: context.is_busy)
    assert len(context._tasks) == 1
    panel.choose(Interval.H1)
    await asyncio.sleep(0)
    await until(lambda: len(context._tasks) == 1)
    panel.release()
    await until(lambda: not context.is_busy)
    await context.close()
