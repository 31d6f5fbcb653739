"""The official Python client, unmodified, over real sockets: what it can ask and do there it can ask and do here."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from decimal import Decimal
from itertools import pairwise
from typing import Any

import eth_account
import pytest
from hyperliquid.exchange import Exchange
from hyperliquid.info import Info
from hyperliquid.utils.error import ClientError
from hyperliquid.utils.types import Cloid

from hlmaster.exchange.simulator.opening import Options
from hlmaster.exchange.simulator.server import SimulatorServer

FUNDS = 1_000_000
PATIENCE = 30.0


class ServerThread:
    """The exchange on a thread with a loop of its own, for a client that blocks."""

    def __init__(self, speed: float = 1.0) -> None:
        self._options = Options(seed=3, speed=speed, faucet=Decimal(FUNDS), budget_multiplier=0)
        self._ready: Future[SimulatorServer] = Future()
        self._over: Future[asyncio.Event] = Future()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        over = asyncio.Event()
        self._over.set_result(over)
        async with SimulatorServer(self._options) as server:
            self._ready.set_result(server)
            await over.wait()

    def __enter__(self) -> SimulatorServer:
        self._thread.start()
        return self._ready.result(PATIENCE)

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._over.result().set)
        self._thread.join(PATIENCE)


@pytest.fixture(scope="module")
def server() -> Iterator[SimulatorServer]:
    with ServerThread() as running:
        yield running


class Trader:
    """A wallet with the client's Info and Exchange, closed afterwards."""

    def __init__(self, url: str, wallet: Any = None, account: str | None = None) -> None:
        self.wallet = wallet or eth_account.Account.create()
        self.address: str = account or self.wallet.address
        self.info = Info(url, skip_ws=True)
        self.exchange = Exchange(self.wallet, url, account_address=account)

    def close(self) -> None:
        for session in (self.info.session, self.exchange.session, self.exchange.info.session):
            session.close()

    def mid(self, coin: str) -> float:
        return float(self.info.all_mids()[coin])

    def away(self, coin: str, share: float) -> float:
        """A valid price this far from the mid."""
        decimals = 6 - self.info.asset_to_sz_decimals[self.info.name_to_asset(coin)]
        return float(round(float(f"{self.mid(coin) * (1 + share):.5g}"), decimals))

    def position(self, coin: str) -> float:
        positions = [one["position"] for one in self.info.user_state(self.address)["assetPositions"]]
        return next((float(one["szi"]) for one in positions if one["coin"] == coin), 0.0)


@pytest.fixture
def trader(server: SimulatorServer) -> Iterator[Trader]:
    trader = Trader(server.url)
    yield trader
    trader.close()


def status(reply: Any) -> Any:
    assert reply["status"] == "ok", reply
    (only,) = reply["response"]["data"]["statuses"]
    return only


GTC, ALO, IOC = ({"limit": {"tif": tif}} for tif in ("Gtc", "Alo", "Ioc"))


# --- Info ---


def test_market_questions(trader: Trader) -> None:
    info = trader.info
    meta = info.meta()
    coins = [one["name"] for one in meta["universe"]]
    assert len(coins) >= 8
    contexts = info.meta_and_asset_ctxs()
    assert contexts[0] == meta
    assert [float(one["markPx"]) > 0 for one in contexts[1]] == [True] * len(coins)
    assert set(info.all_mids()) == set(coins)
    assert info.perp_dexs() == [None]
    assert info.spot_meta()["tokens"][0]["name"] == "USDC"
    assert info.spot_meta_and_asset_ctxs()[1] == []
    bids, asks = info.l2_snapshot("BTC")["levels"]
    assert len(bids) == len(asks) == 20
    assert float(bids[0]["px"]) < float(asks[0]["px"])
    assert info.query_perp_deploy_auction_status()["durationSeconds"] > 0


def test_candles_reach_back_and_join_the_present(trader: Trader, server: SimulatorServer) -> None:
    now = server.house.now()
    candles = trader.info.candles_snapshot("BTC", "1h", now - 100 * 3_600_000, now)
    assert 100 <= len(candles) <= 101
    assert all(b["t"] - a["t"] == 3_600_000 for a, b in pairwise(candles))
    assert candles[-1]["t"] <= now <= candles[-1]["T"]
    assert abs(float(candles[-1]["c"]) / trader.mid("BTC") - 1) < 0.01


