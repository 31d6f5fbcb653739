"""The figures under the ticket: what the order would cost, risk and use up, and how far its prices are away."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from hlmaster.core.proposals import LimitEffect
from hlmaster.trading.preview import Preview
from hlmaster.trading.situation import Situation
from hlmaster.trading.ticket import SizeUnit
from hlmaster.ui import figures
from hlmaster.ui.forms.ui_ticket_panel import Ui_TicketPanel
from hlmaster.ui.limit_bars import LimitBars, tightest_first
from hlmaster.ui.theme import Theme, restyle

MOST_LIMITS = 2
"""The tightest; the others are in the risk panel."""


class TicketFigures:
    def __init__(self, ui: Ui_TicketPanel, theme: Theme) -> None:
        self._ui = ui
        self.limits = LimitBars(theme)
        # Above the quick orders, which are the last of the form
        ui.contents_layout.insertWidget(ui.contents_layout.indexOf(ui.quick), self.limits)

    def show_account(self, situation: Situation | None) -> None:
        ui = self._ui
        known = situation is not None
        for widget in (ui.leverage, ui.bid, ui.mid, ui.ask, ui.share, *ui.chips.share.values()):
            widget.setEnabled(known)
        if situation is None:
            say(ui.position, "")
            return
        leverage, coin, size = situation.leverage, situation.instrument.coin, situation.position
        say(ui.leverage, f"{str(leverage.mode).capitalize()} {leverage.value}×")
        tell(ui.position, f"{held(size)} {coin}" if size else f"No {coin} position", figures.tone(size))

    def show(
        self, shown: Preview | None, situation: Situation | None, effects: tuple[LimitEffect, ...], *, low: bool = False
    ) -> None:
        """``low``: the button that tells the leverage may be scrolled away."""
        ui, money = self._ui, figures.brief_money
        decimals = situation.instrument.size_decimals if situation is not None else None
        tell(ui.available, money(situation.available if situation is not None else None))
        tell(ui.notional, money(shown.notional if shown is not None else None))
        fee_side = "" if shown is None or shown.fee is None else " · MAKER" if shown.fee_is_maker else " · TAKER"
        say(ui.fee_caption, f"FEE{fee_side}")
        tell(ui.fee, money(shown.fee if shown is not None else None))
        leverage = f" {situation.leverage.value}×" if situation is not None and low else ""
        say(ui.margin_caption, f"MARGIN{leverage}")
        tell(ui.margin, money(shown.margin if shown is not None else None))
        tell(ui.liquidation, figures.price(shown.liquidation_price if shown is not None else None, decimals))
        say(ui.liquidation_caption, _away("LIQ.", shown.liquidation_price if shown is not None else None, situation))
        tell(ui.after, held(shown.position_after) if shown is not None else figures.UNKNOWN)
        tell(ui.risk, money(shown.risk if shown is not None else None))
        say(ui.risk_caption, _risk_caption(shown, situation))
        tell(ui.reward, money(shown.reward if shown is not None else None))
        say(ui.reward_caption, _reward_caption(shown))
        self.limits.show_effects(tightest_first(effects)[:MOST_LIMITS])
        self._show_asides(shown, situation)

    def _show_asides(self, shown: Preview | None, situation: Situation | None) -> None:
        """Beside what is typed: what the size comes to, and how far the prices are away."""
        ui = self._ui
        mid = None if situation is None else situation.mid or situation.reference
        for field in (ui.price, ui.trigger):
            value = field.value
            known = mid and value is not None and value > 0
            field.set_aside(figures.percent(value / mid - 1, signed=True) if known and value and mid else "")
        entry = None if shown is None else shown.entry
        if entry is None or shown is None:
            ui.amount.set_aside("")
        elif SizeUnit(ui.unit.currentData()) is SizeUnit.COIN:
            ui.amount.set_aside(f"≈ {figures.brief_money(shown.notional)}")
        else:
            ui.amount.set_aside(f"≈ {figures.size(entry.size)} {entry.coin}")


def held(size: Decimal | None) -> str:
    """``Long 0.42``, ``Short 12``, ``flat``."""
    if size is None:
        return figures.UNKNOWN
    return f"{'Long' if size > 0 else 'Short'} {figures.size(abs(size))}" if size else "flat"


def _away(name: str, price: Decimal | None, situation: Situation | None) -> str:
    """``LIQ. -18.4%``: from the mark."""
    mark = None if situation is None else situation.reference
    return (
        f"{name} {figures.percent(price / mark - 1, 1, signed=True)}" if price is not None and mark else "LIQUIDATION"
    )


def _risk_caption(shown: Preview | None, situation: Situation | None) -> str:
    """``RISK · 0.48%`` of the equity."""
    if shown is None or shown.risk is None or situation is None or situation.equity <= 0:
        return "RISK"
    return f"RISK · {figures.percent(shown.risk / situation.equity)}"


def _reward_caption(shown: Preview | None) -> str:
    """``REWARD 1.9×``: in multiples of the risk, where both are known."""
    if shown is None or shown.reward is None or not shown.risk:
        return "REWARD"
    return f"REWARD {shown.reward / shown.risk:.1f}×"


def tell(label: QLabel, text: str, tone: str | None = None) -> None:
    """A figure in a narrow place: what does not fit is cut visibly and whole in the tooltip."""
    fitting = label.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, max(label.width(), 40))
    say(label, fitting, tone)
    label.setToolTip(text if fitting != text else "")


def say(widget: Any, text: str, tone: str | None = None) -> None:
    text = figures.veiled(text)
    if widget.text() != text:
        widget.setText(text)
    if tone is not None and isinstance(widget, QLabel) and (widget.property("tone") or "") != tone:
        widget.setProperty("tone", tone)
        restyle(widget)


def is_exit(shown: Preview, position: Decimal) -> bool:
    """Reduce-only, or at market and no larger than the position; what rests could open once that is closed."""
    if all(order.reduce_only for order in shown.orders):
        return bool(shown.orders)
    after = shown.position_after
    return shown.orders[0].market and after is not None and after * position >= 0 and abs(after) < abs(position)
