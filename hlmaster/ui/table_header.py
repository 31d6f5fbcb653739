"""The head of a table: captions, sorting, and the memory of its columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import QHeaderView, QMenu, QWidget

from hlmaster.ui.sizes import HEADER_HEIGHT
from hlmaster.ui.table import TableModel
from hlmaster.ui.table_cells import Palette, inner

WIDEST = 1.45
"""How far columns stretch, over what they ask for, to share a wide window."""
NARROWEST = 0.7
"""How far columns of words give way before the buttons at the end are out of sight; figures never do."""
MOST_LETTERS = 17
"""By which a column of names widens; a name that is longer still ends in an ellipsis."""


class Header(QHeaderView):
    """Small capitals over their columns; the sorted one carries an arrow. A column without a title holds buttons."""

    def __init__(self, model: TableModel[Any], palette: Palette, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._table, self.palette_of = model, palette
        self._user_sized = self._sizing = False
        self._room = 0
        self._more: dict[int, int] = {}
        """Pixels that names take beyond their columns' widths."""
        self._hidden: set[int] = set()
        """By the user; a spare column without room is hidden beside these."""
        self.setSectionsClickable(True)
        self.setSectionsMovable(True)
        self.setMinimumSectionSize(30)
        self.setFixedHeight(HEADER_HEIGHT)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._choose_columns)
        self.sectionClicked.connect(self._sort_by)
        self.sectionResized.connect(self._on_resized)

    def paintSection(self, painter: QPainter, rect: QRect, logicalIndex: int) -> None:  # noqa: N802, N803
        column, palette = self._table.columns[logicalIndex], self.palette_of
        painter.fillRect(rect, palette.panel)
        sorted_here = self._table.sort_column == logicalIndex
        arrow = (" ▾" if self._table.descending else " ▴") if sorted_here else ""
        box = inner(rect, self._table.columns, logicalIndex)
        if column.right and column.detail_width:
            box.adjust(0, 0, -column.detail_width * palette.digit - 6, 0)
        align = Qt.AlignmentFlag.AlignRight if column.right else Qt.AlignmentFlag.AlignLeft
        metrics = QFontMetrics(palette.caption)
        text = metrics.elidedText(column.title.upper() + arrow, Qt.TextElideMode.ElideRight, box.width())
        painter.setFont(palette.caption)
        painter.setPen(palette.roles["" if sorted_here else "muted"])
        painter.drawText(box, align | Qt.AlignmentFlag.AlignVCenter, text)

    # --- widths ---

    def share_width(self, room: int) -> None:
        """Until the user sizes a column, all share the width in proportion; what finds no room scrolls."""
        self._room = room
        if self._user_sized or self._sizing:
            return
        self._share(room)
        if self._room != room:
            # A scroll bar came or went meanwhile.
            self._share(self._room)

    def _share(self, room: int) -> None:
        shown = [(i, column) for i, column in enumerate(self._table.columns) if i not in self._hidden]
        while sum(column.width for _, column in shown) + sum(self._more.values()) > room:
            if not any(column.spare for _, column in shown):
                break
            shown.remove(max(shown, key=lambda item: item[1].spare))
        room -= sum(self._more.values())
        kept = {i for i, _ in shown}
        self._sizing = True
        for i in range(len(self._table.columns)):
            self.setSectionHidden(i, i not in kept)
        fixed = sum(column.width for _, column in shown if not column.title)
        wanted = sum(column.width for _, column in shown if column.title)
        words = sum(column.width for _, column in shown if column.words)
        scale = min(WIDEST, max(1.0, (room - fixed) / max(wanted, 1)))
        missing = max(0, fixed + wanted - room)
        narrowed = max(NARROWEST, 1 - missing / max(words, 1))
        for i, column in shown:
            share = narrowed if missing and column.words else scale
            width = int(column.width * share) if column.title else column.width
            self.resizeSection(i, width + self._more.get(i, 0))
        self._sizing = False

    def fit_names(self) -> None:
        """Widen columns of names for the longest that there is."""
        more = {}
        for i, column in enumerate(self._table.columns):
            if column.letters and i not in self._hidden:
                longest = max((len(str(column.value(row))) for row in self._table.rows()), default=0)
                more[i] = min(max(0, longest - column.letters), MOST_LETTERS) * self.palette_of.letter
        if more != self._more:
            self._more = more
            self.share_width(self._room)

    def _on_resized(self, _: int, before: int, after: int) -> None:
        # From or to nothing is hiding, which Qt repeats by itself whenever rows are sorted.
        self._user_sized = self._user_sized or bool(before and after and not self._sizing)

    # --- order ---

    def _sort_by(self, number: int) -> None:
        if self._table.columns[number].title:
            again = self._table.sort_column == number
            self.sort_by(self._table.columns[number].key, again and not self._table.descending)

    def sort_by(self, key: str, descending: bool = False) -> None:
        numbers = [i for i, column in enumerate(self._table.columns) if column.key == key]
        if numbers:
            order = Qt.SortOrder.DescendingOrder if descending else Qt.SortOrder.AscendingOrder
            self._table.sort(numbers[0], order)
            self.viewport().update()

    # --- choice ---

    def _choose_columns(self, at: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for number, column in enumerate(self._table.columns):
            if column.title:
                item = menu.addAction(column.title)
                item.setCheckable(True)
                item.setChecked(number not in self._hidden)
                item.setEnabled(number > 0)
                item.toggled.connect(lambda on, number=number: self.show_column(number, on))
        menu.addSeparator()
        menu.addAction("Reset columns", self.reset)
        menu.popup(self.mapToGlobal(at))

    def show_column(self, number: int, on: bool) -> None:
        (self._hidden.discard if on else self._hidden.add)(number)
        self._sizing = True
        self.setSectionHidden(number, not on)
        self._sizing = False
        self.share_width(self.viewport().width())

    def reset(self) -> None:
        self._hidden.clear()
        for number in range(len(self._table.columns)):
            self.show_column(number, True)
            self.moveSection(self.visualIndex(number), number)
        self._user_sized = False
        self.share_width(self.viewport().width())

    # --- memory ---

    def save_state(self) -> dict[str, Any]:
        """Order, widths, visibility and the sort, fit for JSON."""
        columns = self._table.columns
        state: dict[str, Any] = {
            "order": [columns[self.logicalIndex(place)].key for place in range(len(columns))],
            "hidden": [column.key for i, column in enumerate(columns) if i in self._hidden],
        }
        if self._user_sized:
            widths = {column.key: self.sectionSize(i) for i, column in enumerate(columns)}
            state["widths"] = {key: width for key, width in widths.items() if width}
        if self._table.sort_column >= 0:
            state["sort"] = [columns[self._table.sort_column].key, self._table.descending]
        return state

    def restore_state(self, state: Mapping[str, Any]) -> None:
        """Take what still fits; columns that are unknown or of the wrong kind are left as they are."""
        numbers = {column.key: number for number, column in enumerate(self._table.columns)}
        order, hidden, widths = state.get("order"), state.get("hidden"), state.get("widths")
        if isinstance(order, list):
            known = [numbers[key] for key in order if isinstance(key, str) and key in numbers]
            for place, number in enumerate(dict.fromkeys(known)):
                self.moveSection(self.visualIndex(number), place)
        self._user_sized = isinstance(widths, dict) and bool(widths)
        if isinstance(hidden, list):
            for key, number in numbers.items():
                self.show_column(number, not (number > 0 and key in hidden))
        if isinstance(widths, dict):
            for key, width in widths.items():
                if key in numbers and isinstance(width, int) and 20 <= width <= 2_000:
                    self.resizeSection(numbers[key], width)
        match state.get("sort"):
            case [str(key), bool(descending)]:
                self.sort_by(key, descending)
