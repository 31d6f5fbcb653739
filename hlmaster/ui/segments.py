"""A row of words of which one is chosen; one stop for the tab key, arrows move the choice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QSizePolicy, QWidget

from hlmaster.ui.theme import restyle

ROOM = 22
"""Pixels around a word."""


class Segments(QWidget):
    """Options are (value, text, tip, role it wears while chosen); without a role the choice is a raised word."""

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._group = QButtonGroup(self)
        self._options: list[tuple[Any, str]] = []
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(2)
        self._group.idToggled.connect(self._on_toggled)

    def set_options(self, options: Sequence[tuple[Any, str, str, str]]) -> None:
        for number, (value, text, tip, role) in enumerate(options):
            button = QPushButton(text, self)
            button.setCheckable(True)
            button.setToolTip(tip)
            button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            button.setProperty("role", "small" if role else "ghost")
            self._options.append((value, role))
            self._group.addButton(button, number)
            # Wider words get more of the row, so that none is cut where all just fit
            self._row.addWidget(button, button.fontMetrics().horizontalAdvance(text) + ROOM)
        self._group.button(0).setChecked(True)

    @property
    def value(self) -> Any:
        return self._options[max(self._group.checkedId(), 0)][0]

    def choose(self, value: Any) -> None:
        """Raises ValueError for a value that is no option."""
        self._group.button([option for option, _ in self._options].index(value)).setChecked(True)

    def button(self, value: Any) -> QPushButton:
        found = self._group.button([option for option, _ in self._options].index(value))
        assert isinstance(found, QPushButton)
        return found

    def buttons(self) -> list[QPushButton]:
        return [self.button(value) for value, _ in self._options]

    def _on_toggled(self, number: int, on: bool) -> None:
        value, role = self._options[number]
        button = self._group.button(number)
        if role:
            button.setProperty("role", role if on else "small")
            restyle(button)
        if on:
            self.setFocusProxy(button)
            self.chosen.emit(value)
