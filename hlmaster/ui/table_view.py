"""The one table: compact rows, stable under the pointer, buttons in rows, memory of its columns, copy and CSV."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Any

from PySide6.QtCore import QEvent, QModelIndex, QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QLabel, QMenu, QTableView, QVBoxLayout, QWidget

from hlmaster.ui.sizes import HEADER_HEIGHT, ROW_HEIGHT
from hlmaster.ui.table import Action, Cell, TableModel
from hlmaster.ui.table_cells import CellPainter, Palette, inner
from hlmaster.ui.table_header import Header
from hlmaster.ui.teaching import paint_lesson
from hlmaster.ui.theme import Theme

ARMED_MS = 3_000
RESTING_MS = 3_000
"""A pointer that rests so long on a table without buttons no longer holds its rows in place."""


class Table(QTableView):
    """``acted`` carries (key, name) of a pressed button, confirmed where it asks back; ``opened`` a double click.

    ``empty`` is what an empty table teaches: a heading and a sentence.
    """

    acted = Signal(object, str)
    opened = Signal(object)
    export_wanted = Signal()
    menu_wanted = Signal(object, object)
    """(key, QMenu) of the row whose context menu is about to open: put its verbs in."""

    def __init__(
        self, model: TableModel[Any], theme: Theme, empty: tuple[str, str], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.table, self._empty = model, empty
        palette = Palette(theme)
        self._cells = CellPainter(model, palette, self)
        self._header = Header(model, palette, self)
        self.setModel(model)
        self.setItemDelegate(self._cells)
        self.setHorizontalHeader(self._header)
        model.applied.connect(self._header.fit_names)
        self.verticalHeader().hide()
        self.verticalHeader().setMinimumSectionSize(ROW_HEIGHT)
        self.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        self.setShowGrid(False)
        self.setMouseTracking(True)
        self.setWordWrap(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)
        self._paused = QLabel("❚❚ paused", self)
        self._paused.setProperty("role", "paused")
        self._paused.setToolTip("Rows keep their places under the pointer; they take new ones when it leaves.")
        self._paused.hide()
        model.waited.connect(self._show_paused)
        self._has_actions = any(not column.title for column in model.columns)
        self._disarm = self._timer(ARMED_MS, self.disarm)
        self._rest = self._timer(RESTING_MS, lambda: model.set_still(False))

    def _timer(self, ms: int, work: Any) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(ms)
        timer.timeout.connect(work)
        return timer

    @property
    def palette_of(self) -> Palette:
        return self._cells.palette

    @property
    def cells(self) -> CellPainter:
        return self._cells

    def set_theme(self, theme: Theme) -> None:
        self._cells.palette = self._header.palette_of = Palette(theme)
        self.table.refresh()
        self.viewport().update()
        self._header.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._header.share_width(self.viewport().width())

    def _show_paused(self, waits: bool) -> None:
        """At the end of the header, over nothing that can be clicked."""
        self._paused.adjustSize()
        self._paused.move(self.width() - self._paused.width(), (HEADER_HEIGHT - self._paused.height()) // 2)
        self._paused.setVisible(waits)
        self._paused.raise_()

    def teach(self, heading: str, sentence: str) -> None:
        """What the table says while it is empty."""
        if (heading, sentence) != self._empty:
            self._empty = heading, sentence
            self.viewport().update()

    def sort_by(self, key: str, descending: bool = False) -> None:
        self._header.sort_by(key, descending)

    def save_state(self) -> dict[str, Any]:
        return self._header.save_state()

    def restore_state(self, state: Mapping[str, Any]) -> None:
        self._header.restore_state(state)

    # --- the pointer ---

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.table.set_still(True)
        if not self._has_actions:
            self._rest.start()
        at = event.position().toPoint()
        found = self._button_at(at)
        self._hover(self.indexAt(at).row(), None if found is None else (found[0], found[1].name))
        pointing = Qt.CursorShape.PointingHandCursor if found else Qt.CursorShape.ArrowCursor
        self.viewport().setCursor(pointing)
        self.viewport().setToolTip(found[1].tip if found else "")
        super().mouseMoveEvent(event)

    def _hover(self, row: int, button: tuple[Hashable, str] | None) -> None:
        """Only the rows that the pointer left and came to are painted again."""
        cells = self._cells
        if (row, button) == (cells.hovered_row, cells.hovered_button):
            return
        rows = {row, cells.hovered_row}
        cells.hovered_row, cells.hovered_button = row, button
        for place in rows:
            if 0 <= place < self.table.rowCount():
                self.viewport().update(0, self.rowViewportPosition(place), self.viewport().width(), ROW_HEIGHT)

    def leaveEvent(self, event: QEvent) -> None:
        self.let_go()
        super().leaveEvent(event)

    def let_go(self) -> None:
        """The pointer left: rows may take their places again."""
        self._hover(-1, None)
        self._rest.stop()
        self.table.set_still(False)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        found = self._button_at(event.position().toPoint())
        if found is not None and event.button() == Qt.MouseButton.LeftButton:
            self.press(*found)
            return
        super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        at = event.position().toPoint()
        index, found = self.indexAt(at), self._button_at(at)
        if found is not None:
            # A double click is no second thought: it must not confirm what its first half armed
            if not found[1].confirm:
                self.press(*found)
        elif self.table.editable(index) is not None:
            self.edit(index)
        elif index.isValid():
            self.opened.emit(self.table.key_at(index.row()))

    def _button_at(self, at: QPoint) -> tuple[Hashable, Action] | None:
        index = self.indexAt(at)
        if not index.isValid() or self.table.is_gone(index.row()):
            return None
        key, cell = self.table.key_at(index.row()), self.table.cell(index.row(), index.column())
        placed = self._cells.buttons(self.visualRect(index), key, cell)
        return next(((key, action) for box, action in placed if box.contains(at)), None)

    # --- buttons ---

    def press(self, key: Hashable, action: Action) -> None:
        """A button was clicked or its key pressed: the first time arms one that asks back."""
        if action.confirm and self._cells.armed != (key, action.name):
            self._cells.armed = (key, action.name)
            self._disarm.start()
            self.viewport().update()
            return
        self.disarm()
        self.acted.emit(key, action.name)

    def selected(self) -> list[Hashable]:
        """Keys of the selected rows that are still there, as shown in order."""
        rows = sorted({index.row() for index in self.selectionModel().selectedRows()})
        return [self.table.key_at(row) for row in rows if not self.table.is_gone(row)]

    def _press_all(self, name: str) -> None:
        for key in self.selected():
            for action in self._actions_of(self.table.position(key)):
                if action.name == name:
                    self.press(key, action)

    def disarm(self) -> None:
        self._disarm.stop()
        self._cells.armed = None
        self.viewport().update()

    def button_place(self, key: Hashable, name: str) -> QPoint:
        """Under a button, in screen coordinates: where its menu opens."""
        for number in range(len(self.table.columns)):
            index = self.table.index(self.table.position(key), number)
            for box, action in self._cells.buttons(self.visualRect(index), key, self.table.cell(index.row(), number)):
                if action.name == name:
                    return self.viewport().mapToGlobal(box.bottomLeft())
        return self.viewport().mapToGlobal(QPoint(0, 0))

    def _actions_of(self, row: int) -> list[Action]:
        return [a for i in range(len(self.table.columns)) for a in self.table.cell(row, i).actions]

    # --- keys ---

    def event(self, event: QEvent) -> bool:
        """A row's own keys come before the window's shortcuts."""
        if event.type() is QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self._is_own(event):
            event.accept()
            return True
        return super().event(event)

    def _is_own(self, event: QKeyEvent) -> bool:
        index = self.currentIndex()
        if not index.isValid() or self.table.is_gone(index.row()) or event.modifiers():
            return False
        return any(action.key == event.key() for action in self._actions_of(index.row()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        index = self.currentIndex()
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif event.key() == Qt.Key.Key_Escape and self._cells.armed is not None:
            self.disarm()
        elif not index.isValid() or self.table.is_gone(index.row()) or not self._act_by_key(event, index):
            super().keyPressEvent(event)

    def _act_by_key(self, event: QKeyEvent, index: QModelIndex) -> bool:
        """Left and right walk over a row's buttons, Enter and space press; each button has its own key as well."""
        key, actions = self.table.key_at(index.row()), self._actions_of(index.row())
        names = [action.name for action in actions]
        focused = self._cells.focused_button
        at = names.index(focused[1]) if focused is not None and focused[0] == key and focused[1] in names else -1
        if not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            for action in actions:
                if action.key == event.key():
                    self._press_all(action.name) if action.batch else self.press(key, action)
                    return True
        if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right) and actions:
            at = max(-1, min(len(actions) - 1, at + (1 if event.key() == Qt.Key.Key_Right else -1)))
            self._cells.focused_button = None if at < 0 else (key, names[at])
            self.viewport().update()
            return True
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            if at >= 0:
                self.press(key, actions[at])
            else:
                self.opened.emit(key)
            return True
        return False

    # --- copying ---

    def copy(self) -> None:
        """The current cell, or whole rows when several are selected."""
        rows = {index.row() for index in self.selectionModel().selectedRows()}
        if len(rows) > 1:
            self.copy_rows()
        elif self.currentIndex().isValid():
            QGuiApplication.clipboard().setText(self.currentIndex().data())

    def copy_rows(self) -> None:
        self._copy_as_seen(sorted({index.row() for index in self.selectionModel().selectedRows()}))

    def copy_table(self) -> None:
        """With the titles, for a spreadsheet."""
        self._copy_as_seen(range(self.table.rowCount()), titled=True)

    def _copy_as_seen(self, rows: Iterable[int], *, titled: bool = False) -> None:
        """Columns as they are shown and ordered, between tabulators."""
        order = [self._header.logicalIndex(i) for i in range(len(self.table.columns))]
        shown = [i for i in order if self.table.columns[i].title and not self.isColumnHidden(i)]
        lines = ["\t".join(self.table.columns[i].title for i in shown)] if titled else []
        lines += ["\t".join(str(self.table.index(row, i).data()) for i in shown) for row in rows]
        QGuiApplication.clipboard().setText("\n".join(lines))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = QMenu(self)
        index = self.indexAt(event.pos())
        if index.isValid():
            if index.row() not in {i.row() for i in self.selectionModel().selectedRows()}:
                self.setCurrentIndex(index)
            self.menu_wanted.emit(self.table.key_at(index.row()), menu)
            if menu.actions():
                menu.addSeparator()
            text = str(index.data())
            menu.addAction("Copy cell", lambda: QGuiApplication.clipboard().setText(text))
            menu.addAction("Copy rows", self.copy_rows)
        menu.addAction("Copy table", self.copy_table)
        menu.addSeparator()
        menu.addAction("Export CSV ...", self.export_wanted.emit)
        self._popup(menu, event.globalPos())

    def _popup(self, menu: QMenu, at: QPoint) -> None:
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(at)

    # --- painting ---

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.table.rowCount():
            return
        theme = self.palette_of.theme
        paint_lesson(self.viewport(), *self._empty, muted=theme.muted, faint=theme.faint)