def test_funding_history_is_hourly(trader: Trader, server: SimulatorServer) -> None:
    rows = trader.info.funding_history("ETH", server.house.now() - 86_400_000)
    assert len(rows) in (24, 25)
    assert set(rows[0]) == {"coin", "fundingRate", "premium", "time"}


def test_account_questions_of_a_newcomer(trader: Trader) -> None:
    info, user = trader.info, trader.address
    state = info.user_state(user)
    assert state["marginSummary"]["accountValue"] == f"{FUNDS}.0"
    assert state["withdrawable"] == f"{FUNDS}.0"
    assert info.spot_user_state(user) == {"balances": []}
    assert info.open_orders(user) == info.frontend_open_orders(user) == info.historical_orders(user) == []
    assert info.user_fills(user) == info.user_fills_by_time(user, 0) == info.user_twap_slice_fills(user) == []
    assert info.user_funding_history(user, 0) == info.delegator_history(user) == info.user_vault_equities(user) == []
    assert info.user_staking_delegations(user) == info.user_staking_rewards(user) == info.extra_agents(user) == []
    assert info.user_staking_summary(user)["delegated"] == "0.0"
    assert info.query_order_by_oid(user, 1) == {"status": "unknownOid"}
    assert info.query_order_by_cloid(user, Cloid.from_int(1)) == {"status": "unknownOid"}
    (deposit,) = info.user_non_funding_ledger_updates(user, 0)
    assert deposit["delta"] == {"type": "deposit", "usdc": f"{FUNDS}.0"}
    fees = info.user_fees(user)
    assert (fees["userCrossRate"], fees["userAddRate"]) == ("0.00045", "0.00015")
    assert info.user_role(user) == {"role": "user"}
    assert info.user_rate_limit(user)["nRequestsCap"] == 10_000
    assert [period for period, _ in info.portfolio(user)][:4] == ["day", "week", "month", "allTime"]
    assert info.query_referral_state(user)["referredBy"] is None
    assert info.query_sub_accounts(user) is None
    assert info.query_user_to_multi_sig_signers(user) is None
    assert info.query_user_dex_abstraction_state(user) is None
    assert info.query_user_abstraction_state(user) == "disabled"
    assert info.query_spot_deploy_auction_status(user)["states"] == []


def test_a_question_nobody_understands_is_a_client_error(trader: Trader) -> None:
    with pytest.raises(ClientError) as refused:
        trader.info.post("/info", {"type": "nonsense"})
    assert refused.value.status_code == 422


# --- orders ---


def test_a_resting_order_is_seen_found_and_cancelled(trader: Trader) -> None:
    price = trader.away("BTC", -0.1)
    resting = status(trader.exchange.order("BTC", True, 0.01, price, GTC))
    oid = resting["resting"]["oid"]
    (seen,) = trader.info.open_orders(trader.address)
    assert (seen["oid"], seen["side"], float(seen["limitPx"]), seen["sz"]) == (oid, "B", price, "0.01")
    assert trader.info.query_order_by_oid(trader.address, oid)["order"]["status"] == "open"
    assert status(trader.exchange.cancel("BTC", oid)) == "success"
    assert trader.info.query_order_by_oid(trader.address, oid)["order"]["status"] == "canceled"
    again = status(trader.exchange.cancel("BTC", oid))
    assert again["error"].startswith("Order was never placed, already canceled, or filled.")


def test_market_open_and_close(trader: Trader) -> None:
    filled = status(trader.exchange.market_open("ETH", True, 1.0))["filled"]
    assert (filled["totalSz"], trader.position("ETH")) == ("1.0", 1.0)
    closed = status(trader.exchange.market_close("ETH"))["filled"]
    assert (closed["totalSz"], trader.position("ETH")) == ("1.0", 0.0)
    fills = trader.info.user_fills(trader.address)
    assert {fill["dir"] for fill in fills} == {"Open Long", "Close Long"}
    assert all(fill["crossed"] and float(fill["fee"]) > 0 for fill in fills)
    fees = sum(float(fill["fee"]) for fill in fills)
    profit = sum(float(fill["closedPnl"]) for fill in fills)
    value = float(trader.info.user_state(trader.address)["marginSummary"]["accountValue"])
    assert value == pytest.approx(FUNDS + profit - fees, abs=1e-6)
    assert trader.exchange.market_close("ETH") is None


