"""Leverage and margin mode of a coin, chosen in place, with what the choice does before it is made."""

from __future__ import annotations

from decimal import Decimal

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSlider, QSpinBox, QVBoxLayout, QWidget

from hlmaster.core.margin import initial_margin, liquidation_price
from hlmaster.core.model import Leverage, MarginMode
from hlmaster.core.orders import Order
from hlmaster.trading.portfolio import PositionView
from hlmaster.trading.preview import preview
from hlmaster.trading.situation import Situation
from hlmaster.trading.ticket import Draft, Ticket
from hlmaster.ui import figures
from hlmaster.ui.segments import Segments

MODES = (
    (MarginMode.CROSS, "Cross", "The whole account backs the position", ""),
    (MarginMode.ISOLATED, "Isolated", "Only the margin set aside backs the position", ""),
)


class LeverageBox(QFrame):
    """``wanted`` carries the chosen ``Leverage``; the box stays open until it is told to close."""

    wanted = Signal(object)
    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.mode = Segments(self)
        self.mode.set_options(MODES)
        self.mode.setAccessibleName("Margin mode")
        self.slider = QSlider(Qt.Orientation.Horizontal, self)
        self.slider.setAccessibleName("Leverage")
        self.number = QSpinBox(self)
        self.number.setSuffix("×")
        self.number.setFixedWidth(72)
        self.number.setAccessibleName("Leverage")
        self.effect = QLabel(self)
        self.effect.setWordWrap(True)
        self.effect.setProperty("role", "muted")
        self.apply, self.cancel = QPushButton("Set leverage", self), QPushButton("Cancel", self)
        self.apply.setProperty("role", "primary")
        self.cancel.setProperty("role", "ghost")
        self._lay_out()
        self.slider.valueChanged.connect(self.number.setValue)
        self.number.valueChanged.connect(self.slider.setValue)
        self.number.valueChanged.connect(lambda _: self.changed.emit())
        self.mode.chosen.connect(lambda _: self.changed.emit())
        self.apply.clicked.connect(lambda: self.wanted.emit(self.chosen))
        self.cancel.clicked.connect(self.hide)
        self.hide()

    def _lay_out(self) -> None:
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 2, 0, 4)
        box.setSpacing(6)
        box.addWidget(self.mode)
        for widgets in ((self.slider, self.number), (self.cancel, self.apply)):
            row = QHBoxLayout()
            row.setSpacing(8)
            row.addWidget(widgets[0], 1 if widgets[0] is self.slider else 0)
            row.addWidget(widgets[1], 0 if widgets[0] is self.slider else 1)
            box.addLayout(row)
            if widgets[0] is self.slider:
                box.addWidget(self.effect)

    @property
    def chosen(self) -> Leverage:
        return Leverage(self.mode.value, self.number.value())

    def open_for(self, situation: Situation) -> None:
        for control in (self.slider, self.number):
            control.setRange(1, situation.instrument.max_leverage)
        self.number.setValue(situation.leverage.value)
        self.mode.choose(situation.leverage.mode)
        # The venue switches the mode of a coin only while nothing is open in it
        flat = situation.position == 0
        self.mode.button(MarginMode.CROSS).setEnabled(flat and not situation.instrument.only_isolated)
        self.mode.button(MarginMode.ISOLATED).setEnabled(flat)
        self.show()
        self.number.setFocus()
        self.number.selectAll()

    def show_effect(
        self,
        situation: Situation,
        ticket: Ticket | None,
        orders: tuple[Order, ...],
        position: PositionView | None = None,
    ) -> None:
        text = effect(situation, self.chosen, ticket, orders)
        if position is not None:
            text = f"{text} {position_effect(position, situation, self.chosen)}"
        self.effect.setText(text)
        self.apply.setEnabled(self.chosen != situation.leverage)


def effect(now: Situation, chosen: Leverage, ticket: Ticket | None, orders: tuple[Order, ...]) -> str:
    """What a leverage would change, in a few sentences: for the order in the ticket, and for what is open."""
    decimals = now.instrument.size_decimals
    sentences = []
    if ticket is not None and any(not order.reduce_only for order in orders):
        before = preview(ticket, Draft(orders), now, ())
        after = preview(ticket, Draft(orders), now.at(chosen), ())
        sentences.append(f"This order: margin {figures.money(before.margin)} → {figures.money(after.margin)},")
        if before.liquidation_price is None and after.liquidation_price is None:
            sentences.append("no liquidation price either way.")
        else:
            was, becomes = (figures.price(figure.liquidation_price, decimals) for figure in (before, after))
            sentences.append(f"liquidation {was} → {becomes}.")
    elif chosen.mode is MarginMode.ISOLATED and now.reference is not None:
        backing = initial_margin(now.reference, chosen.value)
        price = liquidation_price(now.instrument.margin_tiers, Decimal(1), now.reference, backing)
        away = None if price is None else 1 - price / now.reference
        sentences.append(f"A new long would be liquidated about {figures.percent(away, 1)} below its entry.")
    else:
        sentences.append("Cross margin: leverage sets what an order locks up; the whole account backs it.")
    return " ".join(sentences)


def position_effect(position: PositionView, now: Situation, chosen: Leverage) -> str:
    """What a leverage would do to an open position: its margin, and where it would be liquidated.

    Cross positions are backed by the whole account, so leverage moves no liquidation price; an isolated one keeps the
    margin it has, and a lower leverage adds what is missing.
    """
    decimals, mark = now.instrument.size_decimals, now.reference
    held = f"Your {'long' if position.size > 0 else 'short'} {figures.size(abs(position.size))}"
    fixed = "Its margin mode is fixed while it is open."
    was = position.liquidation_price
    stands = f"its liquidation price {figures.price(was, decimals)} stays" if was else "it has no liquidation price"
    if mark is None:
        return f"{held} is open. {fixed}"
    needed = initial_margin(abs(position.size) * mark, chosen.value)
    present = position.margin_used
    if now.leverage.mode is MarginMode.CROSS:
        margin = f"margin {figures.money(present)} → {figures.money(needed)}"
        return f"{held}: {margin}; {stands}, for the whole account backs it. {fixed}"
    if present is None or needed <= present:
        return f"{held}: keeps its margin of {figures.money(present)}; {stands}. {fixed}"
    becomes = liquidation_price(now.instrument.margin_tiers, position.size, mark, needed)
    moves = f"liquidation {figures.price(was, decimals)} → {figures.price(becomes, decimals)}"
    return f"{held}: {figures.money(needed - present)} more margin is set aside, {moves}. {fixed}"
