"""The window around the panels: help where the keys are, and settings that a panel asks for."""

from __future__ import annotations

import base64
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QByteArray
from PySide6.QtWidgets import QMainWindow, QWidget
from pytestqt.qtbot import QtBot

from hlmaster.ui.panel import page_about
from hlmaster.ui.panels.approvals import ApprovalsPanel
from hlmaster.ui.panels.strategies import StrategiesPanel
from hlmaster.ui.table_view import Table
from tests.ui.decided import ready
from tests.ui.windows import opened


@pytest.fixture
def behind(qtbot: QtBot) -> QWidget:
    """Stays open: with the last window that closes Qt would end the loop."""
    made = QWidget()
    qtbot.addWidget(made)
    made.show()
    return made


async def test_f1_opens_the_page_of_the_panel_that_has_the_keys(behind: QWidget, tmp_path: Path) -> None:
    async with ready() as scene, opened(scene, tmp_path) as window:
        keys = ("signals", "risk", "journal", "orders")
        pages = {key: page_about(window.panels[key].findChild(Table)) for key in keys}
        assert pages == {"signals": "proposals", "risk": "risk_limits", "journal": "journal_and_audit", "orders": ""}
        assert page_about(None) == ""
        assert {page_about(window.panels[key]) for key in ("analyst", "sentiment")} == {"analyst_and_news"}
        panel = window.panels["strategies"]
        assert isinstance(panel, StrategiesPanel)
        panel.table.selectRow(panel.model.position("high_risk"))
        panel.details.wanted.emit("high_risk", "help")
        assert window._help.page == "strategies/high_risk"
        assert window._help.isVisible()


async def test_a_setting_that_a_panel_asks_for_is_written_and_in_force(behind: QWidget, tmp_path: Path) -> None:
    async with ready() as scene, opened(scene, tmp_path) as window:
        window.context.setting_wanted.emit("risk.max_position_percent", Decimal(7))
        assert scene.desk.settings.risk.max_position_percent == 7
        assert "max_position_percent = 7" in (tmp_path / "settings.toml").read_text()


async def test_a_setting_that_cannot_be_is_told_and_left_as_it_was(behind: QWidget, tmp_path: Path) -> None:
    async with ready() as scene, opened(scene, tmp_path) as window:
        before = scene.desk.settings.risk.max_position_percent
        window.context.setting_wanted.emit("risk.max_position_percent", Decimal(-1))
        assert scene.desk.settings.risk.max_position_percent == before
        assert "max_position_percent" in scene.sentences()
        assert not (tmp_path / "settings.toml").exists()


async def test_an_older_arrangement_gives_way_to_the_default_and_panels_keep_their_memory(
    behind: QWidget, tmp_path: Path
) -> None:
    async with ready() as scene:
        async with opened(scene, tmp_path) as window:
            window.docks["opportunities"].close()
        file = tmp_path / "layout.json"
        async with opened(scene, tmp_path, size=None) as window:
            assert window.docks["opportunities"].isHidden(), "the same version stands as it was left"
        blob = base64.b64encode(window_state(2).data()).decode()
        panels = {"approvals": {"mine": 1}}
        file.write_text(json.dumps({"version": 2, "geometry": "", "docks": blob, "panels": panels}))
        taken: list[dict[str, Any]] = []
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(ApprovalsPanel, "restore_state", lambda _, state: taken.append(state))
            async with opened(scene, tmp_path, size=(1600, 1200)) as window:
                column = [window.docks[key].geometry() for key in ("approvals", "analyst", "sentiment")]
                assert column[0].bottom() < column[1].top() < column[1].bottom() < column[2].top()
                assert not window.docks["opportunities"].isHidden()
        assert taken == [{"mine": 1}]


def window_state(version: int) -> QByteArray:
    """An arrangement of no docks at all, as an older version wrote it."""
    return QMainWindow().saveState(version)
