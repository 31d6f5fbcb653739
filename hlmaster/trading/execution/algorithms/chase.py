"""A chase: a post-only limit order that follows the best price on its own side until it is filled, never across."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from hlmaster.core.bus import Bus
from hlmaster.core.clock import Clock
from hlmaster.core.events import Notice, Severity, TrackedOrder, TradingState
from hlmaster.core.model import Side
from hlmaster.core.orders import Order, OrderStatus, Purpose, TimeInForce, new_client_order_id
from hlmaster.core.rounding import round_price, wire_text
from hlmaster.trading.execution.tracker import OrderTracker, describe_order
from hlmaster.trading.situation import Situation

log = logging.getLogger(__name__)
REPRICE_SECONDS = 1.0
"""The time between two looks: each move costs a request, and a flickering quote is not worth following."""

WITHDRAW_SECONDS = 20.0
"""So long an ended chase waits for its last order to be known; an entry lives for 15 s."""


@dataclass(frozen=True, slots=True)
class Chase:
    """``size`` in coins. It gives up beyond ``limit``, the worst price it may rest at, or after ``seconds``."""

    coin: str
    side: Side
    size: Decimal
    limit: Decimal
    seconds: float
    reduce_only: bool = False


class Hands(Protocol):
    """The steps of a chase that touch the market, through the gate; they answer with the order as it then stands."""

    async def place(self, order: Order) -> TrackedOrder | str:
        """A sentence when the gate refused."""

    async def move(self, client_order_id: str, price: Decimal) -> TrackedOrder | None:
        """None: it stands as it was."""

    async def cancel(self, client_order_id: str) -> None: ...


class Chaser:
    """Runs one chase. ``filled`` counts over all the orders it needed, for a refused move may cost the old one."""

    def __init__(
        self,
        bus: Bus,
        clock: Clock,
        tracker: OrderTracker,
        survey: Callable[[str], Situation],
        hands: Hands,
        chase: Chase,
    ) -> None:
        self._clock, self._tracker, self._survey, self._hands = clock, tracker, survey, hands
        self._bus, self.chase = bus, chase
        self._names: list[str] = []
        self._deadline = clock.monotonic() + chase.seconds

    @property
    def filled(self) -> Decimal:
        orders = (self._tracker.get(name) for name in self._names)
        return sum((order.filled_size for order in orders if order is not None), Decimal(0))

    @property
    def order(self) -> TrackedOrder | None:
        return self._tracker.get(self._names[-1]) if self._names else None

    async def run(self) -> str:
        """Until it is filled, gave up or was cancelled; what became of it, as a sentence. Nothing of it rests after."""
        try:
            why = await self._follow()
        finally:
            await asyncio.shield(self._withdraw())
        got = f"{wire_text(self.filled)} of {wire_text(self.chase.size)} {self.chase.coin}"
        sentence = f"Chase {self.chase.side}: {got} filled. {why}".strip()
        self._bus.publish(Notice(Severity.INFO if self.filled >= self.chase.size else Severity.WARNING, sentence))
        return sentence

    async def _follow(self) -> str:
        while self.filled < self.chase.size:
            if self._clock.monotonic() >= self._deadline:
                return f"Its {self.chase.seconds:g} seconds are over."
            situation = self._survey(self.chase.coin)
            if situation.state is not TradingState.ACTIVE and not self.chase.reduce_only:
                return situation.state_sentence
            price = self._target(situation)
            if price is None:
                return f"The market left its limit of {wire_text(self.chase.limit)}."
            why = await self._be_at(price)
            if why:
                return why
            await self._clock.sleep(REPRICE_SECONDS)
        return ""

    def _target(self, situation: Situation) -> Decimal | None:
        """The best price of our own side, not counting beyond the limit; None when even that would be too far."""
        best = situation.best_bid if self.chase.side is Side.BUY else situation.best_ask
        if best is None:
            order = self.order
            return order.order.price if order is not None else None
        if (best - self.chase.limit) * self.chase.side.sign > 0:
            return None
        return round_price(best, situation.instrument.size_decimals, self.chase.side)

    async def _be_at(self, price: Decimal) -> str:
        """A sentence when it cannot go on."""
        order = self.order
        if order is None or order.status in (OrderStatus.CANCELED, OrderStatus.REJECTED):
            if order is not None and not _crossed(order):
                return f"Its order ended: {describe_order(order)}"
            return await self._place(price)
        if order.status.is_live and (price - order.order.price) * self.chase.side.sign > 0:
            await self._hands.move(order.client_order_id, price)
        return ""

    async def _place(self, price: Decimal) -> str:
        """Empty, or why it was refused."""
        order = Order(
            coin=self.chase.coin,
            side=self.chase.side,
            size=self.chase.size - self.filled,
            price=price,
            time_in_force=TimeInForce.ALO,
            reduce_only=self.chase.reduce_only,
            purpose=Purpose.REDUCE if self.chase.reduce_only else Purpose.ENTRY,
            source="chase",
            client_order_id=new_client_order_id(),
        )
        # Before it is placed: a chase may be stopped while it waits for the answer.
        self._names.append(order.client_order_id)
        placed = await self._hands.place(order)
        return placed if isinstance(placed, str) else ""

    async def _withdraw(self) -> None:
        """What is on its way or in doubt can be cancelled only once it rests."""
        deadline = self._clock.monotonic() + WITHDRAW_SECONDS
        while (order := self._open()) is not None:
            if order.status.is_live:
                await self._hands.cancel(order.client_order_id)
            if self._open() is None:
                return
            if self._clock.monotonic() >= deadline:
                sentence = f"An order of the ended chase of {self.chase.coin} may still be open."
                self._bus.publish(Notice(Severity.WARNING, sentence, cure="Look at the open orders in a minute."))
                return
            await self._clock.sleep(REPRICE_SECONDS)

    def _open(self) -> TrackedOrder | None:
        order = self.order
        return None if order is None or order.status.is_final else order


def _crossed(order: TrackedOrder) -> bool:
    """The exchange refuses a post-only order that would trade at once: the market came to meet it, so try again."""
    return "post only" in order.text.lower() or "postonly" in order.text.replace(" ", "").lower()
