"""Closing with open positions or orders: what is protected meanwhile, and what shall become of all that."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from hlmaster.ui.dialogs.frames import FittedDialog, facts, lines
from hlmaster.ui.readout import set_tone

WIDTH = 560
STAY = "stay"
CHOICES = (  # the first is explained by how what stays fares
    ("keep", "Leave everything as it is", "", ""),
    (
        "cancel_entries",
        "Cancel entries",
        "",
        "Orders that could open something are cancelled; positions and their stops stay.",
    ),
    ("flatten", "Flatten everything", "danger", "Every order is cancelled and every position closed at the market."),
)


class LeavingDialog(FittedDialog):
    """``decided`` carries keep, cancel_entries, flatten or stay, once; Escape is stay."""

    HELP = "sessions"
    decided = Signal(str)

    def __init__(
        self,
        positions: Sequence[str],
        orders: Sequence[str],
        protection: str = "",
        alone: str = "",
        parent: QWidget | None = None,
        *,
        is_bare: bool = False,
    ) -> None:
        """A line each. ``protection``: what has a stop and what has none; ``is_bare``: something has none.

        ``alone``: how what stays fares.
        """
        super().__init__(parent)
        self.setWindowTitle("Before you leave")
        self.setFixedWidth(WIDTH)
        self._decision = STAY
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 16, 18, 14)
        layout.setSpacing(10)
        heading = QLabel("Before you leave")
        heading.setProperty("role", "brand")
        layout.addWidget(heading)
        shielded = QLabel(protection)
        shielded.setWordWrap(True)
        shielded.setVisible(bool(protection))
        set_tone(shielded, "warning" if is_bare else "")
        layout.addWidget(shielded)
        layout.addWidget(facts((("POSITIONS", lines(positions)), ("ORDERS", lines(orders)))))
        grid = QGridLayout()
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(10)
        self.buttons: dict[str, QPushButton] = {}
        for row, (word, text, role, meaning) in enumerate(CHOICES):
            self.buttons[word] = self._button(word, text, role)
            explained = QLabel(meaning or alone)
            explained.setProperty("role", "muted")
            explained.setWordWrap(True)
            grid.addWidget(self.buttons[word], row, 0)
            grid.addWidget(explained, row, 1)
        grid.setColumnStretch(1, 1)
        layout.addLayout(grid)
        self.buttons[STAY] = self._button(STAY, "Stay", "primary")
        self.buttons[STAY].setDefault(True)
        note = QLabel("Settings, General, On leaving can answer this for good.")
        note.setProperty("role", "faint")
        last = QHBoxLayout()
        last.addWidget(note, 1)
        last.addWidget(self.buttons[STAY])
        layout.addSpacing(4)
        layout.addLayout(last)
        self.buttons[STAY].setFocus()
        self.finished.connect(lambda _: self.decided.emit(self._decision))

    def _button(self, word: str, text: str, role: str) -> QPushButton:
        button = QPushButton(text)
        button.setProperty("role", role)
        button.setMinimumWidth(180 if word != STAY else 84)
        button.setAutoDefault(word == STAY)
        button.clicked.connect(lambda: self._decide(word))
        return button

    def _decide(self, word: str) -> None:
        self._decision = word
        self.accept()
