"""The help's key within dialogs, which the window's own shortcuts do not reach."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QColorDialog, QDialog, QFileDialog, QWidget

from hlmaster.ui.hands.keymap import KeyMap
from hlmaster.ui.hands.keys import PORTABLE
from hlmaster.ui.panel import page_about

HELP = "window.help"
QT_S_OWN = (QColorDialog, QFileDialog)


class DialogHelp(QObject):
    """Each dialog gets the shortcut when the keys first come into it. ``wanted`` carries the page it is about."""

    wanted = Signal(str)

    def __init__(self, keymap: KeyMap, parent: QObject) -> None:
        super().__init__(parent)
        self._keymap = keymap
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.focusChanged.connect(self._on_focus)

    def _on_focus(self, _: QWidget | None, now: QWidget | None) -> None:
        dialog = None if now is None else now.window()
        if not isinstance(dialog, QDialog) or isinstance(dialog, QT_S_OWN):
            return
        keys = QKeySequence.fromString(self._keymap.of(HELP), PORTABLE)
        shortcut = dialog.findChild(QShortcut, HELP)
        if shortcut is None:
            shortcut = QShortcut(dialog)
            shortcut.setObjectName(HELP)
            shortcut.activated.connect(lambda: self.wanted.emit(page_of(dialog)))
        if shortcut.key() != keys:
            shortcut.setKey(keys)


def page_of(dialog: QDialog) -> str:
    """The page that the dialog names as its ``HELP``, else that of the panel it belongs to."""
    named = getattr(dialog, "HELP", "")
    return str(named) if named else page_about(dialog.parentWidget())
