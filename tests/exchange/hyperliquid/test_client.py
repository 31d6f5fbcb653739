from __future__ import annotations

import asyncio
import socket as plain_socket
from collections.abc import AsyncIterator

import pytest

from hlmaster.core.clock import MINUTE_MS, ManualClock, SystemClock
from hlmaster.core.errors import ConfigError, OutcomeUnknown, RateLimited, VenueRefused, VenueUnreachable
from hlmaster.core.failpoints import NO_FAILPOINTS, Failpoints, Point
from hlmaster.core.model import Interval
from hlmaster.core.ports import LinkHealth, Turn
from hlmaster.exchange.hyperliquid.budget import Priority, WeightBudget, requests_refusal
from hlmaster.exchange.hyperliquid.client import Breaker, Client, ClientTiming
from hlmaster.exchange.hyperliquid.market_queries import MarketQueries
from tests.exchange.hyperliquid.venue import QUICK_CLIENT, Venue, candle, until


@pytest.fixture
async def venue() -> AsyncIterator[Venue]:
    async with Venue() as running:
        yield running


def make(url: str, budget: WeightBudget | None = None, failpoints: Failpoints = NO_FAILPOINTS) -> Client:
    clock, health = SystemClock(), LinkHealth()
    return Client(url, clock, health, budget or WeightBudget(clock), QUICK_CLIENT, lambda: 0.5, failpoints)


@pytest.fixture
async def client(venue: Venue) -> AsyncIterator[Client]:
    made = make(venue.url)
    yield made
    await made.close()


@pytest.mark.parametrize("url", ["", "venue", "ftp://venue", "http://", "ws://venue"])
def test_an_address_that_is_none_is_a_setting_to_correct(url: str) -> None:
    with pytest.raises(ConfigError):
        make(url)


@pytest.mark.parametrize("trouble", [(500, "null"), (502, "<html>"), (503, ""), (504, ""), (429, "null")])
async def test_queries_are_repeated_through_passing_trouble(
    venue: Venue, client: Client, trouble: tuple[int, str]
) -> None:
    venue.troubles.extend([trouble, trouble])
    assert b"specialStatuses" in await client.info("exchangeStatus")
    assert venue.count("exchangeStatus") == 3


async def test_a_malformed_query_is_not_repeated(venue: Venue, client: Client) -> None:
    with pytest.raises(VenueRefused, match="Failed to deserialize"):
        await client.info("nonsense")
    assert venue.count("nonsense") == 1


async def test_lasting_trouble_opens_the_breaker_and_one_probe_closes_it(venue: Venue, client: Client) -> None:
    venue.troubles.extend([(502, "")] * 3)
    with pytest.raises(VenueUnreachable, match="502"):
        await client.info("exchangeStatus")
    assert client.breaker.state.value == "open"
    with pytest.raises(VenueUnreachable, match="several times"):
        await client.info("exchangeStatus")
    assert venue.count("exchangeStatus") == 3
    await asyncio.sleep(QUICK_CLIENT.breaker_open)
    await client.info("exchangeStatus")
    assert client.breaker.state.value == "closed"


async def test_an_action_that_is_answered_lets_queries_probe_at_once(venue: Venue, client: Client) -> None:
    venue.troubles.extend([(502, "")] * 3)
    with pytest.raises(VenueUnreachable):
        await client.info("exchangeStatus")
    with pytest.raises(VenueUnreachable, match="several times"):
        await client.info("exchangeStatus")
    await client.act(b"{}", 1, Priority.PROTECT)
    assert await client.info("exchangeStatus")


def test_a_failed_probe_waits_twice_as_long() -> None:
    clock = ManualClock()
    breaker = Breaker(clock, ClientTiming(breaker_failures=2, breaker_open=5, breaker_longest=12))
    waits = []
    breaker.failed()
    assert breaker.admits()
    breaker.failed()
    for _ in range(3):
        seconds = 0
        while not breaker.admits():
            clock.advance(1000)
            seconds += 1
        assert not breaker.admits(), "only one probe at a time"
        waits.append(seconds)
        breaker.failed()
    assert waits == [5, 10, 12]
    clock.advance(60_000)
    assert breaker.admits()
    breaker.abandoned()
    assert breaker.admits(), "a cancelled probe leaves room for the next"
    breaker.succeeded()
    assert breaker.admits()


