"""Why? Everything behind one proposal, from what was seen to what became of it; a decision can be come to again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QTextBrowser, QVBoxLayout, QWidget
from shiboken6 import isValid

from hlmaster.core.errors import HlError
from hlmaster.core.events import FillBooked, OrderChanged
from hlmaster.core.proposals import Proposal, ProposalChanged
from hlmaster.core.records import Dossier, GhostChanged, TradeChanged
from hlmaster.ui import figures
from hlmaster.ui.context import Context
from hlmaster.ui.dossier_page import dossier_page, headline
from hlmaster.ui.readout import set_tone

SIZE = (640, 720)
GATHER_MS = 300
"""What happens within this time is read at once."""
READING = "Reading …"
Load = Callable[[str], Awaitable[Dossier]]


class DossierDialog(QDialog):
    """Not modal: it may stay open and follows what happens. ``known`` is shown where nothing is kept of it yet."""

    HELP = "journal_and_audit"

    def __init__(
        self, context: Context, key: str, load: Load, known: Proposal | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._context, self._key, self._load, self._known = context, key, load, known
        self.dossier: Dossier | None = None
        self.setWindowTitle("Why?")
        self.resize(*SIZE)
        self.title, self.message = QLabel(), QLabel(READING)
        self.page = QTextBrowser()
        self.replay, close = QPushButton("Decide again"), QPushButton("Close")
        self.title.setProperty("role", "brand")
        self.title.setWordWrap(True)
        self.message.setWordWrap(True)
        self.page.setProperty("role", "page")
        self.page.setAccessibleName("Everything behind this proposal")
        self.replay.setToolTip("Run the strategy on what it saw then; the same must come out")
        self.replay.setEnabled(False)
        close.setProperty("role", "primary")
        foot = QHBoxLayout()
        foot.addWidget(self.message, 1)
        foot.addWidget(self.replay)
        foot.addWidget(close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 16, 18, 14)
        layout.setSpacing(10)
        layout.addWidget(self.title)
        layout.addWidget(self.page, 1)
        layout.addLayout(foot)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(GATHER_MS)
        self._soon.timeout.connect(self.refresh)
        self._listen()
        self.replay.clicked.connect(lambda: context.run(self._decide_again(), "decide again"))
        close.clicked.connect(self.accept)
        self.finished.connect(lambda _: self.deleteLater())
        self.page.setFocus()
        self.refresh()

    def _listen(self) -> None:
        bridge = self._context.bridge
        bridge.on_fact(self, ProposalChanged, self._on_proposal)
        bridge.on_fact(self, OrderChanged, lambda _: self._stir(self._has_orders()))
        bridge.on_fact(self, FillBooked, lambda _: self._stir(self._has_orders()))
        bridge.on_fact(self, TradeChanged, lambda fact: self._stir(fact.trade.proposal_id == self._key))
        bridge.on_fact(self, GhostChanged, lambda fact: self._stir(fact.ghost.proposal_id == self._key))

    def _on_proposal(self, fact: ProposalChanged) -> None:
        if fact.proposal.proposal_id == self._key:
            self._known = fact.proposal
            self._stir(True)

    def _has_orders(self) -> bool:
        return self.dossier is not None and bool(self.dossier.orders)

    def _stir(self, mine: bool) -> None:
        if mine and not self._soon.isActive():
            self._soon.start()

    def refresh(self) -> None:
        self._context.run(self._read(), "read the dossier")

    async def _read(self) -> None:
        try:
            dossier = await self._load(self._key)
            failure = ""
        except HlError as error:
            failure = str(error)
            dossier = Dossier(None, (), (), (), (), None, None)
        if not isValid(self):
            return  # closed meanwhile
        if failure:
            self._say(failure, "danger")
        if dossier.proposal is None:
            dossier = replace(dossier, proposal=self._known)
        self.dossier = dossier
        self._show(dossier)
        if self.message.text() == READING:
            self._say("", "")

    def _show(self, dossier: Dossier) -> None:
        desk, bar = self._context.desk, self.page.verticalScrollBar()
        if dossier.proposal is not None:
            self.title.setText(headline(dossier.proposal, desk.title(dossier.proposal.source)))
        place = bar.value()
        zone = figures.zone(desk.settings.general.time_zone)
        self.page.setHtml(dossier_page(dossier, self._context.theme, zone, desk.title))
        bar.setValue(place)
        self.replay.setEnabled(any(decision.inputs is not None for decision in dossier.decisions))

    async def _decide_again(self) -> None:
        """Of every decision whose inputs were kept."""
        decisions = () if self.dossier is None else self.dossier.decisions
        kept = [decision for decision in decisions if decision.inputs is not None]
        try:
            replayed = [await self._context.desk.records.replay(decision) for decision in kept]
        except HlError as error:
            if isValid(self):
                self._say(str(error), "danger")
            return
        if not isValid(self):
            return
        same = all(one.is_identical for one in replayed)
        self._say(" ".join(dict.fromkeys(one.sentence for one in replayed)), "good" if same else "warning")

    def _say(self, sentence: str, tone: str) -> None:
        self.message.setText(sentence)
        set_tone(self.message, tone)


def open_dossier(context: Context, proposal: Proposal, parent: QWidget) -> DossierDialog:
    desk = context.desk
    known = desk.proposing.book.get(proposal.proposal_id) or proposal
    dialog = DossierDialog(context, proposal.proposal_id, desk.records.dossier, known, parent)
    dialog.show()
    return dialog
