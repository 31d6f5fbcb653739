"""The way to flat, by the exchange's own word: entries cancelled, positions closed, then stops, then the proof."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from hlmaster.core.bus import Bus
from hlmaster.core.clock import Clock
from hlmaster.core.errors import HlError, VenueError
from hlmaster.core.events import AccountSnapshot, OpenOrdersSnapshot
from hlmaster.core.model import Account, Instrument, Position
from hlmaster.core.orders import (
    Order,
    OrderStatus,
    Purpose,
    TimeInForce,
    TriggerKind,
    VenueOrder,
    Verdict,
)
from hlmaster.core.ports import Trading
from hlmaster.core.rounding import round_price, wire_text
from hlmaster.trading.execution.executor import Executor
from hlmaster.trading.execution.tracker import OrderTracker, describe_order, never_left
from hlmaster.trading.risk.gate import Gate

log = logging.getLogger(__name__)
EXIT_CAPS = (Decimal(1), Decimal(3), Decimal(8))
"""Percent: a closing order that finds no taker is tried again with a wider cap, up to the exit cap in the settings."""
PATIENCE_SECONDS = 30.0
LOOK_SECONDS = 1.0
"""A query that takes longer is not waited for: what the streams have told meanwhile is acted on."""
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class FlattenReport:
    """What was done on the way to flat, as texts, and the proof.

    ``proof_ms`` is the market time of the exchange's statement, made after the last action, that showed no order and no
    position; None: not proven flat, and ``remaining`` and ``problems`` say what stood when the report was made.
    """

    cancelled: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    remaining: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    proof_ms: int | None = None
    seconds: float = 0.0
    entries_only: bool = False
    """Only orders that could open something were to go; positions and stops stay, and the proof is of that."""

    @property
    def is_flat(self) -> bool:
        return self.proof_ms is not None and not self.entries_only

    @property
    def sentence(self) -> str:
        done = f"{_count(self.cancelled, 'order')} cancelled, {_count(self.closed, 'position')} closed"
        if self.entries_only and self.proof_ms is not None:
            return f"No entry rests, by the exchange's own statement: {_count(self.cancelled, 'order')} cancelled."
        if self.is_flat:
            return f"Flat, by the exchange's own statement: {done} in {self.seconds:.1f} s."
        left = ", ".join(self.remaining) or "what is left is not known"
        verdict = "Entries may still rest" if self.entries_only else "NOT flat"
        return f"{verdict}: {done}; {left}. {' '.join(self.problems)}".strip()


def _count(items: Sequence[str], noun: str) -> str:
    return f"{len(items)} {noun}{'' if len(items) == 1 else 's'}"


@dataclass(slots=True)
class _Course:
    """How far one way to flat has come."""

    began: float
    cancelled: dict[str, str] = field(default_factory=dict)
    held: dict[str, str] = field(default_factory=dict)
    """Every position seen on the way, by coin."""
    tries: dict[str, int] = field(default_factory=dict)
    remaining: tuple[str, ...] = ()
    open_coins: frozenset[str] = frozenset()
    problems: tuple[str, ...] = ()
    newest_ms: int = 0
    proof_ms: int | None = None
    over: bool = False
    insists: bool = False


class Flattener:
    """Acts on what the exchange states, whoever placed or opened it, and never on our own books.

    An entry on its way spoils the proof: ours until it is answered or has expired by the exchange's time, those of
    another process by ``elsewhere`` (expiry by client order id, until the exchange knows the order) or, where they are
    not known by name, until ``quiet_from_ms``.
    """

    def __init__(
        self,
        bus: Bus,
        clock: Clock,
        trading: Trading,
        gate: Gate,
        executor: Executor,
        tracker: OrderTracker,
        instruments: Callable[[], Mapping[str, Instrument]],
        exit_cap_percent: Callable[[], Decimal],
        elsewhere: Mapping[str, int] | None = None,
        quiet_from_ms: int = 0,
    ) -> None:
        self._bus, self._clock, self._trading, self._gate = bus, clock, trading, gate
        self._executor, self._tracker, self._instruments = executor, tracker, instruments
        self._exit_cap_percent = exit_cap_percent
        self._elsewhere, self._quiet_from_ms = dict(elsewhere or {}), quiet_from_ms
        self.before_closing: Callable[[], None] = lambda: None
        """Called before positions are closed, each time: whoever protects or follows them stands down."""
        self.after_closing: Callable[[], None] = lambda: None
        """Called when the way to flat has ended, wherever it led: what is held from now on is to be protected."""
        self._course = _Course(0.0, over=True)
        self._orders: tuple[VenueOrder, ...] = ()
        self._account: Account | None = None
        self._is_news = False
        bus.subscribe(OpenOrdersSnapshot, self._on_orders)
        bus.subscribe(AccountSnapshot, self._on_account)
        self._task: asyncio.Task[None] | None = None

    async def run(self, patience: float = PATIENCE_SECONDS, *, insist: bool = False) -> FlattenReport:
        """Until flat, or for ``patience`` wall seconds; ``insist``: tries on behind the report, until flat or ``stop``.

        Whoever asks while a way to flat is under way joins it.
        """
        if self._task is None or self._task.done() or self._course.over:
            self._course = _Course(self._clock.monotonic())
            way = self._go(self._course, patience, self._task)
            self._task = asyncio.get_running_loop().create_task(way, name="flatten")
        course, task = self._course, self._task
        course.insists |= insist
        await asyncio.wait({task}, timeout=patience)
        course.over |= not course.insists
        return self._report(course, patience)

    async def cancel_entries(self) -> FlattenReport:
        """Until no order is left, or may still arrive, that could open something; stops stay. Raises HlError."""
        course = _Course(self._clock.monotonic())
        while self._clock.monotonic() - course.began < PATIENCE_SECONDS:
            orders, account = await self._look(course)
            entries = [order for order in orders if not order.reduce_only]
            course.remaining, course.problems = tuple(_order_text(order) for order in entries), ()
            if not entries and await self._prove(course, account):
                break
            await self._cancel(course, entries)
            await self._clock.sleep(FIRST_PAUSE_SECONDS)
        return replace(self._report(course, PATIENCE_SECONDS), entries_only=True)

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _go(self, course: _Course, patience: float, earlier: asyncio.Task[None] | None) -> None:
        if earlier is not None:
            earlier.cancel()
            await asyncio.gather(earlier, return_exceptions=True)
        try:
            await self._way(course, patience)
        finally:
            self.after_closing()

    async def _way(self, course: _Course, patience: float) -> None:
        pause = FIRST_PAUSE_SECONDS
        while not course.over:
            before = course.remaining
            try:
                flat = await self._round(course)
            except HlError as error:
                flat, course.problems = False, (str(error),)
            except Exception as error:
                log.exception("a step on the way to flat failed")
                flat, course.problems = False, (f"An internal step failed ({error}).",)
            if flat or (not course.insists and self._clock.monotonic() - course.began >= patience):
                return
            pause = FIRST_PAUSE_SECONDS if course.remaining != before else min(2 * pause, LONGEST_PAUSE_SECONDS)
            await self._clock.sleep(pause)

    async def _round(self, course: _Course) -> bool:
        """One look, and what it asks for. True once the exchange's statement shows nothing and nothing can follow."""
        look = asyncio.get_running_loop().create_task(self._look(course), name="look at the account")
        try:
            while not look.done():
                await asyncio.wait({look}, timeout=LOOK_SECONDS)
                if not look.done():
                    await self._act_on_news(course)
            orders, account = look.result()
        except HlError:
            await self._act_on_news(course)
            raise
        finally:
            look.cancel()
        course.problems = ()
        if not orders and not account.positions:
            return await self._prove(course, account)
        await self._act(course, orders, account)
        return False

    async def _act_on_news(self, course: _Course) -> None:
        """Queries are slow or refused, but the streams are the exchange's word too: enough to act on, once each."""
        if self._is_news and self._account is not None:
            self._is_news = False
            await self._act(course, self._orders, self._account)

    def _on_orders(self, fact: OpenOrdersSnapshot) -> None:
        self._orders, self._is_news = fact.orders, True

    def _on_account(self, fact: AccountSnapshot) -> None:
        if self._account is None or fact.account.time_ms >= self._account.time_ms:
            self._account, self._is_news = fact.account, True

    async def _act(self, course: _Course, orders: Sequence[VenueOrder], account: Account) -> None:
        entries = [order for order in orders if not order.reduce_only]
        if account.positions:
            self.before_closing()
        # Entries first, but no position waits for an answer about them.
        closing = (self._close(course, position) for position in account.positions)
        await asyncio.gather(self._cancel(course, entries), *closing)
        # A stop goes last: only where this statement shows neither a position nor an entry that could have become one.
        busy = {position.coin for position in account.positions} | {order.coin for order in entries}
        await self._cancel(course, [order for order in orders if order.reduce_only and order.coin not in busy])

    async def _look(self, course: _Course) -> tuple[tuple[VenueOrder, ...], Account]:
        """Orders first: one that fills between the two answers shows up as a position, never as nothing.

        Raises VenueError, also for a statement older than one already seen: it would know nothing of the last action.
        """
        asked_ms = self._clock.now_ms()
        orders = await self._trading.open_orders()
        account = await self._trading.account()
        if account.time_ms < course.newest_ms:
            raise VenueError("The exchange answered with a statement older than the one before.")
        course.newest_ms = account.time_ms
        self._bus.publish(OpenOrdersSnapshot(orders, asked_ms))
        self._bus.publish(AccountSnapshot(account))
        self._is_news = False
        course.open_coins = frozenset(position.coin for position in account.positions)
        for position in account.positions:
            course.held.setdefault(position.coin, _position_text(position))
        held = tuple(_position_text(position) for position in account.positions)
        course.remaining = held + tuple(_order_text(order) for order in orders)
        return orders, account

    async def _prove(self, course: _Course, account: Account) -> bool:
        if account.time_ms < self._began_ms(course):
            course.problems = ("The exchange's statement is from before this began; a newer one is asked for.",)
            return False
        if await self._some_arrived(account.time_ms):
            return False
        late_ms = max([self._quiet_from_ms, *self._elsewhere.values(), *self._in_flight()]) - account.time_ms
        if late_ms >= 0:
            seconds = late_ms / 1000 / self._clock.speed
            course.problems = (f"An order that was on its way may still arrive for {seconds:.0f} s.",)
            return False
        course.proof_ms, course.over = account.time_ms, True
        return True

    def _began_ms(self, course: _Course) -> float:
        """By the exchange's clock, as well as it is known by now."""
        since_ms = (self._clock.monotonic() - course.began) * 1000 * self._clock.speed
        return self._trading.health.venue_ms(self._clock.now_ms()) - since_ms

    async def _some_arrived(self, time_ms: int) -> bool:
        """Whether entries of another process are off the list now: a later statement shows what became of them."""
        open_names = [name for name, expires_ms in self._elsewhere.items() if expires_ms >= time_ms]
        answers = await asyncio.gather(*(self._trading.order_status(name) for name in open_names))
        still = {name for name, answer in zip(open_names, answers, strict=True) if answer is None}
        before = len(self._elsewhere)
        self._elsewhere = {name: expires_ms for name, expires_ms in self._elsewhere.items() if name in still}
        return len(self._elsewhere) < before

    def _in_flight(self) -> list[int]:
        """Until when each of our own entries without an answer may be accepted."""
        unanswered = (OrderStatus.INTENDED, OrderStatus.SENT, OrderStatus.UNKNOWN)
        return [
            tracked.expires_ms
            for tracked in self._tracker.unsettled()
            if tracked.status in unanswered and not tracked.order.reduce_only and tracked.expires_ms is not None
        ]

    async def _cancel(self, course: _Course, orders: Sequence[VenueOrder]) -> None:
        if not orders:
            return
        try:
            results = await self._executor.cancel([self._tracker.report(order) for order in orders])
        except HlError as error:
            course.problems += (f"Nothing was confirmed as cancelled. {error}",)
            return
        for order, (tracked, why) in zip(orders, results, strict=True):
            if why is None:
                course.cancelled[tracked.client_order_id] = _order_text(order)
            else:
                course.problems += (f"{_order_text(order)} was not cancelled: {why}",)

    async def _close(self, course: _Course, position: Position) -> None:
        """One reduce-only IOC for the whole position, dust included; the exchange keeps it from crossing zero."""
        coin = position.coin
        instrument = self._instruments().get(coin)
        mark = position.position_value / abs(position.size)
        if instrument is None or not mark:
            course.problems += (f"{coin} cannot be closed: the exchange names no {'price' if instrument else 'lot'}.",)
            return
        tries = course.tries.get(coin, 0)
        cap = min(EXIT_CAPS[min(tries, len(EXIT_CAPS) - 1)], self._exit_cap_percent()) / 100
        side = position.side.opposite
        order = Order(
            coin=coin,
            side=side,
            size=abs(position.size),
            price=round_price(mark * (1 + cap * side.sign), instrument.size_decimals, side, marketable=True),
            time_in_force=TimeInForce.IOC,
            reduce_only=True,
            market=True,
            purpose=Purpose.FLATTEN,
            source="flatten",
        )
        answer = self._gate.approve(order)
        if isinstance(answer, Verdict):
            course.problems += tuple(f"{coin}: {failure.sentence}" for failure in answer.failures)
            return
        (placed,) = await self._executor.place([answer])
        # A price that nobody has seen was not too narrow.
        course.tries[coin] = tries + (not never_left(placed))
        if placed.status is not OrderStatus.FILLED:
            course.problems += (describe_order(placed),)

    def _report(self, course: _Course, patience: float) -> FlattenReport:
        seconds = self._clock.monotonic() - course.began
        problems = course.problems
        if course.proof_ms is None and not problems:
            problems = (f"The exchange did not answer within {patience:.0f} s.",)
        closed = tuple(text for coin, text in course.held.items() if coin not in course.open_coins)
        done = tuple(course.cancelled.values())
        return FlattenReport(
            done, closed, course.remaining, () if course.proof_ms is not None else problems, course.proof_ms, seconds
        )


def _position_text(position: Position) -> str:
    return f"{position.coin} {wire_text(position.size)}"


def _order_text(order: VenueOrder) -> str:
    if order.trigger is None:
        return f"{order.side} {wire_text(order.size)} {order.coin} order at {wire_text(order.price)}"
    kind = "stop" if order.trigger.kind is TriggerKind.STOP else "take profit"
    return f"{order.side} {wire_text(order.size)} {order.coin} {kind} at {wire_text(order.trigger.price)}"