class Totals(QWidget):
    """A line of sums under a table, each below its column."""

    def __init__(self, table: Table) -> None:
        super().__init__()
        self._table = table
        self._sums: Mapping[str, Cell] = {}
        self.setFixedHeight(ROW_HEIGHT)
        header = table.horizontalHeader()
        header.sectionResized.connect(self.update)
        header.sectionMoved.connect(self.update)
        table.horizontalScrollBar().valueChanged.connect(self.update)

    def show_sums(self, sums: Mapping[str, Cell]) -> None:
        if sums != self._sums:
            self._sums = sums
            self.update()

    @property
    def sums(self) -> Mapping[str, Cell]:
        return self._sums

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, table = QPainter(self), self._table
        painter.fillRect(self.rect(), table.palette_of.panel)
        painter.setPen(QColor(table.palette_of.border))
        painter.drawLine(0, 0, self.width(), 0)
        for number, column in enumerate(table.table.columns):
            cell = self._sums.get(column.key)
            if cell is not None and not table.isColumnHidden(number):
                rect = QRect(table.columnViewportPosition(number), 0, table.columnWidth(number), self.height())
                table.cells.paint_cell(painter, inner(rect, table.table.columns, number), column, cell)
        painter.end()


def with_totals(table: Table, totals: Totals) -> QVBoxLayout:
    box = QVBoxLayout()
    box.setContentsMargins(0, 0, 0, 0)
    box.setSpacing(0)
    box.addWidget(table, 1)
    box.addWidget(totals)
    return box
