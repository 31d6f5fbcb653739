"""Every kind of fault really happens to a client on a real socket."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import eth_account
import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from hlmaster.exchange.simulator.fault_script import read_script
from hlmaster.exchange.simulator.faults import Fault, FaultError, FaultKind
from hlmaster.exchange.simulator.opening import Options
from hlmaster.exchange.simulator.server import SimulatorServer
from tests.exchange.simulator.wire_client import DONE, WireClient, limit
from tests.hostile.virtual_time import START_MS, VirtualClock, virtual

D = Decimal


@asynccontextmanager
async def venue(**options: Any) -> AsyncIterator[WireClient]:
    chosen = Options(
        seed=5,
        coins=("BTC", "ETH"),
        faucet=D(100_000),
        budget_multiplier=0,
        control=True,
        start_ms=START_MS,
        **options,
    )
    async with SimulatorServer(chosen, VirtualClock()) as server, WireClient(server) as client:
        await client.mine("clearinghouseState")
        yield client


async def strike(client: WireClient, kind: FaultKind, **fields: Any) -> None:
    reply = await client.post("/control/faults", {"kind": str(kind), **fields})
    assert reply.status_code == 200, reply.text


def seconds(client: WireClient) -> float:
    return client.server.clock.monotonic()


async def position(client: WireClient) -> D:
    state = await client.mine("clearinghouseState")
    return sum((D(one["position"]["szi"]) for one in state["assetPositions"]), D(0))


async def market_order(client: WireClient, size: str = "0.01") -> Any:
    return await client.order(limit(await client.price(0.02), size, tif="Ioc"))


# --- requests and replies ---


@virtual
async def test_a_lost_request_is_never_carried_out_and_the_line_is_cut_when_it_says() -> None:
    async with venue() as client:
        price = await client.price(-0.1)
        await strike(client, FaultKind.REQUEST_LOST, seconds=7, channel="/exchange")
        began = seconds(client)
        with pytest.raises(httpx.RemoteProtocolError):
            await client.order(limit(price))
        assert seconds(client) - began == pytest.approx(7, abs=0.01)
        assert await client.mine("openOrders") == []


@virtual
async def test_a_late_request_is_carried_out_though_nobody_listens_any_more() -> None:
    async with venue() as client:
        price, nonce = await client.price(-0.1), client.nonce()
        await strike(client, FaultKind.REQUEST_LATE, seconds=90, channel="/exchange")
        with pytest.raises(httpx.ReadTimeout):
            await client.order(limit(price), nonce=nonce)
        assert await client.mine("openOrders") == []
        await client.server.clock.sleep(61)
        assert len(await client.mine("openOrders")) == 1


@virtual
async def test_a_late_request_finds_its_expiry_passed() -> None:
    async with venue() as client:
        price, expires = await client.price(-0.1), client.server.house.now() + 5_000
        await strike(client, FaultKind.REQUEST_LATE, seconds=20, channel="/exchange")
        assert await client.order(limit(price), expires=expires) == "Action already expired"


@virtual
async def test_a_request_delivered_twice_is_carried_out_once() -> None:
    async with venue() as client:
        price = await client.price(-0.1)
        await strike(client, FaultKind.REQUEST_TWICE, seconds=1, channel="/exchange")
        (resting,) = await client.order(limit(price))
        assert "resting" in resting
        await client.server.clock.sleep(2)
        assert len(await client.mine("openOrders")) == 1
        assert len(await client.mine("historicalOrders")) == 1


@virtual
async def test_a_slow_reply_tells_of_what_happened_at_once() -> None:
    async with venue() as client:
        price = await client.price(-0.1)
        await strike(client, FaultKind.SLOW_REPLY, seconds=20, channel="/exchange")
        began = seconds(client)
        (resting,) = await client.order(limit(price))
        assert seconds(client) - began == pytest.approx(20, abs=0.01)
        (order,) = await client.mine("openOrders")
        assert order["oid"] == resting["resting"]["oid"]
        assert order["timestamp"] < START_MS + 1000 * (began + 1)


@pytest.mark.parametrize(
    ("kind", "status", "body"),
    [
        (FaultKind.HTTP_429, 429, "null"),
        (FaultKind.HTTP_500, 500, "null"),
        (FaultKind.HTTP_502, 502, "<html><head><title>502 Bad Gateway</title></head></html>"),
    ],
)
@virtual
async def test_refused_requests_are_not_carried_out(kind: FaultKind, status: int, body: str) -> None:
    async with venue() as client:
        price = await client.price(-0.1)
        await strike(client, kind, channel="/exchange")
        action = {"type": "order", "orders": [limit(price)], "grouping": "na"}
        reply = await client.post("/exchange", client.sealed(action))
        assert (reply.status_code, reply.text) == (status, body)
        assert await client.mine("openOrders") == []


@virtual
async def test_an_action_is_done_though_its_reply_is_lost_or_an_error() -> None:
    async with venue() as client:
        price = await client.price(-0.1)
        await strike(client, FaultKind.REPLY_LOST, seconds=3)
        with pytest.raises(httpx.RemoteProtocolError):
            await client.order(limit(price))
        await strike(client, FaultKind.ERROR_AFTER_ACCEPT)
        action = {"type": "order", "orders": [limit(price)], "grouping": "na"}
        assert (await client.post("/exchange", client.sealed(action))).status_code == 502
        assert len(await client.mine("openOrders")) == 2


@virtual
async def test_replies_are_mangled() -> None:
    async with venue() as client:
        for kind in (FaultKind.REPLY_GARBAGE, FaultKind.REPLY_TRUNCATED):
            await strike(client, kind, channel="/info")
            reply = await client.post("/info", {"type": "meta"})
            assert reply.status_code == 200
            with pytest.raises(json.JSONDecodeError):
                reply.json()
        await strike(client, FaultKind.REPLY_OVERSIZE)
        assert len((await client.post("/info", {"type": "meta"})).content) > 3_000_000


# --- frames and sockets ---


@virtual
async def test_a_share_of_the_fill_frames_is_dropped_and_the_rest_arrives() -> None:
    async with venue() as client, client.socket() as socket:
        await socket.subscribe("userFills", user=client.user)
        await socket.next()
        await strike(client, FaultKind.DROP, channel="userFills", share=0.5, count=0)
        for _ in range(40):
            await market_order(client, "0.001")
        await client.post("/control/faults", {"kind": "clear"})
        await market_order(client)
        frames = 1
        while (await socket.hear("userFills"))["fills"][0]["sz"] != "0.01":
            frames += 1
        assert 8 <= frames <= 33


@virtual
async def test_a_frame_is_late_by_up_to_ninety_seconds_and_others_pass_it() -> None:
    async with venue() as client, client.socket() as socket:
        await socket.subscribe("orderUpdates", user=client.user)
        await strike(client, FaultKind.DELAY, seconds=90, channel="orderUpdates")
        price = await client.price(-0.1)
        oids = [(await client.order(limit(price)))[0]["resting"]["oid"] for _ in range(2)]
        assert (await socket.hear("orderUpdates"))[0]["order"]["oid"] == oids[1]
        began = seconds(client)
        for _ in range(3):
            await client.server.clock.sleep(25)
            await socket.say({"method": "ping"})
        assert (await socket.hear("orderUpdates"))[0]["order"]["oid"] == oids[0]
        assert seconds(client) - began == pytest.approx(90, abs=1)


@virtual
async def test_frames_are_doubled_reordered_and_spoilt() -> None:
    async with venue() as client, client.socket() as socket:
        await socket.subscribe("orderUpdates", user=client.user)
        price = await client.price(-0.1)

        async def place() -> int:
            return int((await client.order(limit(price)))[0]["resting"]["oid"])

        async def heard() -> int:
            return int((await socket.hear("orderUpdates"))[0]["order"]["oid"])

        await strike(client, FaultKind.DUPLICATE, channel="orderUpdates")
        oid = await place()
        assert [await heard(), await heard()] == [oid, oid]
        await strike(client, FaultKind.REORDER, channel="orderUpdates")
        oids = [await place(), await place()]
        assert [await heard(), await heard()] == oids[::-1]
        for kind in (FaultKind.GARBAGE, FaultKind.TRUNCATED):
            await strike(client, kind, channel="orderUpdates")
            await place()
            with pytest.raises(json.JSONDecodeError):
                await socket.hear("orderUpdates")
        await strike(client, FaultKind.OVERSIZE, channel="orderUpdates")
        await place()
        assert len(await socket.raw.recv()) > 3_000_000


@pytest.mark.parametrize("kind", [FaultKind.SILENT, FaultKind.HALF_OPEN])
@virtual
async def test_a_socket_stays_open_and_says_nothing(kind: FaultKind) -> None:
    async with venue() as client, client.socket() as socket:
        await socket.subscribe("l2Book", coin="BTC")
        await strike(client, kind)
        await client.server.clock.sleep(0.2)
        with pytest.raises(TimeoutError):
            await socket.hear("nothing")
        assert socket.raw.close_code is None


@virtual
async def test_sockets_are_closed_without_a_word_and_new_ones_refused() -> None:
    async with venue() as client, client.socket() as socket:
        await strike(client, FaultKind.CLOSE)
        await strike(client, FaultKind.REFUSE_SOCKETS, lasts=5)
        with pytest.raises(ConnectionClosed):
            await socket.next()
        with pytest.raises(InvalidStatus):
            await client.socket().__aenter__()
        await client.server.clock.sleep(5)
        async with client.socket() as again:
            await again.subscribe("allMids")


# --- states of the venue ---


@virtual
async def test_a_post_only_phase_ends_by_itself() -> None:
    async with venue() as client:
        await strike(client, FaultKind.POST_ONLY, lasts=30)
        (refused,) = await market_order(client)
        assert "post-only" in refused["error"]
        (resting,) = await client.order(limit(await client.price(-0.1), tif="Alo"))
        assert "resting" in resting
        await client.server.clock.sleep(31)
        assert "filled" in (await market_order(client))[0]


@virtual
async def test_stale_reads_answer_from_seconds_ago_and_catch_up() -> None:
    async with venue() as client:
        await strike(client, FaultKind.STALE_READS, seconds=10, lasts=60)
        await client.server.clock.sleep(1)
        (filled,) = await market_order(client)
        oid = filled["filled"]["oid"]
        questions = ("openOrders", "userFills", "historicalOrders")
        await client.order(limit(await client.price(-0.1)))
        assert await position(client) == 0
        assert [await client.mine(kind) for kind in questions] == [[], [], []]
        assert await client.mine("orderStatus", oid=oid) == {"status": "unknownOid"}
        asked = client.server.house.now()
        assert (await client.mine("clearinghouseState"))["time"] <= asked - 800
        await client.server.clock.sleep(12)
        assert await position(client) == D("0.01")
        assert all([await client.mine(kind) for kind in questions])
        assert (await client.mine("orderStatus", oid=oid))["status"] == "order"


@virtual
async def test_orders_are_denied_by_accident_or_while_they_are_young() -> None:
    async with venue() as client:
        oid = (await client.order(limit(await client.price(-0.1))))[0]["resting"]["oid"]
        await strike(client, FaultKind.UNKNOWN_OID, count=2)
        answers = [(await client.mine("orderStatus", oid=oid))["status"] for _ in range(3)]
        assert answers == ["unknownOid", "unknownOid", "order"]
        await strike(client, FaultKind.LAGGING_STATUS, seconds=30, lasts=60)
        assert (await client.mine("orderStatus", oid=oid))["status"] == "unknownOid"
        await client.server.clock.sleep(31)
        assert (await client.mine("orderStatus", oid=oid))["status"] == "order"


@virtual
async def test_instruments_come_with_broken_rows() -> None:
    async with venue() as client:
        good = await client.ask("meta")
        await strike(client, FaultKind.MALFORMED_META, coin="ETH", lasts=10)
        bad = await client.ask("meta")
        assert bad["universe"][0] == good["universe"][0]
        assert bad["universe"][1]["szDecimals"] == "many"
        assert None in bad["universe"]
        assert (await client.ask("metaAndAssetCtxs"))[0] == bad
        await client.server.clock.sleep(10.1)
        assert await client.ask("meta") == good


@virtual
async def test_the_venues_clock_runs_ahead() -> None:
    async with venue() as client:
        await strike(client, FaultKind.CLOCK_SKEW, seconds=42, lasts=5)
        ahead = (await client.ask("exchangeStatus"))["time"] - client.server.clock.now_ms()
        assert ahead == pytest.approx(42_000, abs=200)


# --- deeds ---


@virtual
async def test_another_client_trades_the_same_account() -> None:
    async with venue() as client, client.socket() as socket:
        await socket.subscribe("userFills", user=client.user)
        await strike(client, FaultKind.EXTERNAL_ORDER, coin="BTC", side="sell", size="0.02", user=client.user)
        await strike(client, FaultKind.EXTERNAL_ORDER, coin="BTC", side="buy", size="0.01", percent=10)
        assert await position(client) == D("-0.02")
        (fill, *_) = (await socket.hear("userFills", lambda data: not data.get("isSnapshot")))["fills"]
        assert "cloid" not in fill
        (resting,) = await client.mine("openOrders")
        assert (resting["side"], resting["sz"], "cloid" in resting) == ("B", "0.01", False)


@virtual
async def test_a_price_jump_liquidates() -> None:
    async with venue() as client:
        assert await client.act({"type": "updateLeverage", "asset": 0, "isCross": True, "leverage": 40}) == DONE
        await market_order(client, "20")
        held = await position(client)
        assert held > 0
        await strike(client, FaultKind.PRICE_JUMP, coin="BTC", percent=-10)
        assert await position(client) < held
        kinds = [row["delta"]["type"] for row in await client.mine("userNonFundingLedgerUpdates", startTime=0)]
        assert "liquidation" in kinds


@virtual
async def test_an_api_wallet_expires() -> None:
    async with venue() as client:
        agent = WireClient(client.server, eth_account.Account.create())
        house = client.server.house
        assert house.delegations.approve_agent(client.user, agent.user, "desk", house.now()) == []
        async with agent:
            price = await client.price(-0.1)
            assert "resting" in (await agent.order(limit(price)))[0]
            await strike(client, FaultKind.AGENT_EXPIRED, user=client.user)
            assert "does not exist" in await agent.order(limit(price))
        assert len(await client.mine("openOrders")) == 1


# --- how they are asked for ---


@virtual
async def test_the_control_endpoint_tells_what_is_in_force_and_what_is_wrong() -> None:
    async with venue() as client:
        reply = await client.post("/control/faults", {"kind": "drop", "share": 0.3, "channel": "userFills"})
        (told,) = reply.json()["faults"]
        assert (told["kind"], told["share"], told["channel"]) == ("drop", 0.3, "userFills")
        for wrong, words in (
            ({"kind": "drop", "chanel": "x"}, "no field 'chanel'"),
            ({"kind": "drop", "share": 1.5}, "share must be from 0 to 1"),
            ({"kind": "price_jump"}, "needs a coin"),
            ({"kind": "price_jump", "coin": "DOGE", "percent": 5}, "no coin 'DOGE'"),
            ({"kind": "external_order", "coin": "BTC", "user": "0x1"}, "no account 0x1"),
            ({"kind": "external_order", "coin": "BTC", "size": "much"}, "size must be"),
            ({"kind": "external_order", "coin": "BTC", "side": "long"}, "side must be"),
        ):
            refused = await client.post("/control/faults", wrong)
            assert (refused.status_code, words in refused.text) == (400, True), refused.text
        assert (await client.post("/control/faults", {"kind": "clear"})).json() == {"faults": []}


@virtual
async def test_a_script_strikes_at_its_times(tmp_path: Path) -> None:
    script = tmp_path / "drill.toml"
    script.write_text('[[fault]]\nat = 20\nkind = "http_500"\n\n[[fault]]\nat = 5\nkind = "http_429"\nlasts = 10\n')
    async with venue(faults=read_script(script)) as client:
        statuses = {}
        for moment in (2, 7, 17, 22):
            await client.server.clock.sleep(moment - seconds(client))
            statuses[moment] = (await client.post("/info", {"type": "meta"})).status_code
        assert statuses == {2: 200, 7: 429, 17: 200, 22: 500}


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.toml", "[[fault]]\nkind = 'meteor'", "Fault 1 of {path}: 'meteor' is no fault. Use one of drop"),
        ("a.toml", "[[fault]]\nkind = 'drop'\n[[fault]]\nkind = 'drop'\nat = -1", "Fault 2 of {path}: at must be"),
        ("a.toml", "[[fault]", "The fault script {path} is no TOML"),
        ("a.toml", "speed = 1", "has 'speed' beside its faults. Write one [[fault]]"),
        ("a.json", "[3]", "Fault 1 of {path}: 3 is not an object"),
        ("a.json", '{"fault": 3}', "names no faults"),
        ("a.json", '[{"kind": "drop", "count": 1.5}]', "count must be a whole number"),
        ("missing.toml", None, "cannot be read: no such file or directory. Name a file."),
    ],
)
def test_a_bad_script_is_refused_with_what_where_and_how(
    tmp_path: Path, name: str, text: str | None, words: str
) -> None:
    path = tmp_path / name
    if text is not None:
        path.write_text(text)
    with pytest.raises(FaultError) as refused:
        read_script(path)
    assert words.format(path=path) in str(refused.value)


def test_a_json_script_reads_as_its_toml_does(tmp_path: Path) -> None:
    toml, plain = tmp_path / "a.toml", tmp_path / "a.json"
    toml.write_text('[[fault]]\nat = 5\nkind = "drop"\nlasts = 2.5\n')
    plain.write_text('{"fault": [{"at": 5, "kind": "drop", "lasts": 2.5}]}')
    assert read_script(toml) == read_script(plain)
    assert read_script(toml)[0].fault == Fault(FaultKind.DROP, 0, lasts=2.5)


def test_no_kind_of_fault_is_left_untried() -> None:
    tests = Path(__file__).read_text()
    assert [kind for kind in FaultKind if f"FaultKind.{kind.name}" not in tests] == []
