"""Subscriptions over real sockets: acknowledgements, first frames, what follows, and what ends a connection."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from hlmaster.exchange.simulator.faults import Fault, FaultKind
from hlmaster.exchange.simulator.opening import Options
from hlmaster.exchange.simulator.server import SimulatorServer
from hlmaster.exchange.simulator.streams import Channel
from hlmaster.exchange.simulator.subscriptions import FORMS
from tests.exchange.simulator.wire_client import WireClient, limit


@pytest.fixture
async def server() -> AsyncIterator[SimulatorServer]:
    options = Options(seed=5, speed=20.0, faucet=Decimal(100_000), budget_multiplier=0)
    async with SimulatorServer(options) as server:
        yield server


@pytest.fixture
async def client(server: SimulatorServer) -> AsyncIterator[WireClient]:
    async with WireClient(server) as client:
        yield client


SILENT_AT_FIRST = {"orderUpdates", "userEvents", "notification", "outcomeMetaUpdates"}


@pytest.mark.parametrize("kind", sorted(set(FORMS) - SILENT_AT_FIRST))
async def test_every_subscription_brings_its_first_frame(client: WireClient, kind: str) -> None:
    values = {"coin": "BTC", "interval": "1m", "user": client.user}
    fields = {name: values[name] for name in FORMS[kind].fields}
    async with client.socket() as socket:
        assert (await socket.subscribe(kind, **fields))["type"] == kind
        frame = await socket.next()
        assert frame["channel"] == kind
        if kind.startswith("user"):
            assert frame["data"]["isSnapshot"] is True
            assert frame["data"]["user"] == client.user


@pytest.mark.parametrize("kind", sorted(SILENT_AT_FIRST))
async def test_channels_of_events_begin_silent(client: WireClient, kind: str) -> None:
    async with client.socket() as socket:
        await socket.subscribe(kind, **dict.fromkeys(FORMS[kind].fields, client.user))
        await socket.say({"method": "ping"})
        assert await socket.next() == {"channel": "pong"}


async def test_states_come_again_by_themselves(client: WireClient) -> None:
    async with client.socket() as socket:
        await socket.subscribe("l2Book", coin="BTC")
        await socket.subscribe("allMids")
        await socket.subscribe("clearinghouseState", user=client.user)
        for channel in ("l2Book", "allMids", "clearinghouseState") * 2:
            await socket.hear(channel)


async def test_a_fast_book_has_five_levels_and_excludes_the_slow_one(client: WireClient) -> None:
    async with client.socket() as socket:
        echo = await socket.subscribe("l2Book", coin="BTC", fast=True)
        assert echo == {"type": "l2Book", "coin": "BTC", "nSigFigs": None, "mantissa": None, "fast": True}
        book = await socket.hear("l2Book")
        assert (len(book["levels"][0]), book["fast"]) == (5, True)
        await socket.say({"method": "subscribe", "subscription": {"type": "l2Book", "coin": "BTC"}})
        assert (await socket.hear("error")).startswith("Invalid subscription")


async def test_quotes_trades_and_candles_agree(client: WireClient) -> None:
    async with client.socket() as socket:
        await socket.subscribe("trades", coin="BTC")
        backfill = await socket.hear("trades")
        assert len(backfill) <= 30
        await socket.subscribe("candle", coin="BTC", interval="1m")
        known = {trade["tid"] for trade in backfill}
        new = await socket.hear("trades")
        assert not known & {trade["tid"] for trade in new}
        candle = await socket.hear("candle", lambda data: data["n"] > 0)
        assert float(candle["l"]) <= float(candle["c"]) <= float(candle["h"])
        await socket.subscribe("bbo", coin="BTC")
        bid, ask = (await socket.hear("bbo"))["bbo"]
        assert float(bid["px"]) < float(ask["px"])


async def test_the_last_word_about_a_candle_is_what_the_venue_keeps() -> None:
    async with (
        SimulatorServer(Options(seed=5, coins=("BTC",), speed=600.0, budget_multiplier=0)) as server,
        WireClient(server) as client,
        client.socket() as socket,
    ):
        await socket.subscribe("candle", coin="BTC", interval="1m")
        told: dict[int, Any] = {}
        while len(told) < 8:
            candle = await socket.hear("candle")
            assert candle["t"] >= max(told, default=0)
            told[candle["t"]] = candle
        del told[max(told)]
        asked = {"coin": "BTC", "interval": "1m", "startTime": min(told), "endTime": max(told)}
        assert list(told.values()) == await client.ask("candleSnapshot", req=asked)


async def test_a_newcomer_hears_of_no_candle_older_than_its_first(client: WireClient, server: SimulatorServer) -> None:
    async with client.socket() as one, client.socket() as two:
        await one.subscribe("candle", coin="BTC", interval="1m")
        first = await one.hear("candle")
        (channel,) = server.streams._by_target["candle", "BTC"]
        channel.memory["t"] = first["t"] - 60_000
        await two.subscribe("candle", coin="BTC", interval="1m")
        begun = await two.hear("candle")
        assert (await two.hear("candle"))["t"] >= begun["t"]
        assert (await one.hear("candle", lambda data: data["t"] < first["t"]))["t"] == first["t"] - 60_000


async def test_fast_contexts_say_everything_first_and_then_only_changes(client: WireClient) -> None:
    def inflated(text: str) -> dict[str, dict[str, str]]:
        raw = zlib.decompress(base64.b64decode(text), wbits=-zlib.MAX_WBITS)
        decoded: dict[str, dict[str, str]] = json.loads(raw)
        return decoded

    async with client.socket() as socket:
        await socket.subscribe("fastAssetCtxs")
        whole = inflated(await socket.hear("fastAssetCtxs"))
        assert set(whole) == set(await client.ask("allMids"))
        assert set(whole["BTC"]) == {"markPx", "midPx"}
        assert set(inflated(await socket.hear("fastAssetCtxs"))) <= set(whole)


async def test_an_order_is_told_on_every_channel_of_its_user(client: WireClient) -> None:
    async with client.socket() as socket:
        for kind in ("orderUpdates", "userEvents", "userFills", "openOrders", "clearinghouseState"):
            await socket.subscribe(kind, user=client.user)
        (resting,) = await client.order(limit(await client.price(-0.1)))
        oid = resting["resting"]["oid"]
        (update,) = await socket.hear("orderUpdates")
        assert (update["order"]["oid"], update["status"]) == (oid, "open")
        assert set(update["order"]) == {"coin", "side", "limitPx", "sz", "oid", "timestamp", "origSz"}
        orders = await socket.hear("openOrders", lambda data: bool(data["orders"]))
        assert orders["orders"][0]["oid"] == oid
        await client.order(limit(await client.price(0.01), tif="Ioc"))
        fills = await socket.hear("userFills", lambda data: not data.get("isSnapshot"))
        assert {fill["dir"] for fill in fills["fills"]} == {"Open Long"}
        state = await socket.hear("clearinghouseState", lambda data: bool(data["clearinghouseState"]["assetPositions"]))
        assert state["user"] == client.user


async def test_mistakes_are_told_and_leave_the_socket_open(client: WireClient) -> None:
    async with client.socket() as socket:
        await socket.say("{nonsense")
        assert await socket.hear("error") == "Error parsing JSON into valid websocket request: {nonsense"
        for message in ('"text"', "[]", '{"method":"dance"}', '{"method":"subscribe"}'):
            await socket.say(message)
            assert (await socket.hear("error")).startswith("Error parsing JSON")
        await socket.say({"method": "subscribe", "subscription": {"type": "webData2", "user": client.user}})
        assert (await socket.hear("error")).startswith("Invalid subscription {")
        await socket.subscribe("allMids")
        await socket.say({"method": "subscribe", "subscription": {"type": "allMids", "dex": None}})
        assert (await socket.hear("error")).startswith('Already subscribed: {"type":"allMids"')
        for expected in ("subscriptionResponse", "error"):
            await socket.say({"method": "unsubscribe", "subscription": {"type": "allMids"}})
            await socket.hear(expected)


@pytest.mark.parametrize("fields", [{"coin": "btc"}, {"coin": "BTC", "nSigFigs": 7}])
async def test_an_unknown_coin_or_grouping_closes_the_socket_without_a_word(
    client: WireClient, fields: dict[str, object]
) -> None:
    async with client.socket() as socket:
        await socket.say({"method": "subscribe", "subscription": {"type": "l2Book", **fields}})
        with pytest.raises(ConnectionClosed) as closed:
            await socket.next()
        assert closed.value.rcvd is None


async def test_limits_of_subscriptions_users_and_connections() -> None:
    options = Options(seed=5, budget_multiplier=0.2)
    async with (
        SimulatorServer(options) as server,
        WireClient(server) as client,
        client.socket() as socket,
        client.socket(),
    ):
        for number in range(3):
            await socket.subscribe("userEvents", user=f"0x{number:040x}")
        await socket.say({"method": "subscribe", "subscription": {"type": "userEvents", "user": "0x" + "9" * 40}})
        assert await socket.hear("error") == "Cannot track more than 15 total users."
        with pytest.raises(Exception, match=r"429"):
            await client.socket().__aenter__()


async def test_posts_answer_by_id(client: WireClient) -> None:
    async with client.socket() as socket:
        request = {"type": "info", "payload": {"type": "meta"}}
        await socket.say({"method": "post", "id": 7, "request": request})
        answer = await socket.hear("post")
        assert (answer["id"], answer["response"]["payload"]["type"]) == (7, "meta")
        assert answer["response"]["payload"]["data"] == await client.ask("meta")
        await client.mine("clearinghouseState")
        envelope = client.sealed({"type": "noop"})
        for expected in ("ok", "err"):
            await socket.say({"method": "post", "id": 8, "request": {"type": "action", "payload": envelope}})
            answer = await socket.hear("post")
            assert answer["response"]["type"] == "action"
            assert answer["response"]["payload"]["status"] == expected
        await socket.say({"method": "post", "id": 9, "request": {"type": "info", "payload": {"type": "nope"}}})
        answer = await socket.hear("post")
        assert (answer["response"]["type"], answer["response"]["payload"][:4]) == ("error", "422 ")
        await socket.say({"method": "post", "id": "x", "request": request})
        assert (await socket.hear("error")).startswith("Error parsing JSON")


async def test_a_socket_that_heard_nothing_for_a_minute_is_closed(client: WireClient, server: SimulatorServer) -> None:
    async with client.socket() as socket:
        await socket.subscribe("userEvents", user=client.user)
        (served,) = server.streams.sockets
        served.last_sent -= 61.0
        with pytest.raises(ConnectionClosed) as closed:
            await socket.next()
        assert closed.value.rcvd is None


@pytest.mark.parametrize("kind", [FaultKind.CLOSE, FaultKind.GARBAGE, FaultKind.TRUNCATED, FaultKind.DUPLICATE])
async def test_frames_go_wrong_on_request(client: WireClient, server: SimulatorServer, kind: FaultKind) -> None:
    async with client.socket() as socket:
        await socket.subscribe("bbo", coin="BTC")
        await socket.hear("bbo")
        server.house.faults.add(Fault(kind))
        if kind is FaultKind.DUPLICATE:
            previous = await socket.next()
            while (frame := await socket.next()) != previous:
                previous = frame
        else:
            with pytest.raises(ConnectionClosed if kind is FaultKind.CLOSE else json.JSONDecodeError):
                await socket.hear("never")


async def test_a_frame_is_built_only_for_listeners_and_once(client: WireClient, server: SimulatorServer) -> None:
    built: list[str] = []
    send = server.streams._send

    def counted(channel: Channel, data: Any, state: Any = None) -> None:
        built.append(channel.subscription.kind)
        send(channel, data, state)

    server.streams._send = counted  # type: ignore[method-assign]
    async with client.socket() as one, client.socket() as two:
        for socket in (one, two):
            await socket.subscribe("bbo", coin="BTC")
            await socket.hear("bbo")
        before = len(built)
        first = await one.hear("bbo")
        assert await two.hear("bbo", lambda data: data == first) == first
        assert set(built) == {"bbo"}
        assert len(built) > before
