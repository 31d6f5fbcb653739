"""Risk as the desk keeps it: breakers, safeguards, limits in force and the panel's rows, over restarts."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import msgspec
from msgspec.structs import replace as replaced

from hlmaster.core.breakers import BreakerChanged, LimitBreached
from hlmaster.core.bus import Bus
from hlmaster.core.clock import DAY_MS, MINUTE_MS, Clock
from hlmaster.core.errors import HlError, StorageError
from hlmaster.core.events import Notice, OrderChanged, PositionsChanged, Rejected, Severity, TradingState
from hlmaster.core.orders import Order, OrderStatus
from hlmaster.core.proposals import LimitEffect
from hlmaster.core.signals import SignalMade
from hlmaster.desk.guard import Guard
from hlmaster.desk.habits import Habits
from hlmaster.desk.kept import Kept
from hlmaster.desk.limits_in_force import LimitsInForce
from hlmaster.desk.outcome import Outcome
from hlmaster.desk.survey import Survey
from hlmaster.desk.swings import History, Swings
from hlmaster.trading.conduct import Conduct
from hlmaster.trading.execution.tracker import OrderTracker
from hlmaster.trading.portfolio import Portfolio
from hlmaster.trading.risk.board import RiskRow, effects, exceeded, rows
from hlmaster.trading.risk.breakers.breakers import DAY_LOSS, DAY_WARNING, DRAWDOWN, HALT, STREAK, Breakers, State
from hlmaster.trading.risk.breakers.rows import breaker_rows
from hlmaster.trading.risk.safeguards import Judgement, Lockout, judge
from hlmaster.trading.risk.untradable import conflicts
from hlmaster.trading.situation import Situation
from hlmaster.trading.stakes import standing

log = logging.getLogger(__name__)
ERRORS = "errors"
LOOK_SECONDS = 0.25
SAVE_SECONDS = 5.0
MINUTE_SECONDS = 60.0
HALF = Decimal("0.5")
RESUME_SENTENCE = "I know what went wrong and want to trade again"
UNLOCK_SENTENCE = "I have slept on it and want to trade again"
WAIT_MINUTES = 10
CODES = {DAY_WARNING: "RSK-201", DAY_LOSS: "RSK-202", DRAWDOWN: "RSK-203", STREAK: "RSK-204", HALT: "RSK-205"}


class Memory(msgspec.Struct):
    """What outlasts a restart."""

    breakers: State
    lockout: Lockout | None = None


class RiskDesk:
    """``look`` is called a few times a second from ``start`` on; losses are judged after every fill as well.

    ``history`` gives candles, ``close`` closes a fraction of a coin's position.
    """

    def __init__(
        self,
        bus: Bus,
        clock: Clock,
        guard: Guard,
        portfolio: Portfolio,
        tracker: OrderTracker,
        survey: Survey,
        limits: LimitsInForce,
        folder: Path,
        history: History,
        close: Callable[[str, Decimal], Awaitable[Outcome]],
    ) -> None:
        self._bus, self._clock, self._guard = bus, clock, guard
        self._portfolio, self._tracker, self._survey = portfolio, tracker, survey
        self._close, self.kept = close, Kept(folder / "risk.json")
        self.limits, self.swings, self._habits = limits, Swings(clock, history, survey.recount), Habits(bus, portfolio)
        self.is_led: Callable[[str], bool] = lambda coin: False
        """Whether a coin's position is led by a strategy: then it is held to the limits of strategies."""
        survey.swing = self.swings
        self._sat_down, self._saved_at = clock.monotonic(), clock.monotonic()
        self._errors: deque[float] = deque(maxlen=1_000)
        self._lost: set[str] = set()
        self._errors_until = self._stale_since = 0.0
        self._breached: set[tuple[str, str]] = set()
        self._warned, self._started = "", False
        self._cuts: set[asyncio.Task[None]] = set()
        self._judgement = Judgement()
        self._conduct_of: tuple[object, ...] = ()
        """What the conduct that the survey has was made of."""
        self._lockout: Lockout | None = None
        self.breakers = Breakers(lambda: limits.settings.breakers)
        self._recall()
        bus.subscribe(PositionsChanged, lambda _: self._watch_losses())
        bus.subscribe(Rejected, lambda _: self._errors.append(clock.monotonic()))
        bus.subscribe(OrderChanged, self._on_order)
        bus.subscribe(SignalMade, lambda fact: self.swings.want(fact.signal.coin))

    # --- life ---

    def start(self) -> None:
        """Once the books agree with the exchange."""
        self._habits.recall(self._tracker.all())
        self._started = True
        self.look()

    async def stop(self) -> None:
        self._save()
        for task in self._cuts:
            task.cancel()
        await asyncio.gather(*self._cuts, return_exceptions=True)
        await self.swings.stop()
        await self.kept.stop()
        await self.limits.stop()

    def look(self) -> None:
        self.limits.look()
        self._watch_losses()
        self._watch_errors()
        self._watch_habits()
        self._watch_limits()
        for coin in self._survey.count().standing.open_coins:
            self.swings.want(coin)
        self.swings.look()
        if self._clock.monotonic() - self._saved_at >= SAVE_SECONDS:
            self._save()

    # --- breakers ---

    def _watch_losses(self) -> None:
        portfolio = self._portfolio
        if not self._started or portfolio.account is None or not portfolio.is_valued:
            return
        equity, cash = self._survey.count().equity, portfolio.ledger.cash_in
        self._apply(self.breakers.look(self._clock.now_ms(), equity, cash, portfolio.round_trips))
        breakers = self.breakers
        if (breakers.size_factor, breakers.day_loss_percent) != (
            self._survey.conduct.size_factor,
            self._survey.conduct.day_loss_percent,
        ):
            self._conduct()

    def _apply(self, changes: tuple[BreakerChanged, ...]) -> None:
        for change in changes:
            self._set(change.name)
            self._bus.publish(change)
            severity = Severity.INFO if not change.tripped else Severity.WARNING
            if change.name in (DAY_LOSS, HALT) and change.tripped:
                severity = Severity.CRITICAL
            cure = "Closing, stops and cancels go on." if change.tripped else ""
            self._bus.publish(Notice(severity, change.sentence, CODES[change.name], cure))
            if change.tripped and change.name in (DRAWDOWN, STREAK) and self.limits.settings.breakers.cut_positions:
                self._cut()
        if changes:
            self._save()

    def _set(self, name: str) -> None:
        trip = self.breakers.tripped.get(name)
        if name == DAY_WARNING:
            return
        if trip is None:
            self._guard.release(name)
        else:
            state = TradingState.HALTED if name == HALT else TradingState.REDUCING
            self._guard.restrain(name, state, trip.sentence)

    def _cut(self) -> None:
        task = asyncio.get_running_loop().create_task(self._cut_positions(), name="cut positions")
        self._cuts.add(task)
        task.add_done_callback(self._cuts.discard)

    async def _cut_positions(self) -> None:
        for view in self._portfolio.positions():
            try:
                outcome = await self._close(view.coin, HALF)
            except HlError as error:
                self._bus.publish(Notice(Severity.ERROR, f"{view.coin} was not cut by half: {error}", "RSK-206"))
            else:
                self._bus.publish(Notice(Severity.WARNING, f"{view.coin} cut by half. {outcome.sentence}", "RSK-206"))

    def unlock(self, typed: str) -> Outcome:
        """Lift the halt of a session's loss; a person asks for this, with ``RESUME_SENTENCE``."""
        if not _is_typed(typed, RESUME_SENTENCE):
            return Outcome(False, f"Type exactly: {RESUME_SENTENCE}")
        changes = self.breakers.unlock(self._clock.now_ms(), self._survey.count().equity)
        self._apply(changes)
        return Outcome(bool(changes), changes[0].sentence if changes else "No loss has halted trading.")

    # --- errors and stale data ---

    def _on_order(self, fact: OrderChanged) -> None:
        name = fact.order.client_order_id
        if fact.order.status is not OrderStatus.UNKNOWN:
            self._lost.discard(name)
        elif name not in self._lost:
            self._lost.add(name)
            self._errors.append(self._clock.monotonic())

    def _watch_errors(self) -> None:
        now, limits = self._clock.monotonic(), self.limits.settings.breakers
        while self._errors and now - self._errors[0] > MINUTE_SECONDS:
            self._errors.popleft()
        sentence = ""
        if len(self._errors) >= limits.errors_a_minute:
            self._errors_until = now + MINUTE_SECONDS
        if now < self._errors_until:
            sentence = "Too many orders failed within a minute: entries pause until a minute has gone by without that."
        stale = self._stale() if self._started else ""
        self._stale_since = (self._stale_since or now) if stale else 0.0
        if stale and now - self._stale_since >= limits.stale_seconds:
            sentence = f"{sentence} {stale} Entries on all coins pause, for a position hangs on it.".strip()
        self._tell_errors(sentence)

    def _stale(self) -> str:
        """Of a coin that is held; a lost connection is told by itself."""
        if self._guard.is_restrained_by("link"):
            return ""
        coins = (view.coin for view in self._portfolio.positions() if self._survey.lists(view.coin))
        return next((doubt for coin in coins if (doubt := self._survey.stale(coin))), "")

    def _tell_errors(self, sentence: str) -> None:
        was = self._guard.is_restrained_by(ERRORS)
        if sentence:
            self._guard.restrain(ERRORS, TradingState.REDUCING, sentence)
        elif was:
            self._guard.release(ERRORS)
        if was != bool(sentence):
            told = sentence or "Orders and data are sound again: entries are open."
            self._bus.publish(BreakerChanged(ERRORS, bool(sentence), told, self._clock.now_ms()))
            self._bus.publish(Notice(Severity.ERROR if sentence else Severity.INFO, told, "RSK-207"))

    # --- safeguards ---

    def _watch_habits(self) -> None:
        now, rules = self._clock.now_ms(), self.limits.settings.safeguards
        seated = now - int((self._clock.monotonic() - self._sat_down) * 1000)
        if self._lockout is not None and self._lockout.is_over(now):
            self._lockout = None
            self._save()
        day = now // DAY_MS * DAY_MS
        habits = self._habits
        self._judgement = judge(rules, now, day, seated, habits.placed, habits.closed, self._lockout)
        if self._judgement.warning and not self._warned:
            self._bus.publish(Notice(Severity.WARNING, self._judgement.warning, "RSK-211"))
        self._warned = self._judgement.warning
        self._conduct()

    def _conduct(self) -> None:
        breakers, settings = self.breakers, self.limits.settings
        made_of = (self._judgement, breakers.size_factor, breakers.day_loss_percent, settings)
        if made_of == self._conduct_of:
            return
        self._conduct_of = made_of
        base = Conduct(
            size_factor=breakers.size_factor,
            day_loss_percent=breakers.day_loss_percent,
            day_limit_percent=settings.breakers.day_loss_percent,
        )
        self._survey.conduct = self._judgement.conduct(settings.safeguards, base)

    @property
    def lockout(self) -> Lockout | None:
        """The one that is under way."""
        return self._lockout

    def lock_out(self, minutes: int) -> Outcome:
        """No orders by hand for so long; leaving earlier takes a typed sentence and a wait."""
        if not 1 <= minutes <= 30 * 24 * 60:
            return Outcome(False, "A lockout lasts between one minute and thirty days.")
        until = self._clock.now_ms() + minutes * MINUTE_MS
        if self._lockout is not None and self._lockout.until_ms > until:
            return Outcome(False, "You are locked out for longer than that already.")
        self._lockout = Lockout(until, UNLOCK_SENTENCE, WAIT_MINUTES)
        self._save()
        self._watch_habits()
        return Outcome(True, self._judgement.pause)

    def end_lockout(self, typed: str) -> Outcome:
        """Begins the wait after which the lock opens."""
        lock = self._lockout
        if lock is None:
            return Outcome(False, "You are not locked out.")
        if not _is_typed(typed, lock.sentence):
            return Outcome(False, f"Type exactly: {lock.sentence}")
        if lock.opens_ms is None:
            self._lockout = replace(lock, opens_ms=self._clock.now_ms() + lock.wait_minutes * MINUTE_MS)
        self._save()
        self._watch_habits()
        return Outcome(True, self._judgement.pause)

    # --- limits ---

    def _watch_limits(self) -> None:
        """Tell once of what stands beyond a limit, and once when it is within again."""
        found = self._exceeded()
        for key in found.keys() - self._breached:
            self._bus.publish(LimitBreached(*key, True, found[key], self._clock.now_ms()))
            self._bus.publish(Notice(Severity.WARNING, found[key], "RSK-221", "Make the position smaller."))
        for rule, coin in self._breached - found.keys():
            where = f"{coin}: " if coin else ""
            sentence = f"{where}{rule} is within its limit again."
            self._bus.publish(LimitBreached(rule, coin, False, sentence, self._clock.now_ms()))
        self._breached = set(found)

    def _exceeded(self) -> dict[tuple[str, str], str]:
        """Sentences by limit and coin. What strategies lead is held to their values, everything to those by hand."""
        limits, found = self.limits.risk, dict[tuple[str, str], str]()
        coins = sorted(coin for coin in self._survey.count().standing.open_coins if self._survey.lists(coin))
        situations = [self._survey(coin) for coin in coins]
        led = [one for one in situations if self.is_led(one.instrument.coin)]
        for situation in situations[:1]:
            found.update(_of_all(exceeded(situation, limits, by_strategy=False, about_coin=False)))
        for situation in led[:1]:
            theirs = replaced(situation, standing=standing({one.instrument.coin: one.stake for one in led}))
            found.update(_of_all(exceeded(theirs, limits, by_strategy=True, about_coin=False)))
        for situation in situations:
            coin = situation.instrument.coin
            for name, sentence in exceeded(situation, limits, by_strategy=self.is_led(coin), about_coin=True):
                found[name, coin] = sentence
        return found

    def rows(self, coin: str | None = None) -> list[RiskRow]:
        """The panel's: limits of strategies, with a coin also that coin's; then breakers and safeguards."""
        listed = coin if coin is not None and self._survey.lists(coin) else None
        known = listed or next(iter(sorted(self._survey.count().standing.open_coins)), None)
        found = [] if known is None else list(rows(self._survey(known), self.limits.risk, listed))
        found += breaker_rows(self.breakers, self.limits.settings.breakers, self._portfolio.round_trips)
        pause = self._judgement.pause or self._judgement.warning
        state = "pause" if self._judgement.pause else "warned" if pause else "calm"
        found.append(RiskRow("own safeguards", "Own safeguards", state, "", None, not self._judgement.pause, pause))
        return found

    def effects(self, order: Order, situation: Situation) -> tuple[LimitEffect, ...]:
        return effects(order, situation, self.limits.risk)

    def conflicts(self) -> tuple[str, ...]:
        """Limits that together leave this account nothing to trade, as sentences."""
        return conflicts(self.limits.risk, self._survey.count().equity)

    def drawdown(self) -> Decimal:
        """From the session's peak, a fraction; never negative."""
        return max(self.breakers.drawdown_percent, Decimal(0)) / 100

    # --- memory ---

    def _save(self) -> None:
        self._saved_at = self._clock.monotonic()
        if self._started:
            self.kept.save(msgspec.json.encode(Memory(self.breakers.state, self._lockout)))

    def _recall(self) -> None:
        """What was tripped is tripped from the first moment on; a memory that cannot be read halts."""
        try:
            content = self.kept.load()
            memory = None if content is None else msgspec.json.decode(content, type=Memory)
        except (StorageError, msgspec.DecodeError) as error:
            log.error("the memory of the circuit breakers cannot be read: %s", error)
            sentence = "What the circuit breakers remembered cannot be read. Trading is halted until you unlock it."
            self._apply(self.breakers.lock(self._clock.now_ms(), sentence))
            return
        if memory is not None:
            self.breakers.state, self._lockout = memory.breakers, memory.lockout
            for name in self.breakers.tripped:
                self._set(name)


def _is_typed(typed: str, sentence: str) -> bool:
    """Spaces and a full stop at the end do not matter."""
    return " ".join(typed.split()).rstrip(".") == sentence


def _of_all(found: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Of no coin."""
    return {(name, ""): sentence for name, sentence in found}
