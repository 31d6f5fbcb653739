"""The ticket's form: its choices, which fields an order has, and the ticket they make."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from PySide6.QtWidgets import QPushButton, QWidget

from hlmaster.core.model import Side
from hlmaster.core.orders import TimeInForce
from hlmaster.trading.ticket import SizeUnit, Target, Ticket, TicketKind
from hlmaster.ui.forms.ui_ticket_panel import Ui_TicketPanel
from hlmaster.ui.number_field import NumberField

SHARES = (25, 50, 75, 100)
KINDS = (
    ("market", "Market", "Trades at once, at the best prices there are", ""),
    ("limit", "Limit", "Trades at this price or better, and waits in the book for it", ""),
    ("stop", "Stop", "Wakes when the mark price runs against you to the trigger", ""),
    ("take profit", "Take", "Take profit: wakes when the mark price reaches your target", ""),
)
TIMES_IN_FORCE = (
    (TimeInForce.GTC, "GTC", "Good till cancelled: what does not trade at once waits in the book", ""),
    (TimeInForce.IOC, "IOC", "Immediate or cancel: trades what it can at once, the rest is cancelled", ""),
    (TimeInForce.ALO, "Post-only", "Waits in the book, and is cancelled rather than pay the taker fee", ""),
)
SIDES = ((Side.BUY, "Buy / Long", "Buy", "buy"), (Side.SELL, "Sell / Short", "Sell", "sell"))
EXECUTIONS = (
    ("market", "Market", "Once awake, trade at once", ""),
    ("limit", "Limit", "Once awake, place a limit order", ""),
)


ROOMY = 440
"""Pixels in which a limit order with a bracket shows every field and figure."""
CLOSE_TOGETHER = 3
"""Pixels between rows where there are fewer, so that none has to be scrolled for."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The form as a ticket, or the sentence about the field that cannot be read. ``waiting``: not filled in yet."""

    ticket: Ticket | None = None
    problem: str = ""
    waiting: bool = False