def test_post_only_ioc_and_reduce_only_are_what_they_say(trader: Trader) -> None:
    crossing = status(trader.exchange.order("BTC", True, 0.01, trader.away("BTC", 0.01), ALO))
    assert crossing["error"].startswith("Post only order would have immediately matched, bbo was ")
    nothing = status(trader.exchange.order("BTC", True, 0.01, trader.away("BTC", -0.05), IOC))
    assert nothing["error"].startswith("Order could not immediately match against any resting orders.")
    flat = status(trader.exchange.order("BTC", False, 0.01, trader.away("BTC", -0.01), IOC, reduce_only=True))
    assert flat["error"].startswith("Reduce only order would increase position.")
    small = status(trader.exchange.order("BTC", True, 0.00001, trader.away("BTC", -0.1), GTC))
    assert small["error"].startswith("Order must have minimum value of $10.")


def test_triggers_wait_and_attach(trader: Trader) -> None:
    status(trader.exchange.market_open("SOL", True, 10.0))
    for kind, share in (("sl", -0.1), ("tp", 0.1)):
        price = trader.away("SOL", share)
        trigger = {"trigger": {"triggerPx": price, "isMarket": True, "tpsl": kind}}
        reply = trader.exchange.order("SOL", False, 10.0, price, trigger, reduce_only=True)
        assert "resting" in status(reply) or status(reply) == "waitingForTrigger"
    listed = trader.info.frontend_open_orders(trader.address)
    assert {order["orderType"] for order in listed} == {"Stop Market", "Take Profit Market"}
    assert all(order["isTrigger"] and order["tif"] is None for order in listed)
    orders: list[Any] = [
        {
            "coin": "ETH",
            "is_buy": True,
            "sz": 0.5,
            "limit_px": trader.away("ETH", -0.05),
            "order_type": GTC,
            "reduce_only": False,
        },
        {
            "coin": "ETH",
            "is_buy": False,
            "sz": 0.5,
            "limit_px": trader.away("ETH", -0.2),
            "order_type": {"trigger": {"triggerPx": trader.away("ETH", -0.2), "isMarket": True, "tpsl": "sl"}},
            "reduce_only": True,
        },
    ]
    reply = trader.exchange.bulk_orders(orders, grouping="normalTpsl")
    parent, child = reply["response"]["data"]["statuses"]
    assert "resting" in parent
    assert child == "waitingForFill"


def test_modify_gives_a_new_oid_and_keeps_the_cloid(trader: Trader) -> None:
    cloid, price = Cloid.from_int(77), trader.away("BTC", -0.1)
    placed = status(trader.exchange.order("BTC", True, 0.01, price, GTC, cloid=cloid))["resting"]
    assert placed["cloid"] == cloid.to_raw()
    moved = status(
        trader.exchange.modify_order(placed["oid"], "BTC", True, 0.02, trader.away("BTC", -0.12), GTC, cloid=cloid)
    )
    assert moved["resting"]["oid"] != placed["oid"]
    found = trader.info.query_order_by_cloid(trader.address, cloid)["order"]["order"]
    assert (found["oid"], found["sz"]) == (moved["resting"]["oid"], "0.02")
    again = status(trader.exchange.modify_order(cloid, "BTC", True, 0.03, trader.away("BTC", -0.12), GTC, cloid=cloid))
    assert "resting" in again
    assert status(trader.exchange.cancel_by_cloid("BTC", cloid)) == "success"


def test_leverage_and_isolated_margin(trader: Trader) -> None:
    assert trader.exchange.update_leverage(5, "ETH", is_cross=False) == {
        "status": "ok",
        "response": {"type": "default"},
    }
    assert trader.exchange.update_leverage(500, "ETH")["status"] == "err"
    status(trader.exchange.market_open("ETH", True, 1.0))
    before = trader.info.user_state(trader.address)["assetPositions"][0]["position"]
    assert (before["leverage"]["type"], before["leverage"]["value"]) == ("isolated", 5)
    assert trader.exchange.update_isolated_margin(100.0, "ETH")["status"] == "ok"
    after = trader.info.user_state(trader.address)["assetPositions"][0]["position"]
    assert float(after["leverage"]["rawUsd"]) == pytest.approx(float(before["leverage"]["rawUsd"]) + 100.0)
    refused = trader.exchange.update_leverage(5, "ETH", is_cross=True)
    assert refused["response"] == "Cannot switch leverage type with open position."


