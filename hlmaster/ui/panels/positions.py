"""Open positions: what they are worth, what they cost, and the two ways out."""

from __future__ import annotations

from collections.abc import Coroutine
from decimal import Decimal
from functools import partial
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu

from hlmaster.core.events import ContextChanged, OrderChanged, PositionsChanged, Severity
from hlmaster.desk.outcome import Outcome
from hlmaster.trading.portfolio import PositionView
from hlmaster.trading.protection.policy import Policy
from hlmaster.trading.protection.protector import Shield, Standing
from hlmaster.ui import figures
from hlmaster.ui.context import Context
from hlmaster.ui.dialogs.checklist import all_ticked
from hlmaster.ui.dialogs.protection import ProtectionDialog
from hlmaster.ui.figures import money, tone
from hlmaster.ui.leading_menu import add_leading, leading_sentence
from hlmaster.ui.panels.position_money import money_columns, signed
from hlmaster.ui.panels.table_panel import TablePanel
from hlmaster.ui.table import Action, Cell, Column

PARTS = (25, 50, 100)
"""Percent of a position that the menu beside Close offers."""
ELSEWHERE = "elsewhere"
ON_ITS_WAY_SECONDS = 3
"""A stop that takes longer than this is shown as wanting."""


class PositionsPanel(TablePanel):
    KEY = "positions"
    TITLE = "Positions"
    EMPTY = ("No open positions", "Place an order with the ticket, or click a price in the book to fill one in.")
    OF_ACCOUNT = "Open positions"

    def __init__(self, context: Context) -> None:
        self._busy: set[str] = set()
        self._asking: set[str] = set()
        """Coins whose reversal the checklist is asked about."""
        self._sources: dict[tuple[str, int], str] = {}
        super().__init__(
            context, self._columns(), lambda view: view.coin, context.desk.portfolio.positions, totals=True
        )
        self.table.acted.connect(self._act)
        self.table.opened.connect(context.select)
        self.model.applied.connect(self._on_applied)
        context.bridge.on_fact(self, PositionsChanged, lambda _: self.model.touch())
        context.bridge.on_fact(self, OrderChanged, lambda _: self.model.refresh())
        context.bridge.on_state(self, ContextChanged, lambda _: self.model.touch())
        self.model.flush()

    def _columns(self) -> list[Column[PositionView]]:
        return [
            Column("coin", "Coin", 122, lambda v: v.coin, self._coin, hint=self._coin_hint, letters=4),
            Column("size", "Size", 76, lambda v: v.size, lambda v: Cell(figures.size(abs(v.size))), right=True),
            Column("entry", "Entry", 80, lambda v: v.entry_price, self._entry, right=True, spare=2),
            Column(
                "mark",
                "Mark",
                84,
                lambda v: v.mark_price,
                self._mark,
                right=True,
                tip="Mark price: values it.",
                spare=4,
            ),
            Column(
                "liquidation",
                "Liq.",
                84,
                lambda v: v.liquidation_price,
                self._liquidation,
                right=True,
                hint=_liquidation_hint,
                spare=3,
            ),
            self._protection_column(),
            Column(
                "unrealised",
                "Unrealised",
                146,
                lambda v: v.unrealised,
                self._unrealised,
                right=True,
                detail_width=8,
                tip="At the mark price, before fees; per cent of the margin behind it.",
            ),
            *money_columns(),
            Column(
                "source",
                "Source",
                116,
                self._source,
                self._led_by,
                words=True,
                hint=lambda v: leading_sentence(self.context.desk, v.coin),
                tip="Who opened it; the menu at the right changes who leads it.",
                spare=5,
            ),
            Column(
                "opened",
                "Age",
                76,
                lambda v: v.opened_ms,
                lambda v: Cell(self.age(v.opened_ms), "muted"),
                right=True,
                spare=12,
            ),
            Column("actions", "", 150, lambda v: None, self._actions),
        ]

    def _protection_column(self) -> Column[PositionView]:
        return Column(
            "protection",
            "Protection",
            170,
            lambda v: self._stop_price(v.coin),
            self._protection,
            words=True,
            hint=self._protection_hint,
            tip="The stop that rests at the exchange, and how much of the position it covers.",
            spare=1,
        )

    # --- cells ---

    def _coin(self, view: PositionView) -> Cell:
        side = "LONG" if view.size > 0 else "SHORT"
        leverage = f" {view.leverage.value}×" if view.leverage is not None else ""
        return Cell(view.coin, badge=side + leverage, badge_role="up" if view.size > 0 else "down", strong=True)

    def _coin_hint(self, view: PositionView) -> str:
        mode = f"{view.leverage.mode} margin" if view.leverage is not None else "margin not known yet"
        return f"{money(view.notional)} at mark, {mode}, opened {self.moment(view.opened_ms)}"

    def _entry(self, view: PositionView) -> Cell:
        return Cell(self.price(view.coin, view.entry_price))

    def _mark(self, view: PositionView) -> Cell:
        return Cell(self.price(view.coin, view.mark_price))

    def _liquidation(self, view: PositionView) -> Cell:
        if view.liquidation_price is None:
            return Cell("none" if _is_told(view) else figures.UNKNOWN, "muted")
        return Cell(self.price(view.coin, view.liquidation_price))

    def _unrealised(self, view: PositionView) -> Cell:
        share = figures.percent(view.return_fraction, signed=True) if view.return_fraction is not None else ""
        return Cell(money(view.unrealised, signed=True), tone(view.unrealised), share)

    def _stop_price(self, coin: str) -> Decimal:
        shield = self.context.desk.protector.shield(coin)
        return shield.stop_price or Decimal(0) if shield is not None else Decimal(0)

    def _protection(self, view: PositionView) -> Cell:
        shield = self.context.desk.protector.shield(view.coin)
        if shield is None:
            return Cell(figures.UNKNOWN, "muted")
        if shield.standing is Standing.NAKED:
            covered = f"{shield.covered * 100:.0f}% covered" if shield.covered else ""
            if shield.naked_seconds < ON_ITS_WAY_SECONDS:
                return Cell("placing a stop ...", "warning", covered)
            return Cell(f"unprotected {shield.naked_seconds:.0f} s", "danger", covered, strong=True)
        if shield.standing in (Standing.OFF, Standing.FOREIGN):
            text = "no stop" if shield.standing is Standing.OFF else "no stop · elsewhere"
            return Cell(text, "warning")
        theirs = "own stop" if shield.policy.stop_price is None else "ticket's stop"
        words = theirs if shield.standing is Standing.THEIRS else shield.words
        return Cell(f"{words} · {self.price(view.coin, shield.stop_price)}")

    def _source(self, view: PositionView) -> str:
        """Who placed the order that opened it."""
        key = (view.coin, view.opened_ms)
        if key not in self._sources and view.opened_ms:
            desk = self.context.desk
            since = (booked.fill for booked in desk.portfolio.fills if booked.fill.time_ms >= view.opened_ms)
            first = next((fill for fill in since if fill.coin == view.coin), None)
            if first is not None:
                order = desk.orders.of_fill(first)
                self._sources[key] = ELSEWHERE if order is None or order.foreign else order.order.source
        return self._sources.get(key, ELSEWHERE)

    def _led_by(self, view: PositionView) -> Cell:
        """A strategy by its title while it leads the position; taken over, it says so."""
        desk, source = self.context.desk, self._source(view)
        tenure = desk.proposing.ownership.of(view.coin)
        if tenure is None or tenure.is_led:
            return Cell(desk.title(tenure.owner if tenure else source), "muted" if tenure is None else "")
        return Cell(desk.title(tenure.former or source), "muted", "taken over" if tenure.owner else "left")

    def _protection_hint(self, view: PositionView) -> str:
        shield = self.context.desk.protector.shield(view.coin)
        if shield is None:
            return ""
        sentence, target = (
            protection_sentence(shield, self.price(view.coin, shield.stop_price)),
            shield.policy.target_price,
        )
        return sentence if target is None else f"{sentence} Its target is {self.price(view.coin, target)}."

    def _actions(self, view: PositionView) -> Cell:
        if view.coin in self._busy:
            return Cell("closing ...", "muted")
        asks = self.context.desk.settings.general.confirm_orders
        return Cell(
            actions=(
                Action("close", "Close", "Close at market (Del)", asks, Qt.Key.Key_Delete),
                Action("part", "▾", "Close a part of it, choose its protection, or who leads it (P)", key=Qt.Key.Key_P),
                Action(
                    "reverse", "Reverse", "Close, then open the same size on the other side (R)", True, Qt.Key.Key_R
                ),
            )
        )

    # --- sums ---

    def _on_applied(self) -> None:
        views: list[PositionView] = self.model.rows()
        self.counted.emit(len(views) if views or self.context.desk.is_ready else -1)
        if self.totals is None:
            return
        self.totals.setVisible(bool(views))
        unrealised = _sum([view.unrealised for view in views])
        self.totals.show_sums(
            {
                "coin": Cell("Total", "muted"),
                "unrealised": signed(unrealised),
                "margin": Cell(money(_sum([view.margin_used for view in views]))),
                "funding": signed(_sum([view.funding for view in views])),
                "fees": Cell(money(_sum([view.fees for view in views])), "muted"),
                "realised": signed(_sum([view.realised for view in views])),
                "notional": Cell(money(_sum([view.notional for view in views]))),
                "net": signed(_sum([view.net for view in views])),
            }
        )

    # --- verbs ---

    def _act(self, coin: str, name: str) -> None:
        if name == "part":
            self._offer_parts(coin)
        elif name == "close":
            self.close_part(coin, 100)
        else:
            self._reverse(coin)

    def _reverse(self, coin: str) -> None:
        """It opens the other way, so the checklist is asked as before every entry by hand."""
        if self.context.desk.settings.safeguards.checklist:
            self.context.run(self._reverse_if_meant(coin), f"Reverse {coin}")
        else:
            self._run(coin, self.context.desk.manual.reverse(coin), f"Reverse {coin}")

    async def _reverse_if_meant(self, coin: str) -> Outcome | None:
        """What was asked about is reversed, or nothing; it can be closed while it is asked."""
        desk = self.context.desk
        size, questions = desk.portfolio.size(coin), desk.settings.safeguards.checklist
        if coin in self._asking or not size:
            return None
        self._asking.add(coin)
        try:
            with figures.unveiled():
                what = f"Reverse {'long' if size > 0 else 'short'} {figures.size(abs(size))} {coin}"
            if not await all_ticked(self.window(), what, questions):
                return Outcome(False, "Nothing was sent: the checklist is not ticked.")
        finally:
            self._asking.discard(coin)
        if desk.portfolio.size(coin) != size:
            return Outcome(False, f"Nothing was sent: the {coin} position changed while the checklist was asked.")
        self._run(coin, desk.manual.reverse(coin), f"Reverse {coin}")
        return None

    def _offer_parts(self, coin: str) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for percent in PARTS:
            menu.addAction(f"Close {percent} %", partial(self.close_part, coin, percent))
        menu.addSeparator()
        menu.addAction("Protection…", partial(self.choose_protection, coin))
        add_leading(menu, self.context, coin)
        menu.popup(self.table.button_place(coin, "part"))

    def choose_protection(self, coin: str) -> None:
        shield, view = self.context.desk.protector.shield(coin), self.context.desk.portfolio.position(coin)
        if shield is None or view is None:
            return
        side = "long" if view.size > 0 else "short"
        title = f"Protection of {side} {figures.size(abs(view.size))} {coin}"
        now = protection_sentence(shield, self.price(coin, shield.stop_price))
        dialog = ProtectionDialog(title, now, shield, self.context.theme, self)
        dialog.chosen.connect(partial(self._protect, coin))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _protect(self, coin: str, policy: Policy | None, take_over: bool) -> None:
        outcome = self.context.desk.protect(coin, policy, take_over=take_over)
        self.context.notify(Severity.INFO if outcome.ok else Severity.WARNING, outcome.sentence)
        self.model.refresh()

    def close_part(self, coin: str, percent: int) -> None:
        fraction = Decimal(percent) / 100
        self._run(coin, self.context.desk.manual.close(coin, fraction), f"Close {percent} % of {coin}")

    def _run(self, coin: str, verb: Coroutine[Any, Any, Outcome], what: str) -> None:
        """One exit at a time for each position: its buttons come back with the outcome."""
        if coin in self._busy:
            verb.close()
            return
        self._busy.add(coin)
        self.model.refresh()
        self.context.run(self._released(coin, verb), what)

    async def _released(self, coin: str, verb: Coroutine[Any, Any, Outcome]) -> Outcome:
        try:
            return await verb
        finally:
            self._busy.discard(coin)
            self.model.refresh()


