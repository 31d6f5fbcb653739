"""What is the same for the main window and those beside it."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QRect
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from hlmaster.ui import panel_set
from hlmaster.ui.dock import PanelDock
from hlmaster.ui.frame_window import FrameWindow
from hlmaster.ui.sizes import GAP
from tests.ui.market_desk import MarketScene, open_context
from tests.ui.windows import light, plain_kinds, settle


def used(window: FrameWindow) -> QRect:
    """What all panels that are in sight take together; Qt keeps those behind others far off."""
    taken = QRect()
    for dock in window.findChildren(PanelDock):
        if dock.isVisible() and dock.x() >= 0:
            taken = taken.united(dock.geometry())
    return taken


async def test_panels_keep_the_distance_to_the_edge_that_they_keep_to_each_other(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    behind = QWidget()
    qtbot.addWidget(behind)
    behind.show()
    monkeypatch.setattr(panel_set, "ALWAYS", plain_kinds())
    async with light(open_context(MarketScene(), qtbot), tmp_path, (1280, 800)) as window:
        await settle(window)
        taken = used(window.main)
        assert taken.left() == GAP
        assert taken.right() == window.main.rect().right() - GAP
        assert taken.bottom() == window.main.rect().bottom() - GAP
        assert taken.top() >= GAP
