"""What fills of an order while it is changed: by so much its new size, which was left of it before, is too large."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from hlmaster.core.bus import Bus
from hlmaster.core.clock import Clock
from hlmaster.core.events import FillBooked, Notice, Severity, TrackedOrder
from hlmaster.desk.work import Work
from hlmaster.trading.execution.tracker import OrderTracker

WATCHED_SECONDS = 60.0
"""A fill that comes later than that was lost, and is told by the comparison of the books."""
TakeOff = Callable[[TrackedOrder, Decimal], Coroutine[Any, Any, str]]


@dataclass(slots=True)
class _Life:
    """``counted`` are the coins that were known as filled when the next size was said."""

    counted: Decimal
    until: float


class LateFills:
    """The news of a fill may come before the reply to the change or after it. ``take_off`` makes an order smaller by
    so many coins, and says in words what came of it."""

    def __init__(self, bus: Bus, clock: Clock, tracker: OrderTracker, take_off: TakeOff, work: Work) -> None:
        self._bus, self._clock, self._tracker = bus, clock, tracker
        self._take_off, self._work = take_off, work
        self._lives: dict[str, dict[int, _Life]] = {}
        """By client order id: the lives that each order had under other venue ids."""
        self._chosen: dict[str, int | None] = {}
        """By client order id: the venue id before a change to a size that somebody chose."""
        bus.subscribe(FillBooked, self._on_fill)

    def watch(self, old: TrackedOrder) -> None:
        """It is given another life, as large as what was left of it."""
        self._forget_the_old()
        self._take_choice(old)
        if old.order_id is not None:
            until = self._clock.monotonic() + WATCHED_SECONDS
            self._lives.setdefault(old.client_order_id, {})[old.order_id] = _Life(old.filled_size, until)

    def choose(self, old: TrackedOrder) -> None:
        """It is given a size that somebody chose, whatever has filled; until that is done, what filled still counts."""
        self._forget_the_old()
        self._take_choice(old)
        self._chosen[old.client_order_id] = old.order_id

    async def settle(self, client_order_id: str) -> str:
        """Take off what has become known, and say so; nothing while the order is being changed or looked for."""
        now = self._tracker.get(client_order_id)
        if now is None or not now.status.is_live or now.resolving or now.replacement is not None:
            return ""
        self._take_choice(now)
        lives = self._lives.get(client_order_id, {})
        late = Decimal(0)
        for order_id, life in lives.items():
            if order_id != now.order_id:  # else the change never came
                filled = self._tracker.filled_under(order_id)
                late += max(filled - life.counted, Decimal(0))
                life.counted = max(filled, life.counted)
        return await self._take_off(now, late) if late else ""

    def _on_fill(self, fact: FillBooked) -> None:
        owner = self._tracker.of_fill(fact.fill)
        if owner is None or owner.replacement is not None or owner.order_id == fact.fill.order_id:
            return  # while it is being changed, whoever does that looks afterwards
        life = self._lives.get(owner.client_order_id, {}).get(fact.fill.order_id)
        if life is not None and self._clock.monotonic() < life.until:
            self._work.own(self._tell(owner.client_order_id), f"late fill {owner.client_order_id}")

    async def _tell(self, client_order_id: str) -> None:
        sentence = await self.settle(client_order_id)
        if sentence:
            self._bus.publish(Notice(Severity.WARNING, sentence))

    def _take_choice(self, now: TrackedOrder) -> None:
        """Where the change has come, no earlier fill is told of it any more."""
        name = now.client_order_id
        if name in self._chosen and self._chosen.pop(name) != now.order_id:
            self._lives.pop(name, None)

    def _forget_the_old(self) -> None:
        now = self._clock.monotonic()
        for name in [*self._chosen]:
            known = self._tracker.get(name)
            if known is None or known.status.is_final:
                del self._chosen[name]
        for name, lives in [*self._lives.items()]:
            if all(life.until < now for life in lives.values()):
                del self._lives[name]
