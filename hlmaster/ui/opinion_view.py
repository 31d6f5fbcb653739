"""An opinion as a panel shows it: the verdict, how far it is to be trusted, why, and until when it counts.

All words in it are a model's or a stranger's, so every label shows plain text.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from hlmaster.core.opinions import Opinion
from hlmaster.insight.calibration.advice import expires_ms
from hlmaster.ui import figures
from hlmaster.ui.analyst_words import QUESTIONS, verdict
from hlmaster.ui.plain import plain_label
from hlmaster.ui.proposal_figures import Figure
from hlmaster.ui.readout import set_tone
from hlmaster.ui.theme import restyle

CARET = "▌"
THOUGHT = 240
"""Characters of the latest thoughts that are shown while a model thinks."""
HEARD = "heard strangers’ words"
HEARD_TIP = "News or posts stood in its question. What strangers write is no advice, and may be meant to mislead."


@dataclass(frozen=True, slots=True)
class Asking:
    """A call that is on: what it has said so far."""

    text: str
    thoughts: str
    seconds: float
    about: str


class OpinionView(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.verdict, self.trust, self.about = plain_label("verdict"), plain_label("muted"), plain_label("muted")
        self.reason, self.invalidation = plain_label(), plain_label("muted")
        self.verdict.setWordWrap(False)
        self.heard = QLabel(HEARD)
        self.heard.setProperty("role", "tag")
        self.heard.setProperty("tone", "warning")
        self.heard.setToolTip(HEARD_TIP)
        self.prices = {
            "entry": Figure("Entry", "Where it would enter. It sets no price of ours."),
            "stop": Figure("Stop", "Where it would leave at a loss. It sets no stop of ours."),
            "target": Figure("Target", "Where it would leave with a gain."),
        }
        self._prices = QWidget()
        self._lay_out()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(7)
        head.addWidget(self.verdict, 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(self.trust, 1, Qt.AlignmentFlag.AlignTop)
        prices = QHBoxLayout(self._prices)
        prices.setContentsMargins(0, 3, 0, 0)
        prices.setSpacing(10)
        for figure in self.prices.values():
            prices.addWidget(figure, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        column.addLayout(head)
        for widget in (self.about, self.reason, self.invalidation, self._prices):
            column.addWidget(widget)
        column.addWidget(self.heard, 0, Qt.AlignmentFlag.AlignLeft)

    def show_opinion(self, opinion: Opinion, trust: str, now_ms: int, size_decimals: int | None) -> None:
        """One that does not count any more is faded."""
        words, tone = verdict(opinion)
        left = expires_ms(opinion) - now_ms
        age = f"{_brief(now_ms - opinion.answered_ms)} ago"
        until = f"{_brief(left)} left" if left > 0 else "expired"
        _say(self.verdict, words)
        set_tone(self.verdict, tone if left > 0 else "")
        _say(self.trust, trust)
        _say(self.about, f"{QUESTIONS[opinion.question]} · {opinion.trigger} · {age}, {until}")
        _say(self.reason, opinion.reason)
        self._fade(left <= 0)
        _say(self.invalidation, f"Invalid: {opinion.invalidation}" if opinion.invalidation else "")
        for name, figure in self.prices.items():
            figure.show_value(figures.price(getattr(opinion, name), size_decimals))
        self._prices.setVisible(any(getattr(opinion, name) is not None for name in self.prices))
        self.heard.setVisible(opinion.heard_outside)
        self.setAccessibleName(f"{words}, {trust}. {opinion.reason}")

    def show_asking(self, asking: Asking, before: str, *, caret: bool) -> None:
        """``before``: the verdict that stood here."""
        _say(self.verdict, "Answering …" if asking.text else "Thinking …" if asking.thoughts else "Loading …")
        set_tone(self.verdict, "accent")
        _say(self.trust, f"before: {before}" if before else "")
        _say(self.about, asking.about)
        thinks = bool(asking.thoughts) and not asking.text
        words = asking.text or asking.thoughts[-THOUGHT:]
        mark = CARET if caret else "\N{FIGURE SPACE}"
        hint = "The model is read into memory, or reads the question."
        _say(self.reason, f"{words} {mark}" if words else hint)
        self._fade(thinks or not words)
        for widget in (self.invalidation, self._prices, self.heard):
            widget.hide()
        self.setAccessibleName(self.verdict.text())

    def _fade(self, faded: bool) -> None:
        role = "muted" if faded else ""
        if self.reason.property("role") != role:
            self.reason.setProperty("role", role)
            restyle(self.reason)


def _brief(ms: int) -> str:
    """The largest unit alone."""
    return figures.duration(ms).split()[0]


def _say(label: QLabel, text: str) -> None:
    if label.text() != text:
        label.setText(text)
    label.setVisible(bool(text))
