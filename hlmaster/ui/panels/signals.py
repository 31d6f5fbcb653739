"""What every strategy said, newest first, and what became of it."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QWidget

from hlmaster.core.proposals import ProposalState
from hlmaster.core.signals import Direction, Signal
from hlmaster.ui import figures
from hlmaster.ui.context import Context
from hlmaster.ui.decisions import Said, decisions_of
from hlmaster.ui.filter_box import FilterBox
from hlmaster.ui.panels.table_panel import TablePanel
from hlmaster.ui.table import Cell, Column
from hlmaster.ui.why import why_nothing, why_said

BADGES = {Direction.LONG: ("LONG", "up"), Direction.SHORT: ("SHORT", "down"), Direction.NEUTRAL: ("NEUTRAL", "muted")}
ROLES = {
    ProposalState.OPEN: "accent",
    ProposalState.SNOOZED: "accent",
    ProposalState.APPROVED: "accent",
    ProposalState.PLACED: "up",
    ProposalState.BLOCKED: "warning",
    ProposalState.REFUSED: "danger",
}


class SignalsPanel(TablePanel):
    KEY = "signals"
    TITLE = "Signals"
    EMPTY = (
        "No signals yet",
        "A strategy speaks when it changes its mind about a coin, and is listed here with its reason. "
        "Arm one in the Strategies panel; “Why nothing?” there says what it waits for.",
    )

    def __init__(self, context: Context) -> None:
        self._decisions = decisions_of(context)
        self.strategy = FilterBox("All strategies", "Only signals of this strategy")
        self.coin = FilterBox("All coins", "Only signals about this coin")
        super().__init__(context, self._columns(), lambda said: said.signal.key, self._wanted)
        self.header = self._header()
        for box in (self.strategy, self.coin):
            box.chosen.connect(self._filter)
        self.table.opened.connect(self._open)
        self.table.menu_wanted.connect(self._fill_menu)
        self._decisions.changed.connect(self.touch_if_seen)
        self.model.applied.connect(self._on_applied)
        self.table.sort_by("time", descending=True)

    def help_page(self) -> str:
        return "proposals"

    def _header(self) -> QWidget:
        header = QWidget()
        row = QHBoxLayout(header)
        row.setContentsMargins(0, 3, 0, 3)
        row.setSpacing(6)
        export = QPushButton("Export …")
        export.setProperty("role", "ghost")
        export.setToolTip("The rows shown, as a CSV file")
        export.clicked.connect(self.table.export_wanted)
        for widget in (self.strategy, self.coin):
            row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(export)
        return header

    def _columns(self) -> list[Column[Said]]:
        return [
            Column("time", "Time", 124, lambda s: s.signal.row_ms, self._time, hint=self._time_hint),
            Column("strategy", "Strategy", 130, lambda s: s.signal.strategy, self._strategy, words=True),
            Column("coin", "Coin", 116, lambda s: s.signal.coin, _coin, letters=5),
            Column(
                "confidence",
                "Confidence",
                92,
                lambda s: s.signal.confidence if s.signal.direction.sign else None,
                _confidence,
                right=True,
                tip="From 0 to 1: a belief of the strategy, not a measured chance.",
            ),
            Column("reason", "Reason", 356, lambda s: s.signal.reason, _reason, words=True, hint=_details),
            Column("state", "What became of it", 164, _state_value, _state, words=True, hint=_state_hint),
            Column("entry", "Entry", 84, lambda s: s.signal.entry, self._entry, right=True, spare=1),
            Column("stop", "Stop", 84, lambda s: s.signal.stop, self._stop, right=True, spare=2),
            Column("grid", "Grid", 60, lambda s: s.signal.grid, lambda s: Cell(s.signal.grid, "muted"), spare=3),
        ]

    # --- rows ---

    def _wanted(self) -> list[Said]:
        strategy, coin = self.strategy.value, self.coin.value
        return [
            said
            for said in self._decisions.said()
            if (not strategy or said.signal.strategy == strategy) and (not coin or said.signal.coin == coin)
        ]

    def _filter(self) -> None:
        self.model.touch()
        self.model.flush()
        heading, sentence = self.EMPTY
        if self.strategy.value or self.coin.value:
            heading, sentence = "No such signals", "Choose all strategies and all coins to see every signal."
        self.table.teach(heading, sentence)

    def _on_applied(self) -> None:
        signals = [said.signal for said in self._decisions.said()]
        names = sorted({signal.strategy for signal in signals})
        self.strategy.offer({name: self.context.desk.title(name) for name in names})
        self.coin.offer({coin: coin for coin in sorted({signal.coin for signal in signals})})
        if self._decisions.trouble and not signals:
            self.table.teach("Earlier signals cannot be read", self._decisions.trouble)

    # --- cells ---

    def _time(self, said: Said) -> Cell:
        return Cell(self.moment(said.signal.row_ms), "muted")

    def _time_hint(self, said: Said) -> str:
        signal = said.signal
        return f"{figures.iso(signal.row_ms)}; not to be acted upon after {self.moment(signal.valid_until_ms)}"

    def _strategy(self, said: Said) -> Cell:
        return Cell(self.context.desk.title(said.signal.strategy))

    def _entry(self, said: Said) -> Cell:
        return self._price(said.signal, said.signal.entry)

    def _stop(self, said: Said) -> Cell:
        return self._price(said.signal, said.signal.stop)

    def _price(self, signal: Signal, value: float | None) -> Cell:
        return Cell() if value is None else Cell(self.price(signal.coin, value), "muted")

    # --- verbs ---

    def _open(self, key: str) -> None:
        said = self.model.get(key)
        if said is not None:
            self.context.select(said.signal.coin)
            why_said(self.context, said, self)

    def _fill_menu(self, key: str, menu: QMenu) -> None:
        said = self.model.get(key)
        if said is None:
            return
        signal = said.signal
        menu.addAction("Why? …", lambda: self._open(key))
        menu.addAction("Why nothing? …", lambda: why_nothing(self.context, signal.strategy, signal.coin, self))
        menu.addAction(f"Only {signal.coin}", lambda: self.coin.choose(signal.coin))
        title = self.context.desk.title(signal.strategy)
        menu.addAction(f"Only {title}", lambda: self.strategy.choose(signal.strategy))


def _coin(said: Said) -> Cell:
    badge, role = BADGES[said.signal.direction]
    return Cell(said.signal.coin, badge=badge, badge_role=role, strong=True)


def _confidence(said: Said) -> Cell:
    signal = said.signal
    return Cell(f"{signal.confidence:.2f}") if signal.direction.sign else Cell()


def _reason(said: Said) -> Cell:
    return Cell(said.signal.reason, "" if said.signal.direction.sign else "muted")


def _details(said: Said) -> str:
    lines = (f"{detail.name}: {detail.value} {detail.meaning}".rstrip() for detail in said.signal.details)
    return "\n".join((said.signal.reason, *lines))


def _state_value(said: Said) -> str | None:
    return None if said.became is None else str(said.became.state)


def _state(said: Said) -> Cell:
    if said.became is not None:
        text = f"{said.became.state}: {said.became.text}" if said.became.text else str(said.became.state)
        return Cell(text, ROLES.get(said.became.state, "muted"))
    if not said.signal.direction.sign:
        return Cell("abstained" if said.signal.missing else "nothing to trade", "faint")
    return Cell("no proposal", "muted")


def _state_hint(said: Said) -> str:
    if said.became is not None:
        return said.became.text
    return "No proposal was made of it. “Why nothing?” in its menu lists what stands in the way now."
