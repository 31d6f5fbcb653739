"""Pointer and keys over a ladder: which row is meant, what is held, and which gesture comes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from PySide6.QtCore import QPointF, Qt

from hlmaster.ui.jumps import JumpGuard
from hlmaster.ui.ladder.columns import BookColumns, Column
from hlmaster.ui.ladder.gestures import IDLE, Deed, Gesture, Now, cancel, held, left, move, right
from hlmaster.ui.ladder.rows import Own, Row
from hlmaster.ui.ladder.view import Pointed, View

_KEYS = (Column.BUY, Column.PRICE, Column.SELL)
JUMPED = "The prices moved under the pointer just now: nothing was sent."
REFUSED = Gesture(Deed.NOTHING, JUMPED, is_refused=True)


@dataclass(frozen=True, slots=True)
class Grip:
    """A button that is held: where it went down, and what letting it go there does."""

    button: Qt.MouseButton
    row: Row
    column: Column
    gesture: Gesture
    own: Own | None


class Hands:
    """``view`` is what is painted now; ``now`` what stands before gestures; ``time`` seconds that only rise."""

    def __init__(self, view: Callable[[], View | None], now: Callable[[], Now], time: Callable[[], float]) -> None:
        self._view, self._now = view, now
        self._guard = JumpGuard(time)
        self.at: QPointF | None = None
        self.grip: Grip | None = None
        self.cursor: float | None = None
        """The price that the keys are at."""
        self.column = Column.PRICE
        """The column that the keys are in, on a ladder."""

    # --- what is under pointer and cursor ---

    def row_at(self, y: float, height: int) -> int | None:
        view = self._view()
        return None if view is None else _index_at(view.rows, y, height)

    def settle(self, rows: tuple[Row, ...], height: int) -> None:
        """The rows are new: another price under a resting pointer is a jump."""
        index = None if self.at is None else _index_at(rows, self.at.y(), height)
        self._guard.settle(None if index is None else rows[index].price)

    def hover(self, at: QPointF | None, height: int) -> None:
        self.at = at
        index = None if at is None else self.row_at(at.y(), height)
        view = self._view()
        self._guard.hover(view.rows[index].price if view is not None and index is not None else None)

    def cursor_row(self, rows: tuple[Row, ...]) -> int | None:
        """The row of the cursor's price, or the nearest one."""
        at = self.cursor
        if at is None or not rows:
            return None
        return min(range(len(rows)), key=lambda index: abs(rows[index].price - at))

    def turn_column(self, by: int) -> None:
        """To the bids at the left, or the asks at the right."""
        index = _KEYS.index(self.column) + by
        self.column = _KEYS[min(max(index, 0), len(_KEYS) - 1)]

    def let_go(self) -> None:
        """Nothing comes of what is held; the cursor goes."""
        self.grip = self.cursor = None

    # --- what they would do ---

    def pointed(self, view: View, height: int) -> tuple[Row, Column, int] | None:
        """What pointer or cursor is on."""
        if self.at is not None:
            index = _index_at(view.rows, self.at.y(), height)
            return None if index is None else (view.rows[index], view.columns.at(self.at.x()), index)
        index = self.cursor_row(view.rows)
        return None if index is None else (view.rows[index], self.key_column(view), index)

    def key_column(self, view: View) -> Column:
        return Column.LEVEL if isinstance(view.columns, BookColumns) else self.column

    def intents(self, view: View, height: int) -> tuple[Gesture, Gesture, Pointed | None]:
        """What a left and a right click would do, or the drag that is under way; and the cell that is meant."""
        now, there = replace(self._now(), decimals=view.price_decimals), self.pointed(view, height)
        if self.grip is not None and self.grip.own is not None and self.at is not None:
            target = None if there is None else there[0]
            dragged = move(self.grip.own, self.grip.row, target, now)
            cell = None if there is None else Pointed(there[2], self.grip.column, dragged.deed is Deed.MOVE)
            return dragged, IDLE, cell
        if there is None:
            return IDLE, IDLE, None
        row, column, index = there
        one, other = left(column, row, now), right(column, row, now)
        return one, other, Pointed(index, column, one.deed is Deed.LIMIT)

    # --- buttons ---

    def press(self, button: Qt.MouseButton, at: QPointF, height: int) -> None:
        before, self.grip = self.grip, None
        self.hover(at, height)
        self.cursor = None
        view = self._view()
        there = None if view is None else self.pointed(view, height)
        if there is None or before is not None:
            return  # A second button while one is held means: not this
        row, column, _ = there
        now = self._now()
        gesture = IDLE
        if button is Qt.MouseButton.LeftButton:
            gesture = left(column, row, now)
        elif button is Qt.MouseButton.RightButton:
            gesture = right(column, row, now)
        elif button is Qt.MouseButton.MiddleButton:
            gesture = cancel(column, row, now)
        own = held(column, row) if button is Qt.MouseButton.LeftButton else None
        if self._guard.has_jumped and (own is not None or gesture.deed in (Deed.LIMIT, Deed.STOP, Deed.CANCEL)):
            gesture, own = REFUSED, None
        self.grip = Grip(button, row, column, gesture, own)

    def release(self, at: QPointF, height: int) -> Gesture:
        """What is done now: what was meant at the press if it is let go on that row, a move if own size was held."""
        grip, self.grip = self.grip, None
        self.hover(at, height)
        view = self._view()
        if grip is None or view is None:
            return IDLE
        there = self.pointed(view, height)
        is_there = grip.row.top <= at.y() < grip.row.top + height
        if is_there:
            return grip.gesture
        if grip.own is not None and there is not None:
            return move(grip.own, grip.row, there[0], self._now())
        return IDLE

    def double(self, at: QPointF, height: int) -> Gesture | None:
        """On one's own size: cancel it. None for a click like any other."""
        self.hover(at, height)
        view = self._view()
        there = None if view is None else self.pointed(view, height)
        if there is None or held(there[1], there[0]) is None:
            return None
        return REFUSED if self._guard.has_jumped else cancel(there[1], there[0], self._now())


def _index_at(rows: tuple[Row, ...], y: float, height: int) -> int | None:
    return next((index for index, row in enumerate(rows) if row.top <= y < row.top + height), None)
