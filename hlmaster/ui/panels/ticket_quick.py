"""Orders at one press, folded away until they are wanted: they trade the ticket's size, and only while armed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from hlmaster.core.model import Side
from hlmaster.ui.context import Context

ROWS = (
    (
        ("buy_join", "Buy bid", "Buy the working size at the best bid"),
        ("buy_take", "Buy ask", "Buy the working size at the best ask"),
        ("buy_market", "Buy mkt", "Buy the working size at market"),
    ),
    (
        ("sell_join", "Sell ask", "Sell the working size at the best ask"),
        ("sell_take", "Sell bid", "Sell the working size at the best bid"),
        ("sell_market", "Sell mkt", "Sell the working size at market"),
    ),
    (
        ("close_25", "Close ¼", "Close a quarter of the position at market"),
        ("close_50", "Close ½", "Close half of the position at market"),
        ("close_100", "Close all", "Close the position at market"),
    ),
    (
        ("reverse", "Reverse", "Close the position, then open the same size on the other side"),
        ("breakeven", "Break-even", "Move the stop to the entry price plus fees"),
        ("cancel", "Cancel", "Cancel every order of this coin but what protection keeps"),
    ),
)


COLUMNS = 12
THIRDS, LAST = ((0, 4), (4, 4), (8, 4)), ((0, 4), (4, 5), (9, 3))
"""(column, columns): the longest word of the last row needs more than a third."""


def verbs(context: Context) -> dict[str, Callable[[], object]]:
    """What each name does, with the coin that is in focus then."""
    quick = context.quick

    def of_coin(verb: Callable[..., object], *more: object) -> Callable[[], object]:
        return lambda: verb(context.coin, *more)

    sides = {
        f"{side}_{name}": of_coin(verb, side)
        for side in Side
        for name, verb in (("join", quick.join), ("take", quick.take), ("market", quick.market))
    }
    closes = {f"close_{percent}": of_coin(quick.close, percent / 100) for percent in (25, 50, 100)}
    rest = {
        "reverse": of_coin(quick.reverse),
        "breakeven": of_coin(quick.breakeven),
        "cancel": of_coin(quick.cancel_coin),
    }
    return sides | closes | rest


class QuickRow(QFrame):
    """``pressed`` carries a name of ``ROWS``."""

    pressed = Signal(str)
    folded = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.head = QPushButton(self)
        self.head.setProperty("role", "ghost")
        self.head.setCheckable(True)
        self.head.setAccessibleName("Quick orders")
        self.head.setToolTip("Orders at one press, with the size above")
        self.locked = QLabel("Locked. Arm trading gestures in the top bar.")
        self.locked.setProperty("role", "muted")
        self.locked.setWordWrap(True)
        self._body = QWidget(self)
        grid = QGridLayout()
        grid.setSpacing(3)
        self.buttons: dict[str, QPushButton] = {}
        for row, line in enumerate(ROWS):
            for column, (name, text, tip) in enumerate(line):
                button = self.buttons[name] = QPushButton(text)
                button.setProperty("role", "small")
                button.setToolTip(tip)
                button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
                button.clicked.connect(partial(self.pressed.emit, name))
                start, columns = (LAST if row == len(ROWS) - 1 else THIRDS)[column]
                grid.addWidget(button, row, start, 1, columns)
        for column in range(COLUMNS):
            grid.setColumnStretch(column, 1)
        body = QVBoxLayout(self._body)
        body.setContentsMargins(0, 0, 0, 4)
        body.setSpacing(4)
        body.addWidget(self.locked)
        body.addLayout(grid)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(2)
        whole.addWidget(self.head)
        whole.addWidget(self._body)
        self.head.toggled.connect(self._fold)
        self._fold(False)

    def _fold(self, is_open: bool) -> None:
        self.head.setText(f"Quick orders {'▾' if is_open else '▸'}")
        self._body.setVisible(is_open)
        self.folded.emit(not is_open)

    def set_armed(self, armed: bool) -> None:
        self.locked.setVisible(not armed)
        for button in self.buttons.values():
            button.setEnabled(armed)
