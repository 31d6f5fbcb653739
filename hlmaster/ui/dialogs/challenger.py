"""A challenger's parameters: those of its champion, with what is changed here."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from hlmaster.strategies.card import StrategyCard
from hlmaster.ui.context import Context
from hlmaster.ui.dialogs.strategy_params import ParamsDialog

WHAT = (
    "It trades on paper beside the one that runs: the same coins and prices, an account that begins with your equity, "
    "and these parameters. Nothing of it reaches the exchange. It ends with this window."
)


class ChallengerDialog(ParamsDialog):
    """``chosen`` carries what differs from the champion's parameters, once something does."""

    chosen = Signal(object)

    def __init__(self, context: Context, card: StrategyCard, parent: QWidget | None = None) -> None:
        title = f"A challenger of {card.title}"
        super().__init__(context, card, title, WHAT, lambda key: "as the champion", parent, title)
        self.ok.setText("Start on paper")
        self.show_state()

    def apply(self) -> bool:
        self.chosen.emit(self.form.changes())
        return True

    def show_state(self) -> None:
        super().show_state()
        if not self.form.changes() and not self.form.problems:
            self.ok.setEnabled(False)
            self.say("Change one parameter at least.", "")