def _is_told(view: PositionView) -> bool:
    """Whether the exchange has stated this position: then no liquidation price is an answer."""
    return view.margin_used is not None


def _liquidation_hint(view: PositionView) -> str:
    if not _is_told(view):
        return "The exchange has not stated this position yet."
    if view.liquidation_price is None:
        return "No price ends it: what backs the position covers the whole of its loss."
    if view.mark_price is None:
        return "The mark price at which the exchange closes it."
    away = abs(view.liquidation_price / view.mark_price - 1)
    return f"The mark price at which the exchange closes it, {figures.percent(away)} away."


def protection_sentence(shield: Shield, price: str) -> str:
    covered = f"{shield.covered * 100:.0f} % of it is covered by a stop at the exchange, the nearest at {price}"
    match shield.standing:
        case Standing.NAKED:
            return f"A stop is being placed; {shield.covered * 100:.0f} % has one. Without one for 15 s, it is closed."
        case Standing.OFF:
            return "Protection is off: no stop rests at the exchange."
        case Standing.FOREIGN:
            return "Opened elsewhere on this account; it is protected once you choose how."
        case Standing.THEIRS:
            whence = "Placed by hand" if shield.policy.stop_price is None else "It came with the ticket"
            return f"{covered}. {whence}, so it is left as it is."
        case Standing.COVERED:
            return f"{covered} ({shield.words})." if shield.policy.stop_price is None else f"{covered}."


def _sum(values: list[Decimal | None]) -> Decimal | None:
    """None when one of them is not known: a sum without it would be another number."""
    known = [value for value in values if value is not None]
    return sum(known, Decimal(0)) if len(known) == len(values) else None
