"""Requests over HTTP: queries, which may be repeated, and signed actions, which never are."""

from __future__ import annotations

import asyncio
import importlib
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from hlmaster.core.clock import Clock
from hlmaster.core.errors import ConfigError, OutcomeUnknown, RateLimited, VenueRefused, VenueUnreachable
from hlmaster.core.failpoints import NO_FAILPOINTS, Failpoints, Point
from hlmaster.core.ports import LinkHealth
from hlmaster.exchange.hyperliquid.budget import Priority, WeightBudget, query_weight, rows_weight
from hlmaster.exchange.hyperliquid.codec import excerpt

if TYPE_CHECKING:
    import httpx

DECIDING = frozenset({"orderStatus", "clearinghouseState"})
HISTORY = frozenset({"candleSnapshot", "fundingHistory", "recentTrades"})
JSON_HEADERS = {"content-type": "application/json"}
SHORTEST_NAP, LONGEST_NAP = 0.001, 1.0
SHARED = "All programs at one internet address share its allowance; this one waits its turn. Close others to be faster."
CURE = "Check the internet connection and the exchange's status page; the program keeps trying."


@cache
def _load() -> ModuleType:
    """httpx, and what it would import at its first connection, when it is the loop that would wait."""
    httpx, *_ = (importlib.import_module(name) for name in ("httpx", "httpcore", "anyio"))
    return httpx


async def _library() -> Any:
    """Imported beside the loop at the first request: the window need not wait a quarter of a second for it."""
    return _load() if _load.cache_info().currsize else await asyncio.to_thread(_load)


def is_loopback(url: str) -> bool:
    return urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class ClientTiming:
    """Wall seconds. Pauses between attempts double from ``first_pause`` and are drawn from half to whole of that."""

    connect: float = 5.0
    read: float = 10.0
    attempts: int = 4
    first_pause: float = 0.3
    longest_pause: float = 8.0
    breaker_failures: int = 5
    breaker_open: float = 5.0
    breaker_longest: float = 8.0
    """Shorter than a position may stay without a stop: the probe finds a recovered venue in time."""
    too_many_pause: float = 10.0
    """After HTTP 429, where the venue does not say how long; each further one doubles it, to ``too_many_longest``."""
    too_many_longest: float = 60.0


