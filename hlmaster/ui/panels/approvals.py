"""The approvals: every open proposal as a card, the most urgent first, answered by mouse or keyboard."""

from __future__ import annotations

from decimal import Decimal

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from hlmaster.core.events import Severity
from hlmaster.core.model import Side
from hlmaster.core.opinions import AnalystAnswered
from hlmaster.core.proposals import Proposal, ProposalChanged, ProposalState
from hlmaster.desk.advising.alone import STRATEGY
from hlmaster.desk.outcome import Outcome
from hlmaster.ui.analyst_words import second_opinion
from hlmaster.ui.context import Context
from hlmaster.ui.dialogs.checklist import all_ticked
from hlmaster.ui.dialogs.confirm import ask
from hlmaster.ui.figures import money
from hlmaster.ui.panel import Panel
from hlmaster.ui.proposal_card import STEPS, ProposalCard, terms
from hlmaster.ui.teaching import LessonView
from hlmaster.ui.theme import Theme

BEAT_MS = 250
GATHER_MS = 30
"""Changes within this time are drawn at once."""
SNOOZE_SECONDS = 60
EMPTY_SHARE = 10_000
"""Of the height that cards leave: all of it while there is none."""
EMPTY = (
    "Nothing waits for you",
    "When an armed strategy finds a trade, it appears here as a card with its reasons, its risk and its clock. "
    "Arm one in the Strategies panel; its row there also says why nothing is happening.",
)


