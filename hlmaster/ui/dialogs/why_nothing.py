"""Why is nothing happening? Every gate from data to approval, live, the first red one with its cure."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QComboBox, QDialog, QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from hlmaster.core.signals import Gate
from hlmaster.ui.context import Context
from hlmaster.ui.dialogs.frames import scrolling
from hlmaster.ui.readout import set_tone

SIZE = (640, 560)
LOOK_MS = 1_000
MARKS = {True: ("✓", "good"), False: ("✗", "danger"), None: ("○", "")}

SHUT = {
    "feed fresh": "its prices are old",
    "history loaded": "it has too little history yet",
    "strategy works": "its code has failed",
    "checks passed": "its checks have failed",
    "armed": "it is disarmed",
    "coin chosen": "this coin is none of its coins",
    "signal": "it sees nothing to trade now",
    "strategy": "this strategy cannot be found",
    "size": "no size fits the limits",
    "limits": "a limit of the risk gate says no",
    "confidence": "it is not sure enough",
    "not rejected": "you have rejected this idea",
    "coin free": "the coin is taken",
    "cooled down": "it is cooling down",
    "own positions": "it holds as many positions as it may",
    "trading open": "new entries are off",
    "policy": "its policy is only to observe",
    "untouched": "you have edited the card, so it waits for you",
    "confident by itself": "it is not sure enough to act alone",
    "trusted": "it may not act alone yet",
    "limits for acting alone": "a limit for acting alone says no",
}
"""Why nothing happens, by the gate that is shut."""


class WhyNothingDialog(QDialog):
    """``gates`` are those shown; they are asked for once a second."""

    HELP = "proposals"

    def __init__(self, context: Context, strategy: str, coin: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Why nothing?")
        self.resize(*SIZE)
        self._context = context
        self.gates: tuple[Gate, ...] | None = None
        self.strategy, self.coin = QComboBox(), QComboBox()
        self.verdict, self.cure = QLabel(), QLabel()
        self.rows = QWidget()
        self._grid = QGridLayout(self.rows)
        self._fill(strategy, coin)
        self._lay_out()
        for box in (self.strategy, self.coin):
            box.currentIndexChanged.connect(lambda _: self.look())
        self._timer = QTimer(self, interval=LOOK_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()
        self.look()

    def _fill(self, strategy: str, coin: str) -> None:
        desk = self._context.desk
        cards = desk.engine.cards()
        for card in cards:
            self.strategy.addItem(card.title, card.name)
        if strategy not in (card.name for card in cards):
            self.strategy.addItem(strategy, strategy)
        named = {c for card in cards for c in (card.entry.coins if not isinstance(card.entry.coins, str) else ())}
        coins = dict.fromkeys((*desk.settings.market.watchlist, *sorted(named), coin))
        self.coin.addItems(list(coins))
        self.strategy.setCurrentIndex(self.strategy.findData(strategy))
        self.coin.setCurrentText(coin)
        self.strategy.setAccessibleName("Strategy")
        self.coin.setAccessibleName("Coin")

    def _lay_out(self) -> None:
        choice = QHBoxLayout()
        choice.setSpacing(8)
        choice.addWidget(self.strategy, 2)
        choice.addWidget(self.coin, 1)
        self.verdict.setProperty("role", "brand")
        self.cure.setProperty("role", "muted")
        for label in (self.verdict, self.cure):
            label.setWordWrap(True)
        self._grid.setContentsMargins(14, 10, 14, 10)
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(9)
        self._grid.setColumnStretch(2, 1)
        close = QPushButton("Close")
        close.setProperty("role", "primary")
        close.setMinimumWidth(84)
        close.setDefault(True)
        close.clicked.connect(self.accept)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 16, 18, 14)
        layout.setSpacing(8)
        layout.addLayout(choice)
        layout.addWidget(self.verdict)
        layout.addWidget(self.cure)
        layout.addWidget(scrolling(self.rows), 1)
        layout.addLayout(buttons)

    def look(self) -> None:
        gates = self._context.desk.proposing.why(str(self.strategy.currentData()), self.coin.currentText())
        if gates != self.gates:
            self.gates = gates
            self._show(gates)

    def _show(self, gates: tuple[Gate, ...]) -> None:
        red = next((gate for gate in gates if gate.passed is False), None)
        waiting = next((gate for gate in gates if gate.passed is None), None)
        stop = red or waiting
        if stop is None:
            self.verdict.setText("Every gate is open.")
            self.cure.setText("Its next idea becomes a proposal.")
        else:
            self.verdict.setText(_sentence(stop))
            self.cure.setText(stop.cure or (stop.text if red else ""))
        set_tone(self.verdict, "good" if stop is None else "danger" if red else "")
        while (item := self._grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for row, gate in enumerate(gates):
            self._put(row, gate, first=gate is red)
        self._grid.setRowStretch(len(gates), 1)
        self.rows.setAccessibleName("; ".join(f"{gate.name}: {gate.text}" for gate in gates))

    def _put(self, row: int, gate: Gate, *, first: bool) -> None:
        sign, tone = MARKS[gate.passed]
        mark, name, text = QLabel(sign), QLabel(gate.name[:1].upper() + gate.name[1:]), QLabel()
        text.setTextFormat(Qt.TextFormat.PlainText)
        text.setText(gate.text)
        text.setWordWrap(True)
        text.setToolTip(gate.cure)
        for label, role in ((mark, "number"), (name, ""), (text, "" if first else "muted")):
            label.setProperty("role", role)
        set_tone(mark, tone)
        if first:
            set_tone(name, "danger")
        for column, label in enumerate((mark, name, text)):
            self._grid.addWidget(label, row, column, Qt.AlignmentFlag.AlignTop)


def _sentence(stop: Gate) -> str:
    if stop.passed is None:
        return f"Nothing happens yet. {stop.text}"
    return f"Nothing happens, because {SHUT.get(stop.name, f'of this: {stop.text}')}."
