"""Sentences that appear over the window, and the banner while the connection or trading is not as it should be."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from hlmaster.core.events import LinkChanged, LinkState, Notice, Severity, TradingState, TradingStateChanged
from hlmaster.desk.brake import halt_sentence
from hlmaster.ui.context import Context
from hlmaster.ui.dialogs.confirm import ask
from hlmaster.ui.figures import veiled
from hlmaster.ui.what_is_open import cut_off

MOST = 4
COUNT_MS = 1_000
WIDTH = 268
"""Over the equity curve and the end of the ticket's column; the buttons that close positions stay free."""
SECONDS = {Severity.INFO: 4, Severity.WARNING: 8, Severity.ERROR: 15, Severity.CRITICAL: 60}


class NoticeCard(QFrame):
    """``gone`` is emitted while the card is still there to be asked, unlike Qt's own ``destroyed``."""

    gone = Signal()

    def __init__(self, notice: Notice, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("role", "notice")
        self.setProperty("severity", str(notice.severity))
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
    """A stack in the window's lower right corner, over the docks; it takes no clicks beside its cards."""

    def __init__(self, context: Context, window: QWidget) -> None:
        super().__init__(window)
        self._context, self._window = context, window
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(6)
        self.hide()
        context.notified.connect(self._show)
        context.theme_changed.connect(self._refresh)
        window.installEventFilter(self)

    def _show(self, notice: Notice) -> None:
        guard = self._context.desk.guard
        if guard.state is not TradingState.ACTIVE and notice.sentence == guard.sentence:
            # The banner says it for as long as it holds.
            return
        cards = self.findChildren(NoticeCard)
        for old in cards[: max(0, len(cards) - MOST + 1)]:
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

    def _place(self) -> None:
        cards = self.findChildren(NoticeCard)
        self.setVisible(bool(cards))
        # Not what the cards would like to be: their words wrap at this width.
        self.setFixedSize(WIDTH, sum(card.heightForWidth(WIDTH) + 6 for card in cards) or 1)
        corner = self._window.rect().bottomRight()
        self.move(corner.x() - self.width() - 8, corner.y() - self.height() - 40)
        self.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        return False


class Banner(QFrame):
    """One line under the top bar: why prices stand still or entries are off, and what still works."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._link = context.desk.link.last
        self.setProperty("role", "banner")
        self._words = QLabel()
        self._words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._words.setWordWrap(True)
        self._told = context.desk.clock.monotonic()
        self._beat = QTimer(self, interval=COUNT_MS)
        self._beat.timeout.connect(self._refresh)
        self._lift = QPushButton("Lift the halt …")
        self._lift.setProperty("role", "small")
        self._lift.clicked.connect(self._ask_to_lift)
        self._confirm = QPushButton("Confirm the restart …")
        self._confirm.setProperty("role", "small")
        self._confirm.clicked.connect(self._ask_to_confirm)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 4, 10, 4)
        row.addWidget(self._words, 1)
        row.addWidget(self._lift)
        row.addWidget(self._confirm)
        context.bridge.on_fact(self, LinkChanged, self._on_link)
        context.bridge.on_fact(self, TradingStateChanged, lambda _: self._refresh())
        self._refresh()

    def _on_link(self, fact: LinkChanged) -> None:
        self._link, self._told = fact, self._context.desk.clock.monotonic()
        self._refresh()

    def _refresh(self) -> None:
        guard, severity, words = self._context.desk.guard, "", ""
        halt = self._context.desk.brake.halt
        self._lift.setVisible(halt is not None)
        self._confirm.setVisible(halt is None and self._context.desk.recovery.is_waiting)
        if halt is not None:
            severity, words = "critical", halt_sentence(halt)
        elif self._link.state is LinkState.CONNECTING:
            severity, words = "warning", f"Connecting. {self._link.sentence}"
        elif self._link.state is not LinkState.CONNECTED and self._context.desk.is_ready:
            severity, words = "critical", f"{self._link.sentence}{self._next_try()} {cut_off(self._context.desk)}"
        elif guard.state is not TradingState.ACTIVE:
            severity, words = "warning", guard.sentence
        self._follow()
        self.setVisible(bool(words))
        if self._words.text() != veiled(words):
            self._words.setText(veiled(words))
        if self.property("severity") != severity:
            self.setProperty("severity", severity)
            for painted in (self, self._words):
                painted.style().unpolish(painted)
                painted.style().polish(painted)

    def _follow(self) -> None:
        """Only a wait has seconds to count."""
        waits = self._link.state is LinkState.RECONNECTING
        if waits != self._beat.isActive():
            (self._beat.start if waits else self._beat.stop)()

    def _next_try(self) -> str:
        retry, attempt = self._link.retry_in_seconds, self._link.attempt
        if retry is None:
            return f" It is tried again (try {attempt})." if attempt else ""
        left = retry - (self._context.desk.clock.monotonic() - self._told)
        when = f"in {left:.0f} s" if left >= 1 else "now"
        return f" Next try {when} (try {attempt})." if attempt else f" Next try {when}."

    def _ask_to_lift(self) -> None:
        self._context.run(self._lift_if_meant(), "lift the halt")

    async def _lift_if_meant(self) -> None:
        sentence = "New orders will be allowed again. Do this only when you know why trading was halted."
        if await ask(self.window(), "Lift the halt?", sentence, yes="Lift the halt", no="Stay halted", danger=True):
            await self._context.desk.lift_halt()

    def _ask_to_confirm(self) -> None:
        self._context.run(self._confirm_if_meant(), "confirm the restart")

    async def _confirm_if_meant(self) -> None:
        sentence = "Entries will be allowed again. Do this when positions, orders and stops are as they should be."
        if await ask(self.window(), "Confirm the restart?", sentence, yes="Confirm", no="Not yet", danger=True):
            self._context.desk.confirm_restart()
