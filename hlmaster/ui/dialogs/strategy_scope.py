"""Where a strategy runs and whether it stands alone: its coins, and its group of voters."""

from __future__ import annotations

from PySide6.QtWidgets import (
    QButtonGroup,
    QDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from hlmaster.core.errors import ConfigError
from hlmaster.strategies.card import StrategyCard
from hlmaster.strategies.roster import SOLO, WATCHLIST
from hlmaster.ui.context import Context
from hlmaster.ui.readout import set_tone

WIDTH = 460
VOTER = "voter:"


class StrategyScopeDialog(QDialog):
    def __init__(self, context: Context, card: StrategyCard, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"Coins and role of {card.title}")
        self.setFixedWidth(WIDTH)
        self._context, self._name = context, card.name
        coins, role = card.entry.coins, card.entry.role
        follows = isinstance(coins, str)
        named = ", ".join(card.coins if isinstance(coins, str) else coins)
        self.watchlist, self.named = QRadioButton("Every coin of the watchlist"), QRadioButton("These coins:")
        self.coins = _line(named, "BTC, ETH", "Coins, with commas between them")
        self.solo, self.voter = (
            QRadioButton("Solo: its ideas are proposals of their own"),
            QRadioButton("Votes in group:"),
        )
        self.group = _line(role.removeprefix(VOTER) if role != SOLO else "", "trend", "Name of the group")
        (self.watchlist if follows else self.named).setChecked(True)
        (self.solo if role == SOLO else self.voter).setChecked(True)
        self.problem = QLabel()
        self.problem.setWordWrap(True)
        set_tone(self.problem, "down")
        self.ok = QPushButton("OK")
        self._lay_out(card.title)
        self.coins.textEdited.connect(lambda _: self.named.setChecked(True))
        self.group.textEdited.connect(lambda _: self.voter.setChecked(True))
        self.ok.clicked.connect(self._apply)

    def _lay_out(self, title: str) -> None:
        heading = QLabel(title)
        heading.setProperty("role", "brand")
        where, alone = QButtonGroup(self), QButtonGroup(self)
        note = QLabel(
            "A group makes one proposal of its voters' words: the side with most votes wins, a tie goes to the higher "
            "confidence."
        )
        note.setProperty("role", "muted")
        note.setWordWrap(True)
        cancel = QPushButton("Cancel")
        cancel.setAutoDefault(False)
        cancel.clicked.connect(self.reject)
        self.ok.setProperty("role", "primary")
        self.ok.setDefault(True)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(cancel)
        buttons.addWidget(self.ok)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 16, 18, 14)
        layout.setSpacing(8)
        layout.addWidget(heading)
        layout.addWidget(self.watchlist)
        layout.addLayout(_beside(self.named, self.coins))
        layout.addSpacing(8)
        layout.addWidget(self.solo)
        layout.addLayout(_beside(self.voter, self.group))
        layout.addWidget(note)
        layout.addWidget(self.problem)
        layout.addLayout(buttons)
        for group, members in ((where, (self.watchlist, self.named)), (alone, (self.solo, self.voter))):
            for button in members:
                group.addButton(button)

    def _apply(self) -> None:
        engine, unlisted = self._context.desk.engine, self._unlisted()
        if unlisted:
            self.problem.setText(unlisted)
            return
        try:
            engine.set_role(self._name, SOLO if self.solo.isChecked() else VOTER + self.group.text().strip())
            engine.set_coins(self._name, WATCHLIST if self.watchlist.isChecked() else self._named())
        except ConfigError as error:
            self.problem.setText(str(error))
        else:
            self.accept()

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
