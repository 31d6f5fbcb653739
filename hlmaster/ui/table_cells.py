"""How cells, their badges and their buttons are painted, and where in a cell each button is."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QHelpEvent, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QLineEdit,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolTip,
    QWidget,
)

from hlmaster.ui.figures import narrower
from hlmaster.ui.plain import plain_tip
from hlmaster.ui.sizes import BUTTON_HEIGHT, PADDING, ROW_HEIGHT
from hlmaster.ui.table import Action, Cell, Column, TableModel
from hlmaster.ui.theme import Theme, legible, mixed, number_font, text_font

GAP = 5
BAR_HEIGHT, BAR_TEXT = 4, 8
"""Of a bar: pixels, and digits of the text at its right."""
SURE = "Sure?"
APART = 10
"""More room before words that follow figures, for these end where the words begin."""
Index = QModelIndex | QPersistentModelIndex


def inner(rect: QRect, columns: Sequence[Column[Any]], number: int) -> QRect:
    """Of a cell or a caption: what its padding leaves."""
    follows = number > 0 and columns[number - 1].right and not columns[number].right
    return rect.adjusted(PADDING + APART * follows, 0, -PADDING, 0)


class Palette:
    """A theme's fonts and colours as a table needs them, made once."""

    def __init__(self, theme: Theme) -> None:
        self.theme = theme
        self.numbers, self.strong = number_font(theme.font_pixels), number_font(theme.font_pixels, strong=True)
        self.words, self.small = text_font(theme.font_pixels), number_font(theme.caption_pixels)
        self.badge = text_font(theme.caption_pixels + 1)
        self.caption = text_font(theme.caption_pixels)
        self.caption.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, 0.6)
        self.button = text_font(theme.font_pixels - 1)
        fonts = {"numbers": self.numbers, "strong": self.strong, "words": self.words, "small": self.small}
        self.metrics = {name: QFontMetrics(font) for name, font in fonts.items()}
        """Made once: looking a font up is most of what a cell costs."""
        self.badge_metrics, self.button_metrics = QFontMetrics(self.badge), QFontMetrics(self.button)
        self.digit, self.letter = (self.metrics[name].horizontalAdvance("0") for name in ("small", "numbers"))
        self.roles = {
            "": QColor(theme.text),
            "up": QColor(theme.up),
            "down": QColor(theme.down),
            "muted": QColor(theme.muted),
            "faint": QColor(theme.faint),
            "warning": QColor(theme.warning),
            "danger": QColor(theme.danger),
            "accent": QColor(theme.accent),
        }
        self.fills = {
            role: QColor(mixed(colour.name(), theme.panel, 0.22)) for role, colour in self.roles.items() if role
        }
        self.fills |= {"": QColor(theme.raised), "up": QColor(theme.up_fill), "down": QColor(theme.down_fill)}
        inks = {role: self.roles[role or "muted"].name() for role in self.fills}
        self.on_fills = {role: QColor(legible(inks[role], fill.name())) for role, fill in self.fills.items()}
        self.hover = QColor(mixed(theme.raised, theme.panel, 0.55))
        self.selected, self.border = QColor(theme.selected), QColor(theme.border)
        self.raised, self.panel = QColor(theme.raised), QColor(theme.panel)
        self.danger_fill, self.on_danger = QColor(theme.danger_fill), QColor(theme.on_danger)