def test_an_agent_trades_for_its_master_and_cannot_move_money(trader: Trader, server: SimulatorServer) -> None:
    trader.info.user_state(trader.address)
    approved, key = trader.exchange.approve_agent("desk")
    assert approved == {"status": "ok", "response": {"type": "default"}}
    agent_wallet = eth_account.Account.from_key(key)
    agent = Trader(server.url, agent_wallet, trader.address)
    try:
        status(agent.exchange.market_open("BTC", True, 0.01))
        assert trader.position("BTC") == 0.01
        assert trader.info.user_role(agent_wallet.address)["data"]["user"] == trader.address.lower()
        (listed,) = trader.info.extra_agents(trader.address)
        assert listed["name"] == "desk"
        refused = agent.exchange.usd_transfer(5.0, trader.address)
        assert refused["response"] == f"Must deposit before performing actions. User: {agent_wallet.address.lower()}"
        approved, _ = trader.exchange.approve_agent("desk")
        gone = agent.exchange.market_open("BTC", True, 0.01)
        assert gone["response"] == f"User or API Wallet {agent_wallet.address.lower()} does not exist."
    finally:
        agent.close()


def test_schedule_cancel_needs_volume_and_then_works(trader: Trader, server: SimulatorServer) -> None:
    refused = trader.exchange.schedule_cancel(server.house.now() + 10_000)
    assert refused["response"].startswith("Cannot set scheduled cancel time until enough volume traded. Required: ")
    for _ in range(200):
        status(trader.exchange.market_open("BTC", True, 0.5))
        trader.exchange.market_close("BTC")
        if float(trader.info.user_rate_limit(trader.address)["cumVlm"]) > 1_000_000:
            break
    done = {"status": "ok", "response": {"type": "default"}}
    assert trader.exchange.schedule_cancel(server.house.now() + 10_000) == done
    assert trader.exchange.schedule_cancel(None) == done
    status(trader.exchange.order("BTC", True, 0.01, trader.away("BTC", -0.1), GTC))
    with listening(server) as info:
        updates = subscribe(info, {"type": "orderUpdates", "user": trader.address})
        assert trader.exchange.schedule_cancel(server.house.now() + 5_500) == done
        assert until(updates, lambda frame: frame["data"][0]["status"] == "scheduledCancel")


def test_money_moves_between_wallets_and_people(trader: Trader, server: SimulatorServer) -> None:
    friend = Trader(server.url)
    try:
        friend.info.user_state(friend.address)
        assert trader.exchange.usd_transfer(250.0, friend.address)["status"] == "ok"
        assert friend.info.user_state(friend.address)["withdrawable"] == f"{FUNDS + 250}.0"
        assert trader.exchange.usd_class_transfer(100.0, to_perp=False)["status"] == "ok"
        assert trader.info.spot_user_state(trader.address)["balances"][0]["total"] == "100.0"
        assert trader.exchange.withdraw_from_bridge(50.0, trader.address)["status"] == "ok"
        too_much = trader.exchange.withdraw_from_bridge(2.0 * FUNDS, trader.address)
        assert too_much["response"].startswith("Insufficient balance for withdrawal")
        kinds = [row["delta"]["type"] for row in trader.info.user_non_funding_ledger_updates(trader.address, 0)]
        assert kinds == ["deposit", "internalTransfer", "accountClassTransfer", "withdraw"]
    finally:
        friend.close()


def test_other_actions_are_answered(trader: Trader) -> None:
    trader.info.user_state(trader.address)
    exchange, builder = trader.exchange, "0x" + "ab" * 20
    done = {"status": "ok", "response": {"type": "default"}}
    fee: Any = {"b": builder, "f": 10}
    order = ("BTC", True, 0.01, trader.away("BTC", -0.1), GTC)
    assert exchange.order(*order, builder=fee)["response"] == "Builder fee has not been approved."
    assert exchange.approve_builder_fee(builder, "0.05%") == done
    assert "resting" in status(exchange.order(*order, builder=fee))
    assert exchange.set_referrer("FRIEND") == done
    assert exchange.noop(exchange.info.post("/info", {"type": "exchangeStatus"})["time"] + 1_000) == done
    assert exchange.create_sub_account("one")["response"].startswith("Cannot create sub-accounts until")
    exchange.set_expires_after(1)
    assert exchange.order(*order)["response"].startswith("Action already expired")