async def test_a_server_that_is_not_there_is_unreachable_for_both_kinds() -> None:
    with plain_socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    client = make(f"http://127.0.0.1:{port}")
    with pytest.raises(VenueUnreachable):
        await client.info("meta")
    with pytest.raises(VenueUnreachable, match="nothing was sent"):
        await client.act(b"{}", 1, Priority.ENTRY)
    await client.close()


async def test_an_action_goes_out_once_and_byte_for_byte(venue: Venue, client: Client) -> None:
    body = b'{"action":{"type":"noop"} ,"nonce":1}'
    assert await client.act(body, 1, Priority.ENTRY) == b'{"status": "ok", "response": {"type": "default"}}'
    assert venue.actions == [body]


@pytest.mark.parametrize("status", [500, 502, 503, 504, 302, 418])
async def test_an_action_that_met_an_error_may_have_been_carried_out(venue: Venue, client: Client, status: int) -> None:
    venue.reply_status = status
    with pytest.raises(OutcomeUnknown):
        await client.act(b"{}", 1, Priority.ENTRY)
    assert len(venue.actions) == 1


async def test_an_action_whose_answer_was_lost_may_have_been_carried_out(venue: Venue, client: Client) -> None:
    venue.lose_reply = True
    with pytest.raises(OutcomeUnknown):
        await client.act(b"{}", 1, Priority.ENTRY)
    assert len(venue.actions) == 1


async def test_an_action_refused_unread_was_not_carried_out(venue: Venue, client: Client) -> None:
    venue.reply_status = 429
    with pytest.raises(RateLimited):
        await client.act(b"{}", 1, Priority.ENTRY)
    venue.reply_status, venue.reply = 422, "Failed to deserialize the JSON body into the target type"
    with pytest.raises(VenueRefused, match="could not read"):
        await client.act(b"{}", 1, Priority.ENTRY)


async def test_exits_find_room_when_queries_and_entries_have_spent_theirs(venue: Venue) -> None:
    clock = ManualClock()
    budget = WeightBudget(clock)
    client = make(venue.url, budget)
    budget.charge(600)
    assert budget.wait_for(2, Priority.STUDY) == 60
    assert budget.wait_for(2, Priority.STATE) == budget.wait_for(2, Priority.DECIDING) == 0
    await client.act(b"{}", 1, Priority.ENTRY)
    budget.charge(359)
    with pytest.raises(RateLimited, match="nothing was sent"):
        await client.act(b"{}", 1, Priority.ENTRY)
    assert budget.wait_for(2, Priority.STATE) == 60
    assert budget.wait_for(2, Priority.DECIDING) == 0, "what exits hang on is still asked"
    await client.act(b"{}", 1, Priority.CLOSE)
    budget.charge(300)
    with pytest.raises(RateLimited, match="nothing was sent"):
        await client.act(b"{}", 1, Priority.CLOSE)
    await client.act(b"{}", 1, Priority.PROTECT)
    assert len(venue.actions) == 3
    await client.close()


async def test_queries_wait_for_the_budget_instead_of_failing(venue: Venue) -> None:
    clock = ManualClock()
    budget = WeightBudget(clock)
    client = Client(venue.url, clock, LinkHealth(), budget, QUICK_CLIENT)
    budget.charge(599)
    await client.info("candleSnapshot")
    assert clock.elapsed == 60
    assert client.health.weigh() == 20
    await client.close()


async def test_a_question_may_be_more_important_than_others_of_its_kind(venue: Venue) -> None:
    clock = ManualClock()
    budget = WeightBudget(clock)
    client = Client(venue.url, clock, LinkHealth(), budget, QUICK_CLIENT)
    budget.charge(599)
    await client.info("candleSnapshot", priority=Priority.SIGHT)
    assert clock.elapsed == 0
    assert venue.asked[-1] == {"type": "candleSnapshot"}
    await client.close()


