"""Actions made ready to be sent: everything decided, signed and hashed, no wire touched."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

import msgspec

from hlmaster.core.clock import Clock
from hlmaster.core.errors import InvariantBroken
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
    Purpose,
)
from hlmaster.core.ports import LinkHealth
from hlmaster.core.rounding import wire_text
from hlmaster.exchange.hyperliquid import actions
from hlmaster.exchange.hyperliquid.signing import Network, Signer
from hlmaster.exchange.hyperliquid.venue_time import VenueTime


class Preparing:
    """The half of ``core.ports.Trading`` that touches no wire. Expiries and nonces go by the venue's clock."""

    def __init__(
        self,
        clock: Clock,
        network: Network,
        signer: Signer,
        reserve_nonce: Callable[[int], int],
        is_genuine: Callable[[Approved], bool],
    ) -> None:
        """``reserve_nonce`` turns milliseconds into an unused nonce; ``is_genuine`` tells the gate's approvals."""
        self.health = LinkHealth()
        self.expiry = Expiry()
        self._clock, self._network, self._signer = clock, network, signer
        self._reserve_nonce, self._is_genuine = reserve_nonce, is_genuine
        self._venue_time = VenueTime(clock)
        self._instruments: Mapping[str, Instrument] = {}

    def prepare_orders(self, approved: Sequence[Approved], grouping: Grouping = Grouping.NONE) -> Prepared:
        """Raises InvariantBroken for an approval that is not the gate's, SigningError for a wrong signature."""
        orders = tuple(self._order(item) for item in approved)
        action = actions.place(orders, grouping, self._instruments)
        return self._prepare(ActionKind.ORDER, action, [self._item(order) for order in orders])

    def prepare_modify(self, changes: Sequence[tuple[CancelTarget, Approved]]) -> Prepared:
        orders = [(target, self._order(approved)) for target, approved in changes]
        action = actions.modify(orders, self._instruments)
        return self._prepare(ActionKind.MODIFY, action, [self._item(order) for _, order in orders])

    def prepare_cancel(self, targets: Sequence[CancelTarget]) -> Prepared:
        action = actions.cancel(targets, self._instruments)
        return self._prepare(ActionKind.CANCEL, action, [self._about(one.coin, one.name) for one in targets])

    def prepare_leverage(self, coin: str, leverage: Leverage) -> Prepared:
        action = actions.update_leverage(coin, leverage, self._instruments)
        return self._prepare(ActionKind.LEVERAGE, action, [self._about(coin, coin)])

    def prepare_isolated_margin(self, coin: str, amount: Decimal) -> Prepared:
        """Add (positive) or take back (negative) isolated margin, USD."""
        action = actions.update_isolated_margin(coin, amount, self._instruments)
        return self._prepare(ActionKind.MARGIN, action, [self._about(coin, coin)])

    def prepare_noop(self, nonce: int) -> Prepared:
        """Uses up a nonce that another action was signed with. It changes nothing, so it need not expire."""
        return self._sign(ActionKind.NOOP, actions.noop(), nonce, None, [ActionItem(str(nonce))])

    def prepare_schedule_cancel(self, time_ms: int | None) -> Prepared:
        """Have the venue cancel every open order, stops too, at ``time_ms``; None takes that back."""
        return self._prepare(ActionKind.SCHEDULE_CANCEL, actions.schedule_cancel(time_ms), [ActionItem("account")])

    def _order(self, approved: Approved) -> Order:
        if not self._is_genuine(approved):
            raise InvariantBroken("An order reached the exchange adapter without the risk gate's approval.")
        return approved.order

    def _about(self, coin: str, subject: str) -> ActionItem:
        listed = actions.instrument(self._instruments, coin)
        return ActionItem(subject, AssetSnapshot(coin, listed.asset, listed.size_decimals))

    def _item(self, order: Order) -> ActionItem:
        named = self._about(order.coin, order.client_order_id)
        return replace(named, price=wire_text(order.price), size=wire_text(order.size), order=order)

    def _prepare(self, kind: ActionKind, action: actions.Action, items: Sequence[ActionItem]) -> Prepared:
        now_ms = self.health.venue_ms(self._clock.now_ms())
        entering = any(item.order is not None and item.order.purpose is Purpose.ENTRY for item in items)
        protecting = kind is ActionKind.CANCEL or (not entering and any(item.order for item in items))
        seconds = self.expiry.exit_seconds if protecting else self.expiry.entry_seconds
        expires_ms = now_ms + int(seconds * 1000 * self._clock.speed)
        return self._sign(kind, action, self._reserve_nonce(now_ms), expires_ms, items)

    def _sign(
        self, kind: ActionKind, action: actions.Action, nonce: int, expires_ms: int | None, items: Sequence[ActionItem]
    ) -> Prepared:
        signature = self._signer.sign(action, nonce, expires_ms, self._network)
        body = msgspec.json.encode(
            {
                "action": action,
                "nonce": nonce,
                "signature": {"r": signature.r, "s": signature.s, "v": signature.v},
                "vaultAddress": None,
                "expiresAfter": expires_ms,
            }
        )
        return Prepared(kind, body, hashlib.sha256(body).hexdigest(), nonce, expires_ms, tuple(items))

    def _learn_time(self, venue_ms: int, asked_ms: int) -> bool:
        """False: not believed yet, ask again."""
        believed = self._venue_time.learn(venue_ms, asked_ms)
        self.health.clock_offset_ms = self._venue_time.offset_ms
        return believed
