"""One proposed trade as a card: what, why, what it can cost, until when, and the ways to answer."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from hlmaster.core.clock import SECOND_MS
from hlmaster.core.model import Side
from hlmaster.core.proposals import Proposal, ProposalState
from hlmaster.ui import figures
from hlmaster.ui.limit_bars import LimitBars, tightest_first
from hlmaster.ui.readout import set_tone
from hlmaster.ui.theme import Theme

HURRY_MS = 10_000
COLUMNS = 3
ONE_ROW = 360
"""Pixels in which all answers stand side by side."""
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
}
WORDS = {
    ProposalState.APPROVED: "sending …",
    ProposalState.BLOCKED: "blocked",
    ProposalState.SNOOZED: "later",
}
"""In the place of the clock."""
FIGURES = (
    ("risk", "Risk", "What is lost if every stop is hit, fees of both ends included, and its share of your equity."),
    ("stops", "Stop", "Where it is left at a loss: the nearest and the furthest tier."),
    ("liquidation", "Liquidation", "Where the exchange would close the position, as the account stands."),
    ("fees", "Fees in/out", "At your account's rates: entering, and leaving at the stop."),
    ("funding", "Funding / h", "Paid (minus) or received each hour at the present rate."),
    ("reward", "Target", "What is made if the target is reached, fees of both ends taken off."),
)


class Figure(QWidget):
    """A caption over a figure of one line or two; it never widens the card."""

    def __init__(self, caption: str, tooltip: str) -> None:
        super().__init__()
        self._caption, self._value = QLabel(caption.upper()), QLabel(figures.UNKNOWN)
        self._caption.setProperty("role", "caption")
        self._value.setProperty("role", "number")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(1)
        for label in (self._caption, self._value):
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            column.addWidget(label)
        column.addStretch(1)
        self.setToolTip(tooltip)
        self.setAccessibleName(caption)

    def show_value(self, text: str, tone: str = "") -> None:
        self._value.setText(text)
        set_tone(self._value, tone)

    def set_caption(self, text: str) -> None:
        self._caption.setText(text.upper())


class ProposalCard(QFrame):
    """``answered`` carries approve, edit, reject, snooze or why."""

    answered = Signal(str)

    def __init__(self, theme: Theme) -> None:
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
        self._reason, self._state = QLabel(), QLabel()
        for label in (self._reason, self._state):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
        self._figures = {key: Figure(caption, tooltip) for key, caption, tooltip in FIGURES}
        self._limits = LimitBars(theme)
        self._buttons = {
            "approve": self._button("Approve ⏎", "Send it now, after one more look by the risk gate (Enter)"),
            "edit": self._button("Edit", "Change size, price, stop or target first (E)"),
            "reject": self._button("Reject ⌫", "No; it is not proposed again until the strategy changes its mind (⌫)"),
            "snooze": self._button("Later", "Out of the way for a minute; its clock goes on (S)"),
            "why": self._button("Why?", "Everything behind this idea (W)"),
        }
        self._lay_out()

    def _button(self, text: str, tooltip: str) -> QPushButton:
        button = QPushButton(text)
        button.setProperty("role", "small")
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
        grid = QGridLayout()
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(4)
        for index, readout in enumerate(self._figures.values()):
            grid.addWidget(readout, index // COLUMNS, index % COLUMNS)
            grid.setColumnStretch(index % COLUMNS, 1)
        self._answers = QGridLayout()
        self._answers.setSpacing(6)
        for name, button in self._buttons.items():
            button.clicked.connect(lambda _=False, name=name: self.answered.emit(name))
        self._place_answers(one_row=False)
        self._figure_grid = QWidget()
        self._figure_grid.setLayout(grid)
        grid.setContentsMargins(0, 0, 0, 0)
        box = QVBoxLayout(self)
        box.setContentsMargins(12, 10, 12, 10)
        box.setSpacing(7)
        box.addLayout(head)
        for widget in (self._reason, self._state, self._figure_grid, self._limits):
            box.addWidget(widget)
        box.addLayout(self._answers)

    def _place_answers(self, *, one_row: bool) -> None:
        for place, button in enumerate(self._buttons.values()):
            row, column = (0, place) if one_row else divmod(place, COLUMNS)
            self._answers.addWidget(button, row, column)
        self._answers.setColumnStretch(len(self._buttons), 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_answers(one_row=self.width() >= ONE_ROW)

    # --- what it shows ---

    def show_proposal(self, proposal: Proposal, size_decimals: int | None) -> None:
        self.proposal, self._size_decimals = proposal, size_decimals
        is_long = proposal.side is Side.BUY
        self._title.setText(proposal.coin)
        self._side.setText("LONG" if is_long else "SHORT")
        set_tone(self._side, "up" if is_long else "down")
        self._order.setText(self._order_words(proposal))
        self._reason.setText(reason(proposal))
        self._show_state(proposal)
        self._show_figures(proposal)
        self._show_limits()
        primary = "buy" if is_long else "sell"
        self._restyle(self._buttons["approve"], "role", primary)
        self._restyle(self, "side", "long" if is_long else "short")
        self.setAccessibleName(f"{proposal.coin} {self._side.text()} {self._order.text()}")
        self.setAccessibleDescription(f"{self._reason.text()} {self._state.text()}")

    def _order_words(self, proposal: Proposal) -> str:
        size = figures.plain(proposal.size)
        if proposal.limit_price is None:
            return f"{size} @ market"
        kind = "post-only" if proposal.post_only else "limit"
        return f"{size} @ {kind} {self._price(proposal.limit_price)}"

    def _show_state(self, proposal: Proposal) -> None:
        blocked = proposal.state is ProposalState.BLOCKED
        busy = proposal.state is ProposalState.APPROVED
        self._state.setText(proposal.state_text)
        self._state.setVisible(bool(proposal.state_text))
        set_tone(self._state, "down" if blocked else "")
        self._restyle(self, "blocked", "true" if blocked else "false")
        self._figure_grid.setVisible(not blocked or self._all_limits)
        self._buttons["approve"].setEnabled(not blocked and not busy)
        for name in ("edit", "reject", "snooze"):
            self._buttons[name].setEnabled(not busy)

    def _show_figures(self, proposal: Proposal) -> None:
        share = figures.percent(proposal.risk_percent / 100)
        out, tiers = self._figures, len(proposal.stops)
        out["risk"].show_value(f"{figures.money(proposal.risk)}\n{share}")
        out["stops"].set_caption(f"Stop ×{tiers}" if tiers > 1 else "Stop")
        prices = [self._price(price) for price, _ in proposal.stops]
        ends = prices[:1] if tiers == 1 else [prices[0], prices[-1]] if tiers else [figures.UNKNOWN]
        out["stops"].show_value(" –\n".join(ends))
        out["liquidation"].show_value(self._price(proposal.liquidation_price))
        out["fees"].show_value(f"{figures.money(proposal.fee_in)}\n{figures.money(proposal.fee_out)}")
        funding = proposal.funding_per_hour
        out["funding"].show_value(figures.money(funding, signed=True), figures.tone(funding))
        target = self._price(proposal.target)
        worth = "" if proposal.reward is None else f"\n{figures.money(proposal.reward, signed=True)}"
        out["reward"].show_value(f"{target}{worth}")

    def _show_limits(self) -> None:
        if self.proposal is None:
            return
        ordered = tightest_first(self.proposal.effects)
        self._limits.show_effects(ordered if self._all_limits else ordered[:1])

    def show_time(self, now_ms: int) -> None:
        """The clock of the card, or the word that stands in its place."""
        proposal = self.proposal
        if proposal is None:
            return
        left = max(0, proposal.expires_ms - now_ms)
        minutes, seconds = divmod(-(-left // SECOND_MS), 60)
        text = f"{minutes:02}:{seconds:02}"
        self._left.setToolTip(f"Ends in {text}.")
        text = WORDS.get(proposal.state, text)
        if self._left.text() != text:
            self._left.setText(text)
        blocked = proposal.state is ProposalState.BLOCKED
        set_tone(self._left, "down" if blocked or left < HURRY_MS else "warning")

    def set_theme(self, theme: Theme) -> None:
        self._limits.set_theme(theme)

    def toggle_limits(self) -> None:
        """Show what the trade does to every limit, or to the tightest one alone."""
        self._all_limits = not self._all_limits
        self._show_limits()
        if self.proposal is not None:
            self._show_state(self.proposal)

    def _price(self, value: figures.Number) -> str:
        return figures.price(value, self._size_decimals)

    @staticmethod
    def _restyle(widget: QWidget, name: str, value: str) -> None:
        if widget.property(name) != value:
            widget.setProperty(name, value)
            widget.style().unpolish(widget)
            widget.style().polish(widget)

    # --- answers ---

    def keyPressEvent(self, event: QKeyEvent) -> None:
        answer = ANSWERS.get(Qt.Key(event.key()))
        if answer is None or event.isAutoRepeat():
            super().keyPressEvent(event)
            return
        event.accept()
        if answer == "limits":
            self.toggle_limits()
        elif answer == "why" or self._buttons[answer].isEnabled():
            self.answered.emit(answer)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.toggle_limits()

    def focusInEvent(self, event: QEvent) -> None:  # type: ignore[override]
        self._restyle(self, "focused", "true")

    def focusOutEvent(self, event: QEvent) -> None:  # type: ignore[override]
        self._restyle(self, "focused", "false")


def reason(proposal: Proposal) -> str:
    """``Triple confluence 0.81 · funding below its base, …``; one line for each voice."""
    voices = [f"{proposal.source} {proposal.confidence:.2f} · {proposal.signal.reason}", *proposal.reasons]
    return "\n".join(dict.fromkeys(line for line in voices if line))
