"""What the panels that show a table share: the table, its look, its memory, and its way into a file."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFileDialog, QSplitter, QVBoxLayout, QWidget

from hlmaster.core.events import SessionRestored, Severity
from hlmaster.core.files import write_whole
from hlmaster.ui import figures
from hlmaster.ui.coming import account_lesson
from hlmaster.ui.context import Context
from hlmaster.ui.panel import Panel
from hlmaster.ui.table import Column, TableModel
from hlmaster.ui.table_view import Table, Totals
from hlmaster.ui.teaching import Lesson
from hlmaster.ui.theme import Theme

AGE_MS = 1_000


class TablePanel(Panel):
    """Subclasses set ``EMPTY`` (a heading, a sentence that teaches) and hand over columns and rows.

    ``OF_ACCOUNT``: what the account has and the exchange tells, as ``Positions``; until it has, no table says "none".
    """

    EMPTY: ClassVar[Lesson]
    OF_ACCOUNT: ClassVar[str] = ""

    def __init__(
        self,
        context: Context,
        columns: Sequence[Column[Any]],
        key: Callable[[Any], Hashable],
        source: Callable[[], Iterable[Any]] | None = None,
        *,
        totals: bool = False,
    ) -> None:
        super().__init__(context)
        self.model: TableModel[Any] = TableModel(columns, key, source, self)
        self.table = Table(self.model, context.theme, self.EMPTY, self)
        self.table.setAccessibleName(self.TITLE)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(self.table, 1)
        self.totals = Totals(self.table) if totals else None
        if self.totals is not None:
            box.addWidget(self.totals)
        if self.totals is not None:
            self.totals.setAccessibleName(f"Totals of {self.TITLE.lower()}")
        self._is_known = False
        self.table.export_wanted.connect(self._ask_for_file)
        context.theme_changed.connect(self._on_theme)
        context.bridge.on_fact(self, SessionRestored, lambda _: self.catch_up())
        self._ages = QTimer(self)
        self._ages.setInterval(AGE_MS)
        self._ages.timeout.connect(self._on_age)
        self._ages.start()
        self._teach()

    def put_beside(self, side: QWidget, width: int) -> None:
        """At the right of the table, as wide as this until the user moves the border."""
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setChildrenCollapsible(False)
        split.addWidget(self.table)
        split.addWidget(side)
        split.setStretchFactor(0, 1)
        split.setSizes([10_000, width])
        box = self.layout()
        assert isinstance(box, QVBoxLayout)
        box.insertWidget(0, split, 1)

    def _on_age(self) -> None:
        """Ages read differently every second."""
        self._teach()
        if self.isVisible():
            self.model.refresh()

    def _teach(self) -> None:
        if not self.OF_ACCOUNT or self._is_known:
            return
        lesson = account_lesson(self.context.desk, self.OF_ACCOUNT)
        self.table.teach(*(lesson or self.EMPTY))
        self._is_known = lesson is None
        if self._is_known:
            # "None" can be counted from now on
            self.model.applied.emit()

    def catch_up(self) -> None:
        """The window opens before the session's memory is read: by the first word of the connection it has been."""
        self.model.touch()

    def touch_if_seen(self) -> None:
        """News that comes often and costs something to read; a panel that comes forward reads all anyway."""
        if self.isVisible():
            self.model.touch()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._teach()
        self.model.touch()
        self.model.refresh()

    def _on_theme(self, theme: Theme) -> None:
        self.table.set_theme(theme)
        self.model.applied.emit()

    def save_state(self) -> dict[str, Any]:
        return self.table.save_state()

    def restore_state(self, state: Mapping[str, Any]) -> None:
        self.table.restore_state(state)

    # --- how columns write ---

    def price(self, coin: str, value: figures.Number) -> str:
        instrument = self.context.desk.instruments.get(coin)
        return figures.price(value, None if instrument is None else instrument.size_decimals)

    def moment(self, time_ms: int) -> str:
        return figures.moment(time_ms, figures.zone(self.context.desk.settings.general.time_zone))

    def age(self, since_ms: int) -> str:
        return figures.duration(self.context.desk.clock.now_ms() - since_ms) if since_ms else figures.UNKNOWN

    # --- export ---

    def _ask_for_file(self) -> None:
        dialog = QFileDialog(self, f"Export {self.TITLE.lower()}", f"{self.KEY}.csv", "Comma separated (*.csv)")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("csv")
        dialog.fileSelected.connect(lambda name: self.export(Path(name)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def export(self, file: Path) -> None:
        try:
            write_whole(file, self.model.csv().encode())
        except OSError as error:
            self.context.notify(
                Severity.ERROR, f"{file} could not be written: {error.strerror}.", "STO-001", "Pick another folder."
            )
        else:
            count = len(self.model.rows())
            self.context.notify(Severity.INFO, f"{count:,} row{'s' if count != 1 else ''} written to {file}.")
