"""Sees to it that every position of ours has its stop at the exchange, from the first fill until it is flat.

Driven by facts and by ``look``, which somebody calls a few times a second. One coin acts in one task at a time: place
what is missing, and only when all that is wanted rests there, cancel what is left over. A stop too many is harmless,
for all of them only reduce; none is not. Deadlines are wall seconds.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from hlmaster.core.bus import Bus
from hlmaster.core.clock import Clock
from hlmaster.core.events import (
    ContextChanged,
    FillBooked,
    Notice,
    OrderChanged,
    PositionsChanged,
    Severity,
    TrackedOrder,
)
from hlmaster.trading.execution.tracker import OrderTracker
from hlmaster.trading.protection.by_hand import Kept, moved
from hlmaster.trading.protection.cover import in_flight, is_own
from hlmaster.trading.protection.epoch import Epoch
from hlmaster.trading.protection.epochs import Epochs
from hlmaster.trading.protection.policy import Policy
from hlmaster.trading.protection.sender import Sender
from hlmaster.trading.protection.steps import Step, is_bare, next_step

log = logging.getLogger(__name__)
NAKED_SECONDS = 15.0
"""Without a whole stop for longer, entries end and the position is closed."""
ARRIVAL_SECONDS = 1.5
"""How long a stop that somebody just sent is waited for."""
CLOSE_RETRY_SECONDS = 3.0
SWEEP_RETRY_SECONDS = 1.0
STAND_DOWN_SECONDS = 30.0
LEAVING = "This order is being replaced just now: move the one that takes its place."
Close = Callable[[str], Awaitable[tuple[bool, str]]]


class Standing(StrEnum):
    COVERED = "covered"
    THEIRS = "own stop"
    NAKED = "unprotected"
    OFF = "off"
    FOREIGN = "opened elsewhere"


@dataclass(frozen=True, slots=True)
class Shield:
    """How a position is protected, for whoever shows it. ``covered`` is a fraction of the position."""

    standing: Standing
    policy: Policy
    words: str
    """The policy in short, as it is in force: an ATR stop is a per cent stop until the range is known."""
    covered: Decimal
    stop_price: Decimal | None
    """The nearest stop."""
    naked_seconds: float
    has_others: bool
    """Stops that somebody placed by hand rest on this coin."""


class Protector:
    """``close`` leaves a position at the market with widening caps and says (whether it is flat, how it went).

    ``alarm`` is told which coins have been without a stop for too long.
    """

    def __init__(
        self,
        bus: Bus,
        clock: Clock,
        tracker: OrderTracker,
        epochs: Epochs,
        sender: Sender,
        close: Close,
        alarm: Callable[[Sequence[str]], None],
    ) -> None:
        self._bus, self._clock, self._tracker = bus, clock, tracker
        self._epochs, self._sender, self._close, self._alarm = epochs, sender, close, alarm
        self._sweep_at: dict[str, float] = {}
        self._hushed: dict[str | None, float] = {}
        self._acting: dict[str, asyncio.Task[None]] = {}
        self._failed: set[str] = set()
        """Coins whose failure has been told."""
        self._fleeing: dict[str, asyncio.Task[None]] = {}
        self._told: tuple[str, ...] = ()
        self._active = False
        bus.subscribe(FillBooked, lambda fact: self._consider(fact.fill.coin))
        bus.subscribe(PositionsChanged, lambda _: self._consider_all())
        bus.subscribe(OrderChanged, lambda fact: self._on_order(fact.order))
        bus.subscribe(ContextChanged, lambda fact: self._on_mark(fact.coin))

    # --- life ---

    def start(self) -> None:
        """From now on; the books must agree with the exchange before."""
        self._epochs.recall()
        self._active = True
        self.look()

    async def stop(self) -> None:
        """What rests at the exchange stays there."""
        self._active = False
        tasks = [*self._acting.values(), *self._fleeing.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._sender.stop()

    def look(self) -> None:
        """Reconsider every coin, and sound the alarm for positions that have been naked too long."""
        if not self._active:
            return
        strays = {order.order.coin for order in self._tracker.unsettled() if is_own(order)}
        for coin in strays | self._epochs.coins():
            self._consider(coin)
        epochs = self._epochs.open.items()
        late = tuple(sorted(coin for coin, epoch in epochs if self._naked_for(epoch) >= NAKED_SECONDS))
        if late != self._told:
            self._told = late
            self._alarm(late)
        for coin in late:
            self._flee(coin, f"it has been without a whole stop for {NAKED_SECONDS:.0f} s")

    # --- verbs ---

    def choose(self, coin: str, policy: Policy | None, *, take_over: bool = False) -> str:
        """Give a position its own policy (None: the settings'), from now on. Returns a sentence if that cannot be.

        ``take_over``: stops placed by hand on this coin come into our care and are replaced.
        """
        epoch = self._epochs.find(coin)
        if epoch is None:
            return f"There is no {coin} position to protect."
        wrong = self._epochs.wrong_side(epoch, policy)
        if wrong:
            return wrong
        epoch.choose(policy, self._clock.now_ms(), self._epochs.handed_over(epoch, policy) if take_over else ())
        self._epochs.save()
        self._consider(coin)
        return ""

    def move(self, coin: str, prices: Mapping[str, Decimal]) -> tuple[bool, str]:
        """Stops and targets that we keep, by client order id, to other triggers, from now on; the new ones stand before
        the old ones go. (whether it is being done, what was decided)."""
        epoch = self._epochs.find(coin)
        if epoch is None:
            return False, f"There is no {coin} position to protect."
        kept = self._epochs.kept(epoch)
        if not prices.keys() <= kept.names:
            why = LEAVING if prices.keys() <= kept.names | kept.leaving else "This stop is not there any more."
            return False, why
        change = moved(kept, self._epochs.policy(epoch), prices)
        if change.policy is None:
            return False, change.problem
        problem = self.choose(coin, change.policy)
        ended = f" {change.ends.capitalize()} ended with it." if change.ends else ""
        return not problem, problem or f"{coin}: its protection was moved by hand.{ended}"

    def kept(self, coin: str) -> frozenset[str]:
        """Client order ids of the stops and targets of ours that protect a position, each until it is gone."""
        found = self.keeping(coin)
        return frozenset() if found is None else found.names | found.leaving

    def keeping(self, coin: str) -> Kept | None:
        """The same, told apart: ``names`` are those that ``move`` moves. None where we protect nothing."""
        epoch = self._epochs.find(coin) if self._active else None
        return None if epoch is None or not self._epochs.is_ours(epoch) else self._epochs.kept(epoch)

    def intend(self, coin: str, policy: Policy) -> None:
        """The policy of the next position of this coin, or of the present one if there is one."""
        if self.choose(coin, policy):
            self._epochs.intend(coin, policy)

    def intend_no_more(self, coin: str) -> None:
        """The position that was intended does not come; the coin's next one gets the settings' policy."""
        self._epochs.intend_no_more(coin)

    def stand_down(self, coin: str | None = None, seconds: float = STAND_DOWN_SECONDS) -> None:
        """Place nothing on this coin (None: on any) for so long: somebody is closing it."""
        self._hushed[coin] = self._clock.monotonic() + seconds

    def stand_up(self, coin: str | None = None) -> None:
        self._hushed.pop(coin, None)
        self._consider_all()

    @contextmanager
    def standing_down(self, coin: str | None = None, seconds: float = 2 * STAND_DOWN_SECONDS) -> Iterator[None]:
        self.stand_down(coin, seconds)
        try:
            yield
        finally:
            self.stand_up(coin)

    def shield(self, coin: str) -> Shield | None:
        """None without a position."""
        epoch = self._epochs.find(coin) if self._active else None
        if epoch is None:
            return None
        policy, size = self._epochs.policy(epoch), self._epochs.size(coin)
        now = self._epochs.cover(epoch, size)
        triggers = [o.order.trigger.price for o in (*now.stops, *now.theirs) if o.order.trigger is not None]
        covered = min(Decimal(1), (now.by_us + now.by_others) / abs(size))
        nearest = (max(triggers) if size > 0 else min(triggers)) if triggers else None
        if covered == 1:
            standing = Standing.COVERED if now.stops else Standing.THEIRS
        elif not self._epochs.is_ours(epoch):
            standing = Standing.FOREIGN
        else:
            standing = Standing.OFF if policy.is_off else Standing.NAKED
        words = policy.without_range if policy.needs_atr and epoch.entry_atr is None else policy.words
        return Shield(standing, policy, words, covered, nearest, self._naked_for(epoch), bool(now.theirs))

    # --- facts ---

    def _on_order(self, tracked: TrackedOrder) -> None:
        coin = tracked.order.coin
        epoch = self._epochs.open.get(coin)
        if epoch is not None:
            epoch.fired((tracked,))
        if tracked.order.reduce_only:
            self._consider(coin)

    def _on_mark(self, coin: str) -> None:
        if coin in self._epochs.open:
            self._consider(coin)

    def _consider_all(self) -> None:
        for coin in self._epochs.coins():
            self._consider(coin)

    def _consider(self, coin: str) -> None:
        """In a task of its own: whatever goes wrong with one coin, facts and other coins go on."""
        if self._active and coin not in self._acting:
            self._acting[coin] = asyncio.get_running_loop().create_task(self._act(coin), name=f"protect {coin}")

    # --- one coin's way ---

    def _next(self, coin: str) -> Step | None:
        now = self._clock.monotonic()
        epoch = self._epochs.find(coin)
        if any(until > now for name, until in self._hushed.items() if name in (None, coin)):
            return None
        if epoch is None:
            orphans = tuple(order for order in self._tracker.live(coin) if is_own(order))
            return Step(cancel=orphans) if orphans and now >= self._sweep_at.get(coin, now) else None
        if not self._epochs.is_ours(epoch):
            return None
        size = self._epochs.size(coin)
        has = self._epochs.cover(epoch, size)
        if has.by_us + has.by_others < abs(size) and epoch.naked_since is None:
            # Before the plan, so that one that fails does not stop this clock.
            epoch.naked_since = now
        wanted = self._epochs.plan(epoch, size, has)
        if not is_bare(size, has, wanted):
            epoch.naked_since, epoch.told = None, False
        if abs(size) > abs(epoch.size):
            # What has just been added has not failed yet.
            epoch.failures, epoch.retry_at = 0, -math.inf
        epoch.size = size
        if not wanted.close:
            epoch.past = replace(epoch.past, stops=wanted.ratchet)
        arriving = any(in_flight(order) and self._is_young(order) for order in has.arriving)
        return next_step(epoch, size, has, wanted, now, arriving=arriving)

    def _is_young(self, order: TrackedOrder) -> bool:
        return self._clock.now_ms() - order.created_ms < ARRIVAL_SECONDS * 1000 * self._clock.speed

    def _naked_for(self, epoch: Epoch) -> float:
        return 0.0 if epoch.naked_since is None else self._clock.monotonic() - epoch.naked_since

    def _choice(self, coin: str) -> int:
        epoch = self._epochs.open.get(coin)
        return 0 if epoch is None else epoch.choices

    async def _act(self, coin: str) -> None:
        choice = self._choice(coin)
        try:
            while (step := self._next(coin)) is not None:
                if step.close:
                    self._flee(coin, step.close)
                    break
                await self._take(coin, step)
            self._failed.discard(coin)
        except Exception as error:
            log.exception("protecting %s failed", coin)
            self._put_off(coin, choice)
            if coin not in self._failed:
                self._failed.add(coin)
                self._bus.publish(Notice(Severity.CRITICAL, f"Protecting {coin} failed ({error}).", "INV-001"))
        finally:
            # Before anything else can happen, so that no fact falls between the last look and this
            del self._acting[coin]

    async def _take(self, coin: str, step: Step) -> None:
        if step.cancel:
            choice = self._choice(coin)
            if not await self._sender.cancel(coin, step.cancel):
                self._put_off(coin, choice)
            return
        epoch = self._epochs.open[coin]
        if step.replaces:
            epoch.replaced_at = self._clock.monotonic()
        await self._sender.place(epoch, step.place)

    def _put_off(self, coin: str, choice: int) -> None:
        self._sweep_at[coin] = self._clock.monotonic() + SWEEP_RETRY_SECONDS
        epoch = self._epochs.open.get(coin)
        if epoch is not None:
            self._sender.put_off(epoch, choice)

    # --- leaving ---

    def _flee(self, coin: str, why: str) -> None:
        """Close the position at the market, once at a time, again after a while if that did not work."""
        epoch = self._epochs.open.get(coin)
        if epoch is None or coin in self._fleeing or self._clock.monotonic() < epoch.close_at:
            return
        task = asyncio.get_running_loop().create_task(self._leave(epoch, why), name=f"leave {coin}")
        self._fleeing[coin] = task
        task.add_done_callback(lambda _: self._fleeing.pop(coin, None))

    async def _leave(self, epoch: Epoch, why: str) -> None:
        coin = epoch.coin
        self._say(epoch, Severity.WARNING, f"The {coin} position is being closed: {why}.")
        try:
            flat, sentence = await self._close(coin)
        except Exception as error:
            log.exception("closing %s failed", coin)
            flat, sentence = False, f"Closing failed inside the application ({error})."
        epoch.close_at = self._clock.monotonic() + CLOSE_RETRY_SECONDS
        if not flat:
            text = f"The {coin} position could not be closed: {sentence} It is tried again."
            self._say(epoch, Severity.CRITICAL, text)

    def _say(self, epoch: Epoch, severity: Severity, sentence: str) -> None:
        """Once for each position, however often it is tried."""
        if sentence not in epoch.said:
            epoch.said.add(sentence)
            self._bus.publish(Notice(severity, sentence))