class TicketForm:
    """Reads the widgets of ``ui`` and shows those that the chosen kind of order needs."""

    def __init__(self, ui: Ui_TicketPanel, coin: str) -> None:
        self._ui = ui
        self._spacing = ui.contents_layout.spacing()
        ui.kind.set_options(KINDS)
        ui.side.set_options(SIDES)
        ui.execution.set_options(EXECUTIONS)
        ui.time_in_force.set_options(TIMES_IN_FORCE)
        for unit in SizeUnit:
            ui.unit.addItem(coin if unit is SizeUnit.COIN else str(unit), unit)
        ui.submit.setMinimumHeight(32)
        for painted in (ui.contents, ui.area.viewport()):
            painted.setAutoFillBackground(False)
        # Room for what two reasons need, so that the button does not move under the pointer while one types
        ui.reason.setMinimumHeight(3 * ui.reason.fontMetrics().lineSpacing() + 2)
        for column in range(3):
            ui.preview_layout.setColumnStretch(column, 1)
        ui.amount.setPlaceholderText("0")
        self.prices = (ui.price, ui.trigger, ui.stop, ui.target)
        self.fields = (*self.prices, ui.amount)
        self._order_tabs()

    def _order_tabs(self) -> None:
        """From what is traded to the button that sends it; leverage, seldom touched, comes last."""
        ui = self._ui
        order: list[QWidget] = [*ui.kind.buttons(), *ui.side.buttons(), ui.trigger, *ui.execution.buttons()]
        order += [ui.price, ui.bid, ui.mid, ui.ask, *ui.time_in_force.buttons(), ui.amount, ui.unit, ui.share]
        order += [*map(self.share_button, SHARES), ui.reduce_only, ui.attach_stop, ui.attach_target, ui.stop, ui.target]
        order += [ui.submit, ui.leverage]
        for before, after in pairwise(order):
            QWidget.setTabOrder(before, after)

    def share_button(self, share: int) -> QPushButton:
        button = getattr(self._ui, f"share_{share}")
        assert isinstance(button, QPushButton)
        return button

    def clear(self) -> None:
        for field in self.fields:
            field.clear()

    def follow(self, coin: str) -> None:
        """Prices, and a size in coins, belong to the coin they were typed for."""
        for field in self.prices:
            field.clear()
        if self.unit is SizeUnit.COIN:
            self._ui.amount.clear()
        self._ui.unit.setItemText(0, coin)

    @property
    def kind(self) -> TicketKind:
        choice: str = self._ui.kind.value
        if choice in ("stop", "take profit"):
            return TicketKind(f"{choice} {self._ui.execution.value}")
        is_post_only = choice == "limit" and self._ui.time_in_force.value is TimeInForce.ALO
        return TicketKind.POST_ONLY if is_post_only else TicketKind(choice)

    @property
    def time_in_force(self) -> TimeInForce:
        """Of a plain limit order; every other kind has one of its own."""
        return TimeInForce(self._ui.time_in_force.value) if self.kind is TicketKind.LIMIT else TimeInForce.GTC

    @property
    def unit(self) -> SizeUnit:
        return SizeUnit(self._ui.unit.currentData())

    @property
    def side(self) -> Side:
        return Side(self._ui.side.value)

    def wants_stop(self) -> bool:
        attached = self._ui.attach_stop.isChecked() and not self._ui.reduce_only.isChecked()
        return attached or self.unit is SizeUnit.RISK_USD

    def wants_target(self) -> bool:
        return self._ui.attach_target.isChecked() and not self._ui.reduce_only.isChecked()

    def shape(self) -> None:
        """Show the fields this kind of order has; what is hidden is not part of the ticket."""
        ui, kind = self._ui, self.kind
        ui.trigger_row.setVisible(kind.has_trigger_price)
        ui.price_row.setVisible(kind.has_limit_price)
        ui.time_in_force.setVisible(kind in (TicketKind.LIMIT, TicketKind.POST_ONLY))
        exits = self.wants_stop() or self.wants_target()
        ui.exits_row.setVisible(exits)
        # The buttons below it say the same, and risk and reward are to be seen without scrolling.
        crowded = exits and ui.area.height() < ROOMY
        ui.share.setVisible(not crowded)
        ui.contents_layout.setSpacing(CLOSE_TOGETHER if crowded else self._spacing)
        for wanted, widgets in (
            (self.wants_stop(), (ui.stop, ui.risk_box)),
            (self.wants_target(), (ui.target, ui.reward_box)),
        ):
            for widget in widgets:
                widget.setVisible(wanted)
        for box in (ui.attach_stop, ui.attach_target):
            box.setEnabled(not ui.reduce_only.isChecked())
        risky = self.unit is SizeUnit.RISK_USD
        for share in SHARES:
            button = self.share_button(share)
            button.setText(f"{share / 100:g}%" if risky else f"{share}%")
            button.setToolTip(f"{share / 100:g} % of equity at risk" if risky else self._share_tip(f"{share} %"))
        ui.share.setToolTip("Up to 1 % of equity at risk" if risky else self._share_tip("A share"))

    def _share_tip(self, share: str) -> str:
        if self.unit is SizeUnit.EQUITY_PERCENT:
            return f"A position worth {share[0].lower() + share[1:]} of equity"
        if self._ui.reduce_only.isChecked():
            return f"{share} of the position"
        return f"{share} of the most that free margin and your largest order allow"

    def read(self, coin: str) -> Reading:
        ui, kind = self._ui, self.kind
        used: list[tuple[NumberField, str]] = [(ui.amount, "size")]
        used += [(ui.price, "limit price")] if kind.has_limit_price else []
        used += [(ui.trigger, "trigger price")] if kind.has_trigger_price else []
        used += [(ui.stop, "stop price")] if self.wants_stop() else []
        used += [(ui.target, "target price")] if self.wants_target() else []
        problem, waiting = "", ""
        for field, name in used:
            typed = field.typed()
            wrong = typed.problem or (f"The {name} must be above zero." if _not_positive(typed.value) else "")
            field.set_bad(bool(wrong))
            problem = problem or wrong
            waiting = waiting or (f"Enter the {name}." if typed.value is None else "")
        if problem or waiting:
            return Reading(problem=problem or waiting, waiting=not problem)
        return Reading(
            Ticket(
                coin=coin,
                side=self.side,
                kind=kind,
                size_unit=self.unit,
                amount=ui.amount.value or Decimal(0),
                limit_price=ui.price.value if kind.has_limit_price else None,
                trigger_price=ui.trigger.value if kind.has_trigger_price else None,
                stop_price=ui.stop.value if self.wants_stop() else None,
                attach_stop=ui.attach_stop.isChecked(),
                targets=(Target(ui.target.value or Decimal(0)),) if self.wants_target() else (),
                reduce_only=ui.reduce_only.isChecked(),
                time_in_force=self.time_in_force,
            )
        )


def _not_positive(value: Decimal | None) -> bool:
    return value is not None and value <= 0