async def test_histories_asked_for_at_once_leave_room_for_their_rows(venue: Venue) -> None:
    """Else what is on its way takes the allowance that exits live on."""
    clock, minutes = SystemClock(), 600
    client = make(venue.url, WeightBudget(clock))
    queries = MarketQueries(client, clock)
    venue.answers["candleSnapshot"] = [candle("BTC", minute * MINUTE_MS) for minute in range(minutes)]
    asked = [
        asyncio.create_task(queries.candles("BTC", Interval.M1, 0, (minutes - 1) * MINUTE_MS, Turn.MEASURE))
        for _ in range(42)
    ]
    share = int(client.budget.limit * Priority.MEASURE.value)
    await until(lambda: sum(task.done() for task in asked) >= share // 30)
    assert client.budget.used <= share
    for task in asked:
        task.cancel()
    await asyncio.gather(*asked, return_exceptions=True)
    await client.close()


async def test_rows_that_were_foreseen_and_did_not_come_are_given_back(venue: Venue) -> None:
    clock = SystemClock()
    client = make(venue.url, WeightBudget(clock))
    await MarketQueries(client, clock).candles("NEW", Interval.M1, 0, 600 * MINUTE_MS, Turn.STUDY)
    assert client.budget.used == 20
    await client.close()


@pytest.mark.parametrize(("retry_after", "seconds"), [(None, 10), ("30", 30), ("soon", 10), ("1", 10)])
async def test_a_refusal_pauses_queries_for_as_long_as_the_venue_asks(
    venue: Venue, retry_after: str | None, seconds: float
) -> None:
    clock = ManualClock()
    client = Client(venue.url, clock, LinkHealth(), WeightBudget(clock), ClientTiming(), jitter=lambda: 0.4)
    venue.retry_after = retry_after
    venue.troubles.append((429, "null"))
    assert await client.info("exchangeStatus")
    assert seconds * 1.1 <= clock.elapsed <= seconds * 1.1 + 1
    await client.close()


async def test_each_further_refusal_pauses_for_longer_and_an_answer_ends_that(venue: Venue) -> None:
    clock = ManualClock()
    client = Client(venue.url, clock, LinkHealth(), WeightBudget(clock), ClientTiming(attempts=9), jitter=lambda: 0.0)
    venue.troubles.extend([(429, "null")] * 5)
    await client.info("exchangeStatus")
    assert 10 + 20 + 40 + 60 + 60 <= clock.elapsed <= 10 + 20 + 40 + 60 + 60 + 20
    before = clock.elapsed
    venue.troubles.append((429, "null"))
    await client.info("exchangeStatus")
    assert clock.elapsed - before < 11
    await client.close()


async def test_a_question_that_no_pause_holds_back_ends_it_when_it_is_answered(venue: Venue) -> None:
    """An action that was answered after it found nothing more to end, and reads waited a minute for nothing."""
    clock = ManualClock()
    client = Client(venue.url, clock, LinkHealth(), WeightBudget(clock), ClientTiming(attempts=1), jitter=lambda: 0.0)
    venue.troubles.append((429, "null"))
    with pytest.raises(RateLimited):
        await client.info("exchangeStatus")
    await client.info("clearinghouseState", user="0x" + "0" * 40)
    await client.info("exchangeStatus")
    assert clock.elapsed == 0
    await client.close()


async def test_an_action_that_is_answered_ends_the_pause(venue: Venue) -> None:
    """Protection hangs on queries: a venue that takes requests again is asked again."""
    clock = ManualClock()
    client = Client(venue.url, clock, LinkHealth(), WeightBudget(clock), ClientTiming(attempts=1), jitter=lambda: 0.0)
    venue.troubles.append((429, "null"))
    with pytest.raises(RateLimited):
        await client.info("exchangeStatus")
    await client.act(b"{}", 1, Priority.PROTECT)
    await client.info("exchangeStatus")
    assert clock.elapsed == 0
    await client.close()


async def test_entries_that_hang_are_in_no_exits_way(venue: Venue) -> None:
    clock = SystemClock()
    client = Client(venue.url, clock, LinkHealth(), WeightBudget(clock), ClientTiming(read=60.0, connect=60.0))
    held = venue.held = asyncio.Event()
    entries = [asyncio.create_task(client.act(b"{}", 1, Priority.ENTRY)) for _ in range(9)]
    try:
        await until(lambda: len(venue.actions) == 8)
        venue.held = None
        assert await asyncio.wait_for(client.act(b"{}", 1, Priority.PROTECT), 5.0)
    finally:
        held.set()
        await asyncio.gather(*entries)
        await client.close()


async def test_a_quarter_of_an_hour_of_trouble_is_outlived(venue: Venue) -> None:
    """Queries fail in plain words and go easy on the venue; exits go on being tried; the end of it is noticed."""
    clock = ManualClock()
    client = Client(venue.url, clock, LinkHealth(), WeightBudget(clock), ClientTiming(), jitter=lambda: 0.5)
    venue.sick, venue.reply_status = "exchangeStatus", 502
    failed = exits = 0
    while clock.elapsed < 900:
        with pytest.raises(VenueUnreachable):
            await client.info("exchangeStatus")
        with pytest.raises(OutcomeUnknown):
            await client.act(b"{}", 1, Priority.PROTECT)
        failed, exits = failed + 1, exits + 1
        clock.advance(3_000)
    assert len(venue.actions) == exits > 250
    assert venue.count("exchangeStatus") < failed / 2, "the breaker spares a venue in trouble"
    venue.sick = ""
    asked = clock.elapsed
    while True:
        try:
            await client.info("exchangeStatus")
            break
        except VenueUnreachable:
            clock.advance(1_000)
    assert clock.elapsed - asked <= ClientTiming().breaker_longest + 1
    assert client.breaker.state.value == "closed"
    await client.close()


async def test_a_keep_alive_connection_that_the_venue_closed_does_not_fail_a_query(
    venue: Venue, client: Client
) -> None:
    await client.info("meta")
    assert venue._runner is not None
    for connection in list(venue._runner.server.connections):  # type: ignore[union-attr]
        connection.transport.close()
    assert await client.info("meta")


def test_weight_leaves_the_window_after_a_minute() -> None:
    clock = ManualClock()
    budget = WeightBudget(clock, limit=100)
    assert budget.take(50, Priority.ENTRY)
    clock.advance(30_000)
    assert budget.take(30, Priority.ENTRY)
    assert not budget.take(1, Priority.ENTRY)
    assert budget.wait_for(1, Priority.ENTRY) == 30
    assert budget.wait_for(60, Priority.ENTRY) == 60
    assert budget.wait_for(500, Priority.ENTRY) == 60
    clock.advance(30_000)
    assert budget.used == 30
    assert budget.take(50, Priority.ENTRY)


def test_a_refusal_by_the_venue_pauses_queries_not_exits() -> None:
    clock = ManualClock()
    budget = WeightBudget(clock)
    budget.refuse_reads(10)
    assert budget.wait_for(1, Priority.STUDY) == 10
    assert budget.wait_for(1, Priority.PROTECT) == 0


def test_entries_leave_the_last_fifth_of_an_accounts_requests_to_exits() -> None:
    assert requests_refusal(None, None) is None
    assert requests_refusal(7_999, 10_000) is None
    assert requests_refusal(7_999, 10_000, 2) is not None
    sentence = requests_refusal(8_000, 10_000)
    assert sentence is not None
    assert "8,000 of its 10,000" in sentence
    assert requests_refusal(8_000, 10_002) is None, "trading makes room"


class Passed(Failpoints):
    def __init__(self, venue: Venue, stop_at: Point | None = None) -> None:
        self.venue, self.stop_at = venue, stop_at
        self.points: list[tuple[Point, int]] = []

    async def reach(self, point: Point) -> None:
        self.points.append((point, len(self.venue.actions)))
        if point is self.stop_at:
            raise ZeroDivisionError


async def test_an_action_meets_its_two_failpoints_on_the_wire(venue: Venue) -> None:
    passed = Passed(venue)
    client = make(venue.url, failpoints=passed)
    await client.act(b"{}", 1, Priority.ENTRY)
    await client.info("meta")
    assert [point for point, _ in passed.points] == [Point.SOCKET_WRITTEN, Point.BEFORE_REPLY]
    await client.close()


@pytest.mark.parametrize("point", [Point.SOCKET_WRITTEN, Point.BEFORE_REPLY])
async def test_what_breaks_there_breaks_after_the_bytes_have_left(venue: Venue, point: Point) -> None:
    client = make(venue.url, failpoints=Passed(venue, point))
    with pytest.raises(ZeroDivisionError):
        await client.act(b"{}", 1, Priority.ENTRY)
    await until(lambda: venue.actions)
    await client.close()