class ApprovalsPanel(Panel):
    """``wanted`` asks the window to bring the panel forward."""

    KEY, TITLE = "approvals", "Approvals"
    wanted = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._cards: dict[str, ProposalCard] = {}
        self._answered: set[str] = set()
        """Cards that a person has answered: when one of these goes, the next takes its focus."""
        self._list = QVBoxLayout()
        self._list.setContentsMargins(10, 10, 10, 10)
        self._list.setSpacing(10)
        self._empty = LessonView(EMPTY, context.theme)
        self._list.addWidget(self._empty, EMPTY_SHARE)
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
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(GATHER_MS)
        self._soon.timeout.connect(self.refresh)
        context.bridge.on_fact(self, ProposalChanged, self._on_change)
        context.bridge.on_fact(self, AnalystAnswered, lambda _: self._show_opinions())
        context.theme_changed.connect(self._on_theme)
        self.refresh()

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

    def _on_change(self, fact: ProposalChanged) -> None:
        if not self._soon.isActive():
            self._soon.start()

    def refresh(self) -> None:
        """Cards for what is open now, the one that ends first on top; a card keeps its widget and its focus."""
        desk = self.context.desk
        proposals = sorted(desk.proposing.open(), key=_urgency)
        wanted = {proposal.proposal_id: proposal for proposal in proposals}
        places = {card: place for place, card in enumerate(self.cards())}
        focused = next((name for name, card in self._cards.items() if card.hasFocus()), None)
        if focused is not None and focused not in wanted:
            self.setFocus()  # or Qt chooses one, and the next Enter says yes to it
        for name in [name for name in self._cards if name not in wanted]:
            card = self._cards.pop(name)
            self._list.removeWidget(card)
            card.hide()
            card.deleteLater()
        for place, (name, proposal) in enumerate(wanted.items()):
            card = self._cards.get(name) or self._make_card(proposal)
            instrument = desk.instruments.get(proposal.coin)
            decimals = instrument.size_decimals if instrument else None
            card.show_proposal(proposal, desk.title(proposal.source), decimals)
            if self._list.indexOf(card) != place:
                self._list.insertWidget(place, card)
            if places.get(card) not in (None, place):
                card.hold_still()  # it has slid under the pointer
        self._show_opinions()
        self._show_whole(len(wanted))
        if focused in self._answered and focused not in wanted:
            self.focus_first()
        self._answered &= set(wanted)

    def _show_whole(self, count: int) -> None:
        self._empty.setVisible(not count)
        for button in (self._approve_all, self._reject_all):
            button.setVisible(count > 1)
        self._show_times()
        self.counted.emit(count)

    def _make_card(self, proposal: Proposal) -> ProposalCard:
        name = proposal.proposal_id
        asks = self.context.desk.advising is not None and proposal.source != STRATEGY
        card = self._cards[name] = ProposalCard(self.context.theme, asks=asks)
        card.answered.connect(lambda answer: self._answer(name, answer))
        card.left.connect(self._go)
        return card

    def _show_opinions(self) -> None:
        now = self.context.desk.clock.now_ms()
        for card in self._cards.values():
            if card.proposal is not None:
                card.show_second_opinion(*second_opinion(self.context.desk.advising, card.proposal, now))

    def _show_times(self) -> None:
        clock = self.context.desk.clock
        now = clock.now_ms()
        for card in self._cards.values():
            if card.proposal is not None:
                card.show_time(int((card.proposal.expires_ms - now) / clock.speed))
        self._show_opinions()  # they expire

    def cards(self) -> list[ProposalCard]:
        """From top to bottom."""
        return sorted(self._cards.values(), key=self._list.indexOf)

    def focus_first(self) -> None:
        """F2 from anywhere."""
        self.wanted.emit()
        if cards := self.cards():
            cards[0].setFocus(Qt.FocusReason.ShortcutFocusReason)
            self._area.ensureWidgetVisible(cards[0])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up and down go from card to card; a scroll area would keep them to itself."""
        step = STEPS.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        else:
            self._go(step)

    def _go(self, step: int) -> None:
        if not (cards := self.cards()):
            return
        place = next((index for index, card in enumerate(cards) if card.hasFocus()), -1 if step > 0 else len(cards))
        chosen = cards[max(0, min(len(cards) - 1, place + step))]
        chosen.setFocus(Qt.FocusReason.TabFocusReason)
        self._area.ensureWidgetVisible(chosen)

    def _on_theme(self, theme: Theme) -> None:
        self._empty.set_theme(theme)
        for card in self._cards.values():
            card.set_theme(theme)

    # --- answers ---

    def _answer(self, name: str, answer: str) -> None:
        proposing, proposal = self.context.desk.proposing, self._cards[name].proposal
        if proposal is None:
            return
        if answer == "edit":
            self._open_edit(proposal)
        elif answer == "why":
            self._open_dossier(proposal)
        elif answer == "ask":
            self._ask_about(proposal)
        else:
            self._answered.add(name)
            if answer == "approve":
                self.context.run(self._say_yes(proposal), f"approve {proposal.coin}")
            elif answer == "reject":
                self._say_no(proposing.reject(name))
            else:
                self._say_no(proposing.snooze(name, SNOOZE_SECONDS))

    async def _say_yes(self, proposal: Proposal) -> Outcome:
        """To the card as it was when the answer was given."""
        if self._questions:
            what = f"{proposal.coin} {_side(proposal)}, {money(proposal.risk)} at risk"
            if not await all_ticked(self.window(), what, self._questions):
                return Outcome(False, "Nothing was approved: the checklist is not ticked.")
            if not self._still_so([proposal]):
                return Outcome(False, "The card changed or went while it was asked; look again.")
        return await self.context.desk.proposing.approve(proposal.proposal_id)

    @property
    def _questions(self) -> tuple[str, ...]:
        return self.context.desk.settings.safeguards.checklist

    def _still_so(self, meant: list[Proposal]) -> list[str]:
        """Those whose terms are what they were."""
        now = {proposal.proposal_id: terms(proposal) for proposal in self.context.desk.proposing.open()}
        return [one.proposal_id for one in meant if now.get(one.proposal_id) == terms(one)]

    def _say_no(self, outcome: Outcome) -> None:
        """Only what did not work is worth a notice: the card is gone otherwise."""
        if not outcome.ok:
            self.context.notify(Severity.WARNING, outcome.sentence)

    def _ask_about(self, proposal: Proposal) -> None:
        advising = self.context.desk.advising
        if advising is None or not advising.terms().enabled:
            self.context.notify(Severity.WARNING, "The analyst is switched off.", cure="Switch it on in its panel.")
        else:
            advising.ask_about(proposal, by_hand=True)

    def _open_edit(self, proposal: Proposal) -> None:
        from hlmaster.ui.dialogs.proposal_edit import ProposalEdit

        dialog = ProposalEdit(self.context, proposal, self)
        dialog.finished.connect(lambda _: self._back_to(proposal.proposal_id))
        dialog.open()

    def _open_dossier(self, proposal: Proposal) -> None:
        from hlmaster.ui.dialogs.dossier import open_dossier

        open_dossier(self.context, proposal, self)

    def _back_to(self, name: str) -> None:
        card = self._cards.get(name)
        if card is not None:
            card.setFocus(Qt.FocusReason.OtherFocusReason)

    def _open_ones(self) -> list[Proposal]:
        """As shown, without what is blocked or on its way."""
        shown = (card.proposal for card in self.cards())
        return [proposal for proposal in shown if proposal is not None and proposal.state is ProposalState.OPEN]

    def _yes_to_all(self) -> None:
        self.context.run(self._yes_to_all_if_meant(), "approve all")

    async def _yes_to_all_if_meant(self) -> Outcome | None:
        """Those that were open when it was asked, and no other."""
        chosen = self._open_ones()
        if not chosen:
            return Outcome(False, "No card can be approved now: what is there is blocked or on its way.")
        lines = "\n".join(f"{proposal.coin} {_side(proposal)}, {money(proposal.risk)} at risk" for proposal in chosen)
        total = money(sum((proposal.risk for proposal in chosen), Decimal(0)))
        sentence = f"{lines}\n\n{total} at risk in all. Each passes the risk gate by itself, in this order."
        yes = f"Approve {len(chosen)}"
        if not await ask(self.window(), "Approve all that are open?", sentence, yes=yes, danger=True):
            return None
        if not await all_ticked(self.window(), yes, self._questions):
            return Outcome(False, "Nothing was approved: the checklist is not ticked.")
        names = self._still_so(chosen)
        if len(names) < len(chosen):
            return Outcome(False, "A card changed or went while it was asked, so none was approved; look again.")
        self._answered.update(names)
        return await self.context.desk.proposing.approve_many(names)

    def _no_to_all(self) -> None:
        self._say_no(self.context.desk.proposing.reject_many(list(self._cards)))


def _urgency(proposal: Proposal) -> tuple[bool, int, int]:
    """What can be answered with yes comes before what is blocked, what ends first before what has time."""
    return proposal.state is ProposalState.BLOCKED, proposal.expires_ms, proposal.created_ms


def _side(proposal: Proposal) -> str:
    return "long" if proposal.side is Side.BUY else "short"
