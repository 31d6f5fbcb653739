"""The keys of a ladder that has the focus: a cursor walks the rows, Enter does what a left click does there."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

from hlmaster.ui.ladder.columns import Column
from hlmaster.ui.ladder.gestures import Gesture, Now, cancel, left
from hlmaster.ui.ladder.hands import Hands
from hlmaster.ui.ladder.rows import Row
from hlmaster.ui.ladder.view import View
from hlmaster.ui.ladder.words import describe

Scroll = Callable[[float, int], float | None]
"""Scroll so many rows down; the price so many rows under the given one, or None where nothing scrolls."""
WALKS = frozenset((Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Right))


class Keyboard:
    """``view`` is what is painted, ``perform`` does a gesture, ``centre`` brings the market into the middle."""

    def __init__(
        self,
        hands: Hands,
        view: Callable[[], View | None],
        now: Callable[[], Now],
        perform: Callable[[Gesture], None],
        centre: Callable[[], None],
        scroll: Scroll,
    ) -> None:
        self._hands, self._view, self._now, self._perform, self._scroll = hands, view, now, perform, scroll
        enter = partial(self._act, left)
        self._works: dict[Qt.Key, Callable[[], object]] = {
            Qt.Key.Key_Up: partial(self._walk, -1),
            Qt.Key.Key_Down: partial(self._walk, 1),
            Qt.Key.Key_Left: partial(hands.turn_column, -1),
            Qt.Key.Key_Right: partial(hands.turn_column, 1),
            Qt.Key.Key_Return: enter,
            Qt.Key.Key_Enter: enter,
            Qt.Key.Key_Delete: partial(self._act, cancel),
            Qt.Key.Key_C: centre,
            Qt.Key.Key_Home: centre,
            Qt.Key.Key_Escape: hands.let_go,
        }

    def is_ours(self, event: QKeyEvent) -> bool:
        keypad = Qt.KeyboardModifier.KeypadModifier
        return Qt.Key(event.key()) in self._works and not event.modifiers() & ~keypad

    def take(self, event: QKeyEvent) -> None:
        """One that is ours. Held down it walks on, and does what it does once."""
        if not event.isAutoRepeat() or Qt.Key(event.key()) in WALKS:
            self._works[Qt.Key(event.key())]()

    def description(self) -> str:
        """The row under the cursor in words; empty without one."""
        row, view = self._row(), self._view()
        if row is None or view is None:
            return ""
        return describe(row, view, left(self._hands.key_column(view), row, self._now()))

    def _row(self) -> Row | None:
        view = self._view()
        index = None if view is None else self._hands.cursor_row(view.rows)
        return None if view is None or index is None else view.rows[index]

    def _walk(self, by: int) -> None:
        """Down where positive; a ladder scrolls on at its ends."""
        view, hands = self._view(), self._hands
        if view is None:
            return
        rows, hands.at = view.rows, None
        present = hands.cursor_row(rows)
        index = len(rows) // 2 if present is None else present + by
        inside = min(max(index, 0), len(rows) - 1)
        further = None if inside == index else self._scroll(rows[inside].price, by)
        hands.cursor = rows[inside].price if further is None else further

    def _act(self, gesture: Callable[[Column, Row, Now], Gesture]) -> None:
        row, view = self._row(), self._view()
        if row is not None and view is not None:
            self._perform(gesture(self._hands.key_column(view), row, self._now()))
