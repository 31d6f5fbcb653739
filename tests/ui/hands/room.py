"""A window with a field and a canvas, served by the hands' shortcuts; keys are pressed as a person presses them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QMainWindow, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from hlmaster.settings import Settings
from hlmaster.ui.actions import Action
from hlmaster.ui.hands.keymap import KeyMap
from hlmaster.ui.hands.shortcuts import ARM, Shortcuts
from tests.ui.desks import TradingScene, trading, until

CONTROL, SHIFT, ALT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)
NONE = Qt.KeyboardModifier.NoModifier


@dataclass
class Room:
    scene: TradingScene
    window: QMainWindow
    line: QLineEdit
    canvas: QWidget
    keymap: KeyMap
    shortcuts: Shortcuts
    ran: list[str] = field(default_factory=list)

    def add(self, key: str, keys: str, *, trades: bool = False, possible: bool = True, hint: str = "") -> Action:
        def run() -> None:
            self.ran.append(key)

        action = Action(key, key.capitalize(), "Test", run, keys, trades, lambda: possible, hint)
        self.scene.context.actions.add(action, self.canvas)
        self.shortcuts.bring_up_to_date()
        return action

    def press(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = NONE, *, at: QWidget | None = None) -> None:
        widget = at or self.canvas
        widget.setFocus()
        QTest.keyClick(widget, key, modifiers)


@asynccontextmanager
async def room(qtbot: QtBot, settings: Settings | None = None, *, start: bool = False) -> AsyncIterator[Room]:
    async with trading(settings=settings, start=start) as scene:
        window, middle, line, canvas = QMainWindow(), QWidget(), QLineEdit(), QWidget()
        qtbot.addWidget(window)
        canvas.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        column = QVBoxLayout(middle)
        column.addWidget(line)
        column.addWidget(canvas, 1)
        window.setCentralWidget(middle)
        window.resize(1000, 700)
        window.show()
        window.activateWindow()
        await until(window.isActiveWindow)
        keymap = KeyMap(scene.context.actions, None, window)
        shortcuts = Shortcuts(scene.context, keymap, window)
        shortcuts.serve(window)
        made = Room(scene, window, line, canvas, keymap, shortcuts)
        made.add(ARM, "F4")
        yield made
