"""What every panel is given: the desk, the bridge, the look, the coin in focus, and a place to run verbs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from PySide6.QtCore import Signal

from hlmaster.core.errors import HlError
from hlmaster.core.events import Notice, Severity
from hlmaster.desk.desk import Desk
from hlmaster.desk.outcome import Outcome
from hlmaster.settings import Settings
from hlmaster.ui.actions import Actions
from hlmaster.ui.arming import Arming
from hlmaster.ui.bridge import Bridge
from hlmaster.ui.links import MAIN, Link, Links
from hlmaster.ui.quick_orders import QuickOrders
from hlmaster.ui.theme import Theme

log = logging.getLogger(__name__)


class Context(Link):
    """The main group: its coin is the one that ticket and proposals are about. ``price_picked`` carries (coin, price)
    from the book to the ticket."""

    price_picked = Signal(str, float)
    theme_changed = Signal(object)
    settings_changed = Signal()
    notified = Signal(object)
    help_wanted = Signal(str)
    """A page of the help, by name."""
    setting_wanted = Signal(str, object)
    """(dotted key, value) that is to be put in force and written to the file."""

    def __init__(self, desk: Desk, bridge: Bridge, theme: Theme) -> None:
        market = desk.settings.market
        super().__init__(MAIN, market.watchlist[0], market.chart_interval)
        self.links = Links(self)
        self.desk, self.bridge, self.theme = desk, bridge, theme
        self.actions, self.arming = Actions(self), Arming(self)
        self._tasks: set[asyncio.Task[None]] = set()
        self.quick = QuickOrders(self)
        bridge.on_fact(self, Notice, self.notified.emit)

    def apply_settings(self, settings: Settings) -> None:
        self.desk.apply_settings(settings)
        self.settings_changed.emit()

    def set_theme(self, theme: Theme) -> None:
        self.theme = theme
        self.theme_changed.emit(theme)

    def notify(self, severity: Severity, sentence: str, code: str = "", cure: str = "") -> None:
        """Show a sentence as the desk's own notices are shown."""
        self.notified.emit(Notice(severity, sentence, code, cure))

    def run(self, work: Coroutine[Any, Any, Any], what: str) -> asyncio.Task[None]:
        """Own a verb's task. An ``Outcome`` or an error of ours ends as a notice; the window never waits."""
        task = asyncio.get_running_loop().create_task(self._carry_out(work, what), name=what)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        # A task that is cancelled before its first step never awaits its work.
        task.add_done_callback(lambda _: work.close())
        return task

    async def _carry_out(self, work: Coroutine[Any, Any, Any], what: str) -> None:
        try:
            result = await work
        except HlError as error:
            self.notify(Severity.ERROR, error.sentence, error.code, error.cure)
        except Exception as error:
            log.exception("%s failed", what)
            cure = "Look at positions and orders before you try again; the log has the details."
            self.notify(Severity.CRITICAL, f"{what} failed inside the application: {error}", "INV-001", cure)
        else:
            if isinstance(result, Outcome):
                self.notify(Severity.INFO if result.ok else Severity.WARNING, result.sentence)

    @property
    def is_busy(self) -> bool:
        """True while a verb is under way: the window says so before it closes."""
        return bool(self._tasks)

    async def close(self) -> None:
        """Let verbs in flight end by themselves for a moment, then let go of them; their intents are on disk."""
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=5.0)
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.bridge.close()