class CellPainter(QStyledItemDelegate):
    """Paints cells without the style's help; edits numbers in place. Nothing is committed but by Enter."""

    def __init__(self, model: TableModel[Any], palette: Palette, parent: QObject) -> None:
        super().__init__(parent)
        self.model, self.palette = model, palette
        self.hovered_row = -1
        self.hovered_button: tuple[Hashable, str] | None = None
        self.focused_button: tuple[Hashable, str] | None = None
        self.armed: tuple[Hashable, str] | None = None

    # --- buttons ---

    def buttons(self, rect: QRect, key: Hashable, cell: Cell) -> list[tuple[QRect, Action]]:
        metrics = self.palette.button_metrics
        left, top = rect.left() + PADDING, rect.center().y() - BUTTON_HEIGHT // 2 + 1
        placed = []
        for action in cell.actions:
            # Room for both faces of a button that asks back: nothing may move between two clicks
            texts = [action.text, SURE] if action.confirm else [action.text]
            width = max(metrics.horizontalAdvance(text) for text in texts) + (16 if len(action.text) > 1 else 10)
            placed.append((QRect(left, top, width, BUTTON_HEIGHT), action))
            left += width + (GAP if len(action.text) > 1 else GAP + 3)
        return placed

    # --- painting ---

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        palette, row = self.palette, index.row()
        gone = self.model.is_gone(row)
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, palette.selected)
        elif row == self.hovered_row:
            painter.fillRect(rect, palette.hover)
        column, cell = self.model.columns[index.column()], self.model.cell(row, index.column())
        painter.save()
        painter.setOpacity(0.4 if gone else 1.0)
        if cell.actions and not gone:
            self._paint_buttons(painter, rect, self.model.key_at(row), cell)
        elif not cell.actions:
            room = inner(rect, self.model.columns, index.column())
            self.paint_cell(painter, room if cell.share is None else self._paint_bar(painter, room, cell), column, cell)
            self._paint_pencil(painter, rect, index)
        painter.restore()

    def paint_cell(self, painter: QPainter, rect: QRect, column: Column[Any], cell: Cell) -> None:
        palette = self.palette
        name = "strong" if cell.strong else "words" if column.words else "numbers"
        font, metrics, small = getattr(palette, name), palette.metrics[name], palette.metrics["small"]
        painter.setPen(palette.roles[cell.role])
        if cell.detail or (column.right and column.detail_width):
            width = max(small.horizontalAdvance(cell.detail), column.detail_width * palette.digit)
            if column.right:
                painter.setFont(palette.small)
                painter.drawText(rect, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, cell.detail)
                rect = rect.adjusted(0, 0, -width - 6, 0)
        align = Qt.AlignmentFlag.AlignRight if column.right else Qt.AlignmentFlag.AlignLeft
        room = rect.width() - (palette.badge_metrics.horizontalAdvance(cell.badge) + 18 if cell.badge else 0)
        fits = metrics.horizontalAdvance(cell.text) <= room
        text = cell.text if fits else _shortened(cell.text, metrics, max(room, 0))
        painter.setFont(font)
        painter.drawText(rect, align | Qt.AlignmentFlag.AlignVCenter, text)
        left = rect.left() + metrics.horizontalAdvance(text) + 6
        if cell.detail and not column.right:
            painter.setFont(palette.small)
            painter.drawText(rect.adjusted(left - rect.left(), 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, cell.detail)
            left += small.horizontalAdvance(cell.detail) + 6
        if cell.badge:
            self._paint_badge(painter, left if text else rect.left(), rect, cell)

    def helpEvent(self, event: QHelpEvent, view: QAbstractItemView, option: QStyleOptionViewItem, index: Index) -> bool:
        """What found no room is said in full, where the column says nothing else."""
        if event.type() is QEvent.Type.ToolTip and index.isValid() and self.model.columns[index.column()].hint is None:
            cell, rect = self.model.cell(index.row(), index.column()), option.rect
            badge = self.palette.badge_metrics.horizontalAdvance(cell.badge) + 18 if cell.badge else 0
            words = self.palette.metrics["strong"].horizontalAdvance(f"{cell.text} {cell.detail}") + badge
            if words + 2 * PADDING > rect.width():
                QToolTip.showText(event.globalPos(), plain_tip(f"{cell.text} {cell.detail}".strip()), view.viewport())
                return True
        return super().helpEvent(event, view, option, index)

    def _paint_bar(self, painter: QPainter, rect: QRect, cell: Cell) -> QRect:
        """At the left of the text, for which the rest of the room is left."""
        text = min(rect.width(), BAR_TEXT * self.palette.digit)
        bar = QRectF(rect.left(), rect.center().y() - 1, max(0, rect.width() - text - GAP), BAR_HEIGHT)
        filled = QRectF(bar)
        filled.setWidth(bar.width() * min(1.0, max(0.0, cell.share or 0.0)))
        painter.fillRect(bar, self.palette.raised)
        painter.fillRect(filled, self.palette.roles[cell.role or "accent"])
        return rect.adjusted(rect.width() - text, 0, 0, 0)

    def _paint_badge(self, painter: QPainter, left: int, rect: QRect, cell: Cell) -> None:
        palette = self.palette
        width = palette.badge_metrics.horizontalAdvance(cell.badge) + 10
        box = QRect(left, rect.center().y() - 7, min(width, max(0, rect.right() - left + PADDING)), 16)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(palette.fills[cell.badge_role])
        painter.drawRoundedRect(box, 3, 3)
        painter.setPen(palette.on_fills[cell.badge_role])
        painter.setFont(palette.badge)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, cell.badge)

    def _paint_pencil(self, painter: QPainter, rect: QRect, index: Index) -> None:
        """A dotted line under what can be edited, in the row under the pointer."""
        if index.row() == self.hovered_row and self.model.editable(index) is not None:
            painter.setPen(QPen(self.palette.roles["faint"], 1, Qt.PenStyle.DotLine))
            painter.drawLine(rect.left() + PADDING, rect.bottom() - 4, rect.right() - PADDING, rect.bottom() - 4)

    def _paint_buttons(self, painter: QPainter, rect: QRect, key: Hashable, cell: Cell) -> None:
        palette = self.palette
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(palette.button)
        for box, action in self.buttons(rect, key, cell):
            this, armed = (key, action.name), self.armed == (key, action.name)
            lit = this in (self.hovered_button, self.focused_button)
            painter.setBrush(palette.danger_fill if armed else palette.raised if lit else Qt.BrushStyle.NoBrush)
            edge = palette.roles["danger"] if armed else palette.roles["accent" if lit else "faint"]
            if not armed and not lit:
                edge = QColor(mixed(palette.theme.faint, palette.theme.panel, 0.55))
            painter.setPen(QPen(edge, 1))
            painter.drawRoundedRect(QRectF(box).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
            painter.setPen(palette.on_danger if armed else palette.roles[""])
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, SURE if armed else action.text)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        column = self.model.columns[index.column()]
        return QSize(column.width, ROW_HEIGHT)

    # --- editing in place ---

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:  # noqa: N802
        editor = QLineEdit(self.model.editable(index) or "", parent)
        editor.setProperty("role", "cell")
        editor.setFont(self.palette.numbers)
        editor.setAlignment(
            Qt.AlignmentFlag.AlignRight if self.model.columns[index.column()].right else Qt.AlignmentFlag(0)
        )
        editor.selectAll()
        return editor

    def setEditorData(self, editor: QWidget, index: Index) -> None:  # noqa: N802
        """Nothing: what is being typed outlives changes of the row."""

    def setModelData(self, editor: QWidget, model: object, index: Index) -> None:  # noqa: N802
        if isinstance(editor, QLineEdit) and index.isValid():
            key, column = self.model.key_at(index.row()), self.model.columns[index.column()]
            self.model.edited.emit(key, column.key, editor.text())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if not isinstance(watched, QLineEdit):
            return super().eventFilter(watched, event)
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            if event.key() in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
                return True
        elif event.type() is QEvent.Type.FocusOut:
            # Leaving is not agreeing: only Enter sends a change
            self.closeEditor.emit(watched, QStyledItemDelegate.EndEditHint.RevertModelCache)
            return True
        return super().eventFilter(watched, event)


def _shortened(text: str, metrics: QFontMetrics, room: int) -> str:
    """Words lose their end; a figure is written shorter, or not at all."""
    if not text[-1:].isdigit():
        return metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)
    fitting = (shorter for shorter in narrower(text) if metrics.horizontalAdvance(shorter) <= room)
    return next(
        fitting, "…" if next(narrower(text), "") else metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)
    )
