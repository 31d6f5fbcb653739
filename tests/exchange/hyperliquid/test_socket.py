from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from hlmaster.core.clock import SystemClock
from hlmaster.core.events import BestQuote, DataDefect, DefectKind, LinkChanged, LinkState, Notice
from hlmaster.core.ports import LinkHealth
from hlmaster.exchange.hyperliquid.socket import LARGEST_FRAME, Socket, SocketTiming, socket_url
from tests.exchange.hyperliquid.venue import QUICK_SOCKET, Venue, until

BBO = {"type": "bbo", "coin": "BTC"}
QUOTE = {"channel": "bbo", "data": {"coin": "BTC", "time": 5, "bbo": [{"px": "1.5", "sz": "2.0", "n": 1}, None]}}


class Listener:
    def __init__(self) -> None:
        self.facts: list[Any] = []
        self.changes: list[LinkChanged] = []
        self.ready: list[float] = []

    @property
    def states(self) -> list[LinkState]:
        return [change.state for change in self.changes]


def make(url: str, listener: Listener, timing: SocketTiming = QUICK_SOCKET, clock: SystemClock | None = None) -> Socket:
    return Socket(
        socket_url(url),
        clock or SystemClock(),
        LinkHealth(),
        name="test",
        heard=listener.facts.append,
        changed=listener.changes.append,
        ready=listener.ready.append,
        timing=timing,
        jitter=lambda: 0.5,
    )


@pytest.fixture
async def venue() -> AsyncIterator[Venue]:
    async with Venue() as running:
        yield running


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture
async def socket(venue: Venue, listener: Listener) -> AsyncIterator[Socket]:
    made = make(venue.url, listener)
    yield made
    await made.stop()


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("http://127.0.0.1:80", "ws://127.0.0.1:80/ws"),
        ("https://venue.example", "wss://venue.example/ws"),
        ("https://venue.example/", "wss://venue.example/ws"),
    ],
)
def test_the_socket_lives_beside_the_queries(url: str, wanted: str) -> None:
    assert socket_url(url) == wanted


async def test_it_connects_subscribes_and_hands_on_facts(venue: Venue, listener: Listener, socket: Socket) -> None:
    venue.greeting = lambda subscription: [QUOTE]
    socket.subscribe(BBO)
    socket.start()
    await until(lambda: listener.facts and listener.ready)
    assert isinstance(listener.facts[0], BestQuote)
    assert listener.ready == [0.0]
    assert listener.states == [LinkState.CONNECTING, LinkState.CONNECTED]
    await socket.stop()
    assert listener.states[-1] is LinkState.DISCONNECTED
    await until(lambda: venue.close_codes)
    assert venue.close_codes == [1000]


async def test_after_a_drop_it_subscribes_to_everything_again(venue: Venue, listener: Listener, socket: Socket) -> None:
    socket.subscribe(BBO)
    socket.start()
    await until(lambda: listener.ready)
    socket.subscribe({"type": "trades", "coin": "BTC"})
    socket.subscribe({"type": "bbo", "coin": "ETH"})
    socket.unsubscribe({"type": "bbo", "coin": "ETH"})
    await until(lambda: venue.said["unsubscribe"])
    venue.subscribed.clear()
    venue.turn_away = 2
    venue.drop()
    await until(lambda: len(listener.ready) == 2)
    assert sorted(s["type"] for s in venue.subscribed) == ["bbo", "trades"]
    assert listener.ready[1] > 0
    retries = [change for change in listener.changes if change.retry_in_seconds is not None]
    assert [change.attempt for change in retries] == [1, 2, 3]
    assert all(change.state is LinkState.RECONNECTING for change in retries)
    assert listener.states[-1] is LinkState.CONNECTED


async def test_a_line_that_stays_open_but_silent_is_replaced(venue: Venue, listener: Listener, socket: Socket) -> None:
    socket.subscribe(BBO)
    socket.start()
    await until(lambda: listener.ready)
    venue.answer_pings = False
    await until(lambda: venue.connections == 2)
    lost = next(change for change in listener.changes if change.state is LinkState.RECONNECTING)
    assert "not answered" in lost.sentence


