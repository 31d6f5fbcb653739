"""The list behind the chart's Indicators button: all that can be shown, found by typing, ticked where it is on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QPainter, QPen, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QFrame,
    QLabel,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from hlmaster.ui.theme import Theme, text_font

SIZE = QSize(500, 480)
ROW, HEAD = 42, 24
INDENT = 30
OFFER = Qt.ItemDataRole.UserRole


@dataclass(frozen=True, slots=True)
class Offer:
    """``is_on`` is ticked: choosing it takes it off the chart; any other puts one more on it."""

    key: str
    group: str
    title: str
    name: str
    """In full, where the title is short."""
    help: str
    is_on: bool = False

    def fits(self, words: Sequence[str]) -> bool:
        text = f"{self.title} {self.name} {self.group} {self.key} {self.help}".casefold()
        return all(word in text for word in words)


class OfferRow(QStyledItemDelegate):
    """Title over explanation, with a tick; a heading for each group."""

    def __init__(self, theme: Theme, parent: QObject) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(0, HEAD if index.data(OFFER) is None else ROW)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        offer, theme, area = index.data(OFFER), self._theme, QRect(option.rect)
        painter.save()
        if offer is None:
            painter.setFont(text_font(theme.caption_pixels, strong=True))
            painter.setPen(QColor(theme.faint))
            painter.drawText(area.adjusted(10, 4, 0, 0), Qt.AlignmentFlag.AlignVCenter, str(index.data()).upper())
            painter.restore()
            return
        if option.state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver):
            painter.fillRect(area, QColor(theme.selected))
        if offer.is_on:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(theme.accent), 2))
            at = area.topLeft() + QPoint(16, 15)
            painter.drawLine(at + QPoint(-4, 0), at + QPoint(-1, 4))
            painter.drawLine(at + QPoint(-1, 4), at + QPoint(5, -4))
        strong = text_font(theme.font_pixels, strong=offer.is_on)
        room = area.adjusted(INDENT, 5, -8, -20)
        painter.setFont(strong)
        painter.setPen(QColor(theme.text))
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, offer.title)
        if offer.name.casefold() != offer.title.casefold():
            painter.setFont(text_font(theme.font_pixels))
            painter.setPen(QColor(theme.faint))
            after = room.adjusted(QFontMetrics(strong).horizontalAdvance(f"{offer.title}  "), 0, 0, 0)
            painter.drawText(after, Qt.AlignmentFlag.AlignVCenter, offer.name)
        small = text_font(theme.font_pixels - 1)
        painter.setFont(small)
        painter.setPen(QColor(theme.muted))
        room = area.adjusted(INDENT, 21, -8, -4)
        words = QFontMetrics(small).elidedText(offer.help, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, words)
        painter.restore()


class StudyPicker(QFrame):
    """A popup: type to search, arrows and Enter or the mouse to choose; it stays open for more."""

    picked = Signal(object)
    """The Offer."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAccessibleName("Indicators")
        self.setProperty("role", "panel")
        self._offers: tuple[Offer, ...] = ()
        self.search = QLineEdit(placeholderText="Search indicators", clearButtonEnabled=True)
        self.search.setAccessibleName("Search indicators")
        self.search.setToolTip("Type a part of a name or of what it tells")
        self.list = QListView()
        self.list.setAccessibleName("Indicators that can be shown")
        self.list.setMouseTracking(True)
        self.list.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.list.setItemDelegate(OfferRow(theme, self.list))
        self._model = QStandardItemModel(self)
        self.list.setModel(self._model)
        self.empty = QLabel("No indicator has this in its name or explanation.")
        self.empty.setProperty("role", "muted")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        box = QVBoxLayout(self)
        box.setContentsMargins(8, 8, 8, 8)
        box.addWidget(self.search)
        box.addWidget(self.empty, 1)
        box.addWidget(self.list, 1)
        self.resize(SIZE)
        self.search.textChanged.connect(self._fill)
        self.search.installEventFilter(self)
        self.list.clicked.connect(self._choose)

    def offer(self, offers: Sequence[Offer]) -> None:
        """In the order in which they are listed; a group's are next to each other."""
        row = self.list.currentIndex().row()
        self._offers = tuple(offers)
        self._fill()
        if row >= 0:
            self._select(min(row, self._model.rowCount() - 1), 1)

    def open_at(self, below: QWidget) -> None:
        """Under a button, kept on its screen."""
        corner = below.mapToGlobal(QPoint(below.width() - self.width(), below.height() + 2))
        free = below.screen().availableGeometry()
        corner.setX(max(free.left(), min(corner.x(), free.right() - self.width())))
        corner.setY(max(free.top(), min(corner.y(), free.bottom() - self.height())))
        self.move(corner)
        self.search.clear()
        self._fill()
        self.show()
        self.search.setFocus()

    def shown(self) -> list[Offer]:
        offers = (self._model.item(row).data(OFFER) for row in range(self._model.rowCount()))
        return [offer for offer in offers if offer is not None]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            row = self.list.currentIndex().row()
            match event.key():
                case Qt.Key.Key_Down:
                    self._select(row + 1, 1)
                    return True
                case Qt.Key.Key_Up:
                    self._select(row - 1, -1)
                    return True
                case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                    self._choose(self.list.currentIndex())
                    return True
        return super().eventFilter(watched, event)

    def _fill(self) -> None:
        words = self.search.text().casefold().split()
        self._model.clear()
        group = ""
        for offer in self._offers:
            if offer.fits(words):
                if offer.group != group:
                    group = offer.group
                    head = QStandardItem(group)
                    head.setFlags(Qt.ItemFlag.NoItemFlags)
                    self._model.appendRow(head)
                item = QStandardItem(f"{offer.title}. {offer.help}")
                item.setEditable(False)
                item.setData(offer, OFFER)
                item.setToolTip(offer.help)
                self._model.appendRow(item)
        found = self._model.rowCount() > 0
        self.list.setVisible(found)
        self.empty.setVisible(not found)
        if words:
            # Enter after typing adds: what is on already is taken off only by choosing it.
            fresh = (row for row in range(self._model.rowCount()) if self._is_fresh(row))
            self._select(next(fresh, 0), 1)

    def _is_fresh(self, row: int) -> bool:
        offer = self._model.item(row).data(OFFER)
        return offer is not None and not offer.is_on

    def _select(self, row: int, way: int) -> None:
        while 0 <= row < self._model.rowCount():
            if self._model.item(row).data(OFFER) is not None:
                self.list.setCurrentIndex(self._model.index(row, 0))
                return
            row += way

    def _choose(self, index: QModelIndex) -> None:
        offer = index.data(OFFER)
        if offer is not None:
            self.picked.emit(offer)
