"""One keyed table model for every table: rows by key, columns declared, only changed cells repainted."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer, Signal

from hlmaster.ui.figures import Veil, veiled
from hlmaster.ui.plain import plain_tip

REPAINT_MS = 250
Row = TypeVar("Row")
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Action:
    """A button in a row. ``confirm``: the first click only arms it. ``key`` presses it from the keyboard."""

    name: str
    text: str
    tip: str = ""
    confirm: bool = False
    key: Qt.Key | None = None
    batch: bool = False
    """The key presses it in every selected row."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What is drawn. Roles are colours of the theme: up, down, muted, faint, warning, danger, accent, or none."""

    text: str = ""
    role: str = ""
    detail: str = ""
    """Smaller, behind the text."""
    badge: str = ""
    badge_role: str = ""
    strong: bool = False
    share: float | None = None
    """Of a whole: drawn as a bar beside the text; beyond 1 it is full."""
    actions: tuple[Action, ...] = ()


@dataclass(frozen=True, slots=True)
class Column(Generic[Row]):
    """``value`` is what sorts and is exported, ``cell`` what is seen; ``edit`` gives the text to start editing with."""

    key: str
    title: str
    width: int
    value: Callable[[Row], Any]
    cell: Callable[[Row], Cell]
    right: bool = False
    words: bool = False
    """Drawn in the text font rather than the number font."""
    detail_width: int = 0
    """Characters reserved for the detail of a right-aligned cell, so that the texts before it line up."""
    tip: str = ""
    spare: int = 0
    """Hidden where the room is short; the highest goes first."""
    letters: int = 0
    """Of a name that find room in ``width``; longer names widen the column. 0: it never widens."""
    hint: Callable[[Row], str] | None = None
    edit: Callable[[Row], str | None] | None = None


@dataclass(slots=True)
class _Entry(Generic[Row]):
    row: Row
    cells: dict[int, Cell] = field(default_factory=dict)
    gone: bool = False