async def test_pongs_alone_do_not_keep_a_line_without_data(venue: Venue, listener: Listener) -> None:
    socket = make(venue.url, listener, replace(QUICK_SOCKET, silent_after=0.2))
    socket.subscribe(BBO)
    socket.start()
    await until(lambda: venue.connections == 2)
    await socket.stop()
    assert any("no data" in change.sentence for change in listener.changes)


async def test_data_under_way_proves_life_while_a_pong_is_missing(
    venue: Venue, listener: Listener, socket: Socket
) -> None:
    venue.answer_pings = False
    socket.subscribe(BBO)
    socket.start()
    await until(lambda: listener.ready)
    while venue.said["ping"] < 2:
        await venue.tell(QUOTE)
        await asyncio.sleep(0.02)
    assert venue.connections == 1


async def test_garbage_is_counted_shown_and_survived(venue: Venue, listener: Listener, socket: Socket) -> None:
    socket.subscribe(BBO)
    socket.start()
    await until(lambda: listener.ready)
    lies = [
        "",
        "Websocket connection established.",
        "{",
        "[]",
        "null",
        '{"channel":"bbo"}',
        '{"channel":"bbo","data":{"coin":"BTC","time":"x","bbo":[null,null]}}',
        '{"channel":"bbo","data":{"coin":"BTC","time":1,"bbo":[{"px":null,"sz":"1","n":1},null]}}',
        '{"channel":"l2Book","data":{"coin":"BTC","time":1,"levels":[[]]}}',
        '{"channel":"trades","data":[{"coin":"BTC"}]}',
    ]
    await venue.tell(*lies, '{"channel":"somethingNew","data":1}', QUOTE)
    await until(lambda: any(isinstance(fact, BestQuote) for fact in listener.facts))
    defects = [fact for fact in listener.facts if isinstance(fact, DataDefect)]
    assert len(defects) == len(lies)
    assert {defect.kind for defect in defects} == {DefectKind.MALFORMED}
    assert all(len(defect.detail) < 500 for defect in defects)
    assert socket._health.errors == {"malformed frame": len(lies), "unknown channel somethingNew": 1}
    assert venue.connections == 1


async def test_an_oversize_frame_costs_the_connection_not_the_process(
    venue: Venue, listener: Listener, socket: Socket
) -> None:
    socket.subscribe(BBO)
    socket.start()
    await until(lambda: listener.ready)
    with suppress(ConnectionError):  # the line may be gone before the whole frame is sent
        await venue.tell('{"channel":"bbo","data":"' + "x" * LARGEST_FRAME + '"}')
    await until(lambda: len(listener.ready) == 2)
    assert listener.states[-1] is LinkState.CONNECTED


async def test_already_subscribed_is_harmless(venue: Venue, listener: Listener, socket: Socket) -> None:
    venue.acknowledge = False
    socket.subscribe({"type": "l2Book", "coin": "BTC", "fast": True})
    socket.start()
    await until(lambda: venue.subscribed)
    said = 'Already subscribed: {"type":"l2Book","coin":"BTC","nSigFigs":null,"mantissa":null,"fast":true}'
    await venue.tell({"channel": "error", "data": said})
    await until(lambda: listener.ready)
    assert socket._health.errors == {}
    assert not socket.subscriptions.unanswered


async def test_a_stream_the_venue_does_not_know_is_given_up_and_told(
    venue: Venue, listener: Listener, socket: Socket
) -> None:
    venue.acknowledge = False
    socket.subscribe(BBO)
    socket.start()
    await until(lambda: venue.subscribed)
    await venue.tell({"channel": "error", "data": 'Invalid subscription {"type":"bbo","coin":"BTC"}'})
    await until(lambda: listener.ready)
    assert [type(fact) for fact in listener.facts] == [Notice]
    assert not socket.subscriptions


