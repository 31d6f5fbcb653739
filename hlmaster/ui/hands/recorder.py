"""A field that is told keys by pressing them."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QPushButton, QWidget

from hlmaster.ui.hands.keys import of_event, shown

PAUSE_MS = 900
"""Without another key for so long, the sequence is whole."""
MOST_CHORDS = 3
WAITING = "Press the keys …"


class Recorder(QPushButton):
    """A click, Enter or Space begins. ``recorded`` carries portable keys; Esc leaves things as they were."""

    recorded = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._chords: list[str] = []
        self._rests = ""
        self.is_recording = False
        self.setCheckable(True)
        self.setAutoDefault(False)
        self.setAccessibleName("Keys of the action")
        self.setToolTip("Click, then press the keys; up to three after one another")
        self.clicked.connect(self.begin)
        self._pause = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._pause.timeout.connect(self.finish)

    def show_keys(self, keys: str) -> None:
        """What it reads while it does not record."""
        self._rests = shown(keys) or "No keys"
        self._end()

    def begin(self) -> None:
        self._chords.clear()
        self.is_recording = True
        self.setChecked(True)
        self.setText(WAITING)
        self.setFocus()

    def finish(self) -> None:
        """The keys so far are meant."""
        keys = ", ".join(self._chords)
        self._end()
        if keys:
            self.recorded.emit(keys)

    def _end(self) -> None:
        self._pause.stop()
        self.is_recording = False
        self.setChecked(False)
        self.setText(self._rests)

    def event(self, event: QEvent) -> bool:
        """While it records, every key is its own: shortcuts, Tab and Enter too."""
        if self.is_recording and isinstance(event, QKeyEvent):
            event.accept()
            if event.type() is QEvent.Type.KeyPress and not event.isAutoRepeat():
                self._take(event)
            return True
        return bool(super().event(event))

    def _take(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and not event.modifiers():
            self._end()
            return
        chord = of_event(event.key(), event.modifiers())
        if not chord:
            return
        self._chords.append(chord)
        self.setText(shown(", ".join(self._chords)))
        if len(self._chords) == MOST_CHORDS:
            self.finish()
        else:
            self._pause.start()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        if self.is_recording:
            self._end()
        super().focusOutEvent(event)
