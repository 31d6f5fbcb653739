"""Order flow on the chart: panes are opened and closed, values lie at their candles, gaps stay holes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hlmaster.core.events import LinkChanged, LinkState
from hlmaster.core.model import Interval
from hlmaster.ui.flow.chart_flow import PANES
from hlmaster.ui.panels.chart import ChartPanel
from tests.ui.flow.scene import followed, go_on
from tests.ui.market_desk import NOW, MarketScene, history, open_context, shown


@pytest.fixture(autouse=True)
def _no_history_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ChartPanel, "_load", lambda panel: None)


def opened(scene: MarketScene, qtbot: Any, until_ms: int) -> ChartPanel:
    block = history("ETH", Interval.M1, NOW - 3_600_000, until_ms)
    scene.desk.feed.load_series("ETH", Interval.M1, block)
    context = open_context(scene, qtbot)
    context.choose_interval(Interval.M1)
    panel = ChartPanel(context)
    shown(panel, qtbot, 640, 700)
    panel.chart.add_canvas()
    panel.grab()
    return panel


def values(panel: ChartPanel, key: str) -> Any:
    return panel.chart.shown.series.field(key)


def test_delta_is_that_of_the_trades_and_nothing_before_listening(qtbot: Any) -> None:
    scene, flow = followed(seconds=90)
    panel = opened(scene, qtbot, NOW + 90_000)
    panel.flow.switch("flow_delta", True)
    panel.flow.switch("flow_cvd", True)
    delta, running = values(panel, "flow_delta"), values(panel, "flow_cvd")
    cells = flow.cells.between(0, NOW * 2)
    assert np.isnan(delta[:-2]).all()
    assert delta[-2:].sum() == running[-1] == cells.bought.sum() - cells.sold.sum()


def test_a_gap_leaves_a_hole(qtbot: Any) -> None:
    scene, _ = followed(seconds=60)
    scene.bus.publish(LinkChanged(LinkState.CONNECTED, "Connected."))
    scene.desk.flow.look("ETH").miss(scene.clock.now_ms())  # type: ignore[union-attr]
    go_on(scene, seconds=60)
    panel = opened(scene, qtbot, NOW + 120_000)
    for pane in PANES:
        panel.flow.switch(pane.key, True)
    panel.grab()
    assert np.isnan(values(panel, "flow_cvd")[-3:]).tolist() == [False, True, False]
    assert np.isnan(values(panel, "flow_delta")[-3:]).tolist() == [False, True, False]


def test_a_closed_pane_is_off_and_a_chart_has_one_profile(qtbot: Any) -> None:
    scene, _ = followed()
    panel = opened(scene, qtbot, NOW)
    for key in ("flow_delta", "profile_session", "profile_visible"):
        panel.context.actions.run(f"chart.{key}")
        panel.grab()
    assert panel.flow.on == {"flow_delta", "profile_visible"}
    panel.chart.study_hidden.emit("flow_delta")
    assert panel.chart.shown.studies["flow_delta"].is_hidden
    panel.chart.study_closed.emit("flow_delta")
    assert panel.flow.on == {"profile_visible"}
    assert "flow_delta" not in panel.chart.shown.studies
    panel.context.actions.run("chart.profile_visible")
    assert panel.flow.on == set()
    with pytest.raises(KeyError):
        panel.flow.switch("nothing", True)


def test_what_is_on_is_remembered(qtbot: Any) -> None:
    scene, _ = followed()
    panel = opened(scene, qtbot, NOW)
    panel.flow.switch("flow_open_interest", True)
    panel.context.actions.run("chart.flow_cvd_session")
    other = opened(scene, qtbot, NOW)
    other.restore_state(panel.save_state())
    assert (other.flow.on, other.flow.by_session) == ({"flow_open_interest"}, False)
    other.flow.restore_state(None)
    assert other.flow.on == {"flow_open_interest"}


def test_nothing_is_followed_for_a_chart_that_shows_none_of_it(qtbot: Any) -> None:
    scene = MarketScene()
    scene.connect()
    scene.tell_context()
    panel = opened(scene, qtbot, NOW)
    assert scene.desk.flow.coins == ()
    panel.flow.switch("flow_funding", True)
    assert "ETH" in scene.desk.flow.coins