class BreakerState(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


class Breaker:
    """After several failures in a row, queries fail at once for a while; then one probe decides."""

    def __init__(self, clock: Clock, timing: ClientTiming) -> None:
        self.state = BreakerState.CLOSED
        self._clock = clock
        self._timing = timing
        self._failures = 0
        self._pause = timing.breaker_open
        self._until = 0.0

    def admits(self) -> bool:
        """Ask before each query: True also claims the one probe of a half-open breaker."""
        if self.state is BreakerState.OPEN and self._clock.monotonic() >= self._until:
            self.state = BreakerState.HALF_OPEN
            return True
        return self.state is BreakerState.CLOSED

    def succeeded(self) -> None:
        self.state, self._failures, self._pause = BreakerState.CLOSED, 0, self._timing.breaker_open

    def failed(self) -> None:
        self._failures += 1
        if self.state is BreakerState.HALF_OPEN:
            self._pause = min(2 * self._pause, self._timing.breaker_longest)
        elif self._failures < self._timing.breaker_failures:
            return
        self.state, self._until = BreakerState.OPEN, self._clock.monotonic() + self._pause

    def answered(self) -> None:
        """The venue answered something else: a probe is worth its while now."""
        if self.state is BreakerState.OPEN:
            self._until = self._clock.monotonic()

    def abandoned(self) -> None:
        """The probe was cancelled: the next query may probe."""
        if self.state is BreakerState.HALF_OPEN:
            self.state, self._until = BreakerState.OPEN, self._clock.monotonic()


class Client:
    """``POST /info`` and ``POST /exchange`` of one venue."""

    def __init__(
        self,
        url: str,
        clock: Clock,
        health: LinkHealth,
        budget: WeightBudget,
        timing: ClientTiming | None = None,
        jitter: Callable[[], float] = random.random,
        failpoints: Failpoints = NO_FAILPOINTS,
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ConfigError(
                f"The exchange's address {url!r} is not a web address.", "Use https://host or http://host."
            )
        self.budget = budget
        self.health = health
        self._clock = clock
        self._timing = timing or ClientTiming()
        self._jitter = jitter
        self._failpoints = failpoints
        self._traced = {} if failpoints is NO_FAILPOINTS else {"trace": self._trace}
        self.breaker = Breaker(clock, self._timing)
        self._url = url
        self._sessions: dict[str, httpx.AsyncClient] = {}
        self._refusals = 0
        """HTTP 429 in a row."""
        health.weight_limit, health.weigh = budget.limit, lambda: budget.used

    def _session(self, library: Any, purpose: str, connections: int, keepalive: float) -> httpx.AsyncClient:
        timing = self._timing
        if purpose not in self._sessions:
            self._sessions[purpose] = library.AsyncClient(
                base_url=self._url.rstrip("/"),
                headers=JSON_HEADERS,
                timeout=library.Timeout(timing.read, connect=timing.connect, pool=timing.connect),
                limits=library.Limits(
                    max_connections=connections, max_keepalive_connections=connections, keepalive_expiry=keepalive
                ),
                trust_env=not is_loopback(self._url),
                verify=not self._url.startswith("http:"),
            )
        return self._sessions[purpose]

    async def close(self) -> None:
        for session in self._sessions.values():
            await session.aclose()

    async def info(self, kind: str, *, priority: Priority | None = None, rows: int = 0, **fields: object) -> bytes:
        """The raw answer to a query, repeated as long as that may help. ``priority``: None for its kind's own.

        ``rows`` that are foreseen are paid for before: those of many answers on their way are more than a reserve.

        Raises VenueRefused (the query is malformed), RateLimited, VenueUnreachable.
        """
        body = msgspec.json.encode({"type": kind} | fields)
        failure: RateLimited | VenueUnreachable | None = None
        for attempt in range(self._timing.attempts):
            if attempt:
                await self._clock.sleep(self._pause(attempt))
            try:
                return await self._ask(kind, body, priority or _read_priority(kind), rows)
            except (RateLimited, VenueUnreachable) as error:
                failure = error
                self._count(error.code)
                if self.breaker.state is BreakerState.OPEN:
                    break
        assert failure is not None
        raise failure

    def charge_rows(self, kind: str, rows: int, foreseen: int = 0) -> None:
        """Long answers cost extra, known only once they are read; what was foreseen is paid for already."""
        self.budget.charge(rows_weight(kind, rows) - rows_weight(kind, foreseen))

    async def _ask(self, kind: str, body: bytes, priority: Priority, rows: int) -> bytes:
        weight = query_weight(kind) + rows_weight(kind, rows)
        with self.budget.claim(priority):
            while (wait := self.budget.wait_for(weight, priority)) > 0:
                # In short steps, for a pause may end before its time.
                await self._clock.sleep(min(wait + SHORTEST_NAP, LONGEST_NAP))
        if not self.breaker.admits():
            raise VenueUnreachable("The exchange has not answered several times; queries pause for a moment.", CURE)
        self.budget.charge(weight)
        httpx = await _library()
        try:
            response = await self._session(httpx, "reads", 8, 20.0).post("/info", content=body)
        except httpx.HTTPError as error:
            self.breaker.failed()
            raise VenueUnreachable(f"The exchange cannot be reached ({_reason(error)}).", CURE) from error
        except asyncio.CancelledError:
            self.breaker.abandoned()
            raise
        if response.status_code >= 500:
            self.breaker.failed()
            raise VenueUnreachable(f"The exchange is in trouble (HTTP {response.status_code} to {kind}).", CURE)
        self.breaker.succeeded()
        if response.status_code == 429:
            self._back_off(response.headers.get("retry-after"))
            raise RateLimited("The exchange refuses more requests for now (HTTP 429).", SHARED)
        self._welcome()
        if response.status_code >= 400:
            raise VenueRefused(f"The exchange refused the query {kind}: {excerpt(response.content)}")
        return response.content

    async def act(self, body: bytes, weight: int, priority: Priority) -> bytes:
        """Send one signed action, once. Returns the body of a 200.

        Raises VenueRefused (the request's form was refused), RateLimited (nothing was carried out), VenueUnreachable
        (no byte left), OutcomeUnknown (anything else).
        """
        if not self.budget.take(weight, priority):
            raise RateLimited(
                "Our share of the exchange's request allowance is used up; nothing was sent.", "Wait up to a minute."
            )
        httpx = await _library()
        # A venue closes idle connections without a word; an action must not meet one, so idle ones are dropped first.
        # Exits have connections of their own: entries that hang must not be in their way.
        purpose = "entries" if priority is Priority.ENTRY else "exits"
        session = self._session(httpx, purpose, 8, 4.0)
        try:
            response = await session.post("/exchange", content=body, extensions=self._traced)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            self._count(VenueUnreachable.code)
            raise VenueUnreachable(
                f"No connection to the exchange ({_reason(error)}); nothing was sent.", CURE
            ) from error
        except httpx.HTTPError as error:
            self._count(OutcomeUnknown.code)
            raise OutcomeUnknown(
                f"The exchange's answer was lost ({_reason(error)}).", "It is being looked up."
            ) from error
        if response.status_code == 429:
            self._count(RateLimited.code)
            self._back_off(response.headers.get("retry-after"))
            raise RateLimited("The exchange refused the action unread (HTTP 429); nothing was done.", "Wait a moment.")
        if response.status_code in (400, 415, 422):
            raise VenueRefused(f"The exchange could not read the request: {excerpt(response.content)}")
        if response.status_code != 200:
            self._count(OutcomeUnknown.code)
            raise OutcomeUnknown(
                f"The exchange answered HTTP {response.status_code}; the action may have been carried out.",
                "It is being looked up.",
            )
        self.breaker.answered()
        self._welcome()
        return response.content

    def _welcome(self) -> None:
        """Something was answered, be it one of the questions that no pause holds back: reads need not wait longer."""
        if self._refusals:
            self._refusals = 0
            self.budget.admit_reads()

    def _back_off(self, retry_after: str | None) -> None:
        """Reads pause for as long as the venue asks, else for longer each time; never all desks for the same time."""
        timing = self._timing
        pause = min(timing.too_many_pause * 2.0**self._refusals, timing.too_many_longest)
        if retry_after is not None and retry_after.strip().isdigit():
            pause = max(pause, float(retry_after))
        self._refusals += 1
        self.budget.refuse_reads(pause * (1.0 + 0.25 * self._jitter()))

    async def _trace(self, event: str, info: Mapping[str, Any]) -> None:
        if event == "http11.send_request_body.complete":
            await self._failpoints.reach(Point.SOCKET_WRITTEN)
        elif event == "http11.receive_response_headers.started":
            await self._failpoints.reach(Point.BEFORE_REPLY)

    def _pause(self, attempt: int) -> float:
        ceiling = min(self._timing.first_pause * 2.0 ** (attempt - 1), self._timing.longest_pause)
        return ceiling * (0.5 + 0.5 * self._jitter())

    def _count(self, code: str) -> None:
        self.health.errors[code] = self.health.errors.get(code, 0) + 1


def _read_priority(kind: str) -> Priority:
    if kind in DECIDING:
        return Priority.DECIDING
    return Priority.STUDY if kind in HISTORY else Priority.STATE


def _reason(error: httpx.HTTPError) -> str:
    return str(error) or type(error).__name__
