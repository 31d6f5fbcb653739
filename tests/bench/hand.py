"""A hand at the real window: what a user does, one event of mouse or keyboard after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QDialog, QWidget
from shiboken6 import isValid

if TYPE_CHECKING:
    from hlmaster.ui.window import Window

MOVE_SECONDS = 0.016
KEY_SECONDS = 0.05
LEFT, RIGHT, NO_BUTTON = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton, Qt.MouseButton.NoButton
NO_KEYS = Qt.KeyboardModifier.NoModifier


class Hand:
    def __init__(self, window: Window) -> None:
        self.window = window

    # --- mouse ---

    async def move(
        self, widget: QWidget, *places: QPointF, held: Qt.MouseButton = NO_BUTTON, keys: object = NO_KEYS
    ) -> None:
        for at in places:
            self._mouse(widget, QEvent.Type.MouseMove, at, NO_BUTTON, held, keys)
            await asyncio.sleep(MOVE_SECONDS)

    async def click(self, widget: QWidget, at: QPointF, button: Qt.MouseButton = LEFT, keys: object = NO_KEYS) -> None:
        await self.move(widget, at)
        self._mouse(widget, QEvent.Type.MouseButtonPress, at, button, button, keys)
        await asyncio.sleep(MOVE_SECONDS)
        self._mouse(widget, QEvent.Type.MouseButtonRelease, at, button, NO_BUTTON, keys)
        await asyncio.sleep(MOVE_SECONDS)

    async def drag(
        self, widget: QWidget, start: QPointF, end: QPointF, steps: int = 20, keys: object = NO_KEYS
    ) -> None:
        self._mouse(widget, QEvent.Type.MouseButtonPress, start, LEFT, LEFT, keys)
        way = end - start
        await self.move(widget, *(start + way * (step / steps) for step in range(1, steps + 1)), held=LEFT, keys=keys)
        self._mouse(widget, QEvent.Type.MouseButtonRelease, end, LEFT, NO_BUTTON)
        await asyncio.sleep(MOVE_SECONDS)

    async def wheel(self, widget: QWidget, at: QPointF, notches: int, keys: Qt.KeyboardModifier = NO_KEYS) -> None:
        for _ in range(abs(notches)):
            turn = QPoint(0, 120 if notches > 0 else -120)
            there = QPointF(widget.mapToGlobal(at.toPoint()))
            phase = Qt.ScrollPhase.NoScrollPhase
            QApplication.sendEvent(widget, QWheelEvent(at, there, QPoint(), turn, NO_BUTTON, keys, phase, False))
            await asyncio.sleep(MOVE_SECONDS)

    def _mouse(
        self,
        widget: QWidget,
        kind: QEvent.Type,
        at: QPointF,
        button: Qt.MouseButton,
        held: Qt.MouseButton,
        keys: object = NO_KEYS,
    ) -> None:
        assert isinstance(keys, Qt.KeyboardModifier)
        there = QPointF(widget.mapToGlobal(at.toPoint()))
        QApplication.sendEvent(widget, QMouseEvent(kind, at, there, button, held, keys))

    # --- keys ---

    async def type(self, text: str) -> None:
        for letter in text:
            await self.key(Qt.Key(ord(letter.upper())), letter)

    async def key(self, key: Qt.Key, text: str = "") -> None:
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            focused = QApplication.focusWidget() or self.window
            QApplication.sendEvent(focused, QKeyEvent(kind, key, NO_KEYS, text))
        await asyncio.sleep(KEY_SECONDS)

    # --- by name ---

    async def run(self, action: str, seconds: float = 0.15) -> bool:
        done = self.window.context.actions.run(action)
        await asyncio.sleep(seconds)
        return done

    async def put_away(self) -> None:
        """Whatever is open over the window."""
        while (popup := QApplication.activePopupWidget()) is not None:
            popup.close()
            await asyncio.sleep(MOVE_SECONDS)
        for widget in QApplication.topLevelWidgets():
            if (
                isValid(widget)
                and widget.isVisible()
                and (isinstance(widget, QDialog) or widget.windowType() is Qt.WindowType.Dialog)
            ):
                widget.close()
                await asyncio.sleep(MOVE_SECONDS)
        palette = self.window.hands.palette
        if palette.isVisible():
            palette.go()

    async def until(self, is_so: Callable[[], object], seconds: float = 8.0) -> bool:
        for _ in range(int(seconds / 0.05)):
            if is_so():
                return True
            await asyncio.sleep(0.05)
        return False
