"""One websocket that never gives up: reconnects, listens again to everything, and notices when the line is dead."""

from __future__ import annotations

import asyncio
import importlib
import logging
import random
import ssl
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlsplit

from websockets.exceptions import ConnectionClosed, InvalidURI, WebSocketException

from hlmaster.core.clock import Clock
from hlmaster.core.errors import UnrecognisedReply
from hlmaster.core.events import DataDefect, DefectKind, LinkChanged, LinkState, Notice, Severity
from hlmaster.core.ports import LinkHealth
from hlmaster.exchange.hyperliquid.client import is_loopback
from hlmaster.exchange.hyperliquid.codec import Acknowledgement, Ignored, Pong, VenueComplaint, read_frame
from hlmaster.exchange.hyperliquid.subscriptions import Subscription, Subscriptions, quoted, request

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

log = logging.getLogger(__name__)
PING = '{"method":"ping"}'
LARGEST_FRAME = 16 * 1024 * 1024
"""A full list of open orders is about 2 MB; whatever is far beyond is no answer of this venue."""
BUFFERED_FRAMES = 1024


@dataclass(frozen=True, slots=True)
class SocketTiming:
    """Wall seconds, except ``batch``: frames handled before other tasks of the loop get their turn."""

    connect: float = 10.0
    ping_every: float = 20.0
    pong_within: float = 10.0
    silent_after: float = 60.0
    acknowledged_within: float = 10.0
    first_pause: float = 1.0
    longest_pause: float = 30.0
    stable_after: float = 20.0
    close: float = 1.0
    alarm_after: int = 50
    batch: int = 128


def socket_url(url: str) -> str:
    """``http://host`` becomes ``ws://host/ws``, ``https`` becomes ``wss``."""
    parts = urlsplit(url)
    scheme = {"http": "ws", "https": "wss"}.get(parts.scheme, parts.scheme)
    return f"{scheme}://{parts.netloc}{parts.path.rstrip('/')}/ws"


async def _library() -> Any:
    """The client of websockets, imported beside the loop at the first connection; the window does not wait for it."""
    return await asyncio.to_thread(importlib.import_module, "websockets.asyncio.client")


