"""Studies of a chart panel: chosen from the list, changed in their popup, hidden, removed, and remembered."""

from __future__ import annotations

import json
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSpinBox

from hlmaster.ui.panels.chart import ChartPanel
from hlmaster.ui.studies import chart_studies
from hlmaster.ui.studies.looks import LOOKS
from tests.ui.market_desk import MarketScene, open_context, shown, until


@pytest.fixture
async def panel(qtbot: Any) -> Any:
    scene = MarketScene()
    panel = ChartPanel(open_context(scene, qtbot))
    shown(panel, qtbot, 900, 500)
    await until(lambda: not panel.context.is_busy)
    yield panel
    await panel.context.close()


def titles(panel: ChartPanel) -> list[str]:
    return [one.title for one in panel.studies.chosen]


async def test_typing_and_enter_add_what_is_found_and_a_tick_takes_it_off(panel: ChartPanel, qtbot: Any) -> None:
    picker = panel.studies.pick(panel.bar.indicators)
    qtbot.keyClicks(picker.search, "bollinger")
    assert [offer.title for offer in picker.shown()] == ["Bollinger"]
    qtbot.keyClick(picker.search, Qt.Key.Key_Return)
    assert titles(panel) == ["EMA 9", "EMA 21", "Bollinger 20 2"]
    assert [offer.title for offer in picker.shown() if offer.is_on] == ["Bollinger 20 2"]
    picker.search.setText("")
    ticked = {offer.title for offer in picker.shown() if offer.is_on}
    assert {"EMA 9", "EMA 21", "Bollinger 20 2", "Volume", "Mark price"} <= ticked
    on = next(offer for offer in picker.shown() if offer.title == "EMA 9")
    picker.picked.emit(on)
    assert titles(panel) == ["EMA 21", "Bollinger 20 2"]
    picker.search.setText("nothing is called so")
    assert not picker.empty.isHidden()
    picker.hide()


async def test_the_list_holds_every_indicator_with_a_line_about_it(panel: ChartPanel) -> None:
    offers = panel.studies.offers()
    assert set(LOOKS) <= {offer.key for offer in offers}
    assert all(offer.help for offer in offers)


async def test_settings_are_shown_at_once_and_escape_takes_them_back(panel: ChartPanel, qtbot: Any) -> None:
    settings = panel.studies.ask("ema-1")
    assert settings is not None
    period = settings.fields["period"]
    assert isinstance(period, QSpinBox)
    period.setValue(50)
    settings._paint("ema", "#123456")
    settings.width_box.setCurrentIndex(settings.width_box.findData(3.0))
    study = panel.chart.frame.studies["ema-1"]
    assert (study.title, study.traces[0].colour, study.traces[0].width) == ("EMA 50", "#123456", 3.0)
    qtbot.keyClick(settings, Qt.Key.Key_Escape)
    assert titles(panel) == ["EMA 9", "EMA 21"]
    assert panel.studies.chosen[0].colours == {}


async def test_parameters_that_do_not_fit_each_other_are_said_and_not_shown(panel: ChartPanel) -> None:
    panel.studies.add("macd")
    settings = panel.studies.ask("macd-1")
    assert settings is not None
    fast = settings.fields["fast"]
    assert isinstance(fast, QSpinBox)
    fast.setValue(40)
    assert not settings.message.isHidden()
    assert titles(panel)[-1] == "MACD 12 26 9"
    settings.close()


async def test_the_legends_signals_hide_and_remove(panel: ChartPanel) -> None:
    panel.chart.study_hidden.emit("ema-1")
    assert panel.chart.frame.studies["ema-1"].is_hidden
    panel.chart.study_closed.emit("ema-1")
    panel.chart.study_closed.emit("volume")
    assert titles(panel) == ["EMA 21"]
    assert "volume" not in panel.studies.built_in.on
    assert panel.chart.frame.panes.get("volume") is None


async def test_everything_is_remembered(panel: ChartPanel, qtbot: Any) -> None:
    panel.studies.add("rsi")
    panel.studies.remove("ema-2")
    panel.context.actions.run("chart.log_scale")
    panel.context.actions.run("chart.session")
    panel.chart.frame.panes.drag_border("rsi-1", -30, 200)
    state = json.loads(json.dumps(panel.save_state()))
    other = ChartPanel(panel.context)
    qtbot.addWidget(other)
    other.restore_state(state)
    assert titles(other) == ["EMA 9", "RSI 14"]
    assert other.bar.log_scale.isChecked()
    assert other.save_state() == panel.save_state()


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"studies": "x", "panes": 3, "market": 7, "log_scale": "yes"},
        {"panes": {"volume": -1, "rsi-1": "high", "x": float("nan")}},
    ],
)
async def test_a_damaged_memory_changes_nothing(panel: ChartPanel, state: dict[str, Any]) -> None:
    before = panel.save_state()
    panel.restore_state(state)
    assert titles(panel) == ["EMA 9", "EMA 21"]
    assert panel.save_state()["panes"]["volume"] == before["panes"]["volume"]


async def test_a_study_that_cannot_be_read_is_left_out_with_a_line_in_the_log(
    panel: ChartPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(chart_studies.log, "warning", lambda text, *words: told.append(text % words))
    good = panel.studies.chosen[0].state()
    panel.restore_state({"studies": [{"indicator": "gone"}, good, good]})
    assert titles(panel) == ["EMA 9", "EMA 9"]
    assert len(told) == 1
    assert "cannot be read" in told[0]
