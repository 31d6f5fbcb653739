"""Paper actions made ready to be sent: their bytes are the actions themselves, as JSON."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

import msgspec

from hlmaster.core.clock import Clock
from hlmaster.core.errors import InvariantBroken, VenueRefused
from hlmaster.core.model import Instrument, Leverage
from hlmaster.core.orders import (
    ActionItem,
    ActionKind,
    Approved,
    AssetSnapshot,
    CancelTarget,
    Expiry,
    Grouping,
    Order,
    Prepared,
)
from hlmaster.core.rounding import wire_text
from hlmaster.exchange.simulator import translation
from hlmaster.exchange.simulator.paper_actions import (
    Action,
    Cancel,
    Modify,
    MoveMargin,
    Noop,
    Place,
    ScheduleCancel,
    SetLeverage,
    reference,
)

Listed = Mapping[str, Instrument] | Callable[[], Mapping[str, Instrument]]


class PaperPreparing:
    """The half of ``core.ports.Trading`` that changes nothing. ``listed``: the market's instruments."""

    def __init__(self, clock: Clock, listed: Listed, is_genuine: Callable[[Approved], bool] | None) -> None:
        self.expiry = Expiry()
        self._clock, self._listed, self._is_genuine = clock, listed, is_genuine
        self._tradable: Mapping[str, Instrument] = {}
        """Those the account can trade, under their numbers here; set when it is taken up."""
        self._last_nonce = 0

    def prepare_orders(self, approved: Sequence[Approved], grouping: Grouping = Grouping.NONE) -> Prepared:
        """Raises InvariantBroken for an approval that is not the gate's, VenueRefused for an unknown coin."""
        orders = tuple(self._order(item) for item in approved)
        action = Place([translation.new_order(order, self._asset(order.coin)) for order in orders], grouping.value)
        return self._prepare(ActionKind.ORDER, action, [self._item(order) for order in orders])

    def prepare_modify(self, changes: Sequence[tuple[CancelTarget, Approved]]) -> Prepared:
        orders = [(reference(target), self._order(approved)) for target, approved in changes]
        action = Modify([(old, translation.new_order(order, self._asset(order.coin))) for old, order in orders])
        return self._prepare(ActionKind.MODIFY, action, [self._item(order) for _, order in orders])

    def prepare_cancel(self, targets: Sequence[CancelTarget]) -> Prepared:
        action = Cancel([(self._asset(target.coin), reference(target)) for target in targets])
        return self._prepare(ActionKind.CANCEL, action, [self._about(one.coin, one.name) for one in targets])

    def prepare_leverage(self, coin: str, leverage: Leverage) -> Prepared:
        action = SetLeverage(self._asset(coin), leverage)
        return self._prepare(ActionKind.LEVERAGE, action, [self._about(coin, coin)])

    def prepare_isolated_margin(self, coin: str, amount: Decimal) -> Prepared:
        """Add (positive) or take back (negative) isolated margin, USD."""
        return self._prepare(ActionKind.MARGIN, MoveMargin(self._asset(coin), amount), [self._about(coin, coin)])

    def prepare_noop(self, nonce: int) -> Prepared:
        """Uses up a nonce that another action was prepared with."""
        return self._bytes(ActionKind.NOOP, Noop(), nonce, None, [ActionItem(str(nonce))])

    def prepare_schedule_cancel(self, time_ms: int | None) -> Prepared:
        """Cancel every open order, stops too, at ``time_ms``; None takes that back."""
        return self._prepare(ActionKind.SCHEDULE_CANCEL, ScheduleCancel(time_ms), [ActionItem("account")])

    def _order(self, approved: Approved) -> Order:
        if self._is_genuine is not None and not self._is_genuine(approved):
            raise InvariantBroken("An order reached paper trading without the risk gate's approval.")
        return approved.order

    def _asset(self, coin: str) -> int:
        instrument = self._tradable.get(coin)
        if instrument is None:
            raise VenueRefused(f"{coin} is not listed on this market.", "Choose a listed coin.")
        return instrument.asset

    def _about(self, coin: str, subject: str) -> ActionItem:
        """Under the number of the market that is shown; our own is nobody else's business."""
        listed = self._listed() if callable(self._listed) else self._listed
        one = listed.get(coin) or self._tradable[coin]
        return ActionItem(subject, AssetSnapshot(coin, one.asset, one.size_decimals))

    def _item(self, order: Order) -> ActionItem:
        named = self._about(order.coin, order.client_order_id)
        return replace(named, price=wire_text(order.price), size=wire_text(order.size), order=order)

    def _prepare(self, kind: ActionKind, action: Action, items: Sequence[ActionItem]) -> Prepared:
        now_ms = self._clock.now_ms()
        self._last_nonce = max(self._last_nonce + 1, now_ms)
        seconds = self.expiry.exit_seconds if kind is ActionKind.CANCEL else self.expiry.entry_seconds
        return self._bytes(kind, action, self._last_nonce, now_ms + int(seconds * 1000 * self._clock.speed), items)

    @staticmethod
    def _bytes(
        kind: ActionKind, action: Action, nonce: int, expires_ms: int | None, items: Sequence[ActionItem]
    ) -> Prepared:
        body = msgspec.json.encode(action)
        return Prepared(kind, body, hashlib.sha256(body).hexdigest(), nonce, expires_ms, tuple(items))
