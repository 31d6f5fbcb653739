"""Gestures under way: each asked first whether anything may be sent now, done once, and asked afterwards why not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication

from hlmaster.core.errors import HlError
from hlmaster.core.events import Severity
from hlmaster.desk.desk import Desk
from hlmaster.desk.outcome import Outcome
from hlmaster.trading.situation import Situation
from hlmaster.ui.arming import Arming
from hlmaster.ui.gestures import Refused

NOT_READY = "Orders open once the exchange has answered."
Placed = asyncio.Task[None]
Key = tuple[object, ...]
Work = Coroutine[Any, Any, Outcome]


class Surroundings(Protocol):
    """What of the window's context gestures need."""

    desk: Desk
    arming: Arming

    def notify(self, severity: Severity, sentence: str, code: str = "", cure: str = "") -> None: ...

    def run(self, work: Coroutine[Any, Any, Any], what: str) -> asyncio.Task[None]: ...


class Attempts:
    """``owner`` ends the timers. Refusals and failures are told in the window and kept for ``why_not``."""

    def __init__(self, context: Surroundings, owner: QObject) -> None:
        self._context, self._owner = context, owner
        self._recent: dict[Key, Placed] = {}
        self._refusal = ""
        self._failures: WeakKeyDictionary[Placed, str] = WeakKeyDictionary()

    # --- may it be? ---

    def ready(self) -> None:
        """Raises Refused while nothing may be sent by a gesture."""
        if not self._context.arming.is_on:
            raise Refused(self._context.arming.refusal)
        if not self._context.desk.is_ready:
            raise Refused(NOT_READY)

    def fresh(self, coin: str) -> Situation:
        """Raises Refused while gestures are locked, or on a picture that is not the market's any more."""
        self.ready()
        now = self._context.desk.survey(coin)
        if now.stale is not None:
            raise Refused(now.stale)
        return now

    def refuse(self, sentence: str) -> Placed | None:
        self._refusal = sentence
        self._context.notify(Severity.WARNING, sentence)
        return None

    def why_not(self, placed: Placed | None) -> str:
        """Of None, why the last attempt was refused; of a task that has ended, why it failed; else empty."""
        return self._refusal if placed is None else self._failures.get(placed, "")

    # --- doing it ---

    def same(self, key: Key) -> Placed | None:
        """The one under way, or just ended, that another press of the same gesture would be."""
        return self._recent.get(key)

    def act(self, key: Key, work: Callable[[], Work], what: str) -> Placed | None:
        if (same := self.same(key)) is not None:
            return same
        try:
            self.ready()
        except Refused as refused:
            return self.refuse(refused.sentence)
        return self.begin(key, work(), what)

    def begin(self, key: Key, work: Work, what: str) -> Placed:
        task = self._recent[key] = self._context.run(self._heard(work), what)
        # One that is cancelled before its first step never awaits its work.
        task.add_done_callback(lambda _: work.close())
        # For as long as a second gesture may be half of a double click, and until the first has ended
        QTimer.singleShot(QApplication.doubleClickInterval(), self._owner, partial(self._forget, key))
        return task

    async def _heard(self, work: Work) -> Outcome:
        task = asyncio.current_task()
        assert task is not None
        try:
            outcome = await work
        except HlError as error:
            self._failures[task] = error.sentence
            raise
        if not outcome.ok:
            self._failures[task] = outcome.sentence
        return outcome

    def _forget(self, key: Key) -> None:
        task = self._recent.get(key)
        if task is not None and not task.done():
            task.add_done_callback(lambda _: self._recent.pop(key, None))
        else:
            self._recent.pop(key, None)
