"""The border between the bus and Qt: facts at once and in order, states coalesced to a frame rate.

A panel subscribes with ``on_fact`` (orders, fills, notices: each one, as it happens) or ``on_state`` (book, quote, open
candle, equity: the latest wins, at most ``FRAMES_PER_SECOND`` times a second and only while the panel is visible).
Both end with the widget: a result can never reach a deleted one.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QWidget

from hlmaster.core.bus import Bus

FRAMES_PER_SECOND = 30
Fact = TypeVar("Fact")


class _State:
    """One widget's interest in one kind of state: the newest fact per key until the next frame."""

    __slots__ = ("draw", "key", "pending", "widget")

    def __init__(self, widget: QWidget, key: Callable[[Any], Hashable], draw: Callable[[Any], None]) -> None:
        self.widget, self.key, self.draw = widget, key, draw
        self.pending: dict[Hashable, Any] = {}

    def take(self, fact: Any) -> None:
        self.pending[self.key(fact)] = fact

    def frame(self) -> None:
        if self.pending and self.widget.isVisible():
            pending, self.pending = self.pending, {}
            for fact in pending.values():
                self.draw(fact)


class Bridge(QObject):
    def __init__(self, bus: Bus, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bus = bus
        self._states: list[_State] = []
        self._endings: list[Callable[[], None]] = []
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(1000 // FRAMES_PER_SECOND)
        self._timer.timeout.connect(self._frame)
        self._timer.start()

    def on_fact(self, widget: QObject, kind: type[Fact], handler: Callable[[Fact], None]) -> None:
        self._end_with(widget, self._bus.subscribe(kind, handler))

    def on_state(
        self,
        widget: QWidget,
        kind: type[Fact],
        draw: Callable[[Fact], None],
        key: Callable[[Fact], Hashable] = lambda fact: getattr(fact, "coin", None),
    ) -> None:
        """``key`` says which facts replace each other (by default: the same coin's)."""
        state = _State(widget, key, draw)
        self._states.append(state)
        unsubscribe = self._bus.subscribe(kind, state.take)

        def end() -> None:
            unsubscribe()
            self._states.remove(state)

        self._end_with(widget, end)

    def _end_with(self, widget: QObject, end: Callable[[], None]) -> None:
        self._endings.append(end)

        def once() -> None:
            if end in self._endings:
                self._endings.remove(end)
                end()

        widget.destroyed.connect(once)

    def _frame(self) -> None:
        for state in tuple(self._states):
            state.frame()

    def close(self) -> None:
        """End every subscription; the bus may outlive the window."""
        self._timer.stop()
        for end in tuple(self._endings):
            end()
        self._endings.clear()
