"""One position from flat to flat, as its protection remembers it."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

from pydantic import ValidationError

from hlmaster.core.events import TrackedOrder
from hlmaster.core.orders import TriggerKind
from hlmaster.trading.protection.cover import is_own
from hlmaster.trading.protection.plan import Past
from hlmaster.trading.protection.policy import Policy

log = logging.getLogger(__name__)
CLOCK_SKEW_MS = 2_000
"""A fill bears the venue's time, an order ours."""


class Memory(Protocol):
    """What protection must find again after a restart; a small document."""

    def load(self) -> dict[str, Any]: ...

    def save(self, document: Mapping[str, Any]) -> None: ...


@dataclass(slots=True)
class Epoch:
    """Seconds are monotonic ones; prices in USD. ``policy`` None: the settings'."""

    coin: str
    sign: int
    opened_ms: int
    best: Decimal
    ours: bool = False
    """Opened by this desk, or given into its care."""
    policy: Policy | None = None
    choices: int = 0
    """Made since this desk knows the position."""
    ticket_price: Decimal | None = None
    """The stop that the entry's ticket asked for."""
    ticket_target: Decimal | None = None
    """The target that it asked for."""
    handed_over: frozenset[str] = frozenset()
    named_ms: int = 0
    """When stop prices were named last: what had fired before says nothing about them."""
    entry_atr: Decimal | None = None
    past: Past = field(default_factory=Past)
    naked_since: float | None = None
    told: bool = False
    """That the stop does not stand yet has been said."""
    said: set[str] = field(default_factory=set)
    """Sentences about leaving it that have been told."""
    size: Decimal = Decimal(0)
    """As it was last seen."""
    failures: int = 0
    retry_at: float = -math.inf
    replaced_at: float = -math.inf
    placed_at: float = -math.inf
    close_at: float = -math.inf

    def is_of(self, sign: int, opened_ms: int) -> bool:
        return (self.sign, self.opened_ms) == (sign, opened_ms)

    def see(self, mark: Decimal) -> None:
        self.best = max(self.best, mark) if self.sign > 0 else min(self.best, mark)

    def fired(self, orders: Iterable[TrackedOrder]) -> None:
        """Note which of these stops and targets of ours went off since the position was opened."""
        for tracked in orders:
            order, trigger = tracked.order, tracked.order.trigger
            if trigger is None or not tracked.filled_size or not is_own(tracked) or order.coin != self.coin:
                continue
            if order.side.sign == self.sign or tracked.created_ms < self.opened_ms - CLOCK_SKEW_MS:
                continue
            stop, target = self.past.fired_stop, self.past.fired_target
            if trigger.kind is TriggerKind.STOP:
                if tracked.updated_ms < self.named_ms:
                    continue
                stop = _further(stop, trigger.price, -self.sign)
            else:
                target = _further(target, trigger.price, self.sign)
            self.past = Past(self.past.stops, stop, target)

    def choose(self, policy: Policy | None, now_ms: int, handed_over: Iterable[str] = ()) -> None:
        """A new choice starts the ratchet anew: a person may loosen a stop, the program may not. It has not failed yet,
        so nothing of it waits for what has."""
        self.policy, self.ours = policy, True
        self.choices += 1
        self.failures, self.retry_at = 0, -math.inf
        self.handed_over |= frozenset(handed_over)
        names_prices = policy is not None and bool(policy.tiers)
        self.named_ms = now_ms if names_prices else self.named_ms
        self.past = Past((), None if names_prices else self.past.fired_stop, self.past.fired_target)
        self.replaced_at = -math.inf

    def take_over(self, orders: Iterable[TrackedOrder], tiers: int) -> None:
        """Stops of ours found at the exchange bind the ratchet, so that a restart loosens nothing."""
        triggers = [o.order.trigger.price for o in orders if o.order.trigger is not None]
        if triggers and not self.past.stops:
            nearest = sorted(triggers, reverse=self.sign > 0)[:tiers]
            nearest += [nearest[-1]] * (tiers - len(nearest))
            self.past = Past(tuple(nearest), self.past.fired_stop, self.past.fired_target)

    # --- over a restart ---

    def document(self) -> dict[str, Any]:
        return {
            "sign": self.sign,
            "opened_ms": self.opened_ms,
            "best": str(self.best),
            "policy": None if self.policy is None else self.policy.model_dump(mode="json"),
            "ticket_price": None if self.ticket_price is None else str(self.ticket_price),
            "ticket_target": None if self.ticket_target is None else str(self.ticket_target),
            "handed_over": sorted(self.handed_over),
            "named_ms": self.named_ms,
            "entry_atr": None if self.entry_atr is None else str(self.entry_atr),
            "ours": self.ours,
        }

    def recall(self, document: Mapping[str, Any]) -> None:
        """Take up what was saved of this very position; anything else is left alone."""
        try:
            if not self.is_of(document["sign"], document["opened_ms"]):
                return
            chosen, price, atr = document["policy"], document["ticket_price"], document["entry_atr"]
            self.policy = None if chosen is None else Policy.model_validate(chosen)
            self.ticket_price = None if price is None else Decimal(price)
            target = document.get("ticket_target")
            self.ticket_target = None if target is None else Decimal(target)
            self.entry_atr = None if atr is None else Decimal(atr)
            self.handed_over = frozenset(document["handed_over"])
            self.named_ms = int(document.get("named_ms", 0))
            self.ours = self.ours or bool(document["ours"])
            self.see(Decimal(document["best"]))
        except (KeyError, TypeError, ValueError, ArithmeticError, ValidationError) as error:
            log.warning("the remembered protection of %s is damaged and was left out: %s", self.coin, error)


def _further(known: Decimal | None, price: Decimal, sign: int) -> Decimal:
    if known is None:
        return price
    return max(known, price) if sign > 0 else min(known, price)