async def test_a_subscription_without_an_answer_is_asked_again_and_does_not_block(
    venue: Venue, listener: Listener, socket: Socket
) -> None:
    venue.acknowledge = False
    socket.subscribe(BBO)
    socket.start()
    await until(lambda: listener.ready)
    await until(lambda: len(venue.subscribed) == 2)
    assert socket._health.errors == {"subscription unanswered": 1}


async def test_it_never_gives_up_and_raises_an_alarm_once(listener: Listener) -> None:
    async with Venue() as gone:
        url = gone.url
    socket = make(url, listener, replace(QUICK_SOCKET, first_pause=0.0005, longest_pause=0.001, alarm_after=5))
    socket.start()
    await until(lambda: any(change.attempt > 12 for change in listener.changes))
    assert [type(fact) for fact in listener.facts] == [Notice]
    async with Venue() as venue:
        socket._url = socket_url(venue.url)
        await until(lambda: socket.state is LinkState.CONNECTED)
        await socket.stop()


async def test_only_what_no_retry_cures_is_fatal(listener: Listener) -> None:
    socket = make("http://127.0.0.1:1", listener)
    socket._url = "gopher://127.0.0.1/ws"
    socket.start()
    await until(lambda: socket.state is LinkState.FATAL)
    assert isinstance(listener.facts[-1], Notice)
    await socket.stop()


async def test_pauses_double_with_jitter_up_to_a_ceiling(listener: Listener) -> None:
    socket = make("http://127.0.0.1:1", listener, SocketTiming())
    assert [socket._pause(attempt) for attempt in range(1, 8)] == [0.75, 1.5, 3.0, 6.0, 12.0, 22.5, 22.5]


async def test_a_connection_closed_at_once_does_not_reset_the_pauses(venue: Venue, listener: Listener) -> None:
    socket = make(venue.url, listener, replace(QUICK_SOCKET, first_pause=0.001, longest_pause=0.002))
    socket.start()
    for wanted in range(1, 6):
        await until(lambda wanted=wanted: venue.connections == wanted and venue.lines)  # type: ignore[misc]
        venue.drop()
    await until(lambda: venue.connections == 6)
    await socket.stop()
    attempts = [change.attempt for change in listener.changes if change.retry_in_seconds is not None]
    assert attempts[:5] == [1, 2, 3, 4, 5]


async def test_a_flood_leaves_other_tasks_their_turn(venue: Venue, listener: Listener) -> None:
    socket = make(venue.url, listener, replace(QUICK_SOCKET, batch=8))
    socket.subscribe(BBO)
    socket.start()
    await until(lambda: listener.ready)
    turns = 0

    async def bystander() -> None:
        nonlocal turns
        while len(listener.facts) < 2000:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(bystander())
    await venue.tell(*[QUOTE] * 2000)
    await task
    await socket.stop()
    assert turns >= 2000 / 8


async def test_round_trip_and_counters_are_kept(venue: Venue, listener: Listener, socket: Socket) -> None:
    socket.subscribe(BBO)
    socket.start()
    await until(lambda: socket._health.round_trip_ms is not None)
    health = socket._health
    assert health.round_trip_ms is not None
    assert 0 < health.round_trip_ms < 1000
    assert health.messages >= 2
    assert health.bytes_received > 0
    assert health.last_frame_monotonic is not None


async def test_a_fault_of_our_own_costs_the_connection_not_the_socket(venue: Venue, listener: Listener) -> None:
    socket = make(venue.url, listener)
    faults = [ValueError("a bug")]

    def heard(fact: object) -> None:
        if faults:
            raise faults.pop()
        listener.facts.append(fact)

    socket._heard = heard
    venue.greeting = lambda subscription: [QUOTE]
    socket.subscribe(BBO)
    socket.start()
    await until(lambda: listener.facts)
    await socket.stop()
    assert venue.connections == 2
    assert any("internal fault" in change.sentence for change in listener.changes)
