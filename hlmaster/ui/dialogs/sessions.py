"""The sessions of this mode: open another, begin a new one, start one afresh, export."""

from __future__ import annotations

import asyncio
from datetime import tzinfo
from decimal import Decimal
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from hlmaster.core.errors import StorageError
from hlmaster.core.model import Mode
from hlmaster.storage.session_file import SessionInfo
from hlmaster.storage.sessions import DEFAULT_BALANCE, Sessions
from hlmaster.storage.vault.entries import KEYED_MODES
from hlmaster.ui.figures import UNKNOWN, moment, money
from hlmaster.ui.theme import number_font, restyle
from hlmaster.ui.typed import read

SIZE = (760, 440)
COLUMNS = ("NAME", "CREATED", "LAST USED", "STARTED WITH", "EQUITY", "")
MONEY = (3, 4)


class SessionsDialog(QDialog):
    """``chosen`` (name) asks for another session to be opened, ``reset_wanted`` (name, Decimal USD) for a fresh start.

    Both close the dialog; whoever listens closes this session first. ``database`` and ``settings_toml`` serve exports.
    """

    HELP = "sessions"
    chosen = Signal(str)
    reset_wanted = Signal(str, object)

    def __init__(
        self,
        sessions: Sessions,
        mode: Mode,
        current_name: str,
        parent: QWidget | None = None,
        *,
        database: str | None = None,
        settings_toml: str = "",
        zone: tzinfo | None = None,
        balance: Decimal = DEFAULT_BALANCE,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"Sessions · {mode}")
        self.resize(*SIZE)
        self._sessions, self._mode, self._current = sessions, mode, current_name
        self._database, self._settings_toml, self._zone = database, settings_toml, zone
        self._infos: list[SessionInfo] = []
        self._export_task: asyncio.Task[None] | None = None
        self.table = _table()
        self.message = QLabel()
        self.message.setWordWrap(True)
        self.new_name, self.new_balance = QLineEdit(), _balance_line(balance)
        self.reset_balance = _balance_line(balance)
        self.open_button, self.export_button = QPushButton("Open"), QPushButton("Export …")
        self.reset_button, self.create_button = QPushButton("Start afresh …"), QPushButton("Create")
        self.confirm_button, self.keep_button = QPushButton("Archive and start afresh"), QPushButton("Keep it")
        self._reset_text = QLabel()
        self._reset_row = QFrame()
        self._lay_out()
        self._connect()
        self.refresh(current_name)

    def _lay_out(self) -> None:
        self.new_name.setPlaceholderText("Name of a new session")
        self.new_name.setAccessibleName("Name of a new session")
        self.open_button.setProperty("role", "primary")
        self.confirm_button.setProperty("role", "danger")
        self._reset_row.setProperty("role", "panel")
        self._reset_text.setWordWrap(True)
        self._reset_row.setLayout(_row(self._reset_text, 1, self.reset_balance, self.confirm_button, self.keep_button))
        self._reset_row.hide()
        close = QPushButton("Close")
        close.clicked.connect(self.reject)
        panel = QFrame()
        panel.setProperty("role", "panel")
        inside = QVBoxLayout(panel)
        inside.setContentsMargins(1, 1, 1, 1)
        inside.addWidget(self.table)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.setSpacing(10)
        layout.addWidget(panel, 1)
        layout.addWidget(self._reset_row)
        layout.addLayout(_row(self.new_name, 1, self.new_balance, self.create_button))
        layout.addLayout(_row(self.export_button, self.reset_button, self.message, 1, close, self.open_button))
        for button in self.findChildren(QPushButton):
            button.setAutoDefault(False)
        self._reset_row.layout().setContentsMargins(10, 8, 10, 8)  # type: ignore[union-attr]

    def _connect(self) -> None:
        self.table.itemSelectionChanged.connect(self._show_state)
        self.table.itemDoubleClicked.connect(lambda _: self.open_selected())
        enter = QShortcut(QKeySequence(Qt.Key.Key_Return), self.table, self.open_selected)
        enter.setContext(Qt.ShortcutContext.WidgetShortcut)
        self.open_button.clicked.connect(self.open_selected)
        self.export_button.clicked.connect(self._choose_export)
        self.reset_button.clicked.connect(self._arm_reset)
        self.keep_button.clicked.connect(self._reset_row.hide)
        self.confirm_button.clicked.connect(self.reset_selected)
        self.create_button.clicked.connect(self.create_session)
        self.new_name.returnPressed.connect(self.create_session)
        self.new_balance.returnPressed.connect(self.create_session)

    # --- the list ---

    def refresh(self, select: str = "") -> None:
        self._infos = self._sessions.list(self._mode)
        self.table.setRowCount(len(self._infos))
        for row, info in enumerate(self._infos):
            for column, text in enumerate(self._texts(info)):
                item = QTableWidgetItem(text)
                if 0 < column < len(COLUMNS) - 1:
                    item.setFont(number_font(12))
                if column in MONEY:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                item.setToolTip(info.trouble or text)
                self.table.setItem(row, column, item)
            if info.name == select:
                self.table.selectRow(row)
        self._show_state()

    def _texts(self, info: SessionInfo) -> tuple[str, ...]:
        if info.trouble:
            return info.name, "", "", "", "", info.trouble
        note = "open now" if info.name == self._current else ""
        created, used = moment(info.created_ms, self._zone), moment(info.last_used_ms, self._zone)
        began = UNKNOWN if info.mode in KEYED_MODES else money(info.start_balance)
        return info.name, created, used, began, money(info.equity), note

    @property
    def selected(self) -> SessionInfo | None:
        row = self.table.currentRow()
        return self._infos[row] if 0 <= row < len(self._infos) and self.table.selectedItems() else None

    def _show_state(self) -> None:
        info = self.selected
        self.open_button.setEnabled(info is not None and not info.trouble and info.name != self._current)
        self.reset_button.setEnabled(info is not None)
        self.export_button.setEnabled(info is not None and not info.trouble and self._export_task is None)
        self._reset_row.hide()
        self._say(info.trouble if info else "", "warning")

    def _say(self, sentence: str, tone: str) -> None:
        self.message.setText(sentence)
        self.message.setProperty("tone", tone)
        restyle(self.message)

    # --- verbs ---

    def open_selected(self) -> None:
        if self.selected is not None and self.open_button.isEnabled():
            name = self.selected.name
            self.accept()
            self.chosen.emit(name)

    def create_session(self) -> None:
        """The new session is listed and selected; the present one stays open until Open is pressed."""
        balance = self._balance_of(self.new_balance)
        if balance is None:
            return
        name = self.new_name.text().strip()
        try:
            self._sessions.create(self._mode, name, balance).close()
        except StorageError as error:
            self._say(str(error), "danger")
            return
        self.new_name.clear()
        self.refresh(name)
        self._say(f"{name} is ready with {money(balance)}; Open switches to it.", "good")

    def _arm_reset(self) -> None:
        if self.selected is not None:
            self._reset_text.setText(
                f"{self.selected.name} begins again with this balance in USD; the old one goes to the archive."
            )
            self._reset_row.show()
            self.reset_balance.setFocus()

    def reset_selected(self) -> None:
        """The second step; without the first there is nothing armed."""
        balance = self._balance_of(self.reset_balance)
        if self.selected is not None and self._reset_row.isVisibleTo(self) and balance is not None:
            name = self.selected.name
            self.accept()
            self.reset_wanted.emit(name, balance)

    def _balance_of(self, line: QLineEdit) -> Decimal | None:
        typed = read(line.text())
        good = typed.value is not None and 0 < typed.value <= 1_000_000_000
        line.setProperty("bad", "false" if good else "true")
        restyle(line)
        if not good:
            self._say(typed.problem or "A session starts with more than $0 and at most $1,000,000,000.", "danger")
            return None
        return typed.value

    def _choose_export(self) -> None:
        if self.selected is not None:
            start = str(Path.home() / f"{self._mode}-{self.selected.name}.zip")
            chooser = QFileDialog(self, "Export session", start, "*.zip")
            chooser.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
            chooser.setDefaultSuffix("zip")
            chooser.setOption(QFileDialog.Option.DontConfirmOverwrite)  # an export never replaces a file
            chooser.fileSelected.connect(lambda name: self.export(Path(name)))
            chooser.finished.connect(chooser.deleteLater)
            chooser.open()

    def export(self, target: Path) -> asyncio.Task[None] | None:
        """On a thread, for a long session takes seconds; one at a time."""
        if self.selected is not None and self._export_task is None:
            work = self._export(self.selected.name, target)
            self._export_task = asyncio.get_running_loop().create_task(work, name="export session")
            self.export_button.setEnabled(False)
            self._say(f"Exporting {self.selected.name} …", "")
        return self._export_task

    async def _export(self, name: str, target: Path) -> None:
        args = (self._mode, name, target, self._database, self._settings_toml)
        try:
            made = await asyncio.to_thread(self._sessions.export, *args)
            sentence, tone = f"Exported to {made}.", "good"
        except StorageError as error:
            sentence, tone = str(error), "danger"
        self._export_task = None
        if isValid(self):  # it may have been closed meanwhile
            self._show_state()
            self._say(sentence, tone)


