"""Looks that are changed while the window stands: themes at once, the scale by the next start."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from hlmaster.ui.palettes import SCHEMES
from hlmaster.ui.panels.positions import PositionsPanel
from tests.ui.desks import trading
from tests.ui.market_desk import until
from tests.ui.windows import opened


async def test_a_theme_is_put_on_at_once_and_a_scale_says_when(qtbot: QtBot, tmp_path: Path) -> None:
    behind = QWidget()
    qtbot.addWidget(behind)
    behind.show()
    async with trading("ETH") as scene, opened(scene, tmp_path) as window:
        positions, application = window.panels["positions"], QApplication.instance()
        assert isinstance(positions, PositionsPanel)
        assert isinstance(application, QApplication)
        window.context.setting_wanted.emit("general.theme", "light_blue_orange")
        assert window.context.theme.name == positions.table.palette_of.theme.name == "light_blue_orange"
        await until(window.updatesEnabled)
        assert SCHEMES["light_blue_orange"].up in application.styleSheet()
        window.context.setting_wanted.emit("general.scale_percent", 150)
        assert "A scale of 150 % is in force after a restart." in scene.sentences()
        assert window.grab().size() == window.size()
