"""Change a proposed trade before saying yes: every figure follows while one types, at the present price."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QDialog, QFrame, QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from hlmaster.core.clock import SECOND_MS
from hlmaster.core.errors import HlError
from hlmaster.core.model import Side
from hlmaster.core.proposals import Proposal, ProposalChanged
from hlmaster.core.rounding import round_size
from hlmaster.ui import figures
from hlmaster.ui.context import Context
from hlmaster.ui.limit_bars import LimitBars
from hlmaster.ui.number_field import NumberField
from hlmaster.ui.panels.ticket_sizes import stepped_price
from hlmaster.ui.proposal_figures import ProposalFigures
from hlmaster.ui.readout import set_tone
from hlmaster.ui.segments import Segments
from hlmaster.ui.stop_rows import StopRows

WIDTH = 460
REPRICE_MS = 500
MARKET, LIMIT, POST_ONLY = "market", "limit", "post-only"
KINDS = (
    (MARKET, "Market", "Trades at once, at the best prices there are", ""),
    (LIMIT, "Limit", "Trades at this price or better, and waits in the book for it", ""),
    (POST_ONLY, "Post-only", "Waits in the book, and is cancelled rather than pay the taker fee", ""),
)
SHARES = (25, 50, 75)


@dataclass(frozen=True, slots=True)
class Reading:
    """``changes`` as ``Proposing.edit`` takes them, or the sentence about the field that cannot be read."""

    changes: dict[str, object]
    problem: str = ""


class ProposalEdit(QDialog):
    """Modal to the window, which goes on. A card that ends meanwhile is told here, and can only be closed."""

    HELP = "proposals"

    def __init__(self, context: Context, proposal: Proposal, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context, self._proposal = context, proposal
        instrument = context.desk.instruments.get(proposal.coin)
        self._decimals = instrument.size_decimals if instrument else None
        self.setWindowTitle("Edit the proposal")
        self.setFixedWidth(WIDTH)
        self.kind, self.size_field, self.price_field = Segments(), NumberField(), NumberField()
        self.target_field = NumberField()
        self.stops = StopRows(self._step_price)
        self.figures = ProposalFigures()
        self.limits = LimitBars(context.theme)
        self.message, self._left, self._worth = QLabel(), QLabel(), QLabel()
        self.apply_button = QPushButton("Change the card")
        self._fill()
        self._lay_out()
        self._connect()
        self.refresh()

    # --- building ---

    def _fill(self) -> None:
        proposal = self._proposal
        self.kind.set_options(KINDS)
        kind = POST_ONLY if proposal.post_only else MARKET if proposal.limit_price is None else LIMIT
        self.kind.choose(kind)
        self.size_field.set_value(proposal.size)
        self.size_field.step = self._step_size
        self.price_field.set_value(proposal.limit_price)
        self.target_field.set_value(proposal.target)
        self.target_field.setPlaceholderText("none")
        self.stops.set_stops(proposal.stops)
        for field, caption in ((self.size_field, "Size"), (self.price_field, "Price"), (self.target_field, "Target")):
            field.set_caption(caption)
        for field in (self.price_field, self.target_field):
            field.step = self._step_price

    def _lay_out(self) -> None:
        proposal = self._proposal
        title, side = QLabel(proposal.coin), QLabel("LONG" if proposal.side is Side.BUY else "SHORT")
        title.setProperty("role", "brand")
        side.setProperty("role", "tag")
        set_tone(side, "up" if proposal.side is Side.BUY else "down")
        who = QLabel(f"by {self._context.desk.title(proposal.source)}")
        who.setProperty("role", "muted")
        self._left.setProperty("role", "countdown")
        head = QHBoxLayout()
        for widget in (title, side, who):
            head.addWidget(widget)
        head.addStretch(1)
        head.addWidget(self._left)
        cancel = QPushButton("Cancel")
        cancel.setAutoDefault(False)
        cancel.clicked.connect(self.reject)
        self.apply_button.setProperty("role", "primary")
        self.apply_button.setDefault(True)
        self.message.setWordWrap(True)
        # Room for two lines, so that the buttons do not move under the pointer while one types.
        self.message.setMinimumHeight(2 * self.message.fontMetrics().lineSpacing() + 2)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        for button in (cancel, self.apply_button):
            button.setMinimumWidth(84)
            buttons.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 16, 18, 14)
        layout.setSpacing(10)
        layout.addLayout(head)
        layout.addWidget(self._form())
        layout.addWidget(self._preview())
        layout.addWidget(self.message)
        layout.addLayout(buttons)

    def _form(self) -> QFrame:
        frame = QFrame()
        frame.setProperty("role", "panel")
        grid = QGridLayout(frame)
        grid.setContentsMargins(12, 10, 12, 10)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        entry = QVBoxLayout()
        entry.setSpacing(4)
        entry.addWidget(self.kind)
        entry.addWidget(self.price_field)
        rows: tuple[tuple[str, QWidget | QVBoxLayout], ...] = (
            ("Entry", entry),
            ("Size", self._sizes()),
            ("Stops", self.stops),
            ("Target", self.target_field),
        )
        for row, (caption, content) in enumerate(rows):
            label = QLabel(caption.upper())
            label.setProperty("role", "caption")
            label.setContentsMargins(0, 6, 0, 0)
            grid.addWidget(label, row, 0, Qt.AlignmentFlag.AlignTop)
            if isinstance(content, QWidget):
                grid.addWidget(content, row, 1)
            else:
                grid.addLayout(content, row, 1)
        grid.setColumnStretch(1, 1)
        return frame

    def _sizes(self) -> QVBoxLayout:
        """The field, and shares of what was proposed."""
        box, row = QVBoxLayout(), QHBoxLayout()
        box.setSpacing(4)
        row.setSpacing(4)
        for share in SHARES:
            button = QPushButton(f"{share}%")
            button.setProperty("role", "small")
            button.setAutoDefault(False)
            button.setToolTip(f"{share} % of what was proposed")
            button.clicked.connect(lambda _=False, share=share: self._take_share(share))
            row.addWidget(button)
        whole = QPushButton("As proposed")
        whole.setProperty("role", "small")
        whole.setAutoDefault(False)
        whole.clicked.connect(lambda: self._take_share(100))
        row.addWidget(whole)
        row.addStretch(1)
        self._worth.setProperty("role", "muted")
        row.addWidget(self._worth)
        box.addWidget(self.size_field)
        box.addLayout(row)
        return box

    def _preview(self) -> QFrame:
        frame = QFrame()
        frame.setProperty("role", "panel")
        box = QVBoxLayout(frame)
        box.setContentsMargins(12, 10, 12, 10)
        box.setSpacing(8)
        box.addWidget(self.figures)
        box.addWidget(self.limits)
        return frame

    def _connect(self) -> None:
        self.kind.chosen.connect(lambda _: self._on_kind())
        for field in (self.size_field, self.price_field, self.target_field):
            field.changed.connect(self.refresh)
        self.stops.changed.connect(self._on_stops)
        self.apply_button.clicked.connect(self._apply)
        self.finished.connect(lambda _: self.deleteLater())
        self._context.bridge.on_fact(self, ProposalChanged, self._on_change)
        beat = QTimer(self)
        beat.setInterval(REPRICE_MS)
        beat.timeout.connect(self.refresh)
        beat.start()

    # --- editing ---

    def _step_price(self, value: Decimal | None, steps: int) -> Decimal | None:
        if self._proposal.coin not in self._context.desk.instruments:
            return None
        return stepped_price(value, steps, self._context.desk.survey(self._proposal.coin))

    def _step_size(self, value: Decimal | None, steps: int) -> Decimal | None:
        if self._decimals is None:
            return None
        return max((value or Decimal(0)) + steps * Decimal(1).scaleb(-self._decimals), Decimal(0)) or None

    def _take_share(self, share: int) -> None:
        size = self._proposal.size
        if share < 100 and self._decimals is not None:
            size = round_size(size * share / 100, self._decimals)
        self.size_field.set_value(size)

    def _on_kind(self) -> None:
        if self.kind.value != MARKET and self.price_field.value is None:
            self.price_field.set_value(self._proposal.reference_price)
        self.refresh()

    def _on_stops(self) -> None:
        self.refresh()
        self.adjustSize()

    def read(self) -> Reading:
        kind, stops = self.kind.value, self.stops.read()
        used = [(self.size_field, "size", True), (self.target_field, "target", False)]
        if kind != MARKET:
            used.insert(1, (self.price_field, "limit price", True))
        problems = []
        for field, name, needed in used:
            typed = field.typed()
            missing = f"Enter the {name}." if needed and typed.value is None else ""
            low = f"The {name} must be above zero." if typed.value is not None and typed.value <= 0 else ""
            problem = typed.problem or missing or low
            field.set_bad(bool(problem))
            problems.append(problem)
        changes: dict[str, object] = {
            "size": self.size_field.value,
            "limit_price": None if kind == MARKET else self.price_field.value,
            "post_only": kind == POST_ONLY,
            "stops": stops.tiers,
            "target": self.target_field.value,
        }
        return Reading(changes, next((problem for problem in (*problems, stops.problem) if problem), ""))

    # --- showing ---

    def refresh(self) -> None:
        """What it would be now, or what is wrong with it."""
        self.price_field.setVisible(self.kind.value != MARKET)
        self._show_time()
        read = self.read()
        made = read.problem or self._made(read.changes)
        if isinstance(made, str):
            self._say(made, "danger")
            self.apply_button.setEnabled(False)
            return
        self._worth.setText(f"≈ {figures.money(made.notional)}")
        self.figures.show_proposal(made, self._decimals)
        self.limits.show_effects(made.effects)
        self.apply_button.setEnabled(True)
        if made.state_text:
            self._say(f"It would be blocked: {made.state_text}", "warning")
        else:
            self._say("The risk gate would let it pass.", "")

    def _made(self, changes: dict[str, object]) -> Proposal | str:
        try:
            return self._context.desk.proposing.preview(self._proposal.proposal_id, changes)
        except HlError as error:
            return str(error)

    def _show_time(self) -> None:
        clock = self._context.desk.clock
        left = (self._proposal.expires_ms - clock.now_ms()) / clock.speed
        minutes, seconds = divmod(max(0, -int(-left // SECOND_MS)), 60)
        self._left.setText(f"{minutes:02}:{seconds:02}")
        set_tone(self._left, "warning")

    def _say(self, sentence: str, tone: str) -> None:
        self.message.setText(sentence)
        set_tone(self.message, tone)

    def _on_change(self, fact: ProposalChanged) -> None:
        if fact.proposal.proposal_id == self._proposal.proposal_id:
            self._proposal = fact.proposal
            self.refresh()

    def _apply(self) -> None:
        read = self.read()
        if read.problem:
            self._say(read.problem, "danger")
            return
        try:
            outcome = self._context.desk.proposing.edit(self._proposal.proposal_id, read.changes)
        except HlError as error:
            self._say(str(error), "danger")
            return
        if outcome.ok:
            self.accept()
        else:
            self._say(outcome.sentence, "danger")