# --- subscriptions ---


@contextmanager
def listening(server: SimulatorServer) -> Iterator[Info]:
    info = Info(server.url)
    try:
        yield info
    finally:
        info.disconnect_websocket()
        assert info.ws_manager is not None
        info.ws_manager.join(PATIENCE)
        info.session.close()


def subscribe(info: Info, subscription: Any) -> queue.Queue[Any]:
    frames: queue.Queue[Any] = queue.Queue()
    info.subscribe(subscription, frames.put)
    return frames


def until(frames: queue.Queue[Any], wanted: Callable[[Any], bool]) -> Any:
    """The first frame that is wanted; queue.Empty when none comes in time."""
    while True:
        frame = frames.get(timeout=PATIENCE)
        if wanted(frame):
            return frame


def test_market_subscriptions_bring_data() -> None:
    with ServerThread(speed=20.0) as server, listening(server) as info:
        streams = {
            kind: subscribe(info, {"type": kind, **fields})
            for kind, fields in {
                "allMids": {},
                "l2Book": {"coin": "BTC"},
                "bbo": {"coin": "BTC"},
                "trades": {"coin": "BTC"},
                "candle": {"coin": "BTC", "interval": "1m"},
                "activeAssetCtx": {"coin": "BTC"},
            }.items()
        }
        for _ in range(2):
            frames = {kind: stream.get(timeout=PATIENCE) for kind, stream in streams.items()}
        assert {kind: frame["channel"] for kind, frame in frames.items()} == {kind: kind for kind in streams}
        assert len(frames["l2Book"]["data"]["levels"][0]) == 20
        assert float(frames["activeAssetCtx"]["data"]["ctx"]["markPx"]) > 0
        assert frames["candle"]["data"]["s"] == "BTC"


def test_account_subscriptions_bring_data(server: SimulatorServer, trader: Trader) -> None:
    trader.info.user_state(trader.address)
    with listening(server) as info:
        user = {"user": trader.address}
        streams = {
            kind: subscribe(info, {"type": kind, **user})
            for kind in ("userEvents", "userFills", "orderUpdates", "userFundings", "userNonFundingLedgerUpdates")
        }
        data = subscribe(info, {"type": "activeAssetData", "coin": "BTC", **user})
        assert data.get(timeout=PATIENCE)["data"]["coin"] == "BTC"
        for kind in ("userFills", "userFundings", "userNonFundingLedgerUpdates"):
            assert streams[kind].get(timeout=PATIENCE)["data"]["isSnapshot"] is True
        filled = status(trader.exchange.market_open("BTC", True, 0.01))["filled"]
        fills = streams["userFills"].get(timeout=PATIENCE)["data"]
        assert "isSnapshot" not in fills
        assert {fill["oid"] for fill in fills["fills"]} == {filled["oid"]}
        assert streams["userEvents"].get(timeout=PATIENCE)["data"]["fills"] == fills["fills"]
        update = until(streams["orderUpdates"], lambda frame: frame["data"][-1]["status"] == "filled")["data"][-1]
        assert update["order"]["oid"] == filled["oid"]
        trader.exchange.usd_class_transfer(10.0, to_perp=False)
        moved = streams["userNonFundingLedgerUpdates"].get(timeout=PATIENCE)["data"]["nonFundingLedgerUpdates"]
        assert moved[0]["delta"] == {"type": "accountClassTransfer", "usdc": "10.0", "toPerp": False}


def test_an_unsubscribed_stream_falls_silent(server: SimulatorServer) -> None:
    with listening(server) as info:
        frames: queue.Queue[Any] = queue.Queue()
        subscription: Any = {"type": "bbo", "coin": "BTC"}
        number = info.subscribe(subscription, frames.put)
        frames.get(timeout=PATIENCE)
        assert info.unsubscribe(subscription, number)
