"""The palette's list: a model of entries and how one is drawn."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from hlmaster.ui.hands.entries import Entry
from hlmaster.ui.theme import Theme, number_font, text_font

ROW = 30
KIND_WIDTH, EDGE, GAP = 92, 12, 10
Index = QModelIndex | QPersistentModelIndex
NO_INDEX = QModelIndex()
VERTICAL = Qt.AlignmentFlag.AlignVCenter
LEFT, RIGHT = VERTICAL | Qt.AlignmentFlag.AlignLeft, VERTICAL | Qt.AlignmentFlag.AlignRight


class EntryModel(QAbstractListModel):
    def __init__(self) -> None:
        super().__init__()
        self._shown: list[Entry] = []

    def show(self, entries: list[Entry]) -> None:
        self.beginResetModel()
        self._shown = entries
        self.endResetModel()

    def entry(self, row: int) -> Entry | None:
        return self._shown[row] if 0 <= row < len(self._shown) else None

    def rowCount(self, parent: Index = NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self._shown)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        entry = self.entry(index.row())
        if entry is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return entry.title
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(filter(None, (entry.kind, entry.title, entry.refusal() or entry.note(), entry.keys)))
        return None


class EntryPainter(QStyledItemDelegate):
    """Kind, title, what it is now or why it cannot be, and its keys. What trades has a mark of its own."""

    def __init__(self, model: EntryModel, theme: Theme) -> None:
        super().__init__()
        self._model = model
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._words, self._small = text_font(theme.font_pixels + 1), text_font(theme.caption_pixels)
        self._figures, self._hints = number_font(theme.font_pixels), text_font(theme.font_pixels - 1)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(200, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        entry = self._model.entry(index.row())
        if entry is None:
            return
        area: QRect = option.rect
        state: QStyle.StateFlag = option.state
        look, refusal = self._theme, entry.refusal()
        painter.save()
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(area, QColor(look.selected))
            painter.fillRect(QRect(area.left(), area.top(), 3, area.height()), QColor(look.accent))
        inner = area.adjusted(EDGE, 0, -EDGE, 0)
        kind = QRect(inner.left(), inner.top(), KIND_WIDTH, inner.height())
        self._write(painter, kind, entry.kind.upper(), self._small, look.faint, LEFT)
        rest = inner.adjusted(KIND_WIDTH, 0, 0, 0)
        if entry.keys:
            rest.setRight(self._draw_keys(painter, rest, entry.keys) - GAP)
        if entry.is_trading:
            rest.setLeft(self._draw_mark(painter, rest))
        colour = look.faint if refusal else look.text
        used = self._write(painter, rest, entry.title, self._words, colour, LEFT)
        rest.setLeft(rest.left() + used + 2 * GAP)
        note = refusal or entry.note()
        if note and rest.width() > 40:
            font = self._figures if entry.is_figure and not refusal else self._hints
            self._write(painter, rest, note, font, look.warning if refusal else look.muted, RIGHT)
        painter.restore()

    def _write(
        self, painter: QPainter, area: QRect, text: str, font: QFont, colour: str, where: Qt.AlignmentFlag
    ) -> int:
        """The width that it took; what has no room is cut with dots."""
        metrics = QFontMetrics(font)
        cut = metrics.elidedText(text, Qt.TextElideMode.ElideRight, area.width())
        painter.setFont(font)
        painter.setPen(QColor(colour))
        painter.drawText(area, int(where), cut)
        return metrics.horizontalAdvance(cut)

    def _draw_keys(self, painter: QPainter, area: QRect, keys: str) -> int:
        """Each chord in a box of its own, from the right; where they begin."""
        metrics, right = QFontMetrics(self._small), area.right()
        painter.setFont(self._small)
        for chord in reversed([part or "," for part in keys.split(", ")]):
            width = metrics.horizontalAdvance(chord) + 12
            box = QRect(right - width, area.center().y() - 9, width, 18)
            painter.setPen(QPen(QColor(self._theme.border)))
            painter.setBrush(QColor(self._theme.raised))
            painter.drawRoundedRect(box, 3, 3)
            painter.setPen(QColor(self._theme.muted))
            painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), chord)
            right = box.left() - 4
        return right

    def _draw_mark(self, painter: QPainter, area: QRect) -> int:
        """What trades says so, in a word and not by colour alone; where the title begins."""
        word, metrics = "TRADES", QFontMetrics(self._small)
        width = metrics.horizontalAdvance(word) + 10
        box = QRect(area.left(), area.center().y() - 8, width, 16)
        painter.setPen(QPen(QColor(self._theme.warning)))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(box, 3, 3)
        painter.setFont(self._small)
        painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), word)
        return box.right() + GAP
