"""Who is asked first about each event of the mouse on a chart."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QMouseEvent


class Hands:
    """Takes nothing; ``Handles`` does. What is taken the chart does not hear of."""

    @property
    def cursor(self) -> Qt.CursorShape | None:
        """None where it is the chart's own."""
        return None

    def press(self, event: QMouseEvent) -> bool:
        return False

    def move(self, event: QMouseEvent) -> bool:
        return False

    def release(self, event: QMouseEvent) -> bool:
        return False

    def key(self, key: int, *, is_down: bool) -> bool:
        return False

    def wants(self, key: int) -> bool:
        """The key is ours now, whatever it does elsewhere in the window."""
        return False

    def menu(self, place: QPoint) -> None:
        """Asked for by the keyboard; ``place`` on the screen."""

    def leave(self) -> None:
        """The mouse is somewhere else."""
