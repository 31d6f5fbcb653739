"""The approvals: every open proposal as a card, the most urgent first, answered by mouse or keyboard."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from hlmaster.core.proposals import Proposal, ProposalChanged
from hlmaster.ui.context import Context
from hlmaster.ui.panel import Panel
from hlmaster.ui.proposal_card import ProposalCard

BEAT_MS = 250
SNOOZE_SECONDS = 60
EMPTY = "Nothing waits for you"
TEACHING = (
    "When an armed strategy finds a trade, it appears here as a card with its reasons, its risk and its clock. "
    "Arm one in the Strategies panel; its row there also says why nothing is happening."
)


class ApprovalsPanel(Panel):
    KEY, TITLE = "approvals", "Approvals"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._cards: dict[str, ProposalCard] = {}
        self.open_edit: Callable[[Proposal], None] = lambda proposal: None
        self.open_why: Callable[[Proposal], None] = lambda proposal: None
        self._list = QVBoxLayout()
        self._list.setContentsMargins(10, 10, 10, 10)
        self._list.setSpacing(10)
        self._empty = self._make_empty()
        self._list.addWidget(self._empty)
        self._list.addStretch(1)
        contents = QWidget()
        contents.setLayout(self._list)
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setWidget(contents)
        for painted in (contents, self._area.viewport()):
            painted.setAutoFillBackground(False)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self._area)
        self.header = self._make_header()
        self._beat = QTimer(self)
        self._beat.setInterval(BEAT_MS)
        self._beat.timeout.connect(self._show_times)
        self._beat.start()
        focus = QShortcut(QKeySequence("F2"), self)
        focus.setContext(Qt.ShortcutContext.WindowShortcut)
        focus.activated.connect(self.focus_first)
        context.bridge.on_fact(self, ProposalChanged, lambda _: self.refresh())
        context.theme_changed.connect(self._on_theme)
        self.refresh()

    def _make_empty(self) -> QLabel:
        label = QLabel(f"{EMPTY}\n\n{TEACHING}")
        label.setProperty("role", "muted")
        label.setWordWrap(True)
        label.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        label.setContentsMargins(12, 24, 12, 0)
        return label

    def _make_header(self) -> QWidget:
        header = QWidget()
        self._approve_all, self._reject_all = QPushButton("Approve all"), QPushButton("Reject all")
        row = QHBoxLayout(header)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addStretch(1)
        for button, work in ((self._approve_all, self._yes_to_all), (self._reject_all, self._no_to_all)):
            button.setProperty("role", "ghost")
            button.clicked.connect(work)
            row.addWidget(button)
        self._approve_all.setToolTip("Each goes through the risk gate by itself, in the order shown")
        header.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        return header

    # --- what is shown ---

    def refresh(self) -> None:
        """Cards for what is open now, the one that ends first on top; a card keeps its widget, its focus and place."""
        proposals = sorted(self.context.desk.proposing.open(), key=lambda proposal: proposal.expires_ms)
        wanted = {proposal.proposal_id: proposal for proposal in proposals}
        had_focus = any(card.hasFocus() for card in self._cards.values())
        for name in [name for name in self._cards if name not in wanted]:
            card = self._cards.pop(name)
            self._list.removeWidget(card)
            card.hide()
            card.deleteLater()
        for place, (name, proposal) in enumerate(wanted.items()):
            card = self._cards.get(name) or self._make_card(name)
            instrument = self.context.desk.instruments.get(proposal.coin)
            card.show_proposal(proposal, instrument.size_decimals if instrument else None)
            if self._list.indexOf(card) != place:
                self._list.insertWidget(place, card)
        self._empty.setVisible(not wanted)
        for button in (self._approve_all, self._reject_all):
            button.setVisible(len(wanted) > 1)
        self._show_times()
        if had_focus and not any(card.hasFocus() for card in self._cards.values()):
            self.focus_first()
        self.counted.emit(len(wanted))

    def _make_card(self, name: str) -> ProposalCard:
        card = self._cards[name] = ProposalCard(self.context.theme)
        card.answered.connect(lambda answer: self._answer(name, answer))
        return card

    def _show_times(self) -> None:
        now = self.context.desk.clock.now_ms()
        for card in self._cards.values():
            card.show_time(now)

    def cards(self) -> list[ProposalCard]:
        """From top to bottom."""
        return sorted(self._cards.values(), key=self._list.indexOf)

    def focus_first(self) -> None:
        if cards := self.cards():
            cards[0].setFocus(Qt.FocusReason.ShortcutFocusReason)
            self._area.ensureWidgetVisible(cards[0])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up and down go from card to card."""
        step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
        cards = self.cards()
        if step is None or not cards:
            super().keyPressEvent(event)
            return
        place = next((index for index, card in enumerate(cards) if card.hasFocus()), -step)
        chosen = cards[max(0, min(len(cards) - 1, place + step))]
        chosen.setFocus(Qt.FocusReason.TabFocusReason)
        self._area.ensureWidgetVisible(chosen)

    def _on_theme(self) -> None:
        for card in self._cards.values():
            card.set_theme(self.context.theme)

    # --- answers ---

    def _answer(self, name: str, answer: str) -> None:
        proposing, proposal = self.context.desk.proposing, self._cards[name].proposal
        if proposal is None:
            return
        if answer == "approve":
            self.context.run(proposing.approve(name), "approve")
        elif answer == "edit":
            self.open_edit(proposal)
        elif answer == "why":
            self.open_why(proposal)
        elif answer == "reject":
            proposing.reject(name)
        elif answer == "snooze":
            proposing.snooze(name, SNOOZE_SECONDS)

    def _yes_to_all(self) -> None:
        names = [card.proposal.proposal_id for card in self.cards() if card.proposal is not None]
        self.context.run(self.context.desk.proposing.approve_many(names), "approve all")

    def _no_to_all(self) -> None:
        self.context.desk.proposing.reject_many(list(self._cards))
