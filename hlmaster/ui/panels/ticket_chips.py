"""Sizes at one press: shares of what is possible, and the trader's own four of each unit, changed where they stand."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from hlmaster.core.rounding import round_size
from hlmaster.trading.ticket import SizeUnit
from hlmaster.ui import figures, typed
from hlmaster.ui.number_field import NumberField

SHARES = (25, 50, 75, 100)
COUNT = 4
PRESETS = {
    SizeUnit.USD: (100, 500, 1_000, 5_000),
    SizeUnit.EQUITY_PERCENT: (1, 5, 10, 25),
    SizeUnit.RISK_USD: (10, 25, 50, 100),
}
"""To begin with. In coins: what the dollars buy, to one figure."""
SHORT = ((Decimal(10) ** 9, "B"), (Decimal(10) ** 6, "M"), (Decimal(10) ** 3, "k"))
HIGH, TURN = 22, 24


class SizeChips(QWidget):
    """``shared`` carries per cent, ``taken`` an amount in the unit. Where there is little room one row shows either."""

    shared = Signal(int)
    taken = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._own: dict[str, list[Decimal]] = {}
        self._unit, self._coin = SizeUnit.COIN, ""
        self._price: Decimal | None = None
        self._lot_decimals = 0
        self._roomy = self._shows_presets = False
        self.share = {share: self._button(f"{share}%") for share in SHARES}
        self.preset = [self._button("") for _ in range(COUNT)]
        self.turn = self._button("")
        self.turn.setFixedWidth(TURN)
        self.turn.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._editor = NumberField(self)
        self._editor.setAccessibleName("Size of this preset")
        self._editor.hide()
        self._editor.installEventFilter(self)
        self._edited = 0
        self._lay_out()
        for share, button in self.share.items():
            button.clicked.connect(partial(self.shared.emit, share))
        for number, button in enumerate(self.preset):
            button.clicked.connect(partial(self.take, number))
            button.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
            button.customContextMenuRequested.connect(partial(self._edit_at, number))
            button.setAccessibleName(f"Size preset {number + 1}")
        self.turn.clicked.connect(lambda: self.show_presets(not self._shows_presets))
        self._arrange()

    def _button(self, text: str) -> QPushButton:
        button = QPushButton(text, self)
        button.setProperty("role", "small")
        button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        button.setFixedHeight(HIGH)
        return button

    def _lay_out(self) -> None:
        self._rows = (QWidget(self), QWidget(self))
        column = QVBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        for row, buttons in zip(self._rows, (list(self.share.values()), self.preset), strict=True):
            line = QHBoxLayout(row)
            line.setContentsMargins(0, 0, 0, 0)
            line.setSpacing(4)
            for button in buttons:
                line.addWidget(button, 1)
            column.addWidget(row)
        whole = QHBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(4)
        whole.addLayout(column, 1)
        whole.addWidget(self.turn)

    def buttons(self) -> list[QWidget]:
        return [*self.share.values(), *self.preset, self.turn]

    # --- what it shows ---

    def set_roomy(self, roomy: bool) -> None:
        if roomy != self._roomy:
            self._roomy = roomy
            self._arrange()

    def show_presets(self, on: bool) -> None:
        self._shows_presets = on
        self._arrange()

    def _arrange(self) -> None:
        shares, presets = self._rows
        shares.setVisible(self._roomy or not self._shows_presets)
        presets.setVisible(self._roomy or self._shows_presets)
        self.turn.setVisible(not self._roomy)
        self.turn.setText("%" if self._shows_presets else "#")
        what = "Shares of what is possible" if self._shows_presets else "Your own sizes"
        self.turn.setToolTip(what)
        self.turn.setAccessibleName(what)

    def follow(self, unit: SizeUnit, coin: str, price: Decimal | None, size_decimals: int) -> None:
        """``price`` tells what a dollar buys, where no sizes in this coin were chosen yet."""
        if (unit, coin) != (self._unit, self._coin):
            self._editor.hide()
        self._unit, self._coin, self._price, self._lot_decimals = unit, coin, price, size_decimals
        for number, button in enumerate(self.preset):
            amount = self.amount(number)
            text = "–" if amount is None else self._brief(amount)
            if button.text() != text:
                button.setText(text)
                whole = "not known yet" if amount is None else f"{figures.plain(amount)} {self._unit_words()}"
                button.setToolTip(f"Size preset {number + 1}: {whole}; right-click to change it")

    def _unit_words(self) -> str:
        return self._coin if self._unit is SizeUnit.COIN else str(self._unit)

    def _brief(self, amount: Decimal) -> str:
        """``$5k``, ``10%``, ``0.05``."""
        text = figures.plain(amount)
        for size, letter in SHORT:
            if amount >= size and not amount % (size / 10):
                text = f"{figures.plain(amount / size)}{letter}"
                break
        match self._unit:
            case SizeUnit.EQUITY_PERCENT:
                return f"{text}%"
            case SizeUnit.COIN:
                return text
            case _:
                return f"${text}"

    # --- presets ---

    def _key(self) -> str:
        return f"coin {self._coin}" if self._unit is SizeUnit.COIN else str(self._unit)

    def amount(self, number: int) -> Decimal | None:
        """Of preset ``number``, from 0; None for coins whose price is not known."""
        own = self._own.get(self._key())
        if own is not None:
            return own[number]
        if self._unit is not SizeUnit.COIN:
            return Decimal(PRESETS[self._unit][number])
        if self._price is None or self._price <= 0:
            return None
        coins = PRESETS[SizeUnit.USD][number] / self._price
        figure = coins.quantize(Decimal(1).scaleb(coins.adjusted()))
        return round_size(max(figure, Decimal(1).scaleb(-self._lot_decimals)), self._lot_decimals)

    def take(self, number: int) -> None:
        amount = self.amount(number)
        if amount is not None:
            self.taken.emit(amount)

    def _edit_at(self, number: int, _place: object) -> None:
        self.edit(number)

    def edit(self, number: int) -> None:
        """In place: Enter keeps, Escape and any other click leave it as it was."""
        self.show_presets(True)
        button = self.preset[number]
        place = button.rect().translated(button.mapTo(self, button.rect().topLeft()))
        place.setWidth(max(place.width(), 64))
        place.moveRight(min(place.right(), self.width() - 1))
        self._edited = number
        self._editor.setGeometry(place)
        self._editor.set_value(self.amount(number))
        self._editor.show()
        self._editor.raise_()
        self._editor.setFocus()
        self._editor.selectAll()

    @property
    def is_editing(self) -> bool:
        return self._editor.isVisible()

    def keep(self) -> None:
        entry = typed.read(self._editor.text())
        if entry.value is None or entry.value <= 0:
            self._editor.set_bad(True)
            return
        own = [self.amount(number) or entry.value for number in range(COUNT)]
        own[self._edited] = entry.value
        self._own[self._key()] = own
        self.give_up()
        self.follow(self._unit, self._coin, self._price, self._lot_decimals)

    def give_up(self) -> None:
        self._editor.set_bad(False)
        self._editor.hide()
        self.preset[self._edited].setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._editor and event.type() == QEvent.Type.FocusOut:
            self._editor.hide()
        return super().eventFilter(watched, event)

    # --- memory ---

    def save_state(self) -> dict[str, Any]:
        own = {key: [str(amount) for amount in amounts] for key, amounts in self._own.items()}
        return {"shows_presets": self._shows_presets, "presets": own}

    def restore_state(self, state: dict[str, Any]) -> None:
        presets = state.get("presets")
        for key, amounts in presets.items() if isinstance(presets, dict) else ():
            read = [typed.read(text).value for text in amounts if isinstance(text, str)] if amounts else []
            own = [amount for amount in read if amount is not None and amount > 0]
            if len(own) == COUNT:
                self._own[str(key)] = own
        self.show_presets(state.get("shows_presets") is True)
