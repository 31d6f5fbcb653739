"""Which of several panels of one kind is meant, and what is left of those that were closed."""

from __future__ import annotations

import asyncio
import gc
from collections import Counter
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from hlmaster.ui.notices import NoticeCard
from hlmaster.ui.panel import Panel
from hlmaster.ui.panels.chart import ChartPanel
from hlmaster.ui.window import Window
from tests.ui.decided import ready
from tests.ui.desks import until
from tests.ui.windows import opened, settle


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


async def test_panels_that_were_closed_leave_nothing_behind(qtbot: QtBot, tmp_path: Path) -> None:
    behind = QWidget()
    qtbot.addWidget(behind)
    behind.show()
    async with ready() as scene, opened(scene, tmp_path) as window:
        await open_and_close_each(window)  # the first of a kind stays
        before = what_there_is(window)
        for _ in range(2):
            await open_and_close_each(window)
        assert what_there_is(window) - before == Counter()


async def open_and_close_each(window: Window) -> None:
    for kind in ("chart", "heatmap"):
        known = set(window.panels)
        window.stage.add(kind)
        await settle(window)
        for key in set(window.panels) - known:
            window.stage.close_panel(key)
        await settle(window)


def what_there_is(window: Window) -> Counter[str]:
    """But for notices: a machine that is busy elsewhere may have one told."""
    gc.collect()
    # By type: what a dead proxy stands for may not be asked.
    kinds = map(type, gc.get_objects())
    found = Counter(kind.__name__ for kind in kinds if issubclass(kind, Panel | asyncio.Task))
    tops = QApplication.topLevelWidgets()
    told = sum(1 + len(card.findChildren(QObject)) for card in window.findChildren(NoticeCard))
    found["objects"] = sum(len(top.findChildren(QObject)) for top in tops) - told
    found["actions"] = len(window.context.actions.all())
    return found


def is_logarithmic(panel: Panel) -> bool:
    assert isinstance(panel, ChartPanel)
    return panel.chart.shown.prices.wants_log
