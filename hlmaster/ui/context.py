"""What every panel is given: the desk, the bridge, the look, the coin in focus, and a place to run verbs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from PySide6.QtCore import QObject, Signal

from hlmaster.core.errors import HlError
from hlmaster.core.events import Notice, Severity
from hlmaster.core.model import Interval
from hlmaster.desk.desk import Desk
from hlmaster.desk.outcome import Outcome
from hlmaster.settings import Settings
from hlmaster.ui.actions import Actions
from hlmaster.ui.arming import Arming
from hlmaster.ui.bridge import Bridge
from hlmaster.ui.theme import Theme

log = logging.getLogger(__name__)


class Context(QObject):
    """``coin_changed`` follows the watchlist; ``price_picked`` carries (coin, price) from the book to the ticket."""

    coin_changed = Signal(str)
    interval_changed = Signal(object)
    price_picked = Signal(str, float)
    theme_changed = Signal(object)
    settings_changed = Signal()
    notified = Signal(object)
    help_wanted = Signal(str)
    """A page of the help, by name."""
    setting_wanted = Signal(str, object)
    """(dotted key, value) that is to be put in force and written to the file."""

    def __init__(self, desk: Desk, bridge: Bridge, theme: Theme) -> None:
        super().__init__()
        self.desk, self.bridge, self.theme = desk, bridge, theme
        self.coin = desk.settings.market.watchlist[0]
        self.actions, self.arming = Actions(self), Arming(self)
        self.interval: Interval = desk.settings.market.chart_interval
        self._tasks: set[asyncio.Task[None]] = set()
        bridge.on_fact(self, Notice, self.notified.emit)

    def select(self, coin: str) -> None:
        if coin != self.coin:
            self.coin = coin
            self.coin_changed.emit(coin)

    def choose_interval(self, interval: Interval) -> None:
        if interval is not self.interval:
            self.interval = interval
            self.interval_changed.emit(interval)

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
            self.notify(Severity.CRITICAL, f"{what} failed inside the application: {error}", "INV-001")
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
