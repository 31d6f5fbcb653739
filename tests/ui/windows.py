"""Whole windows over a desk in memory, as they are opened, settled and shut."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from hlmaster.core.logs import LogRing
from hlmaster.settings import Settings
from hlmaster.storage.sessions import Sessions
from hlmaster.ui import panel_set
from hlmaster.ui.context import Context
from hlmaster.ui.frame_window import FrameWindow
from hlmaster.ui.market_panel import MarketPanel
from hlmaster.ui.panel import Panel
from hlmaster.ui.panel_set import PanelSet
from hlmaster.ui.window import Window
from hlmaster.ui.workspaces.actions import WorkspaceActions
from hlmaster.ui.workspaces.keeper import Keeper
from hlmaster.ui.workspaces.stage import Stage
from hlmaster.ui.workspaces.store import Workspaces
from tests.ui.desks import TradingScene
from tests.ui.market_desk import MarketScene, open_context


@asynccontextmanager
async def opened(
    scene: TradingScene, folder: Path, size: tuple[int, int] | None = (1280, 800), *, default_layout: bool = False
) -> AsyncIterator[Window]:
    object.__setattr__(scene.desk.session, "folder", folder)
    origins = Settings.load(folder / "settings.toml")[1]
    window = Window(scene.desk, folder / "settings.toml", origins, LogRing(), Sessions(folder, scene.clock))
    window.context.notified.connect(scene.notices.append)
    window.open(size, default_layout=default_layout)
    try:
        yield window
    finally:
        await window.shut()


class Light:
    """A window with panels that only say their names, for what windows and panels do."""

    def __init__(self, context: Context, folder: Path) -> None:
        self.context, self.main = context, FrameWindow()
        self.stage = Stage(context, self.main, PanelSet(context, LogRing(), self.main))
        self.keeper = Keeper(context, self.stage, Workspaces(folder, context.desk.clock))
        WorkspaceActions(context, self.stage, self.keeper, list)

    @property
    def panels(self) -> dict[str, Panel]:
        return self.stage.panels.panels


def plain_context(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Context:
    """For ``light``."""
    behind = QWidget()
    qtbot.addWidget(behind)
    behind.show()  # with the last window that closes Qt would end the loop
    monkeypatch.setattr(panel_set, "ALWAYS", plain_kinds())
    return open_context(MarketScene(), qtbot, "BTC")


def plain_kinds() -> tuple[type[Panel], ...]:
    """Stand-ins with the keys and titles of the panels that a window always has."""
    made = []
    for kind in panel_set.ALWAYS:
        base = _Plain if issubclass(kind, MarketPanel) else Panel
        words = {"KEY": kind.KEY, "TITLE": kind.TITLE, "IS_MANY": kind.IS_MANY}
        made.append(type(kind.__name__, (base,), words))
    return tuple(made)


class _Plain(MarketPanel):
    def show_interval(self) -> None:
        self.update()


@asynccontextmanager
async def light(
    context: Context, folder: Path, size: tuple[int, int] | None = (1600, 980), *, default_layout: bool = False
) -> AsyncIterator[Light]:
    window = Light(context, folder)
    window.keeper.begin(size, default=default_layout)
    window.main.show()
    window.keeper.tell_trouble()
    try:
        yield window
    finally:
        window.keeper.close()
        window.stage.close()
        window.main.hide()
        window.main.deleteLater()
        await turns()


async def settle(window: Window | Light) -> None:
    """What was set up is laid out, and what was ended is gone."""
    await turns()
    window.stage.finish()
    if not window.stage.is_settled:
        window.stage.proportion()
        await turns()
        window.stage._settling.stop()
        window.stage._settle()


async def keep(window: Window | Light) -> None:
    await settle(window)
    window.keeper.keep()


async def turns() -> None:
    """The loop lays out, paints and deletes."""
    for _ in range(5):
        await asyncio.sleep(0.003)
