"""Leverage and margin mode, chosen in the ticket in place."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from PySide6.QtCore import QTimer

from hlmaster.core.model import Leverage
from hlmaster.desk.outcome import Outcome
from hlmaster.trading.preview import Preview
from hlmaster.trading.situation import Situation
from hlmaster.trading.ticket import Ticket
from hlmaster.ui.context import Context
from hlmaster.ui.forms.ui_ticket_panel import Ui_TicketPanel


class TicketLeverage:
    """``situation`` gives the coin's, ``refresh`` shows everything anew."""

    def __init__(
        self,
        ui: Ui_TicketPanel,
        context: Context,
        situation: Callable[[], Situation | None],
        refresh: Callable[[], None],
    ) -> None:
        self._ui, self._context, self._situation, self._refresh = ui, context, situation, refresh
        ui.leverage.clicked.connect(self.toggle)
        ui.leverage_box.wanted.connect(self._set)
        ui.leverage_box.changed.connect(refresh)

    def toggle(self) -> None:
        situation = self._situation()
        if self._ui.leverage_box.isVisible() or situation is None:
            self._ui.leverage_box.hide()
            return
        self._ui.leverage_box.open_for(situation)
        self._refresh()
        # Laid out first, for it may lie below what is seen
        QTimer.singleShot(0, self._ui.leverage_box, self._bring)

    def _bring(self) -> None:
        self._ui.area.ensureWidgetVisible(self._ui.leverage_box, 0, 0)

    def show_effect(self, situation: Situation | None, ticket: Ticket | None, shown: Preview | None) -> None:
        if situation is not None and self._ui.leverage_box.isVisible():
            position = self._context.desk.portfolio.position(situation.instrument.coin)
            self._ui.leverage_box.show_effect(situation, ticket, () if shown is None else shown.orders, position)

    def _set(self, leverage: Leverage) -> None:
        coin = self._context.coin
        self._ui.leverage_box.apply.setEnabled(False)
        setting = self._context.desk.manual.set_leverage(coin, leverage)
        self._context.run(self._told(setting), f"Set {coin} leverage")

    async def _told(self, setting: Coroutine[Any, Any, Outcome]) -> Outcome:
        outcome = await setting
        if outcome.ok:
            self._ui.leverage_box.hide()
        self._refresh()
        return outcome