def _table() -> QTableWidget:
    table = QTableWidget(0, len(COLUMNS))
    table.setAccessibleName("Sessions")
    for column, title in enumerate(COLUMNS):
        head = QTableWidgetItem(title)
        side = Qt.AlignmentFlag.AlignRight if column in MONEY else Qt.AlignmentFlag.AlignLeft
        head.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
        table.setHorizontalHeaderItem(column, head)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setShowGrid(False)
    table.setWordWrap(False)
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(26)
    header = table.horizontalHeader()
    header.setHighlightSections(False)
    for column, width in enumerate((130, 130, 130, 110, 110)):
        header.resizeSection(column, width)
    header.setSectionResizeMode(len(COLUMNS) - 1, QHeaderView.ResizeMode.Stretch)
    return table


def _balance_line(balance: Decimal) -> QLineEdit:
    line = QLineEdit(f"{balance:,f}")
    line.setProperty("role", "number")
    line.setFixedWidth(120)
    line.setAlignment(Qt.AlignmentFlag.AlignRight)
    line.setAccessibleName("Starting balance in USD")
    line.setToolTip("Starting balance in USD")
    return line


def _row(*parts: QWidget | int) -> QHBoxLayout:
    """Widgets side by side; a number stretches the widget before it."""
    row = QHBoxLayout()
    row.setSpacing(8)
    for part in parts:
        if isinstance(part, int):
            row.setStretch(row.count() - 1, part)
        else:
            row.addWidget(part)
    return row
