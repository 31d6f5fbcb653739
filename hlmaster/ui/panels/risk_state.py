"""Beside the limits: what has tripped and when it opens again, limits that wait for tomorrow, a lockout."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from hlmaster.core.events import Severity
from hlmaster.desk.outcome import Outcome
from hlmaster.desk.risk import RESUME_SENTENCE, UNLOCK_SENTENCE
from hlmaster.trading.risk.breakers.breakers import HALT
from hlmaster.trading.risk.loosening import Waiting
from hlmaster.ui import figures
from hlmaster.ui.context import Context
from hlmaster.ui.readout import set_tone
from hlmaster.ui.why import show

if TYPE_CHECKING:
    from hlmaster.ui.dialogs.typed_sentence import TypedSentenceDialog

CALM = "Nothing stands against new risk: no breaker has tripped, and no limit waits for tomorrow."


@dataclass(frozen=True, slots=True)
class Note:
    """One box; its clock, if it has one, runs without the box being made anew."""

    key: str
    heading: str
    text: str
    tone: str = ""
    button: str = ""


class RiskState(QWidget):
    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self.notes: tuple[Note, ...] = ()
        self._ready = False
        self._clocks: dict[str, QLabel] = {}
        self.buttons: dict[str, QPushButton] = {}
        self._verbs: dict[str, Callable[[], object]] = {}
        self._box = QVBoxLayout()
        self._box.setContentsMargins(10, 8, 8, 8)
        self._box.setSpacing(6)
        inner = QWidget()
        inner.setLayout(self._box)
        scroll = QScrollArea()
        scroll.setWidget(inner)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        for see_through in (scroll.viewport(), inner):
            see_through.setAutoFillBackground(False)
        self.lock_out = QPushButton("Lock me out …")
        self.lock_out.setProperty("role", "ghost")
        self.lock_out.setToolTip("No orders by hand for a time that you choose; leaving earlier takes a wait")
        self.lock_out.clicked.connect(self._ask_lockout)
        foot = QHBoxLayout()
        foot.setContentsMargins(10, 0, 8, 6)
        foot.addWidget(self.lock_out)
        foot.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(scroll, 1)
        column.addLayout(foot)
        self.look()

    def look(self) -> None:
        """Show how things stand now; boxes are made anew only when there are others."""
        desk = self._context.desk
        self._verbs = {}
        notes = tuple(self._found()) if desk.is_ready else ()
        self.lock_out.setVisible(desk.is_ready and desk.risk.lockout is None)
        if (notes, desk.is_ready) != (self.notes, self._ready) or not self._box.count():
            self.notes, self._ready = notes, desk.is_ready
            self._show(notes)
        self._run_clocks()

    def _found(self) -> list[Note]:
        risk = self._context.desk.risk
        notes = []
        for name, trip in risk.breakers.tripped.items():
            button = "Unlock …" if name == HALT else ""
            notes.append(Note(name, f"{name[:1].upper()}{name[1:]}", trip.sentence, "down", button))
            self._verbs[name] = self._ask_unlock
        lock = risk.lockout
        if lock is not None:
            button = "End it …" if lock.opens_ms is None else ""
            notes.append(Note("lockout", "You locked yourself out", "No orders by hand.", "warning", button))
            self._verbs["lockout"] = self._ask_end
        for one in risk.limits.waiting():
            notes.append(
                Note(f"waits {one.key}", "Loosening takes effect tomorrow", self._waits(one), "accent", "Undo")
            )
            self._verbs[f"waits {one.key}"] = partial(self._undo, one)
        for sentence in risk.conflicts():
            notes.append(Note(sentence, "Limits that contradict each other", sentence, "warning"))
        return notes

    def _ends(self) -> dict[str, int | None]:
        """When each box's clock runs out, market time; None: it takes a person."""
        risk = self._context.desk.risk
        ends: dict[str, int | None] = {name: trip.until_ms for name, trip in risk.breakers.tripped.items()}
        if risk.lockout is not None:
            ends["lockout"] = risk.lockout.opens_ms or risk.lockout.until_ms
        return ends | {f"waits {one.key}": one.due_ms for one in risk.limits.waiting()}

    def _run_clocks(self) -> None:
        if not self._clocks:
            return
        now, ends = self._context.desk.clock.now_ms(), self._ends()
        for key, label in self._clocks.items():
            end = ends.get(key)
            label.setText("until you unlock it" if end is None else f"in {figures.duration(end - now)}")

    def _waits(self, one: Waiting) -> str:
        section, _, name = one.key.partition(".")
        title = type(getattr(self._context.desk.settings, section)).model_fields[name].title or name
        return f"{title}: {_shown(one.in_force)} now, {_shown(one.wanted)} then."

    # --- boxes ---

    def _show(self, notes: tuple[Note, ...]) -> None:
        while (item := self._box.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        self._clocks, self.buttons = {}, {}
        for note in notes:
            self._box.addWidget(self._made(note))
        if not notes:
            calm = QLabel(CALM if self._context.desk.is_ready else "")
            calm.setProperty("role", "muted")
            calm.setWordWrap(True)
            self._box.addWidget(calm)
        self._box.addStretch(1)

    def _made(self, note: Note) -> QFrame:
        frame = QFrame()
        frame.setProperty("role", "panel")
        heading, text, clock = QLabel(note.heading), QLabel(figures.veiled(note.text)), QLabel()
        heading.setProperty("role", "cardtitle")
        set_tone(heading, note.tone)
        text.setWordWrap(True)
        text.setTextFormat(Qt.TextFormat.PlainText)
        clock.setProperty("role", "number")
        head = QHBoxLayout()
        head.addWidget(heading, 1)
        if note.key in self._ends():
            self._clocks[note.key] = clock
            head.addWidget(clock)
        body = QHBoxLayout()
        body.addWidget(text, 1)
        if note.button:
            button = self.buttons[note.key] = QPushButton(note.button)
            button.setProperty("role", "small")
            button.clicked.connect(partial(self._press, note.key))
            body.addWidget(button, 0, Qt.AlignmentFlag.AlignBottom)
        column = QVBoxLayout(frame)
        column.setContentsMargins(10, 6, 10, 8)
        column.setSpacing(3)
        column.addLayout(head)
        column.addLayout(body)
        return frame

    # --- verbs ---

    def _press(self, key: str) -> None:
        """The verb of the box as it stands now: its limits may be others than when it was made."""
        if key in self._verbs:
            self._verbs[key]()

    def _ask_unlock(self) -> None:
        from hlmaster.ui.dialogs.typed_sentence import TypedSentenceDialog

        sentence = "The session has lost as much as you allowed it to. Unlocking counts losses anew from here."
        self._ask(TypedSentenceDialog("Unlock trading", sentence, RESUME_SENTENCE, "Unlock", self), self._unlock)

    def _ask_end(self) -> None:
        from hlmaster.ui.dialogs.typed_sentence import TypedSentenceDialog

        sentence = "The lock opens some minutes after you have typed this. Until then you may still change your mind."
        self._ask(TypedSentenceDialog("End the lockout", sentence, UNLOCK_SENTENCE, "Begin the wait", self), self._end)

    def _ask(self, dialog: TypedSentenceDialog, work: Callable[[str], Outcome]) -> None:
        dialog.typed.connect(lambda text: self._tell(work(text)))
        show(dialog)

    def _unlock(self, typed: str) -> Outcome:
        return self._context.desk.risk.unlock(typed)

    def _end(self, typed: str) -> Outcome:
        return self._context.desk.risk.end_lockout(typed)

    def _ask_lockout(self) -> None:
        from hlmaster.ui.dialogs.lockout import LockoutDialog

        dialog = LockoutDialog(self)
        dialog.chosen.connect(lambda minutes: self._tell(self._context.desk.risk.lock_out(minutes)))
        show(dialog)

    def _undo(self, one: Waiting) -> None:
        """The value in force is wanted again; the window writes it to the file."""
        self._context.setting_wanted.emit(one.key, one.in_force)
        self.look()

    def _tell(self, outcome: Outcome) -> None:
        self._context.notify(Severity.INFO if outcome.ok else Severity.WARNING, outcome.sentence)
        self.look()


def _shown(value: object) -> str:
    if value is None or value == ():
        return "none"
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
