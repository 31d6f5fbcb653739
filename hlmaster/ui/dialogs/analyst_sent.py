"""Exactly what the model is sent about the shown coin, and where one's own prompts go."""

from __future__ import annotations

import json

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from hlmaster.core.errors import HlError
from hlmaster.core.opinions import Question
from hlmaster.desk.advising.advising import Advising, idea_of
from hlmaster.insight.analyst.facts import OpenIdea
from hlmaster.insight.analyst.prepared import PreparedQuestion
from hlmaster.ui.analyst_words import place
from hlmaster.ui.context import Context
from hlmaster.ui.plain import plain_label
from hlmaster.ui.readout import set_tone
from hlmaster.ui.segments import Segments

OPTIONS = (
    (Question.MARKET, "Ask", "Analyse the market", ""),
    (Question.SENTIMENT, "Quick", "Its mood alone", ""),
    (Question.ENTRY, "Ask AI, on a card", "Should I enter?", ""),
)


class SentPage(QWidget):
    def __init__(self, context: Context, advising: Advising) -> None:
        super().__init__()
        self._context, self._advising = context, advising
        self.question = Segments(self)
        self.question.set_options(OPTIONS)
        self.question.setAccessibleName("Question")
        self.where, self.trouble = plain_label("muted"), plain_label()
        set_tone(self.trouble, "warning")
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setAccessibleName("What is sent, word for word")
        self.folder = QLabel(f"Your own wording: put a copy of a prompt into {advising.prompts_folder} and edit it.")
        self.folder.setTextFormat(Qt.TextFormat.PlainText)
        self.folder.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.folder.setWordWrap(True)
        self.folder.setProperty("role", "muted")
        again = QPushButton("Refresh")
        again.setToolTip("With the figures of now")
        again.setAutoDefault(False)
        head = QHBoxLayout()
        head.addWidget(self.question, 1)
        head.addWidget(again)
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 12, 4, 4)
        column.setSpacing(8)
        column.addLayout(head)
        for widget in (self.where, self.trouble):
            column.addWidget(widget)
        column.addWidget(self.text, 1)
        column.addWidget(self.folder)
        again.clicked.connect(self.look)
        self.question.chosen.connect(lambda _: self.look())
        context.coin_changed.connect(lambda _: self.look())
        self.look()

    def look(self) -> None:
        try:
            sent = self._advising.analyst.preview(self._context.coin, self.question.value, proposal=self._idea())
        except HlError as error:
            self.where.setText("")
            self.trouble.setText(str(error))
            self.trouble.show()
            self.text.setPlainText("")
            return
        self.trouble.setText(sent.trouble)
        self.trouble.setVisible(bool(sent.trouble))
        self.where.setText(f"About {self._context.coin}, {self._goes()}. {_heard(sent)}")
        parts = {"system": sent.system, "user": sent.prompt, "answer has to fit": json.dumps(sent.schema, indent=1)}
        self.text.setPlainText("\n\n".join(f"[{name}]\n{text}" for name, text in parts.items()))

    def _idea(self) -> OpenIdea | None:
        """Of the first open card on the coin; only the question about a card is asked with one."""
        if self.question.value is not Question.ENTRY:
            return None
        cards = (card for card in self._context.desk.proposing.open() if card.coin == self._context.coin)
        card = next(cards, None)
        return None if card is None else idea_of(card)

    def _goes(self) -> str:
        state, terms = self._advising.analyst.state, self._advising.terms()
        if not state.is_model:
            return "to nobody now: plain rules read the same figures"
        if terms.who == "claude":
            return f"to Anthropic, for the model {state.model}"
        where = place(terms.host)
        return f"to Ollama {'on this machine' if where == 'local' else f'at {where}'}, for the model {state.model}"


def _heard(sent: PreparedQuestion) -> str:
    words = "with words of strangers, quoted as data" if sent.heard_outside else "without any word of strangers"
    return f"Prompt {sent.version}, {len(sent.prompt):,} characters, {words}."
