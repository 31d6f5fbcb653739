"""What the wizard's pages share: their frame, their labels, and fields that keep a secret."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from hlmaster.core.secret import Secret
from hlmaster.ui.theme import restyle


class Page(QWidget):
    """``ready`` tells whether Next may be pressed."""

    ready = Signal(bool)
    TITLE = ""

    def __init__(self) -> None:
        super().__init__()
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(8)

    def is_ready(self) -> bool:
        return True

    def entered(self) -> None:
        """Shown: the first field takes the keyboard."""

    def _tell(self) -> None:
        self.ready.emit(self.is_ready())


def words(text: str, role: str = "muted") -> QLabel:
    label = QLabel(text)
    label.setProperty("role", role)
    label.setWordWrap(True)
    return label


def field(name: str, *, secret: bool = False, number: bool = False) -> QLineEdit:
    """A secret one shows dots, forgets its undo steps, and is not learned by input methods."""
    line = QLineEdit()
    line.setAccessibleName(name)
    if secret:
        line.setEchoMode(QLineEdit.EchoMode.Password)
        hints = Qt.InputMethodHint.ImhSensitiveData | Qt.InputMethodHint.ImhNoPredictiveText
        line.setInputMethodHints(hints | Qt.InputMethodHint.ImhHiddenText)
        line.setDragEnabled(False)
    if number or secret:
        line.setProperty("role", "number")
    return line


def take(line: QLineEdit) -> Secret:
    """What was typed; the field is empty afterwards."""
    secret = Secret(line.text())
    line.clear()
    return secret


def indented(widget: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setContentsMargins(24, 0, 0, 0)
    row.addWidget(widget)
    return row


def later(owner: QWidget, work: Page) -> None:
    """Give the page the keyboard once it is really shown."""
    QTimer.singleShot(0, owner, work.entered)


def show_tone(label: QLabel, sentence: str, tone: str) -> None:
    label.setText(sentence)
    label.setProperty("tone", tone)
    restyle(label)
