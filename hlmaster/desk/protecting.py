"""Protection as the desk wires it: its settings, its memory on disk, its average true ranges, its alarm, its verb."""

from __future__ import annotations

import asyncio
import json
import logging
import math
import threading
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from hlmaster.core.bus import Bus
from hlmaster.core.clock import Clock
from hlmaster.core.errors import ConfigError, VenueError
from hlmaster.core.events import Notice, Severity, TradingState
from hlmaster.core.files import write_whole
from hlmaster.core.model import Interval, Mode
from hlmaster.core.orders import Purpose
from hlmaster.core.rounding import to_decimal
from hlmaster.desk.charts import Charts
from hlmaster.desk.guard import Guard
from hlmaster.desk.manual import Manual
from hlmaster.desk.outcome import Outcome
from hlmaster.desk.pen import Pen
from hlmaster.desk.survey import Survey
from hlmaster.market.feed import Feed
from hlmaster.market.indicators.atr import atr
from hlmaster.settings import Settings
from hlmaster.trading.execution.executor import Executor
from hlmaster.trading.execution.tracker import OrderTracker
from hlmaster.trading.portfolio import Portfolio
from hlmaster.trading.protection.distance import StopDistance, stop_distance
from hlmaster.trading.protection.epochs import Epochs
from hlmaster.trading.protection.policy import Policy, Protection, StopKind
from hlmaster.trading.protection.protector import NAKED_SECONDS, Protector
from hlmaster.trading.protection.sender import Sender
from hlmaster.trading.risk.gate import Gate

log = logging.getLogger(__name__)
ATR_INTERVAL = Interval.M15
ATR_DECIMALS = 10
RELOAD_SECONDS = 30.0
REASON = "naked"
LOOK_SECONDS = 0.25


def refuse_off(protection: Protection, mode: Mode) -> None:
    """Raises ConfigError: with real money, or the rehearsal for it, a position without a stop is never meant."""
    if protection.stop is StopKind.OFF and mode not in (Mode.DEMO, Mode.PAPER):
        raise ConfigError(
            f"Protection cannot be off in {mode} mode.", "Choose a kind of stop under Settings, Protection, Stop."
        )


