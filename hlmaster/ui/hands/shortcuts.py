"""Keys that were pressed become actions: shortcuts made from the key map, and asked before they run."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QComboBox, QLineEdit, QPlainTextEdit, QTextEdit, QWidget

from hlmaster.core.events import Severity
from hlmaster.ui.actions import Action
from hlmaster.ui.context import Context
from hlmaster.ui.hands.keymap import KeyMap
from hlmaster.ui.hands.keys import PORTABLE, is_plain

ARM = "hands.arm"


def takes_text(widget: QWidget | None) -> bool:
    """Whether what is typed there becomes text or a number."""
    if isinstance(widget, QLineEdit | QTextEdit | QPlainTextEdit):
        return not widget.isReadOnly()
    if isinstance(widget, QComboBox):
        return widget.isEditable()
    return isinstance(widget, QAbstractSpinBox) and not widget.isReadOnly()


class Shortcuts(QObject):
    """Serves every window that was given to ``serve``, until it ends. ``renewed`` tells that keys are others now.

    A focused widget's own keys come first: it accepts Qt's ShortcutOverride for them, as fields do for what types.
    """

    renewed = Signal()

    def __init__(self, context: Context, keymap: KeyMap, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context, self._keymap = context, keymap
        self._windows: list[QWidget] = []
        self._made: dict[tuple[QWidget, str], QShortcut] = {}
        self._later = QTimer(self, singleShot=True, interval=0)
        self._later.timeout.connect(self.bring_up_to_date)
        keymap.changed.connect(self._later.start)

    def serve(self, window: QWidget) -> None:
        self._windows.append(window)
        window.destroyed.connect(partial(self._forget, window))
        self.bring_up_to_date()

    def serves(self, window: QWidget) -> bool:
        return window in self._windows

    def _forget(self, window: QWidget, *_: object) -> None:
        self._windows.remove(window)
        self._made = {place: shortcut for place, shortcut in self._made.items() if place[0] is not window}

    def bring_up_to_date(self) -> None:
        """Shortcuts equal the map; what did not change stays as it is."""
        wanted = {key: keys for key, keys in self._keymap.in_force.items() if keys}
        for place in [place for place in self._made if place[1] not in wanted]:
            self._made.pop(place).deleteLater()
        for window in self._windows:
            for key, keys in wanted.items():
                sequence = QKeySequence.fromString(keys, PORTABLE)
                shortcut = self._made.get((window, key))
                if shortcut is None:
                    shortcut = self._made[window, key] = QShortcut(window)
                    shortcut.setAutoRepeat(False)
                    shortcut.activated.connect(partial(self.press, key))
                if shortcut.key() != sequence:
                    shortcut.setKey(sequence)
                    shortcut.setWhatsThis(key)
        self._context.arming.keys = self._keymap.shown(ARM)
        self.renewed.emit()

    def made(self, window: QWidget) -> dict[str, QShortcut]:
        """By action."""
        return {key: shortcut for (served, key), shortcut in self._made.items() if served is window}

    def press(self, key: str) -> None:
        """What the keys of an action do: run it, or say why not."""
        action = self._context.actions.get(key)
        if action is None:
            return
        if takes_text(QApplication.focusWidget()) and (action.is_trading or is_plain(self._keymap.of(key))):
            self._say(f"{action.title}: trading keys rest while you type. Press Esc or click a chart first.")
            return
        self.run(action)

    def run(self, action: Action) -> bool:
        """With the switch and the action's own state asked first; whether it ran."""
        if refusal := self.refusal(action):
            self._say(f"{action.title}. {refusal}.")
            return False
        action.run()
        return True

    def refusal(self, action: Action) -> str:
        """Why the action would not run now, in a few words; empty when it would."""
        if action.is_trading and not self._context.arming.is_on:
            keys = self._keymap.shown(ARM)
            return f"Locked. Arm with {keys} or the lock in the top bar" if keys else "Locked. Arm in the top bar"
        if not action.is_possible():
            return f"Not now: {action.hint.rstrip('.')}" if action.hint else "Not possible now"
        return ""

    def _say(self, sentence: str) -> None:
        self._context.notify(Severity.WARNING, sentence)


def set_hint(widget: QWidget, words: str, keys: str) -> None:
    """The tooltip: one line, and the keys that do the same, where there are any."""
    widget.setToolTip(f"{words} ({keys})" if keys else words)
