"""Where a strategy runs, in which regimes it may open, and whether it stands alone or votes in a group."""

from __future__ import annotations

from PySide6.QtWidgets import QButtonGroup, QCheckBox, QHBoxLayout, QLabel, QLineEdit, QRadioButton, QWidget

from hlmaster.core.errors import ConfigError
from hlmaster.core.signals import Regime
from hlmaster.strategies.card import StrategyCard
from hlmaster.strategies.roster import SOLO, WATCHLIST
from hlmaster.ui.context import Context
from hlmaster.ui.dialogs.question import Question
from hlmaster.ui.readout import set_tone
from hlmaster.ui.regimes import regimes_now

VOTER = "voter:"
VOTES = (
    "A group makes one proposal of its voters' words: the side with most votes wins, a tie goes to the higher "
    "confidence."
)


class StrategyScopeDialog(Question):
    HELP = "proposals"

    def __init__(self, context: Context, card: StrategyCard, parent: QWidget | None = None) -> None:
        super().__init__(parent, f"Coins, regimes and role of {card.title}", heading=card.title)
        self._context, self._name = context, card.name
        coins, role, regimes = card.entry.coins, card.entry.role, card.entry.regimes
        named = ", ".join(card.coins if isinstance(coins, str) else coins)
        self.watchlist, self.named = QRadioButton("Every coin of the watchlist"), QRadioButton("These coins:")
        self.coins = _line(named, "BTC, ETH", "Coins, with commas between them")
        self.always, self.only = QRadioButton("Opens in every regime"), QRadioButton("Only in:")
        self.regimes = {regime: QCheckBox(str(regime)) for regime in Regime}
        self.solo = QRadioButton("Solo: its ideas are proposals of their own")
        self.voter = QRadioButton("Votes in group:")
        self.group = _line(role.removeprefix(VOTER) if role != SOLO else "", "trend", "Name of the group")
        for regime, box in self.regimes.items():
            box.setChecked(regime in regimes)
        (self.watchlist if isinstance(coins, str) else self.named).setChecked(True)
        (self.only if regimes else self.always).setChecked(True)
        (self.solo if role == SOLO else self.voter).setChecked(True)
        self.now, self.problem = _note(regimes_now(context.desk.regimes, card.coins)), QLabel()
        self.problem.setWordWrap(True)
        self.problem.hide()
        set_tone(self.problem, "danger")
        self._lay_out()
        self.coins.textEdited.connect(lambda _: self.named.setChecked(True))
        self.group.textEdited.connect(lambda _: self.voter.setChecked(True))
        for box in self.regimes.values():
            box.clicked.connect(lambda _: self.only.setChecked(True))

    def _lay_out(self) -> None:
        boxes = QHBoxLayout()
        boxes.setSpacing(16)
        boxes.addWidget(self.only)
        for box in self.regimes.values():
            boxes.addWidget(box)
        boxes.addStretch(1)
        layout = self.middle
        layout.addWidget(self.watchlist)
        layout.addLayout(_beside(self.named, self.coins))
        layout.addSpacing(8)
        layout.addWidget(self.always)
        layout.addLayout(boxes)
        layout.addWidget(self.now)
        layout.addSpacing(8)
        layout.addWidget(self.solo)
        layout.addLayout(_beside(self.voter, self.group))
        layout.addWidget(_note(VOTES))
        layout.addWidget(self.problem)
        # Of the buttons in one dialog only one would be on.
        for members in ((self.watchlist, self.named), (self.always, self.only), (self.solo, self.voter)):
            group = QButtonGroup(self)
            for button in members:
                group.addButton(button)

    def answer(self) -> None:
        engine, problem = self._context.desk.engine, self._unlisted() or self._no_regime()
        if problem:
            self._refuse(problem)
            return
        try:
            engine.set_role(self._name, SOLO if self.solo.isChecked() else VOTER + self.group.text().strip())
            engine.set_regimes(self._name, () if self.always.isChecked() else self._regimes())
            engine.set_coins(self._name, WATCHLIST if self.watchlist.isChecked() else self._named())
        except ConfigError as error:
            self._refuse(str(error))
        else:
            self.accept()

    def _refuse(self, problem: str) -> None:
        self.problem.setText(problem)
        self.problem.show()

    def _regimes(self) -> tuple[Regime, ...]:
        return tuple(regime for regime, box in self.regimes.items() if box.isChecked())

    def _no_regime(self) -> str:
        return "" if self.always.isChecked() or self._regimes() else "Choose one regime at least, or every one."

    def _named(self) -> tuple[str, ...]:
        words = self.coins.text().replace(",", " ").split()
        listed = {coin.casefold(): coin for coin in self._context.desk.instruments}
        return tuple(dict.fromkeys(listed.get(word.casefold(), word) for word in words))

    def _unlisted(self) -> str:
        if self.watchlist.isChecked():
            return ""
        if not self._named():
            return "Name at least one coin, or choose the watchlist."
        known = self._context.desk.instruments
        odd = [coin for coin in self._named() if known and coin not in known]
        return f"The exchange lists no {odd[0]}. Correct the name, or leave it out." if odd else ""


def _line(text: str, example: str, name: str) -> QLineEdit:
    line = QLineEdit(text)
    line.setPlaceholderText(example)
    line.setAccessibleName(name)
    return line


def _beside(button: QRadioButton, line: QLineEdit) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(8)
    row.addWidget(button)
    row.addWidget(line, 1)
    return row


def _note(text: str) -> QLabel:
    note = QLabel(text)
    note.setProperty("role", "muted")
    note.setWordWrap(True)
    return note
