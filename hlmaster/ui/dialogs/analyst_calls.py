"""The analyst's last calls: what was asked and why, what came back word for word, and what failed."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPlainTextEdit, QSplitter, QVBoxLayout, QWidget

from hlmaster.core.opinions import AnalystAnswered, Call
from hlmaster.desk.advising.advising import Advising
from hlmaster.ui import figures
from hlmaster.ui.analyst_words import QUESTIONS, verdict
from hlmaster.ui.context import Context
from hlmaster.ui.table import Cell, Column, TableModel
from hlmaster.ui.table_view import Table

MOST = 200
EMPTY = ("Nothing was asked yet", "Each question is kept with its prompt and the raw answer, also one that failed.")


class CallsPage(QWidget):
    def __init__(self, context: Context, advising: Advising) -> None:
        super().__init__()
        self._context, self._advising = context, advising
        self.model: TableModel[Call] = TableModel(self._columns(), lambda call: call.call_id, None, self)
        self.table = Table(self.model, context.theme, EMPTY, self)
        self.table.setAccessibleName("Last calls")
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setAccessibleName("The chosen call, word for word")
        self.text.setPlaceholderText("Choose a call to read its prompt and its raw answer.")
        split = QSplitter(Qt.Orientation.Vertical)
        split.setChildrenCollapsible(False)
        split.addWidget(self.table)
        split.addWidget(self.text)
        split.setSizes([280, 220])
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 12, 4, 4)
        column.addWidget(split, 1)
        self.table.sort_by("asked", descending=True)
        self.table.selectionModel().currentRowChanged.connect(lambda now, _: self._show(now.row()))
        context.theme_changed.connect(self.table.set_theme)
        context.bridge.on_fact(self, AnalystAnswered, lambda fact: self.model.put(fact.call))
        context.run(self._read(), "read the analyst's calls")

    async def _read(self) -> None:
        self.model.put(*await self._advising.calls(MOST))

    def _columns(self) -> list[Column[Call]]:
        return [
            Column("asked", "Asked", 122, lambda c: c.asked_ms, lambda c: Cell(self._moment(c.asked_ms), "muted")),
            Column("coin", "Coin", 62, lambda c: c.coin, lambda c: Cell(c.coin, strong=True)),
            Column("question", "Question", 96, lambda c: c.question, lambda c: Cell(QUESTIONS[c.question]), words=True),
            Column("result", "Result", 190, _words, _result, words=True),
            Column("latency", "Took", 62, lambda c: c.latency_ms, _took, right=True),
            Column("model", "Model", 100, lambda c: c.model, lambda c: Cell(c.model, "muted"), words=True, spare=1),
            Column(
                "trigger", "Trigger", 150, lambda c: c.trigger, lambda c: Cell(c.trigger, "muted"), words=True, spare=2
            ),
        ]

    def _moment(self, time_ms: int) -> str:
        return figures.moment(time_ms, figures.zone(self._context.desk.settings.general.time_zone))

    def _show(self, row: int) -> None:
        call = self.model.get(self.model.key_at(row)) if row >= 0 else None
        self.text.setPlainText("" if call is None else _whole(call))


def _words(call: Call) -> str:
    return call.failure or (verdict(call.opinion)[0] if call.opinion is not None else "")


def _result(call: Call) -> Cell:
    if call.opinion is None:
        return Cell(call.failure, "warning")
    words, tone = verdict(call.opinion)
    return Cell(words, tone)


def _took(call: Call) -> Cell:
    return Cell(f"{call.latency_ms / 1000:.1f} s")


def _whole(call: Call) -> str:
    opinion = call.opinion
    heads = [
        f"{call.model} · {QUESTIONS[call.question]} · {call.trigger}",
        f"{call.prompt_tokens:,} tokens read, {call.answer_tokens:,} written, {call.latency_ms / 1000:.2f} s",
        f"Weights {call.digest or 'not named'} · prompt {call.prompt_version or 'none'} · options {call.options}",
    ]
    parts = ["\n".join(heads), call.failure, "" if opinion is None else opinion.reason]
    parts += [f"[answer, as it came]\n{call.answer}", f"[what was sent]\n{call.prompt}"]
    return "\n\n".join(part for part in parts if part)
