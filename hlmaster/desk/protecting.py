"""Protection as the desk wires it: its settings, its memory on disk, its average true range, its alarm, its verb."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path

from hlmaster.core.bus import Bus
from hlmaster.core.clock import Clock
from hlmaster.core.errors import ConfigError
from hlmaster.core.events import Notice, Severity, TradingState
from hlmaster.core.model import Interval, Mode
from hlmaster.core.orders import Purpose
from hlmaster.desk.guard import Guard
from hlmaster.desk.manual import Manual
from hlmaster.desk.memory import Memory
from hlmaster.desk.outcome import Outcome
from hlmaster.desk.ranges import Ranges
from hlmaster.desk.survey import Survey
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

ATR_INTERVAL = Interval.M15
REASON = "naked"
LOOK_SECONDS = 0.25


def refuse_off(protection: Protection, mode: Mode) -> None:
    """Raises ConfigError: with real money, or the rehearsal for it, a position without a stop is never meant."""
    if protection.stop is StopKind.OFF and mode not in (Mode.DEMO, Mode.PAPER):
        raise ConfigError(
            f"Protection cannot be off in {mode} mode.", "Choose a kind of stop under Settings, Protection, Stop."
        )


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
        ranges: Ranges,
    ) -> None:
        refuse_off(settings().protection, mode)
        self._bus, self._mode, self._manual, self._guard = bus, mode, manual, guard
        self._ranges = ranges
        self._distances: dict[str, tuple[Policy, bool, StopDistance | None]] = {}
        self.memory = Memory(folder / "protection.json", "positions get the settings' protection")
        self._epochs = epochs = Epochs(
            clock,
            survey,
            tracker,
            portfolio,
            lambda: settings().protection,
            lambda: settings().risk.exit_slippage_cap_percent / 100,
            self._atr,
            self.memory,
        )
        sender = Sender(bus, clock, gate, executor, tracker)
        self.protector = Protector(bus, clock, tracker, epochs, sender, self._close, self._alarm)
        manual.while_closing(self.protector.standing_down)

    async def stop(self) -> None:
        await self.protector.stop()
        await self.memory.stop()

    def stop_distance(self, coin: str) -> StopDistance | None:
        """Where a position that is opened on this coin now would have its stop."""
        policy = self._epochs.policy_of(coin)
        known = self._distances.get(coin)
        if known is not None and known[0] is policy and not known[1]:
            return known[2]
        atr = self._atr(coin) if policy.needs_atr else None
        distance = stop_distance(policy, atr)
        self._distances[coin] = policy, policy.needs_atr, distance
        return distance

    def protect(self, coin: str, policy: Policy | None, take_over: bool) -> Outcome:
        if policy is not None and policy.is_off and self._mode not in (Mode.DEMO, Mode.PAPER):
            return Outcome(False, f"Protection cannot be off in {self._mode} mode; choose a kind of stop.")
        problem = self.protector.choose(coin, policy, take_over=take_over)
        words = "the settings' protection" if policy is None else policy.words
        return Outcome(not problem, problem or f"{coin}: {words}.")

    def _atr(self, coin: str) -> Decimal | None:
        found = self._ranges(coin, ATR_INTERVAL)
        return None if found is None else found.atr

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