class TableModel(QAbstractTableModel, Generic[Row]):
    """Rows are equal when nothing about them changed. Give ``source`` to have all rows asked for after ``touch``.

    Changes are taken at most four times a second. While ``still``, rows keep their places: new ones come last and
    vanished ones stay, greyed, so that nothing moves under the pointer.
    """

    applied = Signal()
    waited = Signal(bool)
    """Whether rows that are held still would stand elsewhere."""
    edited = Signal(object, str, str)
    """(key, column key, text) when an editor was finished with Enter."""

    def __init__(
        self,
        columns: Sequence[Column[Row]],
        key: Callable[[Row], Hashable],
        source: Callable[[], Iterable[Row]] | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.columns = tuple(columns)
        self.sort_column, self.descending = -1, False
        self._key, self._source = key, source
        self._entries: dict[Hashable, _Entry[Row]] = {}
        self._order: list[Hashable] = []
        self._pending: dict[Hashable, Row | None] = {}
        self._touched = source is not None
        self._still = self._waits = False
        self._beat = QTimer(self)
        self._beat.setInterval(REPAINT_MS)
        self._beat.timeout.connect(self._on_beat)

    # --- changes ---

    def put(self, *rows: Row) -> None:
        """Add rows, or replace those with the same keys."""
        self._pending.update((self._key(row), row) for row in rows)
        self._wake()

    def drop(self, *keys: Hashable) -> None:
        self._pending.update(dict.fromkeys(keys))
        self._wake()

    def touch(self) -> None:
        """The source has news."""
        self._touched = True
        self._wake()

    def refresh(self) -> None:
        """Cells may read differently though no row changed: ages, a theme, a time zone."""
        for position, key in enumerate(self._order):
            self._redraw(position, self._entries[key])

    def _wake(self) -> None:
        """The first news is shown at once, what follows waits for the beat."""
        if not self._beat.isActive():
            self._beat.start()
            self.flush()

    def _on_beat(self) -> None:
        if self._touched or self._pending:
            self.flush()
        else:
            self._beat.stop()

    def flush(self) -> None:
        """Take everything that is waiting, now."""
        if self._touched and self._source is not None:
            rows = {self._key(row): row for row in self._source()}
            self._pending = {key: None for key, entry in self._entries.items() if key not in rows and not entry.gone}
            self._pending.update(rows)
        self._touched = False
        pending, self._pending = self._pending, {}
        changed = self._replace({k: row for k, row in pending.items() if row is not None and k in self._entries})
        self._remove([key for key, row in pending.items() if row is None and key in self._entries])
        changed |= self._append({k: row for k, row in pending.items() if row is not None and k not in self._entries})
        if changed and not self._still:
            self._arrange()
        elif self._still:
            self._wait(self._waits or any(e.gone for e in self._entries.values()) or self._arranged() != self._order)
        self.applied.emit()

    def _replace(self, rows: dict[Hashable, Row]) -> bool:
        """True when a value that sorts has changed."""
        moved = False
        positions: dict[Hashable, int] | None = None
        for key, row in rows.items():
            entry = self._entries[key]
            if entry.row == row and not entry.gone:
                continue
            moved = moved or self.sort_column >= 0
            entry.row, entry.gone = row, False
            positions = positions or {k: i for i, k in enumerate(self._order)}
            self._redraw(positions[key], entry)
        return moved

    def _redraw(self, position: int, entry: _Entry[Row]) -> None:
        for number, before in tuple(entry.cells.items()):
            now = self._drawn(number, entry.row)
            if now != before:
                entry.cells[number] = now
                index = self.index(position, number)
                self.dataChanged.emit(index, index)

    def _remove(self, keys: list[Hashable]) -> None:
        if self._still:
            for key in keys:
                self._entries[key].gone = True
                position = self._order.index(key)
                self.dataChanged.emit(self.index(position, 0), self.index(position, len(self.columns) - 1))
            return
        for position in sorted((self._order.index(key) for key in keys), reverse=True):
            self.beginRemoveRows(QModelIndex(), position, position)
            del self._entries[self._order.pop(position)]
            self.endRemoveRows()

    def _append(self, rows: dict[Hashable, Row]) -> bool:
        if rows:
            self.beginInsertRows(QModelIndex(), len(self._order), len(self._order) + len(rows) - 1)
            self._entries.update((key, _Entry(row)) for key, row in rows.items())
            self._order += rows
            self.endInsertRows()
        return bool(rows) and self.sort_column >= 0

    # --- order ---

    def set_still(self, still: bool) -> None:
        if still != self._still:
            self._still = still
            if not still:
                self._wait(False)
                self._remove([key for key, entry in self._entries.items() if entry.gone])
                self._arrange()

    def _wait(self, waits: bool) -> None:
        if waits != self._waits:
            self._waits = waits
            self.waited.emit(waits)

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self.sort_column, self.descending = column, order == Qt.SortOrder.DescendingOrder
        self._arrange()

    def _arranged(self) -> list[Hashable]:
        """Sorted by value, what is unknown last either way; of equals, descending shows the latest to come first."""
        if not 0 <= self.sort_column < len(self.columns):
            return self._order
        value = self.columns[self.sort_column].value
        values = {key: value(entry.row) for key, entry in self._entries.items()}
        known = sorted((key for key in values if values[key] is not None), key=lambda key: values[key])
        if self.descending:
            known.reverse()
        return known + [key for key in values if values[key] is None]

    def _arrange(self) -> None:
        after = self._arranged()
        if after == self._order:
            return
        self.layoutAboutToBeChanged.emit()
        held = self.persistentIndexList()
        places = {key: position for position, key in enumerate(after)}
        moved = [self.index(places[self._order[index.row()]], index.column()) for index in held]
        self._order = after
        self.changePersistentIndexList(held, moved)
        self.layoutChanged.emit()

    # --- questions ---

    def keys(self) -> tuple[Hashable, ...]:
        """In the order they are shown; greyed rows included."""
        return tuple(self._order)

    def rows(self) -> list[Row]:
        return [self._entries[key].row for key in self._order if not self._entries[key].gone]

    def get(self, key: Hashable) -> Row | None:
        entry = self._entries.get(key)
        return None if entry is None or entry.gone else entry.row

    def key_at(self, position: int) -> Hashable:
        return self._order[position]

    def position(self, key: Hashable) -> int:
        """-1 when there is no such row."""
        return self._order.index(key) if key in self._entries else -1

    def is_gone(self, position: int) -> bool:
        return self._entries[self._order[position]].gone

    def cell(self, position: int, number: int) -> Cell:
        entry = self._entries[self._order[position]]
        cell = entry.cells.get(number)
        if cell is None:
            cell = entry.cells[number] = self._drawn(number, entry.row)
        return cell

    def _drawn(self, number: int, row: Row) -> Cell:
        """Cells write figures of their own without them while they are hidden; sentences come from elsewhere."""
        cell = self.columns[number].cell(row)
        if Veil.is_drawn and not cell.actions:
            cell = replace(cell, text=veiled(cell.text), detail=veiled(cell.detail), badge=veiled(cell.badge))
        return cell

    def csv(self) -> str:
        """Every row and column, values as they are, as shown in order; unknown is empty."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        shown = [column for column in self.columns if column.title]
        writer.writerow(column.key for column in shown)
        writer.writerows([_exported(column.value(row)) for column in shown] for row in self.rows())
        return out.getvalue()

    # --- Qt's questions ---

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._order)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is Qt.Orientation.Vertical or not 0 <= section < len(self.columns):
            return None
        column = self.columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.title.upper()
        return column.tip if role == Qt.ItemDataRole.ToolTipRole and column.tip else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        column, row = self.columns[index.column()], self._entries[self._order[index.row()]].row
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            cell = self.cell(index.row(), index.column())
            return " ".join(part for part in (cell.text, cell.badge, cell.detail) if part)
        if role == Qt.ItemDataRole.ToolTipRole and column.hint is not None:
            return plain_tip(veiled(column.hint(row))) or None
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return flags | Qt.ItemFlag.ItemIsEditable if self.editable(index) is not None else flags

    def editable(self, index: Index) -> str | None:
        """The text an editor of this cell starts with; None where there is nothing to edit."""
        if not index.isValid() or self.is_gone(index.row()):
            return None
        edit = self.columns[index.column()].edit
        return None if edit is None else edit(self._entries[self._order[index.row()]].row)


def _exported(value: object) -> str:
    if value is None:
        return ""
    return format(value, "f") if isinstance(value, Decimal) else str(value)