class ProtectionFile:
    """What protection remembers of open positions, beside the session's databases."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._pen = Pen("protection file")
        self._next: bytes | None = None
        self._turn = threading.Lock()

    def load(self) -> dict[str, Any]:
        try:
            document = json.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            log.warning("%s cannot be read, so positions get the settings' protection: %s", self._path, error)
            return {}
        return document if isinstance(document, dict) else {}

    def save(self, document: Mapping[str, Any]) -> None:
        """Written on a thread; the latest wins, and what it replaces before it was begun is left out."""
        content = json.dumps(document).encode()
        with self._turn:
            waits, self._next = self._next is not None, content
        if not waits:
            self._pen.write(self._write)

    async def stop(self) -> None:
        await self._pen.stop()

    def _write(self) -> None:
        with self._turn:
            content, self._next = self._next, None
        if content is None:
            return
        try:
            write_whole(self._path, content)
        except OSError as error:
            # The stops themselves rest at the exchange; only a choice for one position would not outlive a restart.
            log.warning("%s cannot be written: %s", self._path, error)


class Ranges:
    """Average true range of the last closed candles, by coin; asking for one begins to load what it needs."""

    def __init__(self, clock: Clock, charts: Charts, feed: Feed) -> None:
        self._clock, self._charts, self._feed = clock, charts, feed
        self._loading: dict[str, asyncio.Task[None]] = {}
        self._loaded: set[str] = set()
        self._again_at: dict[str, float] = {}
        self._known: dict[str, tuple[int, Decimal | None]] = {}

    def __call__(self, coin: str) -> Decimal | None:
        if coin not in self._loaded:
            if coin not in self._loading and self._clock.monotonic() >= self._again_at.get(coin, -math.inf):
                self._loading[coin] = asyncio.get_running_loop().create_task(self._load(coin), name=f"ATR of {coin}")
            return None
        series = self._feed.market(coin).series(ATR_INTERVAL)
        if series is None or len(series) < 2:
            return None
        closed = series.block().rows(slice(len(series) - 1))
        last = int(closed.time_ms[-1])
        if self._known.get(coin, (None, None))[0] != last:
            value = float(atr(closed.high, closed.low, closed.close)[-1])
            self._known[coin] = (last, to_decimal(value, ATR_DECIMALS) if value > 0 else None)
        return self._known[coin][1]

    async def _load(self, coin: str) -> None:
        try:
            await self._charts.show(coin, ATR_INTERVAL)
            self._loaded.add(coin)
        except VenueError as error:
            log.info("candles for the average true range of %s could not be had yet: %s", coin, error)
            self._again_at[coin] = self._clock.monotonic() + RELOAD_SECONDS
        finally:
            self._loading.pop(coin, None)

    async def stop(self) -> None:
        tasks = list(self._loading.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class Protecting:
    def __init__(
        self,
        bus: Bus,
        clock: Clock,
        mode: Mode,
        folder: Path,
        settings: Callable[[], Settings],
        survey: Survey,
        gate: Gate,
        executor: Executor,
        tracker: OrderTracker,
        portfolio: Portfolio,
        manual: Manual,
        guard: Guard,
        charts: Charts,
        feed: Feed,
    ) -> None:
        refuse_off(settings().protection, mode)
        self._bus, self._mode, self._manual, self._guard = bus, mode, manual, guard
        self._ranges = Ranges(clock, charts, feed)
        self._distances: dict[str, tuple[Policy, bool, StopDistance | None]] = {}
        self._file = ProtectionFile(folder / "protection.json")
        self._epochs = epochs = Epochs(
            clock,
            survey,
            tracker,
            portfolio,
            lambda: settings().protection,
            lambda: settings().risk.exit_slippage_cap_percent / 100,
            self._ranges,
            self._file,
        )
        sender = Sender(bus, clock, gate, executor, tracker)
        self.protector = Protector(bus, clock, tracker, epochs, sender, self._close, self._alarm)
        manual.while_closing(self.protector.standing_down)

    async def stop(self) -> None:
        await self.protector.stop()
        await self._ranges.stop()
        await self._file.stop()

    def stop_distance(self, coin: str) -> StopDistance | None:
        """Where a position that is opened on this coin now would have its stop."""
        policy = self._epochs.policy_of(coin)
        known = self._distances.get(coin)
        if known is not None and known[0] is policy and not known[1]:
            return known[2]
        atr = self._ranges(coin) if policy.needs_atr else None
        distance = stop_distance(policy, atr)
        self._distances[coin] = policy, policy.needs_atr, distance
        return distance

    def protect(self, coin: str, policy: Policy | None, take_over: bool) -> Outcome:
        if policy is not None and policy.is_off and self._mode not in (Mode.DEMO, Mode.PAPER):
            return Outcome(False, f"Protection cannot be off in {self._mode} mode; choose a kind of stop.")
        problem = self.protector.choose(coin, policy, take_over=take_over)
        words = "the settings' protection" if policy is None else policy.words
        return Outcome(not problem, problem or f"{coin}: {words}.")

    async def _close(self, coin: str) -> tuple[bool, str]:
        outcome = await self._manual.close(coin, purpose=Purpose.FLATTEN)
        return outcome.ok, outcome.sentence

    def _alarm(self, coins: Sequence[str]) -> None:
        if not coins:
            self._guard.release(REASON)
            return
        plural = len(coins) > 1
        names = f"{', '.join(coins)} {'positions' if plural else 'position'}"
        sentence = f"The {names} {'have' if plural else 'has'} had no whole stop for {NAKED_SECONDS:.0f} s."
        self._guard.restrain(REASON, TradingState.REDUCING, f"{sentence} Entries are off until all are covered.")
        self._bus.publish(
            Notice(Severity.CRITICAL, f"{sentence} Closing at the market.", "INV-001", "Look at the exchange yourself.")
        )
