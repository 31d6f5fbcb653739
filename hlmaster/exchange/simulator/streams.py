"""The WebSocket side of the exchange: who listens to what, first frames, cadences, and frames on change.

A frame is built once, for all its listeners, and only where somebody listens. Channels with a period are states: their
frames replace each other for a client that lags; trades, fills and other facts are kept in order.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from hlmaster.exchange.simulator import frames
from hlmaster.exchange.simulator.budgets import SUBSCRIPTIONS, USERS_PER_ADDRESS
from hlmaster.exchange.simulator.connection import Socket, text_frame
from hlmaster.exchange.simulator.events import (
    AccountTouched,
    ContextChanged,
    Event,
    FillRow,
    ForcedCancel,
    FundingRow,
    LedgerRow,
    LiquidationEvent,
    OrderView,
    QuoteRow,
    TradeRow,
)
from hlmaster.exchange.simulator.house import House
from hlmaster.exchange.simulator.subscriptions import Subscription
from hlmaster.exchange.simulator.wire import frame_payload

FASTEST_SECONDS = 0.25
"""At great speed a state is still sent at most four times a second of wall time (book and context deltas: ten)."""
PERIODS = {
    "l2Book": 5.0,
    "allMids": 5.0,
    "activeAssetCtx": 1.0,
    "assetCtxs": 1.0,
    "allDexsAssetCtxs": 14.0,
    "spotAssetCtxs": 5.0,
    "fastAssetCtxs": 1.0,
    "activeAssetData": 5.0,
    "clearinghouseState": 5.0,
    "allDexsClearinghouseState": 5.0,
    "openOrders": 5.0,
    "spotState": 5.0,
    "twapStates": 5.0,
    "webData3": 5.0,
}
"""Seconds of market time between frames."""
FAST_BOOK_SECONDS = 0.5
ACCOUNT_STATES = (
    "clearinghouseState",
    "allDexsClearinghouseState",
    "openOrders",
    "spotState",
    "webData3",
    "activeAssetData",
)
_ABOUT_A_USER = (OrderView, FillRow, FundingRow, LedgerRow, LiquidationEvent, ForcedCancel, AccountTouched)


@dataclass(slots=True)
class Channel:
    """All listeners of one subscription."""

    subscription: Subscription
    period: float | None
    """Wall seconds between frames; None for a channel that only speaks on change."""
    due: float = 0.0
    sockets: set[Socket] = field(default_factory=set)
    memory: dict[str, Any] = field(default_factory=dict)
    """What the last frame said, where the next one says only what changed."""


class Streams:
    def __init__(self, house: House, budget_multiplier: float) -> None:
        self._house = house
        self._multiplier = budget_multiplier
        self._channels: dict[str, Channel] = {}
        self._by_target: dict[tuple[str, str], list[Channel]] = {}
        self._of: dict[Socket, dict[str, Channel]] = {}
        house.listen(self.publish)

    # --- who listens ---

    def joined(self, socket: Socket) -> None:
        self._of[socket] = {}

    def left(self, socket: Socket) -> None:
        for channel in self._of.pop(socket, {}).values():
            self._leave(socket, channel)

    @property
    def sockets(self) -> list[Socket]:
        return list(self._of)

    def subscribe(self, socket: Socket, subscription: Subscription) -> None:
        mine = self._of[socket]
        if subscription.key in mine:
            self.say(socket, "error", f"Already subscribed: {subscription.text()}")
            return
        refusal = self._refusal(socket, subscription)
        if refusal is not None:
            self.say(socket, "error", refusal)
            return
        if subscription.user:
            self._house.welcome(subscription.user)
        channel = self._channels.get(subscription.key) or self._opened(subscription)
        if subscription.kind == "candle":
            self._send_candles(channel)  # lest the newcomer hear of candles older than its first frame
        channel.sockets.add(socket)
        mine[subscription.key] = channel
        self.say(socket, "subscriptionResponse", {"method": "subscribe", "subscription": subscription.echo()})
        for data in frames.first(self._house, subscription):
            self.say(socket, subscription.channel, data)

    def unsubscribe(self, socket: Socket, subscription: Subscription) -> None:
        channel = self._of[socket].pop(subscription.key, None)
        if channel is None:
            self.say(socket, "error", f"Already unsubscribed: {subscription.text()}")
            return
        self._leave(socket, channel)
        self.say(socket, "subscriptionResponse", {"method": "unsubscribe", "subscription": subscription.echo()})

    def _refusal(self, socket: Socket, subscription: Subscription) -> str | None:
        if self._mixes_books(socket, subscription):
            return f"Invalid subscription {subscription.text()}"
        if not self._multiplier:
            return None
        others = [channels for one, channels in self._of.items() if one.peer == socket.peer]
        if sum(map(len, others)) >= SUBSCRIPTIONS * self._multiplier:
            return f"Cannot subscribe to more than {SUBSCRIPTIONS} channels."
        users = {channel.subscription.user for channels in others for channel in channels.values()} - {""}
        if subscription.user and len(users | {subscription.user}) > USERS_PER_ADDRESS * self._multiplier:
            return f"Cannot track more than {USERS_PER_ADDRESS} total users."
        return None

    def _mixes_books(self, socket: Socket, subscription: Subscription) -> bool:
        """One socket hears a coin's book fast or slow, not both."""
        return subscription.kind == "l2Book" and any(
            channel.subscription.kind == "l2Book"
            and channel.subscription.coin == subscription.coin
            and channel.subscription.fields["fast"] != subscription.fields["fast"]
            for channel in self._of[socket].values()
        )

    def _opened(self, subscription: Subscription) -> Channel:
        channel = Channel(subscription, self._period(subscription))
        channel.due = self._house.clock.monotonic() + (channel.period or 0.0)
        self._channels[subscription.key] = channel
        self._by_target.setdefault(_target(subscription), []).append(channel)
        return channel

    def _leave(self, socket: Socket, channel: Channel) -> None:
        channel.sockets.discard(socket)
        if not channel.sockets:
            del self._channels[channel.subscription.key]
            self._by_target[_target(channel.subscription)].remove(channel)

    def _period(self, subscription: Subscription) -> float | None:
        seconds = PERIODS.get(subscription.kind)
        if seconds is None:
            return None
        fast = bool(subscription.fields.get("fast"))
        seconds = FAST_BOOK_SECONDS if fast else seconds
        fastest = 0.1 if fast or subscription.kind == "fastAssetCtxs" else FASTEST_SECONDS
        return max(seconds / self._house.clock.speed, fastest)

    # --- what is said ---

    def say(self, socket: Socket, channel: str, data: Any) -> None:
        """A frame for one client."""
        self._deliver([socket], channel, frame_payload(channel, data), None)

    def tick(self) -> None:
        """Send every state whose time has come."""
        now = self._house.clock.monotonic()
        for channel in list(self._channels.values()):
            if channel.period is not None and now >= channel.due:
                channel.due = max(channel.due + channel.period, now)
                self._send_state(channel)

    def publish(self, events: Sequence[Event]) -> None:
        """Frames for everything that just happened."""
        trades: dict[str, list[Any]] = {}
        touched: dict[str, list[Event]] = {}
        for event in events:
            if isinstance(event, TradeRow):
                trades.setdefault(event.coin, []).append(event)
            elif isinstance(event, QuoteRow):
                for channel in self._by_target.get(("bbo", event.coin), ()):
                    self._send(channel, frames.quote(event), state=True)
            elif isinstance(event, _ABOUT_A_USER):
                touched.setdefault(event.user, []).append(event)
            elif isinstance(event, ContextChanged):
                continue
        for coin, rows in trades.items():
            self._traded(coin, rows)
        for user, about in touched.items():
            self._happened_to(user, about)

    def _traded(self, coin: str, rows: list[TradeRow]) -> None:
        for channel in self._by_target.get(("trades", coin), ()):
            self._send(channel, frames.trades(rows))
        for channel in self._by_target.get(("candle", coin), ()):
            self._send_candles(channel)

    def _send_candles(self, channel: Channel) -> None:
        for data in frames.candles(self._house, channel.subscription, channel.memory):
            self._send(channel, data, state=data["t"])

    def _happened_to(self, user: str, events: Sequence[Event]) -> None:
        for kind in frames.USER_FACTS:
            for channel in self._by_target.get((kind, user), ()):
                for data in frames.user_facts(channel.subscription, events):
                    self._send(channel, data)
        for kind in ACCOUNT_STATES:
            for channel in self._by_target.get((kind, user), ()):
                self._send_state(channel)

    def _send_state(self, channel: Channel) -> None:
        for data in frames.state(self._house, channel.subscription, channel.memory):
            self._send(channel, data, state=True)

    def _send(self, channel: Channel, data: Any, state: Hashable = None) -> None:
        name = channel.subscription.channel
        key = None if state is None else (channel.subscription.key, state)
        self._deliver(channel.sockets, name, frame_payload(name, data), key)

    def _deliver(self, sockets: Iterable[Socket], channel: str, payload: bytes, state: Hashable) -> None:
        if self._house.faults:
            for socket in list(sockets):
                self._deliver_faultily(socket, channel, payload, state)
            return
        frame = text_frame(payload)
        for socket in list(sockets):
            socket.send(frame, state)

    def _deliver_faultily(self, socket: Socket, channel: str, payload: bytes, state: Hashable) -> None:
        delay, payloads = self._house.faults.payloads(id(socket), channel, payload)
        for one in payloads:
            socket.send_later(delay, text_frame(one), state)


def _target(subscription: Subscription) -> tuple[str, str]:
    """What events look a channel up by: its user, else its coin."""
    return subscription.kind, subscription.user or str(subscription.fields.get("coin", ""))
