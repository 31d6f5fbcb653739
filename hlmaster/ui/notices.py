"""Sentences that appear over the window for a while."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QStatusBar,
    QVBoxLayout,
    QWidget,
)

from hlmaster.core.events import Notice, Severity, TradingState
from hlmaster.ui.context import Context
from hlmaster.ui.figures import veiled

MOST, KEPT = 3, 20
"""Cards that are seen at a time without being asked for, and at all."""
WIDTH, APART, EDGE, FOLD_HEIGHT = 268, 6, 8, 26
"""Over the equity curve and the end of the ticket's column; the buttons that close positions stay free."""
KEEPS_CLEAR = "keeps_clear"
"""Name of a property of widgets: so many pixels from its top must be seen."""
GRAVITY = tuple(Severity)
SECONDS = {Severity.INFO: 4, Severity.WARNING: 8, Severity.ERROR: 15, Severity.CRITICAL: 60}


class NoticeCard(QFrame):
    """``gone`` is emitted while the card is still there to be asked, unlike Qt's own ``destroyed``."""

    gone = Signal()

    def __init__(self, notice: Notice, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("role", "notice")
        self.setProperty("severity", str(notice.severity))
        self.severity = notice.severity
        self._notice, self._words, self._cure = notice, QLabel(), QLabel()
        self._words.setWordWrap(True)
        close = QPushButton("✕")
        close.setProperty("role", "ghost")
        close.setAccessibleName("Dismiss")
        close.clicked.connect(self.dismiss)
        head = QHBoxLayout()
        head.addWidget(self._words, 1)
        head.addWidget(close, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 6, 4, 6)
        column.addLayout(head)
        self._cure.setWordWrap(True)
        self._cure.setProperty("role", "muted")
        column.addWidget(self._cure)
        self.show_words()
        QTimer.singleShot(SECONDS[notice.severity] * 1000, self, self.dismiss)

    def show_words(self) -> None:
        notice = self._notice
        self._words.setText(veiled(notice.sentence))
        self._cure.setText(veiled(" ".join(part for part in (notice.cure, notice.code and f"[{notice.code}]") if part)))
        self._cure.setVisible(bool(notice.cure or notice.code))

    def dismiss(self) -> None:
        self.setParent(None)
        self.gone.emit()
        self.deleteLater()


class Notices(QWidget):
    """A stack in the window's lower right corner, over the docks; it takes no clicks beside its cards.

    It leaves the buttons above it free, and what widgets say with ``KEEPS_CLEAR``; cards for which no room is left are
    folded into a count, the gravest and newest last. ``least``: what is less grave is told in another window.
    """

    def __init__(self, context: Context, window: QWidget, least: Severity = Severity.INFO) -> None:
        super().__init__(window)
        self._context, self._window, self._least = context, window, least
        self._is_unfolded = False
        self._more, self._none = QPushButton(), QPushButton("Dismiss all")
        self._more.setAccessibleName("More notices")
        self._more.setToolTip("Show them all; the Log has each of them too")
        self._more.clicked.connect(self._unfold)
        self._none.clicked.connect(self._dismiss_all)
        self._fold = QFrame()
        self._fold.setProperty("role", "notice")
        row = QHBoxLayout(self._fold)
        row.setContentsMargins(4, 0, 4, 0)
        row.addWidget(self._more)
        row.addStretch(1)
        row.addWidget(self._none)
        for button in (self._more, self._none):
            button.setProperty("role", "ghost")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(APART)
        self._column.addWidget(self._fold)
        self.hide()
        context.notified.connect(self._show)
        context.theme_changed.connect(self._refresh)
        window.installEventFilter(self)

    def _show(self, notice: Notice) -> None:
        guard = self._context.desk.guard
        if guard.state is not TradingState.ACTIVE and notice.sentence == guard.sentence:
            # The banner says it for as long as it holds.
            return
        if GRAVITY.index(notice.severity) < GRAVITY.index(self._least):
            return
        cards = self.findChildren(NoticeCard)
        for old in cards[: max(0, len(cards) - KEPT + 1)]:
            old.dismiss()
        card = NoticeCard(notice, self)
        card.setFixedWidth(WIDTH)
        card.gone.connect(self._place)
        self._column.addWidget(card)
        self._place()

    def _refresh(self) -> None:
        for card in self.findChildren(NoticeCard):
            card.show_words()
        self._place()

    def _unfold(self) -> None:
        self._is_unfolded = True
        self._place()

    def _dismiss_all(self) -> None:
        for card in self.findChildren(NoticeCard):
            card.dismiss()

    def _place(self) -> None:
        cards = self.findChildren(NoticeCard)
        self._is_unfolded = self._is_unfolded and bool(cards)
        shown = cards if self._is_unfolded else self._fitting(cards)
        for card in cards:
            card.setVisible(card in shown)
        folded = len(cards) - len(shown)
        self._more.setText(f"{folded} more notice{'' if folded == 1 else 's'}" if folded else "")
        self._fold.setVisible(bool(folded) or self._is_unfolded)
        self._none.setVisible(len(cards) > 1)
        self.setVisible(bool(cards))
        # Not what the cards would like to be: their words wrap at this width.
        height = sum(_height(card) for card in shown) + (FOLD_HEIGHT + APART if not self._fold.isHidden() else 0)
        self._fold.setFixedHeight(FOLD_HEIGHT)
        self.setFixedSize(WIDTH, height or 1)
        corner = self._corner
        self.move(corner.x() - self.width(), corner.y() - self.height())
        self.raise_()

    @property
    def _corner(self) -> QPoint:
        foot = self._window.findChild(QStatusBar)
        return self._window.rect().bottomRight() - QPoint(EDGE, EDGE + (foot.height() if foot is not None else 0))

    def _fitting(self, cards: list[NoticeCard]) -> list[NoticeCard]:
        """As many as the room allows, one at least; the gravest first, then the newest."""
        ranked = sorted(cards, key=lambda card: (GRAVITY.index(card.severity), cards.index(card)), reverse=True)
        room = self._room() if len(ranked) > 1 else 0
        for count in range(min(len(ranked), MOST), 1, -1):
            fold = 0 if count == len(ranked) else FOLD_HEIGHT + APART
            if sum(_height(card) for card in ranked[:count]) + fold <= room:
                return [card for card in cards if card in ranked[:count]]
        return ranked[:1]

    def _room(self) -> int:
        """Pixels over the corner down to what must stay free."""
        corner, highest = self._corner, 0
        # Not ``findChildren``: the window would remember each of them for good.
        for widget in filter(QWidget.isVisible, QApplication.allWidgets()):
            if not (clear := widget.property(KEEPS_CLEAR) or isinstance(widget, QAbstractButton)):
                continue
            seen = widget.visibleRegion().boundingRect()
            if seen.isEmpty() or self.isAncestorOf(widget) or not self._window.isAncestorOf(widget):
                continue
            place = QRect(widget.mapTo(self._window, seen.topLeft()), seen.size())
            bottom = place.top() + clear if clear is not True else place.bottom()
            if place.right() > corner.x() - WIDTH and bottom < corner.y():
                highest = max(highest, bottom)
        return corner.y() - highest - APART

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        return False


def _height(card: NoticeCard) -> int:
    return card.heightForWidth(WIDTH) + APART
