"""What a panel is: a widget with a title, and controls that belong into its title row."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from hlmaster.ui.context import Context


class Panel(QWidget):
    """Subclasses set ``KEY`` (stable, names the dock in saved layouts) and ``TITLE``; ``header`` may hold controls.

    ``counted`` carries the number shown behind the title (open positions, orders); a negative number hides it.
    """

    KEY = ""
    TITLE = ""
    IS_MANY = False
    """Several of it can be open at once."""
    counted = Signal(int)
    retitled = Signal(str)
    memory_changed = Signal()
    """``save_state`` answers something else than before, or the panel belongs to another group."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.context = context
        self.header: QWidget | None = None
        self.is_released = False
        self.setObjectName(self.KEY)
        self.setAccessibleName(self.TITLE)

    def retitle(self, title: str) -> None:
        """Take another title, as a panel about one coin does when the coin changes."""
        self.TITLE = title
        self.setAccessibleName(title)
        self.retitled.emit(title)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.catch_up_on_sight()

    def catch_up_on_sight(self) -> None:
        """It comes into sight, be it from behind other tabs: what is kept up only while it is seen shows now."""

    def help_page(self) -> str:
        """What F1 opens while this panel has the keys; empty for wherever the help was."""
        return ""

    def release(self) -> None:
        """It goes and will not come back: let go of what it holds outside itself."""
        self.is_released = True

    def save_state(self) -> dict[str, Any]:
        """What the panel wants to remember over a restart: plain JSON values."""
        return {}

    def restore_state(self, state: dict[str, Any]) -> None:
        """Take back what ``save_state`` gave; unknown or damaged values are ignored."""


def panel_around(widget: QWidget | None) -> Panel | None:
    """The panel that the widget is, or is in."""
    while widget is not None and not isinstance(widget, Panel):
        widget = widget.parentWidget()
    return widget


def page_about(widget: QWidget | None) -> str:
    """The page of the panel that the widget is in; empty where there is none."""
    panel = panel_around(widget)
    return "" if panel is None else panel.help_page()