class Socket:
    """Hands every fact it hears to ``heard``, every change of its state to ``changed``.

    ``ready`` is called once per connection, when the venue has acknowledged every subscription (or has had time to);
    its argument is the seconds since the line was last alive, 0 for the first connection.
    """

    def __init__(
        self,
        url: str,
        clock: Clock,
        health: LinkHealth,
        *,
        name: str,
        heard: Callable[[object], None],
        changed: Callable[[LinkChanged], None],
        ready: Callable[[float], None],
        timing: SocketTiming | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.state = LinkState.DISCONNECTED
        self.subscriptions = Subscriptions()
        self.name = name
        self._url = url
        self._clock = clock
        self._health = health
        self._heard = heard
        self._changed = changed
        self._ready = ready
        self._timing = timing or SocketTiming()
        self._jitter = jitter
        self._task: asyncio.Task[None] | None = None
        self._outbox: deque[str] = deque()
        self._speak = asyncio.Event()
        self._all_answered = asyncio.Event()
        self._connections = 0
        self._opened: float | None = None
        self._last_frame = self._last_data = self._pinged = 0.0
        self._offline = 0.0
        self._death = ""

    # --- verbs ---

    def start(self) -> None:
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name=f"socket {self.name}")

    async def stop(self) -> None:
        """Close with code 1000 and stay closed."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            self._set(LinkState.DISCONNECTED, "The connection is closed.")

    def subscribe(self, subscription: Subscription) -> None:
        if self.subscriptions.add(subscription):
            self._say(request("subscribe", subscription))

    def unsubscribe(self, subscription: Subscription) -> None:
        if self.subscriptions.discard(subscription):
            self._say(request("unsubscribe", subscription))

    # --- the connection's life ---

    async def _run(self) -> None:
        attempt = 0
        alive_until: float | None = None
        while True:
            first = self._connections == 0
            self._set(
                LinkState.CONNECTING if first and attempt == 0 else LinkState.RECONNECTING,
                f"Connecting to {urlsplit(self._url).netloc}.",
                attempt,
            )
            try:
                reason, fatal = await self._connect_and_listen(alive_until)
            except Exception as error:
                log.exception("socket %s: an internal fault broke the connection", self.name)
                reason, fatal = f"An internal fault broke the connection ({type(error).__name__}).", False
            if fatal:
                self._die(reason)
                return
            if self._opened is not None:
                alive_until = self._last_frame
                attempt = 0 if self._last_frame - self._opened >= self._timing.stable_after else attempt
            attempt += 1
            pause = self._pause(attempt)
            self._set(LinkState.RECONNECTING, f"{reason} Next try in {pause:.0f} s.", attempt, pause)
            if attempt == self._timing.alarm_after:
                self._alarm(reason, attempt)
            await self._clock.sleep(pause)

    async def _connect_and_listen(self, alive_until: float | None) -> tuple[str, bool]:
        """One connection from start to end: why it ended, and whether no retry can help."""
        self._opened = None
        try:
            library = await _library()
            connection = await library.connect(
                self._url,
                compression=None,
                ping_interval=None,
                open_timeout=self._timing.connect,
                close_timeout=self._timing.close,
                max_size=LARGEST_FRAME,
                max_queue=BUFFERED_FRAMES,
                proxy=None if is_loopback(self._url) else True,
            )
        except InvalidURI as error:
            return f"{error}.", True
        except ssl.SSLCertVerificationError as error:
            # Seen before the first connection it is a wrong address or a listener; later, a passing network fault.
            return f"The exchange's certificate is not valid ({error.verify_message}).", self._connections == 0
        except (OSError, TimeoutError, WebSocketException) as error:
            self._count(type(error).__name__)
            return f"No connection to the exchange ({_reason(error)}).", False
        try:
            self._begin(alive_until)
            return await self._listen(connection), False
        finally:
            await connection.close(1000)

    def _begin(self, alive_until: float | None) -> None:
        now = self._clock.monotonic()
        self._opened = self._last_frame = self._last_data = now
        self._death = ""
        if self._connections:
            self._health.reconnects += 1
        self._connections += 1
        self._outbox.clear()
        self._all_answered.clear()
        for subscription in self.subscriptions.forget_answers():
            self._outbox.append(request("subscribe", subscription))
        self._speak.set()
        self._offline = 0.0 if alive_until is None else now - alive_until
        self._set(LinkState.CONNECTED, f"Connected to {urlsplit(self._url).netloc}.")

    async def _listen(self, connection: ClientConnection) -> str:
        tasks = [
            asyncio.create_task(self._send_outbox(connection), name=f"{self.name} sender"),
            asyncio.create_task(self._heartbeat(connection), name=f"{self.name} heartbeat"),
            asyncio.create_task(self._await_answers(), name=f"{self.name} answers"),
        ]
        try:
            await self._read(connection)
        except ConnectionClosed as closed:
            self._count("closed")
            return self._death or f"The exchange closed the connection ({closed})."
        finally:
            for task in tasks:
                task.cancel()
            for result in await asyncio.gather(*tasks, return_exceptions=True):
                if isinstance(result, Exception) and not isinstance(result, ConnectionClosed):
                    log.error("socket %s: a task failed", self.name, exc_info=result)

    async def _read(self, connection: ClientConnection) -> NoReturn:
        """Frames to facts, in bounded batches: a flood must not keep the loop from painting."""
        receive, monotonic, now_ms = connection.recv, self._clock.monotonic, self._clock.now_ms
        heard, health = self._heard, self._health
        while True:
            for _ in range(self._timing.batch):
                frame = await receive(decode=False)
                self._last_frame = health.last_frame_monotonic = now = monotonic()
                health.messages += 1
                health.bytes_received += len(frame)
                try:
                    fact = read_frame(frame, now_ms)
                except UnrecognisedReply as error:
                    self._malformed(error)
                    continue
                if fact.__class__ in _SESSION_FRAMES:
                    self._session_frame(fact)
                    continue
                self._last_data = now
                if isinstance(fact, tuple):
                    for part in fact:
                        heard(part)
                else:
                    heard(fact)
            await asyncio.sleep(0)

    async def _send_outbox(self, connection: ClientConnection) -> None:
        while True:
            await self._speak.wait()
            self._speak.clear()
            while self._outbox:
                await connection.send(self._outbox.popleft())

    async def _heartbeat(self, connection: ClientConnection) -> None:
        """Any frame after a ping proves life, for under a flood the pong itself may be late."""
        timing = self._timing
        while not self._death:
            await self._clock.sleep(timing.ping_every - timing.pong_within)
            self._pinged = self._clock.monotonic()
            await connection.send(PING)
            await self._clock.sleep(timing.pong_within)
            if self._last_frame < self._pinged:
                self._death = f"The exchange has not answered for {timing.pong_within:.0f} s."
            elif len(self.subscriptions) and self._clock.monotonic() - self._last_data > timing.silent_after:
                self._death = f"The exchange has sent no data for {timing.silent_after:.0f} s."
        connection.transport.abort()

    async def _await_answers(self) -> None:
        self._check_answers()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._timing.acknowledged_within):
                await self._all_answered.wait()
        for subscription in self.subscriptions.unanswered:
            self._count("subscription unanswered")
            self._say(request("subscribe", subscription))
        self._ready(self._offline)

    # --- session frames ---

    def _session_frame(self, frame: object) -> None:
        match frame:
            case Pong():
                self._health.round_trip_ms = 1000.0 * (self._clock.monotonic() - self._pinged)
            case Acknowledgement(subscribed=True, subscription=subscription):
                self.subscriptions.answer(subscription)
                self._check_answers()
            case VenueComplaint(text=text):
                self._complaint(text)
            case Ignored(channel=channel, known=False):
                self._count(f"unknown channel {channel[:40]}")

    def _complaint(self, text: str) -> None:
        about = quoted(text)
        if text.startswith("Already") and about is not None:
            self.subscriptions.answer(about)
        else:
            self._count("complaint")
            log.warning("socket %s: the exchange complains: %s", self.name, text)
            if text.startswith("Invalid subscription") and about is not None and self.subscriptions.discard(about):
                sentence = f"The exchange does not offer the stream {dict(about)}."
                self._heard(Notice(Severity.ERROR, sentence, "VEN-003", "Look for a newer version of this program."))
        self._check_answers()

    def _check_answers(self) -> None:
        if not self.subscriptions.unanswered:
            self._all_answered.set()

    def _malformed(self, error: UnrecognisedReply) -> None:
        self._count("malformed frame")
        self._heard(DataDefect(DefectKind.MALFORMED, self.name, "", error.sentence, self._clock.now_ms()))

    # --- small print ---

    def _say(self, text: str) -> None:
        if self.state is LinkState.CONNECTED:
            self._outbox.append(text)
            self._speak.set()

    def _pause(self, attempt: int) -> float:
        ceiling = min(self._timing.first_pause * 2.0 ** min(attempt - 1, 16), self._timing.longest_pause)
        return ceiling * (0.5 + 0.5 * self._jitter())

    def _count(self, what: str) -> None:
        errors = self._health.errors
        if what in errors or len(errors) < 100:
            errors[what] = errors.get(what, 0) + 1

    def _set(self, state: LinkState, sentence: str, attempt: int = 0, pause: float | None = None) -> None:
        self.state = state
        self._changed(LinkChanged(state, sentence, attempt, pause))

    def _alarm(self, reason: str, attempt: int) -> None:
        sentence = f"Still no {self.name} connection after {attempt} tries. {reason}"
        self._heard(Notice(Severity.CRITICAL, sentence, "VEN-002", "Check the internet connection; tries go on."))

    def _die(self, reason: str) -> None:
        self._set(LinkState.FATAL, reason)
        cure = "Correct the exchange's address in the settings, check this computer's clock, then start again."
        self._heard(Notice(Severity.CRITICAL, f"The {self.name} connection cannot be made. {reason}", "VEN-002", cure))


_SESSION_FRAMES: frozenset[type] = frozenset({Acknowledgement, Pong, VenueComplaint, Ignored})


def _reason(error: BaseException) -> str:
    return str(error) or type(error).__name__
