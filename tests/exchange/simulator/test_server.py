"""The exchange over real sockets: transport, questions, signed actions, budgets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import eth_account
import httpx
import pytest
from hyperliquid.utils import signing

from hlmaster.core.clock import DAY_MS, ManualClock
from hlmaster.core.errors import ConfigError
from hlmaster.exchange.simulator.faults import Fault, FaultKind
from hlmaster.exchange.simulator.opening import Options
from hlmaster.exchange.simulator.server import SimulatorServer
from tests.exchange.simulator.wire_client import DONE, WireClient, limit

START = 1_790_000_000_000


class StoppedClock(ManualClock):
    """Whoever sleeps by it sleeps on."""

    async def sleep(self, wall_seconds: float) -> None:
        await asyncio.Event().wait()


@pytest.fixture
async def server() -> AsyncIterator[SimulatorServer]:
    async with SimulatorServer(Options(seed=5, faucet=Decimal(100_000), budget_multiplier=0)) as server:
        yield server


@pytest.fixture
async def client(server: SimulatorServer) -> AsyncIterator[WireClient]:
    async with WireClient(server) as client:
        yield client


# --- transport ---


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b'{"type":"meta"}', {"Content-Type": "application/json"}, 200),
        (b'{"type":"meta"}', {"Content-Type": "application/json; charset=utf-8"}, 200),
        (b'{"type":"meta"}', {"Content-Type": "text/plain"}, 415),
        (b'{"type":"meta"}', {}, 415),
        (b"{nonsense", {"Content-Type": "application/json"}, 400),
        (b'{"type":"noSuchThing"}', {"Content-Type": "application/json"}, 422),
        (b"[]", {"Content-Type": "application/json"}, 422),
        (b'{"type":"clearinghouseState"}', {"Content-Type": "application/json"}, 422),
        (b'{"type":"clearinghouseState","user":"me"}', {"Content-Type": "application/json"}, 422),
        (b'{"type":"fundingHistory","coin":"BTC","startTime":-1}', {"Content-Type": "application/json"}, 422),
        (b'{"type":"meta","dex":"nowhere"}', {"Content-Type": "application/json"}, 500),
        (b'{"type":"l2Book","coin":"BTC","nSigFigs":9}', {"Content-Type": "application/json"}, 500),
    ],
)
async def test_requests_get_the_status_of_the_real_service(
    client: WireClient, body: bytes, headers: dict[str, str], status: int
) -> None:
    reply = await client.http.post("/info", content=body, headers=headers)
    assert reply.status_code == status
    if status == 422:
        assert reply.text == "Failed to deserialize the JSON body into the target type"
    if status == 500:
        assert reply.json() is None


async def test_only_posts_to_the_two_paths_are_served(client: WireClient) -> None:
    assert (await client.http.get("/info")).status_code == 405
    assert (await client.post("/elsewhere", {})).status_code == 404
    assert (await client.post("/control/faults", {"kind": "drop"})).status_code == 404


def test_the_exchange_opens_on_this_computer_only() -> None:
    with pytest.raises(ConfigError, match=r"on this computer only"):
        Options(host="0.0.0.0")


async def test_a_spent_minute_is_answered_429() -> None:
    async with SimulatorServer(Options(seed=5), StoppedClock(START)) as server, WireClient(server) as client:
        codes = [(await client.post("/info", {"type": "meta"})).status_code for _ in range(62)]
        assert codes == [200] * 60 + [429] * 2
        refused = await client.post("/info", {"type": "meta"})
        assert (refused.status_code, refused.text) == (429, "null")


# --- questions ---


async def test_an_unknown_address_is_answered_in_its_empty_form() -> None:
    async with SimulatorServer(Options(seed=5)) as server, WireClient(server) as client:
        state = await client.mine("clearinghouseState")
        assert state["marginSummary"]["accountValue"] == "0.0"
        assert state["assetPositions"] == []
        assert await client.mine("userRole") == {"role": "missing"}
        assert await client.mine("openOrders") == []


async def test_optional_keys_may_be_null_and_extra_keys_are_ignored(client: WireClient) -> None:
    assert await client.ask("meta", dex=None, nobody="knows") == await client.ask("meta")
    book = await client.ask("l2Book", coin="BTC", nSigFigs=None, mantissa=None)
    assert set(book) == {"coin", "time", "levels"}
    grouped = await client.ask("l2Book", coin="BTC", nSigFigs=3)
    assert "spread" in grouped
    assert await client.ask("l2Book", coin="btc") is None


async def test_meta_omits_flags_and_lists_its_margin_tables(client: WireClient) -> None:
    meta = await client.ask("meta")
    btc = meta["universe"][0]
    assert btc == {"name": "BTC", "szDecimals": 5, "maxLeverage": 40, "marginTableId": 56}
    tables = dict(map(tuple, meta["marginTables"]))
    assert tables[56]["marginTiers"][1] == {"lowerBound": "150000000.0", "maxLeverage": 20}
    assert await client.ask("marginTable", id=56) == tables[56]
    assert await client.ask("allPerpMetas") == [meta]


async def test_every_decimal_is_text_with_a_decimal(client: WireClient) -> None:
    def leaves(value: Any) -> list[Any]:
        if isinstance(value, dict):
            return [leaf for inner in value.values() for leaf in leaves(inner)]
        if isinstance(value, list):
            return [leaf for inner in value for leaf in leaves(inner)]
        return [value]

    price = await client.price(0.01)
    await client.order(limit(price, tif="Ioc"))
    for kind in ("metaAndAssetCtxs", "allMids", "exchangeStatus"):
        assert not [leaf for leaf in leaves(await client.ask(kind)) if isinstance(leaf, float)]
    for kind in ("clearinghouseState", "userFills", "userFees", "historicalOrders", "webData2", "portfolio"):
        texts = leaves(await client.mine(kind))
        assert not [leaf for leaf in texts if isinstance(leaf, float)]
        numbers = [leaf for leaf in texts if isinstance(leaf, str) and leaf.replace(".", "").lstrip("-").isdigit()]
        assert all("." in number for number in numbers), kind
    fill = (await client.mine("userFills"))[0]
    assert set(fill) == {
        *("coin", "px", "sz", "side", "time", "startPosition", "dir", "closedPnl", "hash", "oid", "crossed", "fee"),
        *("tid", "feeToken", "twapId"),
    }


async def test_candles_of_every_interval_are_dense_and_end_now(client: WireClient, server: SimulatorServer) -> None:
    for interval in ("1m", "15m", "4h", "1d", "1w", "1M"):
        asked = server.house.now()
        rows = await client.ask("candleSnapshot", req={"coin": "ETH", "interval": interval, "startTime": 0})
        assert 0 < len(rows) <= 5000
        assert rows[-1]["t"] <= server.house.now()
        # The exchange may have opened late in one minute and be asked early in the next, before any trade.
        assert asked <= rows[-1]["T"] + 120_000, "only minutes in which nobody traded yet are missing"
        assert [row["t"] - 1 for row in rows[1:]] == [row["T"] for row in rows[:-1]]
        assert all(float(row["l"]) <= min(float(row["o"]), float(row["c"])) <= float(row["h"]) for row in rows[-50:])


async def test_the_faucet_funds_an_address_once(client: WireClient) -> None:
    for _ in range(2):
        state = await client.mine("clearinghouseState")
        assert state["marginSummary"]["accountValue"] == "100000.0"
    (deposit,) = await client.mine("userNonFundingLedgerUpdates", startTime=0)
    assert deposit["delta"] == {"type": "deposit", "usdc": "100000.0"}


# --- signatures, nonces, rights ---


async def test_both_networks_signatures_are_taken(client: WireClient) -> None:
    await client.mine("clearinghouseState")
    assert await client.act({"type": "noop"}, mainnet=False) == DONE
    assert await client.act({"type": "noop"}, mainnet=True) == DONE


async def test_a_first_action_is_welcomed_unless_it_is_signed_over_other_bytes(server: SimulatorServer) -> None:
    async with WireClient(server) as newcomer, WireClient(server) as careless:
        assert await newcomer.act({"type": "noop"}) == DONE
        assert await newcomer.mine("userRole") == {"role": "user"}
        price = await careless.price(-0.1)
        refused = await careless.order(limit(price + ".0"))
        assert refused.startswith("User or API Wallet 0x")
        assert refused.endswith(" does not exist.")
        assert careless.user not in refused


async def test_a_broken_signature_and_a_broken_envelope_are_told_apart(client: WireClient) -> None:
    envelope = client.sealed({"type": "noop"})
    reply = await client.post("/exchange", envelope | {"signature": {"r": "0x0", "s": "0x0", "v": 27}})
    assert reply.json() == {"status": "err", "response": "Unable to recover signer."}
    wrong: list[Any] = [{}, [], {"action": {"type": "nope"}, "nonce": 1, "signature": {}}, envelope | {"nonce": "1"}]
    for broken in wrong:
        assert (await client.post("/exchange", broken)).status_code == 422


async def test_a_nonce_serves_once_and_only_near_now(client: WireClient, server: SimulatorServer) -> None:
    await client.mine("clearinghouseState")
    nonce = client.nonce()
    assert await client.act({"type": "noop"}, nonce=nonce) == DONE
    twice = await client.act({"type": "noop"}, nonce=nonce)
    assert twice == {"status": "err", "response": f"Invalid nonce: duplicate nonce {nonce}"}
    for far in (-3 * DAY_MS, 2 * DAY_MS):
        refused = await client.act({"type": "noop"}, nonce=server.house.now() + far)
        assert refused["response"].startswith("Invalid nonce")


async def test_an_expired_action_is_refused_and_costs_five(client: WireClient, server: SimulatorServer) -> None:
    await client.mine("clearinghouseState")
    refused = await client.act({"type": "noop"}, expires=server.house.now() - 1)
    assert refused == {"status": "err", "response": "Action already expired"}
    assert await client.act({"type": "noop"}, expires=server.house.now() + 60_000) == DONE
    assert (await client.mine("userRateLimit"))["nRequestsUsed"] == 6


async def test_a_vault_or_strangers_sub_account_is_refused(client: WireClient) -> None:
    await client.mine("clearinghouseState")
    vault = "0x" + "77" * 20
    refused = await client.act({"type": "noop"}, vault=vault)
    assert refused["response"] == f"Vault not registered: {vault}"


async def test_an_agent_acts_for_its_master_until_it_is_replaced(client: WireClient, server: SimulatorServer) -> None:
    await client.mine("clearinghouseState")
    agent_wallet = eth_account.Account.create()

    async def approve(address: str) -> Any:
        action: dict[str, Any] = {
            "type": "approveAgent",
            "agentAddress": address,
            "agentName": "",
            "nonce": client.nonce(),
        }
        signature = signing.sign_agent(client.wallet, action, False)
        del action["agentName"]
        reply = await client.post("/exchange", {"action": action, "nonce": action["nonce"], "signature": signature})
        return reply.json()

    async with WireClient(server, agent_wallet) as agent:
        assert await approve(agent.user) == DONE
        (resting,) = await agent.order(limit(await client.price(-0.1)))
        assert [order["oid"] for order in await client.mine("openOrders")] == [resting["resting"]["oid"]]
        assert await agent.mine("openOrders") == []
        assert await agent.mine("userRole") == {"role": "agent", "data": {"user": client.user}}
        assert await approve(eth_account.Account.create().address) == DONE
        gone = await agent.order(limit(await client.price(-0.1)))
        assert gone == f"User or API Wallet {agent.user} does not exist."


# --- orders ---


async def test_batches_answer_item_by_item_or_with_one_error(client: WireClient) -> None:
    below = await client.price(-0.1)
    resting, small = await client.order(limit(below), limit(below, "0.00001"))
    assert "resting" in resting
    assert small["error"].startswith("Order must have minimum value of $10.")
    assert await client.order() == [{"error": "Orders are empty"}]
    assert await client.order(limit(below, tif="Someday")) == [{"error": "Invalid TIF"}]
    assert len(await client.order(limit(below, a=10_000), limit(below))) == 1


async def test_cancels_answer_item_by_item(client: WireClient) -> None:
    (resting,) = await client.order(limit(await client.price(-0.1)))
    oid = resting["resting"]["oid"]
    answer = await client.act({"type": "cancel", "cancels": [{"a": 0, "o": oid}, {"a": 0, "o": oid}]})
    done, gone = answer["response"]["data"]["statuses"]
    assert done == "success"
    assert gone["error"].startswith("Order was never placed, already canceled, or filled.")


async def test_twap_orders_are_refused_in_their_own_shape(client: WireClient) -> None:
    await client.mine("clearinghouseState")
    twap = {"a": 0, "b": True, "s": "1", "r": False, "m": 5, "t": False}
    answer = await client.act({"type": "twapOrder", "twap": twap})
    assert "error" in answer["response"]["data"]["status"]


async def test_an_address_that_spent_its_actions_is_told_so() -> None:
    options = Options(seed=5, faucet=Decimal(1000), budget_multiplier=0.001)
    async with SimulatorServer(options) as server, WireClient(server) as client:
        server._weight.spend = lambda *_: True  # type: ignore[method-assign]
        refusals = [
            answer
            for _ in range(12)
            if (answer := await client.act({"type": "setDisplayName", "displayName": "me"})) != DONE
        ]
        assert refusals[0]["response"].startswith("Too many cumulative requests sent (")


# --- faults ---


async def test_replies_go_wrong_on_request(client: WireClient, server: SimulatorServer) -> None:
    faults = server.house.faults
    for kind, status in ((FaultKind.HTTP_429, 429), (FaultKind.HTTP_500, 500), (FaultKind.HTTP_502, 502)):
        faults.add(Fault(kind))
        assert (await client.post("/info", {"type": "meta"})).status_code == status
        assert (await client.post("/info", {"type": "meta"})).status_code == 200


@pytest.mark.parametrize("kind", [FaultKind.ERROR_AFTER_ACCEPT, FaultKind.REPLY_LOST])
async def test_a_lost_reply_leaves_the_deed_done(client: WireClient, server: SimulatorServer, kind: FaultKind) -> None:
    price = await client.price(-0.1)
    server.house.faults.add(Fault(kind))
    envelope = client.sealed({"type": "order", "orders": [limit(price)], "grouping": "na"})
    if kind is FaultKind.REPLY_LOST:
        with pytest.raises(httpx.TransportError):
            await client.post("/exchange", envelope)
    else:
        assert (await client.post("/exchange", envelope)).status_code == 502
    assert len(await client.mine("openOrders")) == 1
    again = (await client.post("/exchange", envelope)).json()
    assert again["response"].startswith("Invalid nonce: duplicate nonce")


async def test_standing_faults_hold_until_cleared(client: WireClient, server: SimulatorServer) -> None:
    faults, price = server.house.faults, await client.price(-0.1)
    faults.add(Fault(FaultKind.POST_ONLY))
    (refused,) = await client.order(limit(price))
    assert refused["error"].startswith("Only post-only orders allowed")
    (resting,) = await client.order(limit(price, tif="Alo"))
    faults.clear()
    faults.add(Fault(FaultKind.LAGGING_STATUS, seconds=60))
    oid = resting["resting"]["oid"]
    assert await client.mine("orderStatus", oid=oid) == {"status": "unknownOid"}
    faults.clear()
    assert (await client.mine("orderStatus", oid=oid))["status"] == "order"
    before = (await client.ask("exchangeStatus"))["time"]
    faults.add(Fault(FaultKind.CLOCK_SKEW, seconds=90))
    assert (await client.ask("exchangeStatus"))["time"] >= before + 90_000


async def test_faults_are_set_over_the_wire_where_that_is_allowed() -> None:
    async with SimulatorServer(Options(seed=5, control=True)) as server, WireClient(server) as client:
        assert (await client.post("/control/faults", {"kind": "http_500", "channel": "/info"})).status_code == 200
        assert (await client.post("/info", {"type": "meta"})).status_code == 500
        refused = await client.post("/control/faults", {"kind": "meteor"})
        assert (refused.status_code, "is no fault" in refused.text) == (400, True)
        assert (await client.post("/control/faults", {"kind": "clear"})).status_code == 200


async def test_an_exchange_that_cannot_write_its_file_stops(tmp_path: Path) -> None:
    options = Options(seed=5, faucet=Decimal(1000), state=tmp_path / "demo.state")
    async with SimulatorServer(options) as server, WireClient(server) as client:
        assert await client.act({"type": "noop"}) == DONE
        store = server.house._store
        assert store is not None
        store.close()
        with suppress(httpx.TransportError):
            assert (await client.post("/exchange", client.sealed({"type": "noop"}))).status_code == 500
        await server.stopped.wait()
        assert "cannot be written" in str(server.failure)


@pytest.mark.parametrize("kind", [FaultKind.SILENT, FaultKind.HALF_OPEN])
async def test_sockets_fall_silent_on_request(server: SimulatorServer, client: WireClient, kind: FaultKind) -> None:
    async with client.socket() as socket:
        await socket.subscribe("bbo", coin="BTC")
        (served,) = server.streams.sockets
        server.house.faults.add(Fault(kind))
        server._look_after_sockets()
        assert served.mute
        await socket.say({"method": "ping"})
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await socket.hear("pong")
        served.abort()
