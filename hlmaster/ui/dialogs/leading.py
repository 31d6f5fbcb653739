"""Small questions about whose a coin is: keep a strategy off it for a time, or give it to another one."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFormLayout, QWidget

from hlmaster.core.events import Severity
from hlmaster.desk.outcome import Outcome
from hlmaster.strategies.card import StrategyCard
from hlmaster.trading.ownership import Swap
from hlmaster.ui.context import Context
from hlmaster.ui.dialogs.question import Question

TIMES = (("15 minutes", 900), ("1 hour", 3_600), ("4 hours", 14_400), ("1 day", 86_400), ("Lift the veto", 0))
WAYS = {
    Swap.HAND_OVER: "Hand it over: the new one may close it",
    Swap.KEEP: "Leave it to its stops: nobody leads it",
    Swap.CLOSE: "Close it",
}


class _AboutCoin(Question):
    """``answered`` carries the Outcome after a yes."""

    HELP = "proposals"
    answered = Signal(object)

    def __init__(self, context: Context, title: str, sentence: str, yes: str, parent: QWidget | None) -> None:
        super().__init__(parent, title, sentence, yes)
        self.context = context
        self.coin = QComboBox()
        self.coin.addItems(list(dict.fromkeys((context.coin, *context.desk.settings.market.watchlist))))
        self.coin.setAccessibleName("Coin")
        self.form = QFormLayout()
        self.form.setHorizontalSpacing(14)
        self.form.addRow("Coin", self.coin)
        self.middle.addLayout(self.form)

    def carry_out(self) -> Outcome:
        raise TypeError("a question says what a yes does")

    def answer(self) -> None:
        outcome = self.carry_out()
        self.context.notify(Severity.INFO if outcome.ok else Severity.WARNING, outcome.sentence)
        self.answered.emit(outcome)
        self.accept()


class VetoDialog(_AboutCoin):
    def __init__(self, context: Context, card: StrategyCard, parent: QWidget | None = None) -> None:
        sentence = "It proposes nothing there meanwhile; a position that it has there stays its own."
        super().__init__(context, f"Veto {card.title} on a coin", sentence, "Veto", parent)
        self._name = card.name
        self.time = QComboBox()
        self.time.setAccessibleName("For how long")
        for text, seconds in TIMES:
            self.time.addItem(text, seconds)
        self.time.setCurrentIndex(1)
        self.form.addRow("For", self.time)

    def carry_out(self) -> Outcome:
        return self.context.desk.proposing.veto(self._name, self.coin.currentText(), self.time.currentData())


class SwapDialog(_AboutCoin):
    def __init__(self, context: Context, card: StrategyCard, parent: QWidget | None = None) -> None:
        sentence = "From now on only it may open anything on this coin. Say what becomes of a position that is there."
        super().__init__(context, f"Give {card.title} a coin", sentence, "Give it", parent)
        self._name = card.name
        self.how = QComboBox()
        self.how.setAccessibleName("What becomes of its position")
        # Else its longest text takes the room of the captions
        self.how.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        for way, text in WAYS.items():
            self.how.addItem(text, str(way))
        self.form.addRow("Its position", self.how)

    def carry_out(self) -> Outcome:
        return self.context.desk.proposing.swap(self.coin.currentText(), self._name, self.how.currentData())
