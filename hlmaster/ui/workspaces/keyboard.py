"""Who gets the keys when panels have moved."""

from __future__ import annotations

from collections.abc import Container

from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid


def return_keys(had: QWidget, windows: Container[QWidget]) -> None:
    """To what had them, if it is still in sight; else to nobody: Qt chose a button, which a space would press."""
    now = QApplication.focusWidget()
    if isValid(had) and had.isVisible():
        had.setFocus()
    elif now is not None and now.window() in windows:
        now.clearFocus()
