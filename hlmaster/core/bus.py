"""The in-process bus: facts go to plain functions, in subscription order, first in first out."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from hlmaster.core.clock import performance_ns

log = logging.getLogger(__name__)
Fact = TypeVar("Fact")
Handler = Callable[[Any], None]
SLOW_HANDLER_NS = 1_000_000


@dataclass(frozen=True, slots=True)
class HandlerFailed:
    """A handler raised. Whoever guards the desk decides what that means; a trading handler's failure halts trading."""

    handler: str
    """Module and name."""
    fact: str
    error: str


class Bus:
    """Synchronous publish and subscribe on the loop's thread.

    An event published inside a handler waits its turn, so every handler sees facts in one and the same order. A handler
    that raises is logged, reported as ``HandlerFailed`` and does not stop the others.
    """

    def __init__(self) -> None:
        self._handlers: dict[type, tuple[Handler, ...]] = {}
        self._queue: deque[Any] = deque()
        self._busy = False
        self.published = 0
        self.slow_handlers = 0

    def subscribe(self, kind: type[Fact], handler: Callable[[Fact], None]) -> Callable[[], None]:
        """Call ``handler`` for every fact of exactly this type; returns the function that ends the subscription."""
        self._handlers[kind] = (*self._handlers.get(kind, ()), handler)

        def unsubscribe() -> None:
            self._handlers[kind] = tuple(h for h in self._handlers.get(kind, ()) if h is not handler)

        return unsubscribe

    def publish(self, fact: object) -> None:
        self.published += 1
        if self._busy:
            self._queue.append(fact)
            return
        self._busy = True
        try:
            self._dispatch(fact)
            while self._queue:
                self._dispatch(self._queue.popleft())
        finally:
            self._busy = False

    def _dispatch(self, fact: object) -> None:
        for handler in self._handlers.get(type(fact), ()):
            started = performance_ns()
            try:
                handler(fact)
            except Exception as error:
                name = f"{handler.__module__}.{getattr(handler, '__qualname__', repr(handler))}"
                log.exception("handler %s failed on %s", name, type(fact).__name__)
                if not isinstance(fact, HandlerFailed):
                    self._queue.append(HandlerFailed(name, type(fact).__name__, f"{type(error).__name__}: {error}"))
            if performance_ns() - started > SLOW_HANDLER_NS:
                self.slow_handlers += 1
