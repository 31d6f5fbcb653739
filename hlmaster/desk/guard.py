"""Who may trade now: the trading state, what set it, and what a lost connection does."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from enum import StrEnum

from hlmaster.core.bus import Bus, HandlerFailed
from hlmaster.core.clock import Clock
from hlmaster.core.errors import HlError
from hlmaster.core.events import LinkChanged, LinkState, Notice, Severity, TradingState, TradingStateChanged

log = logging.getLogger(__name__)
GRACE_SECONDS = 10.0
RETRY_SECONDS = 3.0
OPEN = "Trading is open."
ADVICE = ("hlmaster.insight.", "hlmaster.desk.advising.asking.")
"""Whose handlers nothing that trades rests on."""


class DisconnectPolicy(StrEnum):
    CANCEL_ENTRIES = "cancel_entries"
    KEEP = "keep_all"
    FLATTEN = "flatten"


class Guard:
    """Holds the trading state. The strictest reason wins; each is named in the sentence.

    A failing handler of ours halts trading: fail closed.
    """

    def __init__(self, bus: Bus, clock: Clock) -> None:
        self._bus, self._clock = bus, clock
        self._reasons: dict[str, tuple[TradingState, str]] = {}
        self.state = TradingState.ACTIVE
        self.sentence = OPEN
        self._policy_task: asyncio.Task[None] | None = None
        self._on_lost: Callable[[], Awaitable[str]] | None = None
        bus.subscribe(HandlerFailed, self._on_handler_failed)
        bus.subscribe(LinkChanged, self._on_link)

    def restrain(self, reason: str, state: TradingState, sentence: str) -> None:
        if self._reasons.get(reason) != (state, sentence):
            self._reasons[reason] = (state, sentence)
            self._tell()

    def release(self, reason: str) -> None:
        if self._reasons.pop(reason, None) is not None:
            self._tell()

    def is_restrained_by(self, reason: str) -> bool:
        return reason in self._reasons

    def pause(self) -> None:
        self.restrain("pause", TradingState.REDUCING, "You paused trading; exits and stops still work.")

    def resume(self) -> None:
        self.release("pause")

    def _tell(self) -> None:
        severity = list(TradingState)
        self.state = max(
            (state for state, _ in self._reasons.values()), key=severity.index, default=TradingState.ACTIVE
        )
        self.sentence = " ".join(sentence for _, sentence in self._reasons.values()) or OPEN
        self._bus.publish(TradingStateChanged(self.state, self.sentence))

    def _on_handler_failed(self, fact: HandlerFailed) -> None:
        sentence = f"An internal handler failed ({fact.handler} on {fact.fact}: {fact.error})."
        if fact.handler.startswith("hlmaster.ui."):
            self._bus.publish(Notice(Severity.ERROR, sentence, "INV-002", "What is shown may be old; trading goes on."))
            return
        if fact.handler.startswith(ADVICE):
            self._bus.publish(Notice(Severity.ERROR, sentence, "ANA-101", "Trading goes on without this advice."))
            return
        self.fault(sentence, TradingState.HALTED)

    def fault(self, sentence: str, state: TradingState = TradingState.PROTECT_ONLY) -> None:
        """Something of ours broke that nobody expected; told once, however often it does."""
        restraint = f"{sentence} Entries are off until a restart; exits still work."
        if self._reasons.get("fault") == (state, restraint):
            return
        self.restrain("fault", state, restraint)
        self._bus.publish(Notice(Severity.CRITICAL, sentence, "INV-001", "Restart the application and keep the log."))

    # --- lost connection ---

    def on_lost_connection(self, policy: Callable[[], Awaitable[str]] | None) -> None:
        """``policy`` runs when the connection stays away beyond the grace time and says in a sentence what it did."""
        self._on_lost = policy

    def _on_link(self, fact: LinkChanged) -> None:
        if fact.state is LinkState.CONNECTED:
            self.release("link")
            if self._policy_task is not None:
                self._policy_task.cancel()
                self._policy_task = None
            return
        if fact.state in (LinkState.RECONNECTING, LinkState.DISCONNECTED, LinkState.FATAL):
            self.restrain("link", TradingState.REDUCING, f"The connection is down: {fact.sentence}")
            if self._policy_task is None and self._on_lost is not None:
                self._policy_task = asyncio.get_running_loop().create_task(
                    self._apply_policy(), name="disconnect policy"
                )

    async def _apply_policy(self) -> None:
        await self._clock.sleep(GRACE_SECONDS)
        while self._on_lost is not None:
            try:
                done = await self._on_lost()
            except HlError as error:
                log.warning("the disconnect policy could not act yet: %s", error)
                await self._clock.sleep(RETRY_SECONDS)
            except Exception as error:
                log.exception("the disconnect policy failed")
                self._bus.publish(Notice(Severity.CRITICAL, f"The disconnect policy failed ({error}).", "INV-001"))
                return
            else:
                if done:
                    self._bus.publish(Notice(Severity.WARNING, done))
                return

    async def stop(self) -> None:
        """From now on a line that ends is our own doing."""
        self._on_lost = None
        if self._policy_task is not None:
            self._policy_task.cancel()
            await asyncio.gather(self._policy_task, return_exceptions=True)
