"""A choice above a table that leaves only the rows of one strategy, coin or tag."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QSizePolicy


class FilterBox(QComboBox):
    """``chosen`` after every change of ``value``, which is empty where nothing is filtered."""

    chosen = Signal()

    def __init__(self, everything: str, name: str) -> None:
        """``everything``: how the choice of no filter reads, as ``All coins``."""
        super().__init__()
        self.setAccessibleName(name)
        self.setToolTip(name)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.addItem(everything, "")
        self.currentIndexChanged.connect(lambda _: self.chosen.emit())

    @property
    def value(self) -> str:
        return str(self.currentData() or "")

    def offer(self, options: Mapping[str, str]) -> None:
        """Texts by value. A choice that is no longer among them stays, so that no filter falls away by itself."""
        wanted = [*options.items()]
        if self.value and self.value not in options:
            wanted.append((self.value, self.currentText()))
        there = [(self.itemData(i), self.itemText(i)) for i in range(1, self.count())]
        if wanted == there:
            return
        value = self.value
        self.blockSignals(True)
        while self.count() > 1:
            self.removeItem(1)
        for option, text in wanted:
            self.addItem(text, option)
        self.setCurrentIndex(max(0, self.findData(value)))
        self.blockSignals(False)

    def choose(self, value: str) -> None:
        self.setCurrentIndex(max(0, self.findData(value)))
