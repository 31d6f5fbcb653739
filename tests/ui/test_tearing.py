"""Tabs torn out with the mouse, and panels dropped over others that float."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QMainWindow, QTabBar, QWidget
from pytestqt.qtbot import QtBot

from hlmaster.ui.context import Context
from hlmaster.ui.dock import PanelDock
from hlmaster.ui.tearing import GROUPED
from hlmaster.ui.workspaces.nodes import Tabs
from hlmaster.ui.workspaces.placing import tab_bars
from tests.ui.windows import Light, light, plain_context, settle

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
STEPS = 30
OUTSIDE = QPoint(2000, 500)


@pytest.fixture
def context(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Context:
    return plain_context(qtbot, monkeypatch)


def mouse(widget: QWidget, kind: QEvent.Type, at: QPoint, button: Qt.MouseButton, held: Qt.MouseButton) -> None:
    here = QPointF(widget.mapFromGlobal(at))
    event = QMouseEvent(kind, here, QPointF(at), button, held, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(widget, event)


async def drag(window: Light, widget: QWidget, start: QPoint, end: QPoint) -> None:
    mouse(widget, QEvent.Type.MouseButtonPress, start, LEFT, LEFT)
    for step in range(1, STEPS + 1):
        mouse(widget, QEvent.Type.MouseMove, start + (end - start) * step / STEPS, NONE, LEFT)
        await settle(window)
    mouse(widget, QEvent.Type.MouseButtonRelease, end, LEFT, NONE)
    await settle(window)


async def tear(window: Light, dock: PanelDock, to: QPoint) -> None:
    found = tab_of(dock)
    assert found is not None
    bar, place = found
    await drag(window, bar, bar.mapToGlobal(bar.tabRect(place).center()), to)


def tab_of(dock: PanelDock) -> tuple[QTabBar, int] | None:
    """Where it shares its place; None where it stands alone or floats."""
    host = dock.parent()
    if dock.isFloating() or not isinstance(host, QMainWindow):
        return None
    tabs = ((bar, place) for bar in tab_bars(host) for place in range(bar.count()))
    return next(((bar, place) for bar, place in tabs if bar.tabText(place) == dock.windowTitle()), None)


def title_of(dock: PanelDock) -> QPoint:
    return dock.mapToGlobal(QPoint(60, 10))


async def test_what_is_dropped_over_a_floating_panel_floats_beside_it_and_goes_home(
    context: Context, tmp_path: Path
) -> None:
    """Qt 6.11 crashes where the two become a group."""
    async with light(context, tmp_path) as window:
        await settle(window)
        fills, log, main = window.stage.docks["fills"], window.stage.docks["log"], window.main
        await tear(window, fills, OUTSIDE)
        assert fills.isFloating()
        assert not main.dockOptions() & GROUPED
        await tear(window, log, fills.geometry().center())
        assert [dock.isFloating() and dock.parent() is main for dock in (fills, log)] == [True, True]
        await drag(window, log, title_of(log), fills.geometry().center() + QPoint(20, 20))
        assert [dock.isFloating() and dock.parent() is main for dock in (fills, log)] == [True, True]
        assert window.stage.arrangement().frames[0].floats == [Tabs(("fills",), "fills"), Tabs(("log",), "log")]
        await drag(window, log, title_of(log), main.mapToGlobal(main.rect().center()))
        assert not log.isFloating()
        assert "log" in window.stage.arrangement().keys


async def test_after_a_tab_was_torn_out_the_next_one_is_taken_at_its_size(context: Context, tmp_path: Path) -> None:
    """Qt's tabs would miss a click, and what is torn out without having been in front has no size."""
    async with light(context, tmp_path) as window:
        await settle(window)
        await tear(window, window.stage.docks["fills"], OUTSIDE)
        log = window.stage.docks["log"]
        found = tab_of(log)
        assert found is not None
        bar = found[0]
        front = bar.tabText(bar.currentIndex())
        (size,) = (dock.size() for dock in window.stage.docks.values() if dock.windowTitle() == front)
        await tear(window, log, OUTSIDE)
        assert log.isFloating()
        assert abs(log.width() - size.width()) < 20
        assert abs(log.height() - size.height()) < 60


async def test_a_click_on_a_tab_tears_nothing(context: Context, tmp_path: Path) -> None:
    async with light(context, tmp_path) as window:
        await settle(window)
        found = tab_of(window.stage.docks["log"])
        assert found is not None
        bar, place = found
        at = bar.mapToGlobal(bar.tabRect(place).center())
        mouse(bar, QEvent.Type.MouseButtonPress, at, LEFT, LEFT)
        assert window.main.dockOptions() & GROUPED
        mouse(bar, QEvent.Type.MouseButtonRelease, at, LEFT, NONE)
        assert not window.main.dockOptions() & GROUPED
        assert bar.currentIndex() == place
        assert not window.stage.docks["log"].isFloating()


async def test_whatever_is_dragged_wherever_no_panel_is_lost(context: Context, tmp_path: Path) -> None:
    """The twentieth drag of this seed crashed in Qt while what the tabs leave was passed on to the window."""
    random = Random(17)
    async with light(context, tmp_path) as window:
        await settle(window)
        window.stage.new_window("trades")
        window.stage.finish()
        await settle(window)
        known = set(window.stage.arrangement().keys)
        for _ in range(20):
            dock = random.choice([dock for dock in window.stage.docks.values() if not dock.isHidden()])
            anywhere = QPoint(random.randint(-100, 2300), random.randint(-50, 1200))
            over = random.choice(list(window.stage.docks.values())).mapToGlobal(QPoint(50, 60))
            to = random.choice([anywhere, over])
            if tab_of(dock) is not None:
                await tear(window, dock, to)
            else:
                await drag(window, dock, title_of(dock), to)
            assert set(window.stage.arrangement().keys) == known
