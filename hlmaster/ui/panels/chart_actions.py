"""What can be done to a chart by name; of several charts, the one used last is meant."""

from __future__ import annotations

from collections.abc import Callable

from hlmaster.ui.actions import Action
from hlmaster.ui.charts.candle_chart import KEY_ZOOM, CandleChart
from hlmaster.ui.panel import Panel
from hlmaster.ui.panels.chart_bar import ChartBar
from hlmaster.ui.studies.built_in import BUILT_IN
from hlmaster.ui.studies.chart_studies import ChartStudies

GROUP = "Chart"


def add_actions(panel: Panel, chart: CandleChart, studies: ChartStudies, bar: ChartBar) -> None:
    def toggle_log() -> None:
        chart.set_log_scale(not chart.shown.prices.wants_log)
        bar.log_scale.setChecked(chart.shown.prices.wants_log)
        panel.memory_changed.emit()

    def toggle_auto() -> None:
        chart.set_auto_scale(not chart.shown.auto_scale)

    def switch(key: str) -> Callable[[], None]:
        return lambda: studies.built_in.switch(key, key not in studies.built_in.on)

    def remove_all() -> None:
        for chosen in studies.chosen:
            studies.remove(chosen.key)

    actions = [
        Action("chart.add_indicator", "Add an indicator", GROUP, lambda: studies.pick(bar.indicators), "Ctrl+I"),
        Action("chart.remove_indicators", "Remove all indicators", GROUP, remove_all),
        Action("chart.log_scale", "Logarithmic price scale on or off", GROUP, toggle_log, "Alt+L"),
        Action("chart.auto_scale", "Automatic price scale on or off", GROUP, toggle_auto, "Alt+A"),
        Action("chart.latest", "Go to the latest candle", GROUP, chart.go_to_latest),
        Action("chart.oldest", "Go to the oldest candle loaded", GROUP, chart.go_to_oldest),
        Action("chart.zoom_in", "Zoom in", GROUP, lambda: chart.zoom(KEY_ZOOM)),
        Action("chart.zoom_out", "Zoom out", GROUP, lambda: chart.zoom(1 / KEY_ZOOM)),
    ]
    actions += [
        Action(f"chart.{one.key}", f"{one.title} on or off", GROUP, switch(one.key), hint=one.help) for one in BUILT_IN
    ]
    for action in actions:
        panel.context.actions.add(action, owner=panel)
