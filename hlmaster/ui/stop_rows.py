"""The tiers of a stop as rows: a price and the share of the position that leaves there, nearest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from hlmaster.ui.number_field import NumberField, Step

MOST = 5
HUNDREDTH = Decimal("0.01")
Tiers = tuple[tuple[Decimal, Decimal], ...]


@dataclass(frozen=True, slots=True)
class StopReading:
    """(price, weight) pairs, or the sentence about what cannot be read."""

    tiers: Tiers = ()
    problem: str = ""


class StopRow(QWidget):
    removed = Signal()
    changed = Signal()

    def __init__(self, step: Step) -> None:
        super().__init__()
        self.price, self.share = NumberField(), NumberField()
        self.price.step = step
        self.price.set_caption("Stop")
        self.share.set_caption("Share %")
        self.share.setToolTip("Of the position, in per cent; shares are weighed against each other")
        self.remove = QPushButton("✕")
        self.remove.setProperty("role", "ghost")
        self.remove.setAccessibleName("Remove this stop")
        self.remove.clicked.connect(self.removed)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(self.price, 3)
        row.addWidget(self.share, 2)
        row.addWidget(self.remove)
        for field in (self.price, self.share):
            field.changed.connect(self.changed)

    def read(self) -> StopReading:
        price, share = self.price.typed(), self.share.typed()
        wrong = {
            self.price: price.problem or ("" if (price.value or 0) > 0 else "Enter a price for each stop."),
            self.share: share.problem or ("" if (share.value or 0) > 0 else "Enter a share above zero for each stop."),
        }
        for field, sentence in wrong.items():
            field.set_bad(bool(sentence))
        problem = next((sentence for sentence in wrong.values() if sentence), "")
        if problem or price.value is None or share.value is None:
            return StopReading(problem=problem)
        return StopReading(((price.value, share.value),))


class StopRows(QWidget):
    """``changed`` follows each edit. There is always one row at least."""

    changed = Signal()

    def __init__(self, step: Step) -> None:
        super().__init__()
        self._step = step
        self.rows: list[StopRow] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(4)
        self.add = QPushButton("Add a tier")
        self.add.setProperty("role", "ghost")
        self.add.clicked.connect(self._add_tier)
        tail = QHBoxLayout()
        tail.addWidget(self.add)
        tail.addStretch(1)
        self._column.addLayout(tail)

    def set_stops(self, stops: Sequence[tuple[Decimal, Decimal]]) -> None:
        """(price, size) pairs; sizes are shown as shares."""
        for row in tuple(self.rows):
            self._drop(row)
        total = sum((size for _, size in stops), Decimal(0))
        for price, size in stops:
            self._append(price, (size * 100 / total).quantize(HUNDREDTH) if total else None)
        if not stops:
            self._append(None, Decimal(100))
        self.changed.emit()

    def read(self) -> StopReading:
        read = [row.read() for row in self.rows]
        problem = next((one.problem for one in read if one.problem), "")
        return (
            StopReading(problem=problem) if problem else StopReading(tuple(tier for one in read for tier in one.tiers))
        )

    def _append(self, price: Decimal | None, share: Decimal | None) -> StopRow:
        row = StopRow(self._step)
        row.price.set_value(price)
        row.share.set_value(share)
        row.changed.connect(self.changed)
        row.removed.connect(lambda: self._remove(row))
        self.rows.append(row)
        self._column.insertWidget(len(self.rows) - 1, row)
        self._order()
        self._show_state()
        return row

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._order()

    def _order(self) -> None:
        """Rows are made after what stands below them, and read before it."""
        walked = [widget for row in self.rows for widget in (row.price, row.share, row.remove)]
        for one, other in pairwise((*walked, self.add)):
            QWidget.setTabOrder(one, other)

    def _add_tier(self) -> None:
        """As much as the last one, to be priced by the user."""
        self._append(None, self.rows[-1].share.value).price.setFocus()
        self.changed.emit()

    def _remove(self, row: StopRow) -> None:
        self._drop(row)
        self.changed.emit()

    def _drop(self, row: StopRow) -> None:
        self.rows.remove(row)
        self._column.removeWidget(row)
        row.hide()
        row.deleteLater()
        self._show_state()

    def _show_state(self) -> None:
        for row in self.rows:
            row.share.setVisible(len(self.rows) > 1)
            row.remove.setVisible(len(self.rows) > 1)
        self.add.setVisible(len(self.rows) < MOST)
