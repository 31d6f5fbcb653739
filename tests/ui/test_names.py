"""Whoever does not see the window hears what everything in it is: each thing that can be used has a name of words."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QHeaderView,
    QLineEdit,
    QPlainTextEdit,
    QScrollArea,
    QScrollBar,
    QTabBar,
    QTextEdit,
    QWidget,
)
from pytestqt.qtbot import QtBot

from tests.ui.decided import ready
from tests.ui.windows import opened

USED = (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
)
QT_S_OWN = (QScrollBar, QHeaderView, QTabBar, QScrollArea)
WORD = re.compile(r"[A-Za-z]{2,}|\d")


def is_used(widget: QWidget) -> bool:
    """Controls, and what paints itself and takes the keys or the mouse."""
    if isinstance(widget, QT_S_OWN) or widget.objectName().startswith("qt_"):
        return False
    inside = widget.parentWidget()
    while inside is not None and not isinstance(inside, QComboBox | QAbstractSpinBox | QTabBar | QLineEdit):
        inside = inside.parentWidget()
    if inside is not None or type(widget).__module__.startswith("pyqtgraph"):
        return False
    own_hands = type(widget).__module__.startswith("hlmaster") and "mousePressEvent" in vars(type(widget))
    return isinstance(widget, USED) or own_hands or widget.focusPolicy() is Qt.FocusPolicy.StrongFocus


def said(widget: QWidget) -> str:
    """What a screen reader says: the name, else what is written on it."""
    return widget.accessibleName() or (widget.text() if isinstance(widget, QAbstractButton) else "")


def nameless(top: QWidget) -> Iterator[str]:
    for widget in top.findChildren(QWidget):
        if is_used(widget) and not WORD.search(said(widget)):
            chain: list[str] = []
            above: QWidget | None = widget
            while above is not None and len(chain) < 4:
                chain.append(f"{type(above).__name__}({above.objectName()})")
                above = above.parentWidget()
            yield f"{said(widget)!r} {' in '.join(chain)}"


async def test_everything_that_can_be_used_has_a_name_and_every_panel_opens_fills_empties_and_closes(
    qtbot: QtBot, tmp_path: Path
) -> None:
    behind = QWidget()
    qtbot.addWidget(behind)
    behind.show()
    async with ready("ETH") as scene, opened(scene, tmp_path) as window:
        for dock in window.docks.values():
            dock.show()
            dock.raise_()
            await asyncio.sleep(0)
        for open_dialog in (window._open_settings, window._open_sessions, window._open_modes):
            open_dialog()
            await asyncio.sleep(0)
        assert not list(nameless(window)), "\n".join(nameless(window))
        for dock in window.docks.values():
            dock.close()
        await asyncio.sleep(0)
