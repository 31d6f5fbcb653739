"""How a model has done: what its confidence is worth, its Brier score, and how often it was right, and where."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtWidgets import QComboBox, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from hlmaster.core.opinions import AnalystChanged, OutcomeKnown
from hlmaster.desk.advising.advising import Advising
from hlmaster.insight.calibration.estimates import Estimate
from hlmaster.insight.calibration.record import Record
from hlmaster.ui import figures
from hlmaster.ui.charts.reliability_chart import ReliabilityChart
from hlmaster.ui.context import Context
from hlmaster.ui.plain import plain_label
from hlmaster.ui.proposal_figures import Figure
from hlmaster.ui.table import Cell, Column, TableModel
from hlmaster.ui.table_view import Table
from hlmaster.ui.theme import Theme

EMPTY = ("No scored call yet", "A call for a side is scored when its horizon has passed, against what then happened.")
TIPS = (
    ("calls", "Scored calls", "Calls for a side whose outcome is known; below, stretches of time that do not overlap."),
    ("hits", "Right", "Share of calls that went the way that was said, with its 95 % interval."),
    ("brier", "Brier score", "Mean squared miss of its confidence: 0 is perfect, 0.25 is saying 50 % to everything."),
    ("skill", "Over guessing", "How much more often it was right than the best of three simple rules."),
)


@dataclass(frozen=True, slots=True)
class Part:
    """A row: all of a model's calls, those on a coin, or those in a regime."""

    key: str
    title: str
    record: Record


class RecordPage(QWidget):
    def __init__(self, context: Context, advising: Advising) -> None:
        super().__init__()
        self._advising = advising
        self.model_box, self.sentence, self.effect = QComboBox(self), plain_label(), plain_label("muted")
        self.model_box.setAccessibleName("Whose record")
        self.chart = ReliabilityChart(context.theme.chart_palette())
        self.figures = {key: Figure(title, tip) for key, title, tip in TIPS}
        self.model: TableModel[Part] = TableModel(_columns(), lambda part: part.key, self._parts, self)
        self.table = Table(self.model, context.theme, EMPTY, self)
        self.table.setAccessibleName("Record by coin and regime")
        self._lay_out()
        self.model_box.currentIndexChanged.connect(lambda _: self._show())
        context.theme_changed.connect(self._on_theme)
        for fact in (OutcomeKnown, AnalystChanged):
            context.bridge.on_state(self, fact, lambda _: self.look(), key=lambda _: None)
        self.look()

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setVerticalSpacing(12)
        grid.setHorizontalSpacing(14)
        for index, figure in enumerate(self.figures.values()):
            grid.addWidget(figure, index // 2, index % 2)
        side = QVBoxLayout()
        side.setSpacing(10)
        side.addWidget(self.model_box)
        side.addWidget(self.sentence)
        side.addWidget(self.effect)
        side.addLayout(grid)
        side.addStretch(1)
        top = QHBoxLayout()
        top.setSpacing(14)
        top.addWidget(self.chart, 5)
        top.addLayout(side, 4)
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 12, 4, 4)
        column.setSpacing(10)
        column.addLayout(top, 3)
        column.addWidget(self.table, 2)

    def _on_theme(self, theme: Theme) -> None:
        self.chart.set_palette(theme.chart_palette())
        self.table.set_theme(theme)

    @property
    def chosen(self) -> str:
        return self.model_box.currentText()

    def look(self) -> None:
        """The model that answers now is offered first, with a record or without."""
        now = self._advising.analyst.state.model
        names = list(dict.fromkeys((now, *self._advising.ledger.models)))
        if names != [self.model_box.itemText(index) for index in range(self.model_box.count())]:
            before = self.chosen
            self.model_box.blockSignals(True)
            self.model_box.clear()
            self.model_box.addItems(names)
            self.model_box.setCurrentText(before or now)
            self.model_box.blockSignals(False)
        self._show()

    def _show(self) -> None:
        record = self._advising.ledger.overall(self.chosen)
        self.sentence.setText(record.sentence)
        self.effect.setText(self._effect(record))
        self.chart.show_bins(record.bins)
        told = record.figures
        stretches = f"{record.stretches:,} stretch{'' if record.stretches == 1 else 'es'}"
        self.figures["calls"].show_value(f"{record.calls:,}\n{stretches}")
        self.figures["hits"].show_value(_both(None if told is None else told.hits))
        self.figures["brier"].show_value(_plain(None if told is None else told.brier))
        self.figures["skill"].show_value(_both(None if told is None else told.skill, signed=True))
        self.model.touch()

    def _effect(self, record: Record) -> str:
        if self.chosen == self._advising.choice.rules:
            return "Plain rules advise nobody."
        if not record.weight:
            return "So it moves no idea of another strategy."
        return f"So it moves ideas of others by up to {0.2 * record.weight:.2f} of confidence."

    def _parts(self) -> list[Part]:
        ledger, model = self._advising.ledger, self.chosen
        parts = [Part("all", "All calls", ledger.overall(model))]
        parts += [Part(f"coin {coin}", coin, record) for coin, record in ledger.by_coin(model).items()]
        regimes = ledger.by_regime(model).items()
        parts += [Part(f"regime {name}", f"in {name or 'no known regime'}", record) for name, record in regimes]
        return parts if parts[0].record.calls else []


def _columns() -> list[Column[Part]]:
    return [
        Column("title", "Where", 150, lambda p: p.title, lambda p: Cell(p.title), words=True),
        Column("calls", "Calls", 66, lambda p: p.record.calls, lambda p: Cell(f"{p.record.calls:,}"), right=True),
        Column("hits", "Right", 170, lambda p: _value(p, "hits"), lambda p: Cell(_line(p, "hits")), right=True),
        Column("brier", "Brier", 170, lambda p: _value(p, "brier"), lambda p: Cell(_line(p, "brier")), right=True),
        Column("enough", "Evidence", 120, lambda p: p.record.is_enough, _evidence, words=True),
    ]


def _value(part: Part, name: str) -> float | None:
    told = part.record.figures
    return None if told is None else getattr(told, name).value


def _line(part: Part, name: str) -> str:
    told = part.record.figures
    if told is None:
        return figures.UNKNOWN
    text = _both(told.hits) if name == "hits" else _plain(told.brier)
    return text.replace("\n", "  ")


def _evidence(part: Part) -> Cell:
    return Cell("enough", "up") if part.record.is_enough else Cell("not enough", "muted")


def _both(one: Estimate | None, *, signed: bool = False) -> str:
    """``58%`` over ``51 to 65%``."""
    if one is None:
        return figures.UNKNOWN
    value, low, high = (figures.percent(it, 0, signed=signed) for it in (one.value, one.low, one.high))
    return f"{value}\n{low} to {high}"


def _plain(one: Estimate | None) -> str:
    return figures.UNKNOWN if one is None else f"{one.value:.3f}\n{one.low:.3f} to {one.high:.3f}"
