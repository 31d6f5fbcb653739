"""Where our books and the exchange's word were apart, what became of it, and when both were last compared."""

from __future__ import annotations

from collections.abc import Hashable

from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from hlmaster.core.differences import Discrepancy
from hlmaster.ui import figures
from hlmaster.ui.context import Context
from hlmaster.ui.panels.table_panel import TablePanel
from hlmaster.ui.readout import set_tone
from hlmaster.ui.table import Cell, Column


class AccountCheckPanel(TablePanel):
    KEY = "reconciliation"
    TITLE = "Reconciliation"
    EMPTY = (
        "Nothing compared yet",
        "Orders, fills, positions, funding, transfers and the account's value are compared with the exchange's own "
        "word at the start, after every reconnect and on a timer. A difference is listed here with its explanation.",
    )

    def __init__(self, context: Context) -> None:
        super().__init__(context, self._columns(), _key, lambda: context.desk.differences.rows)
        self._checked = QLabel()
        self.header = self._header()
        context.bridge.on_fact(self, Discrepancy, lambda _: self.model.touch())
        self.model.applied.connect(lambda: self.counted.emit(len(self.model.rows()) or -1))
        self.model.flush()
        self.table.sort_by("time", descending=True)
        self._show_checked()

    def _columns(self) -> list[Column[Discrepancy]]:
        return [
            Column("time", "Time", 130, lambda d: d.time_ms, self._time, hint=lambda d: figures.iso(d.time_ms)),
            Column("subject", "Subject", 150, lambda d: d.subject, lambda d: Cell(d.subject, strong=True), words=True),
            Column("ours", "Ours", 120, lambda d: d.ours, lambda d: Cell(d.ours), right=True),
            Column("exchange", "Exchange's", 120, lambda d: d.venues, lambda d: Cell(d.venues), right=True),
            Column(
                "explanation",
                "Explanation",
                400,
                lambda d: d.explanation,
                self._explanation,
                words=True,
                hint=lambda d: d.explanation,
            ),
        ]

    def _header(self) -> QWidget:
        header = QWidget()
        row = QHBoxLayout(header)
        row.setContentsMargins(0, 3, 2, 3)
        row.addStretch(1)
        row.addWidget(self._checked)
        return header

    def _time(self, row: Discrepancy) -> Cell:
        return Cell(self.moment(row.time_ms), "muted")

    @staticmethod
    def _explanation(row: Discrepancy) -> Cell:
        return Cell(row.explanation)

    def _on_age(self) -> None:
        super()._on_age()
        if self.isVisible():
            self._show_checked()

    def _show_checked(self) -> None:
        """When all was last compared, and what is apart right now."""
        desk = self.context.desk
        last, apart = desk.reconciler.last_success_ms, desk.portfolio.mismatched
        if apart:
            self._checked.setText(f"{', '.join(apart)}: position differs now")
        elif last is None:
            self._checked.setText("not compared yet")
        else:
            self._checked.setText(f"agrees, compared {self.age(last)} ago")
            self.table.teach(f"Everything agrees, last compared {self.age(last)} ago", self.EMPTY[1])
        set_tone(self._checked, "down" if apart else "")


def _key(row: Discrepancy) -> Hashable:
    return (row.time_ms, row.subject, row.ours, row.venues)
