"""The real window on a real embedded exchange, over sockets, with a hand at it: what stories of a whole day share."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QSize
from PySide6.QtGui import QImage, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from hlmaster import app
from hlmaster.app import Launch
from hlmaster.core.clock import SystemClock
from hlmaster.core.events import Notice, Severity
from hlmaster.core.orders import VenueOrder
from hlmaster.desk.desk import Desk
from hlmaster.desk.modes import build
from hlmaster.storage.sessions import Sessions
from hlmaster.ui.panel import Panel
from hlmaster.ui.window import Window
from tests.bench.hand import Hand
from tests.flow.desks import arguments, until

SIZE = (1600, 980)
COIN = "ETH"
Kind = TypeVar("Kind", bound=Panel)


@dataclass
class Day:
    """``window`` is the one that is open now; ``told`` is every notice since the first."""

    run: Launch
    desk: Desk
    window: Window
    told: list[Notice] = field(default_factory=list)
    pictures: dict[str, dict[str, QImage]] = field(default_factory=dict)
    """Of each panel by its key, at a named moment."""

    @property
    def hand(self) -> Hand:
        return Hand(self.window)

    @property
    def troubles(self) -> list[str]:
        return [str(one) for one in self.told if one.severity in (Severity.ERROR, Severity.CRITICAL)]

    def sentences(self) -> str:
        return " ".join(notice.sentence for notice in self.told)

    def panel(self, key: str, kind: type[Kind]) -> Kind:
        found = self.window.panels[key]
        assert isinstance(found, kind)
        return found

    async def until(self, holds: Callable[[], object]) -> None:
        await until(holds, self.desk)

    # --- keys ---

    def press(self, action: str) -> None:
        """The keys of an action, wherever the focus is now."""
        keys = self.window.hands.keymap.shown(action)
        assert keys, action
        QTest.keySequence(self.focused, QKeySequence(keys))

    @property
    def focused(self) -> QWidget:
        found = QApplication.focusWidget()
        return self.window if found is None else found

    # --- what the exchange says; each question is paid from the desk's own budget ---

    async def held(self) -> Decimal:
        position = (await self.desk._parts.trading.account()).position(COIN)
        return Decimal(0) if position is None else position.size

    async def waiting(self, *, triggers: bool) -> list[VenueOrder]:
        orders = await self.desk._parts.trading.open_orders()
        return [order for order in orders if order.coin == COIN and (order.trigger is not None) is triggers]

    # --- panels ---

    async def look_around(self, moment: str) -> None:
        """Every panel there can be is brought to the front and photographed, and left as it was."""
        stage, taken = self.window.stage, self.pictures.setdefault(moment, {})
        before = stage.arrangement()
        for key in stage.panels.keys:
            stage.bring(key)
            dock = stage.docks[key]
            await self.until(dock.isVisible)
            await asyncio.sleep(0)
            panel = self.window.panels[key]
            panel.resize(panel.size().expandedTo(QSize(120, 80)))
            taken[key] = panel.grab().toImage()
        assert set(before.keys) <= set(stage.arrangement().keys)

    # --- windows ---

    async def close(self) -> None:
        self.window.closed.set()
        await self.window.shut()

    def open(self) -> None:
        """A window as the next start makes it, over the desk that is there."""
        self.window = _window(self.run, self.desk, self.told)
        self.window.open(None)


def _window(run: Launch, desk: Desk, told: list[Notice]) -> Window:
    sessions = Sessions(run.data, SystemClock())
    window = Window(desk, run.settings_file, run.origins, run.logs.ring, sessions)
    window.context.notified.connect(told.append)
    return window


@asynccontextmanager
async def day(data: Path, *overrides: str) -> AsyncIterator[Day]:
    """Opened as the program opens it: the window first, its desk not yet started."""
    run = app.launch(arguments(data, overrides=list(overrides)), console=False)
    desk, told = Desk(build(run.opening)), list[Notice]()
    here = Day(run, desk, _window(run, desk, told), told)
    here.window.open(SIZE)
    try:
        yield here
    finally:
        await here.close()
        await desk.stop()
        run.logs.close()
