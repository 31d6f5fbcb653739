"""The question before a gesture's order is sent: in full figures, deaf to the rest of the gesture that opened it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from hlmaster.core.model import Side
from hlmaster.ui.dialogs.confirm import Confirm, answered

SIDES = {str(side).capitalize(): role for side, role in ((Side.BUY, "buy"), (Side.SELL, "sell"))}
PRESSES = (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick, QEvent.Type.KeyPress)


class OrderQuestion(Confirm):
    """Beside the window, not in its way. The second half of a double click or of a key is no yes."""

    HELP = "orders"

    def __init__(self, parent: QWidget | None, what: str, sentence: str) -> None:
        word = what.split()[0]
        super().__init__(parent, "Send this order?", sentence, word, heading=what)
        self.yes.setProperty("role", SIDES.get(word, "primary"))
        self._deaf = QTimer(self, singleShot=True, interval=QApplication.doubleClickInterval())

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._deaf.start()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        is_rest = watched is self.yes and event.type() in PRESSES and self._deaf.isActive()
        return is_rest or super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape or not self._deaf.isActive():
            super().keyPressEvent(event)


def asking_window() -> QWidget | None:
    """The window in use; behind a dialog, whose end would be that of what is asked over it."""
    window = QApplication.activeWindow()
    while isinstance(window, QDialog):
        behind = window.parentWidget()
        window = None if behind is None else behind.window()
    return window


async def meant(what: str, sentence: str) -> bool:
    dialog = OrderQuestion(asking_window(), what, sentence)
    dialog.show()
    return await answered(dialog)
