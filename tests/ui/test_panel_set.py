"""Which of several panels of one kind is meant."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from hlmaster.ui.panel import Panel
from hlmaster.ui.panels.chart import ChartPanel
from tests.ui.decided import ready
from tests.ui.desks import until
from tests.ui.windows import opened


async def test_of_two_charts_the_one_that_was_used_last_is_meant(qtbot: QtBot, tmp_path: Path) -> None:
    behind = QWidget()
    qtbot.addWidget(behind)
    behind.show()  # with the last window that closes Qt would end the loop
    async with ready() as scene, opened(scene, tmp_path) as window:
        window.activateWindow()
        await until(window.isActiveWindow)
        window.stage.add("chart")
        charts = [window.panels[key] for key in ("chart", "chart.2")]
        for used, other in (charts, reversed(charts)):
            used.setFocus()
            before = is_logarithmic(used), is_logarithmic(other)
            assert window.context.actions.run("chart.log_scale")
            assert (is_logarithmic(used), is_logarithmic(other)) == (not before[0], before[1])


def is_logarithmic(panel: Panel) -> bool:
    assert isinstance(panel, ChartPanel)
    return panel.chart.shown.prices.wants_log
