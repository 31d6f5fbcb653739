"""The log: the program's own entries and the notices, newest last."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer
from PySide6.QtGui import QColor, QFont, QGuiApplication, QKeySequence, QPaintEvent, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from hlmaster.core.events import Notice, Severity
from hlmaster.core.logs import LogEntry, LogRing
from hlmaster.ui.context import Context
from hlmaster.ui.figures import clock, veiled, zone
from hlmaster.ui.panel import Panel
from hlmaster.ui.teaching import paint_lesson
from hlmaster.ui.theme import Theme, number_font, text_font

ROWS = 2_000
BEAT_MS = 150
ROW_HEIGHT = 20
COLUMNS = ("TIME", "LEVEL", "CODE", "FROM", "MESSAGE")
WIDTHS = (78, 74, 66, 170)
LEVELS = {"All": logging.NOTSET, "Info": logging.INFO, "Warning": logging.WARNING, "Error": logging.ERROR}
NOTICED = {
    Severity.INFO: "INFO",
    Severity.WARNING: "WARNING",
    Severity.ERROR: "ERROR",
    Severity.CRITICAL: "CRITICAL",
}
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Filter:
    """``level`` as in ``logging``, at least; every word must stand somewhere in the entry."""

    level: int = logging.NOTSET
    words: tuple[str, ...] = ()

    def takes(self, entry: LogEntry) -> bool:
        if logging.getLevelNamesMapping().get(entry.level, logging.CRITICAL) < self.level:
            return False
        text = f"{entry.level} {entry.code} {entry.name} {entry.message} {entry.detail}".casefold()
        return all(word in text for word in self.words)


EMPTY = (
    "Nothing to list",
    "What the desk does and notices is listed here. Another level or other words may be filtering it out.",
)


class LogModel(QAbstractTableModel):
    """The latest ``ROWS`` entries, of which those that pass the filter are rows."""

    def __init__(self, theme: Theme, where: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._all: deque[tuple[int, LogEntry]] = deque(maxlen=ROWS)
        self._shown: deque[tuple[int, LogEntry]] = deque()
        self._count = 0
        self._filter = Filter()
        self.set_time_zone(where)
        self._number, self._text = number_font(11), text_font(12)
        self._colours: dict[str, QColor] = {}
        self.set_theme(theme)

    def set_time_zone(self, where: str) -> None:
        self._zone = zone(where)
        self.layoutChanged.emit()

    def set_theme(self, theme: Theme) -> None:
        self._colours = {
            "DEBUG": QColor(theme.faint),
            "INFO": QColor(theme.muted),
            "WARNING": QColor(theme.warning),
            "ERROR": QColor(theme.danger),
            "CRITICAL": QColor(theme.danger),
            "text": QColor(theme.text),
            "faint": QColor(theme.faint),
        }
        self.layoutChanged.emit()

    def append(self, entries: Iterable[LogEntry]) -> None:
        fresh = []
        for entry in entries:
            self._all.append((self._count, entry))
            if self._filter.takes(entry):
                fresh.append((self._count, entry))
            self._count += 1
        fresh = fresh[-ROWS:]
        if fresh:
            first = len(self._shown)
            self.beginInsertRows(QModelIndex(), first, first + len(fresh) - 1)
            self._shown.extend(fresh)
            self.endInsertRows()
        self._drop_old()

    def _drop_old(self) -> None:
        oldest = self._all[0][0] if self._all else 0
        old = next((n for n, (number, _) in enumerate(self._shown) if number >= oldest), len(self._shown))
        if old:
            self.beginRemoveRows(QModelIndex(), 0, old - 1)
            for _ in range(old):
                self._shown.popleft()
            self.endRemoveRows()

    def set_filter(self, chosen: Filter) -> None:
        self.beginResetModel()
        self._filter = chosen
        self._shown = deque(item for item in self._all if chosen.takes(item[1]))
        self.endResetModel()

    def entry(self, row: int) -> LogEntry:
        return self._shown[row][1]

    def line(self, row: int) -> str:
        """As copied: time, level, code, name, message, and the traceback below."""
        entry = self.entry(row)
        head = " ".join(text for text in self._texts(entry) if text)
        return f"{head}\n{entry.detail}" if entry.detail else head

    def _texts(self, entry: LogEntry) -> tuple[str, ...]:
        name = entry.name.removeprefix("hlmaster.")
        return clock(entry.time_ms, self._zone), entry.level.lower(), entry.code, name, veiled(entry.message)

    def rowCount(self, parent: Index | None = None) -> int:
        return len(self._shown) if parent is None or not parent.isValid() else 0

    def columnCount(self, parent: Index | None = None) -> int:
        return len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Qt.ItemDataRole.DisplayRole and orientation is Qt.Orientation.Horizontal:
            return COLUMNS[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        entry, column = self.entry(index.row()), index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._texts(entry)[column].partition("\n")[0]
        if role == Qt.ItemDataRole.ForegroundRole:
            return self._colour(entry, column)
        if role == Qt.ItemDataRole.FontRole:
            return self._font(column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return veiled("\n".join(text for text in (entry.message, entry.detail) if text))
        return None

    def _colour(self, entry: LogEntry, column: int) -> QColor:
        if column in (1, 2) or (column == 4 and entry.level in ("ERROR", "CRITICAL")):
            return self._colours.get(entry.level, self._colours["text"])
        return self._colours["text" if column == 4 else "faint"]

    def _font(self, column: int) -> QFont:
        return self._text if column == 4 else self._number


class LogPanel(Panel):
    """Entries arrive on any thread; they wait in a bounded queue until the next beat of the window."""

    KEY = "log"
    TITLE = "Log"

    def __init__(self, context: Context, ring: LogRing) -> None:
        super().__init__(context)
        self._arrived: deque[LogEntry] = deque(ring.entries(), maxlen=ROWS)
        self.model = LogModel(context.theme, context.desk.settings.general.time_zone, self)
        self.view = _view(self.model, context.theme)
        self.level, self.words, self.follow = QComboBox(), QLineEdit(), QPushButton("Follow")
        self.header = self._head()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.view)
        bar = self.view.verticalScrollBar()
        # Wheel, keys and slider all end here; rows that arrive change the range, not this value
        bar.valueChanged.connect(self._on_scrolled)
        bar.rangeChanged.connect(self._on_range)
        self.follow.toggled.connect(lambda on: self.view.scrollToBottom() if on else None)
        self.level.currentTextChanged.connect(lambda _: self._filter())
        self.words.textChanged.connect(lambda _: self._filter())
        copy = QShortcut(QKeySequence.StandardKey.Copy, self.view, self.copy)
        copy.setContext(Qt.ShortcutContext.WidgetShortcut)
        context.notified.connect(self._on_notice)
        context.theme_changed.connect(self._on_theme)
        context.settings_changed.connect(self._take_settings)
        self.destroyed.connect(ring.subscribe(self._arrived.append))
        self._beat = QTimer(self)
        self._beat.setInterval(BEAT_MS)
        self._beat.timeout.connect(self.take)
        self._beat.start()
        self.take()

    def _on_theme(self, theme: Theme) -> None:
        self.view.theme = theme
        self.model.set_theme(theme)

    def _take_settings(self) -> None:
        self.model.set_time_zone(self.context.desk.settings.general.time_zone)

    def _head(self) -> QWidget:
        head = QWidget()
        row = QHBoxLayout(head)
        row.setContentsMargins(0, 2, 0, 2)
        row.setSpacing(6)
        self.level.addItems(list(LEVELS))
        self.level.setAccessibleName("Least severe level shown")
        self.level.setToolTip("Show entries of this level and above")
        self.words.setPlaceholderText("Filter")
        self.words.setAccessibleName("Filter the log")
        self.words.setClearButtonEnabled(True)
        self.words.setFixedWidth(180)
        self.follow.setProperty("role", "ghost")
        self.follow.setCheckable(True)
        self.follow.setChecked(True)
        self.follow.setToolTip("Keep the newest entry in sight; scrolling up ends it")
        copy = QPushButton("Copy")
        copy.setProperty("role", "ghost")
        copy.setToolTip("Copy the selected entries, or all that are shown")
        copy.clicked.connect(self.copy)
        row.addStretch(1)
        for widget in (self.level, self.words, self.follow, copy):
            row.addWidget(widget)
        return head

    def take(self) -> None:
        """Show what has arrived since the last beat."""
        batch = [self._arrived.popleft() for _ in range(len(self._arrived))]
        if batch:
            self.model.append(batch)

    def copy(self) -> None:
        rows = sorted({index.row() for index in self.view.selectedIndexes()}) or range(self.model.rowCount())
        QGuiApplication.clipboard().setText("\n".join(self.model.line(row) for row in rows))

    def _on_notice(self, notice: Notice) -> None:
        text = f"{notice.sentence} {notice.cure}".strip()
        now = self.context.desk.clock.wall_ms()
        self._arrived.append(LogEntry(now, NOTICED[notice.severity], "notice", notice.code, text))

    def _on_range(self, _: int, maximum: int) -> None:
        if self.follow.isChecked():
            self.view.verticalScrollBar().setValue(maximum)

    def _on_scrolled(self, value: int) -> None:
        self.follow.setChecked(value >= self.view.verticalScrollBar().maximum() - ROW_HEIGHT)

    def _filter(self) -> None:
        words = tuple(self.words.text().casefold().split())
        following = self.follow.isChecked()
        self.model.set_filter(Filter(LEVELS[self.level.currentText()], words))
        self.follow.setChecked(following)
        if following:
            self.view.scrollToBottom()


class LogView(QTableView):
    """Says so while nothing passes the filter."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self.model().rowCount():
            paint_lesson(self.viewport(), *EMPTY, muted=self.theme.muted, faint=self.theme.faint)


def _view(model: LogModel, theme: Theme) -> LogView:
    view = LogView(theme)
    view.setModel(model)
    view.setAccessibleName("Log entries")
    view.setShowGrid(False)
    view.setWordWrap(False)
    view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    view.verticalHeader().hide()
    view.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
    view.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
    header = view.horizontalHeader()
    header.setHighlightSections(False)
    for column, width in enumerate(WIDTHS):
        header.resizeSection(column, width)
    header.setStretchLastSection(True)
    return view
