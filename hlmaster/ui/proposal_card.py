"""One proposed trade as a card: what, why, what it can cost, until when, and the ways to answer."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from hlmaster.core.clock import SECOND_MS
from hlmaster.core.model import Side
from hlmaster.core.proposals import Proposal, ProposalState
from hlmaster.ui import figures
from hlmaster.ui.limit_bars import LimitBars, tightest_first
from hlmaster.ui.plain import plain_tip
from hlmaster.ui.proposal_figures import ProposalFigures
from hlmaster.ui.readout import set_tone
from hlmaster.ui.theme import Theme, restyle
from hlmaster.ui.wrapping_row import WrappingRow

HURRY_MS = 10_000
STILL_MS = 500
"""A card that has just come, moved or changed takes no yes for so long: it may be meant for what was there before."""
ANSWERS = {
    Qt.Key.Key_Return: "approve",
    Qt.Key.Key_Enter: "approve",
    Qt.Key.Key_E: "edit",
    Qt.Key.Key_Backspace: "reject",
    Qt.Key.Key_Delete: "reject",
    Qt.Key.Key_S: "snooze",
    Qt.Key.Key_Space: "limits",
    Qt.Key.Key_W: "why",
    Qt.Key.Key_Question: "why",
    Qt.Key.Key_A: "ask",
}
STEPS = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}
WORDS = {
    ProposalState.APPROVED: "sending …",
    ProposalState.BLOCKED: "blocked",
    ProposalState.SNOOZED: "later",
}
"""In the place of the clock."""


class ProposalCard(QFrame):
    """``answered`` carries approve, edit, reject, snooze, why or ask; ``left`` a step to the next or the last card.

    ``asks``: there is an analyst that can be asked about it.
    """

    answered = Signal(str)
    left = Signal(int)

    def __init__(self, theme: Theme, *, asks: bool = False) -> None:
        super().__init__()
        self.proposal: Proposal | None = None
        self._size_decimals: int | None = None
        self._all_limits = False
        self.setProperty("role", "card")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._title, self._side, self._order, self._left = (QLabel() for _ in range(4))
        self._title.setProperty("role", "cardtitle")
        self._order.setProperty("role", "cardtitle")
        self._side.setProperty("role", "tag")
        self._left.setProperty("role", "countdown")
        self._reason, self._state, self.second = QLabel(), QLabel(), QLabel()
        for label in (self._reason, self._state, self.second):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
        self._reason.setTextFormat(Qt.TextFormat.RichText)
        self.second.hide()
        self._reason.setProperty("role", "reason")
        self._figures = ProposalFigures()
        self._limits = LimitBars(theme)
        self._buttons = {
            "approve": self._button("Approve ⏎", "Send it now, after one more look by the risk gate (Enter)"),
            "edit": self._button("Edit", "Change size, price, stop or target first (E)"),
            "reject": self._button("Reject ⌫", "No; it is not proposed again until the strategy changes its mind (⌫)"),
            "snooze": self._button("Later", "Out of the way for a minute; its clock goes on (S)", "ghost"),
            "why": self._button("Why?", "Everything behind this idea (W)", "ghost"),
        }
        if asks:
            tip = "Should I enter? It answers here; nothing waits for it (A)"
            self._buttons["ask"] = self._button("Ask AI", tip, "ghost")
        self._still = QTimer(self)
        self._still.setSingleShot(True)
        self._still.setInterval(STILL_MS)
        self._still.timeout.connect(self._show_answers)
        self._lay_out()

    @staticmethod
    def _button(text: str, tooltip: str, role: str = "small") -> QPushButton:
        button = QPushButton(text)
        button.setProperty("role", role)
        button.setToolTip(tooltip)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the card has the focus, and its keys answer
        return button

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(6)
        top = Qt.AlignmentFlag.AlignTop
        head.addWidget(self._title, 0, top)
        head.addWidget(self._side, 0, top)
        self._order.setWordWrap(True)
        head.addWidget(self._order, 1, top)
        head.addWidget(self._left, 0, top)
        self._answers = WrappingRow()
        for name, button in self._buttons.items():
            button.clicked.connect(lambda _=False, name=name: self.answered.emit(name))
        box = QVBoxLayout(self)
        box.setContentsMargins(12, 10, 12, 10)
        box.setSpacing(7)
        box.addLayout(head)
        for widget in (self._reason, self.second, self._state, self._figures, self._limits, self._answers):
            box.addWidget(widget)
        self._place_answers()

    def _place_answers(self) -> None:
        """Those that are no answer now leave no hole."""
        self._answers.put([self._buttons[name] for name in self._buttons if name != "approve" or not self._is_blocked])

    # --- what it shows ---

    def show_proposal(self, proposal: Proposal, source: str, size_decimals: int | None) -> None:
        """``source``: who proposes it, by title."""
        if self.proposal is None or terms(self.proposal) != terms(proposal):
            self.hold_still()
        self.proposal, self._size_decimals = proposal, size_decimals
        is_long = proposal.side is Side.BUY
        self._title.setText(proposal.coin)
        self._side.setText("LONG" if is_long else "SHORT")
        set_tone(self._side, "up" if is_long else "down")
        self._order.setText(self._order_words(proposal))
        words = reason(proposal, source)
        self._reason.setText(_emphatic(words))
        self._show_state(proposal)
        self._figures.show_proposal(proposal, size_decimals)
        self._show_limits()
        primary = "buy" if is_long else "sell"
        self._restyle(self._buttons["approve"], "role", primary)
        self._restyle(self, "side", "long" if is_long else "short")
        self.setAccessibleName(f"{proposal.coin} {self._side.text()} {self._order.text()}")
        lines = [f"{line.title} {line.number} {line.text}".strip() for line in words]
        self.setAccessibleDescription(" ".join((*lines, self._state.text())))

    def show_second_opinion(self, words: str, tone: str) -> None:
        """What the analyst says of it; a model's words, so plain text."""
        if self.second.text() != words:
            self.second.setText(words)
        self.second.setVisible(bool(words))
        set_tone(self.second, tone)

    def hold_still(self) -> None:
        """No yes for a moment."""
        self._still.start()
        self._show_answers()

    def _order_words(self, proposal: Proposal) -> str:
        size, edited = figures.size(proposal.size), " (edited)" if proposal.edited else ""
        if proposal.limit_price is None:
            return f"{size} @ market{edited}"
        kind = "post-only" if proposal.post_only else "limit"
        return f"{size} @ {kind} {figures.price(proposal.limit_price, self._size_decimals)}{edited}"

    def _show_state(self, proposal: Proposal) -> None:
        blocked = self._is_blocked
        self._state.setText(figures.veiled(proposal.state_text if self._all_limits else state_words(proposal)))
        self._state.setToolTip(plain_tip(figures.veiled(proposal.state_text)))
        self._state.setVisible(bool(proposal.state_text))
        set_tone(self._state, "danger" if blocked else "")
        self._restyle(self, "blocked", "true" if blocked else "false")
        self._figures.setVisible(not blocked or self._all_limits)
        self._show_answers()

    def _show_answers(self) -> None:
        if self.proposal is None:
            return
        blocked = self._is_blocked
        busy = self.proposal.state is ProposalState.APPROVED
        approve = self._buttons["approve"]
        approve.setEnabled(not (blocked or busy or self._still.isActive()))
        for name in ("edit", "reject", "snooze"):
            self._buttons[name].setEnabled(not busy)
        self._place_answers()

    @property
    def _is_blocked(self) -> bool:
        return self.proposal is not None and self.proposal.state is ProposalState.BLOCKED

    def _show_limits(self) -> None:
        if self.proposal is None:
            return
        ordered = tightest_first(self.proposal.effects)
        self._limits.show_effects(ordered if self._all_limits else ordered[:1])

    def show_time(self, left_ms: int) -> None:
        """The clock of the card (wall milliseconds), or the word that stands in its place."""
        proposal = self.proposal
        if proposal is None:
            return
        minutes, seconds = divmod(-(-max(0, left_ms) // SECOND_MS), 60)
        text = f"{minutes:02}:{seconds:02}"
        blocked = self._is_blocked
        again = " It opens by itself when the gate lets it pass." if blocked else ""
        self._left.setToolTip(f"Ends in {text}.{again}")
        text = WORDS.get(proposal.state, text)
        if self._left.text() != text:
            self._left.setText(text)
        set_tone(self._left, "danger" if blocked or left_ms < HURRY_MS else "warning")

    def set_theme(self, theme: Theme) -> None:
        self._limits.set_theme(theme)

    def toggle_limits(self) -> None:
        """Show every figure, limit and reason against it, or the tightest limit and the first reason alone."""
        self._all_limits = not self._all_limits
        self._show_limits()
        if self.proposal is not None:
            self._show_state(self.proposal)

    @staticmethod
    def _restyle(widget: QWidget, name: str, value: str) -> None:
        if widget.property(name) != value:
            widget.setProperty(name, value)
            restyle(widget)

    # --- answers ---

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = STEPS.get(Qt.Key(event.key()))
        if step is not None:
            self.left.emit(step)
            return
        answer = ANSWERS.get(Qt.Key(event.key()))
        if answer is None or event.isAutoRepeat():
            super().keyPressEvent(event)
            return
        event.accept()
        if answer == "limits":
            self.toggle_limits()
        elif answer in self._buttons and self._buttons[answer].isEnabled():
            self.answered.emit(answer)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.toggle_limits()

    def focusInEvent(self, event: QEvent) -> None:
        self._restyle(self, "focused", "true")

    def focusOutEvent(self, event: QEvent) -> None:
        self._restyle(self, "focused", "false")


@dataclass(frozen=True, slots=True)
class Voice:
    """One line of reasons: who, how sure, and why."""

    title: str
    number: str
    text: str


def reason(proposal: Proposal, source: str) -> list[Voice]:
    """``Triple Confluence 0.81 · funding below its base, …``; then a line for each adviser."""
    first = Voice(source, f"{proposal.confidence:.2f}", proposal.signal.reason)
    return [first, *(Voice("", "", line) for line in dict.fromkeys(proposal.reasons) if line and line != first.text)]


def _emphatic(voices: list[Voice]) -> str:
    lines = []
    for voice in voices:
        named = f"{escape(voice.title)} <b>{voice.number}</b> · " if voice.title else ""
        lines.append(named + escape(voice.text))
    return "<br>".join(lines)


def state_words(proposal: Proposal) -> str:
    """What stands in the way, in one sentence; how much more there is."""
    failures = () if proposal.verdict is None else proposal.verdict.failures
    if proposal.state is not ProposalState.BLOCKED or len(failures) < 2:
        return proposal.state_text
    more = len(failures) - 1
    return f"{failures[0].sentence} And {more} more reason{'' if more == 1 else 's'} (Space)."


def terms(proposal: Proposal) -> tuple[object, ...]:
    """What a person says yes to, or may not just now."""
    order = (proposal.side, proposal.size, proposal.limit_price, proposal.post_only)
    return (*order, proposal.stops, proposal.target, proposal.state is ProposalState.BLOCKED)
