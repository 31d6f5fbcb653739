"""The one switch before every gesture that trades at once: keys, clicks on ladder and chart, and dragged orders."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal


class Arming(QObject):
    """Off at every start. While it is off, keys of trading actions and trading clicks do nothing but say so."""

    changed = Signal(bool)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._is_on = False
        self.keys = ""
        """That arm and lock, by the user's map."""

    @property
    def refusal(self) -> str:
        """Why nothing is sent while it is off."""
        keys = f"{self.keys} or " if self.keys else ""
        return f"Trading gestures are locked. Arm them with {keys}the switch in the top bar."

    @property
    def is_on(self) -> bool:
        return self._is_on

    def set(self, on: bool) -> None:
        if on != self._is_on:
            self._is_on = on
            self.changed.emit(on)
