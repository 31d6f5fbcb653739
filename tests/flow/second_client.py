"""A desk on an account that another program trades too: the official client, unmodified. In virtual time."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import eth_account
from hyperliquid.exchange import Exchange

from hlmaster.core.bus import Bus
from hlmaster.core.clock import HOUR_MS, SystemClock
from hlmaster.core.differences import Discrepancy
from hlmaster.core.events import Notice
from hlmaster.core.model import Mode
from hlmaster.core.orders import ApprovalMint
from hlmaster.desk.desk import Desk
from hlmaster.desk.parts import Parts, SessionInfo
from hlmaster.exchange.hyperliquid.budget import WeightBudget
from hlmaster.exchange.hyperliquid.market_data import HyperliquidMarketData
from hlmaster.exchange.hyperliquid.signing import Network, Signer
from hlmaster.exchange.hyperliquid.trading import HyperliquidTrading
from hlmaster.exchange.simulator.opening import Options
from hlmaster.exchange.simulator.server import SimulatorServer
from hlmaster.settings import Settings
from tests.hostile.virtual_time import VirtualClock, VirtualTimeLoop
from tests.trading.scenes import MemoryStore
from tests.trading.venues import MemoryJournal

P = ParamSpec("P")
T = TypeVar("T")
COINS = ("BTC", "ETH")
FAUCET = Decimal(100_000)


class CountingJournal(MemoryJournal):
    """Keeps its intents in memory and gives every action a nonce of its own."""

    def __init__(self) -> None:
        super().__init__()
        self._numbers = count()

    def reserve_nonce(self, now_ms: int) -> int:
        return now_ms + next(self._numbers)


class Beside:
    """``desk`` trades through an API wallet; ``sdk`` trades the same account with its main key."""

    def __init__(self, server: SimulatorServer, clock: VirtualClock, settings: Settings, store: MemoryStore) -> None:
        self.server, self.clock, self.settings, self.store = server, clock, settings, store
        self.folder = Path(tempfile.mkdtemp())
        self.wallet = eth_account.Account.create()
        self.account: str = self.wallet.address.lower()
        self.discrepancies: list[Discrepancy] = []
        self.notices: list[Notice] = []
        self._agent = ""

    async def open(self) -> None:
        """The client, and an API wallet that it approves for the desk."""
        self.sdk = await self.calling(Exchange, self.wallet, self.server.url)
        self.server.house.welcome(self.account)
        answer, self._agent = await self.calling(self.sdk.approve_agent, "desk")
        assert answer["status"] == "ok", answer
        await self.start_desk()

    async def start_desk(self) -> None:
        bus, mint, journal = Bus(), ApprovalMint(), CountingJournal()
        budget, url = WeightBudget(self.clock), self.server.url
        trading = HyperliquidTrading(
            bus,
            self.clock,
            url,
            Network.TESTNET,
            Signer(self._agent),
            self.account,
            journal.reserve_nonce,
            mint.is_genuine,
            budget=budget,
        )
        data = HyperliquidMarketData(bus, self.clock, url, budget=budget)
        session = SessionInfo("beside", Mode.DEMO, 0, FAUCET, self.folder)
        self.desk = Desk(Parts(bus, self.clock, mint, data, trading, journal, self.store, session, self.settings))
        bus.subscribe(Discrepancy, self.discrepancies.append)
        bus.subscribe(Notice, self.notices.append)
        await self.desk.start()
        await self.until(lambda: self.desk.is_ready and not self.apart(), 60)

    async def close(self) -> None:
        await self.desk.stop()
        shutil.rmtree(self.folder)
        for session in (self.sdk.session, self.sdk.info.session):
            session.close()

    async def calling(self, blocking: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """A call of the client, which blocks: time stands still until it returns."""
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualTimeLoop)
        return await loop.calling(lambda: blocking(*args, **kwargs))

    async def until(self, condition: Callable[[], object], seconds: float) -> float:
        """Virtual seconds it took."""
        started = self.clock.monotonic()
        while not condition():
            waited = self.clock.monotonic() - started
            assert waited < seconds, f"still apart after {waited:.1f} s: {self.apart()}"
            await asyncio.sleep(0.02)
        return self.clock.monotonic() - started

    # --- the truth, past every wire ---

    def apart(self) -> list[str]:
        """What the desk's books and the exchange's differ in at this moment."""
        venue, desk = self.server.house.venue, self.desk
        held = {one.coin: one.size for one in venue.account_state(self.account).positions}
        ours = {coin: one.size for coin, one in desk.portfolio.ledger.holdings.items() if one.size}
        resting = {row.oid: row.size for row in venue.open_orders(self.account)}
        known = {order.order_id: order.remaining for order in desk.orders.live()}
        fills = {(row.coin, row.time_ms, row.tid) for row in venue.fills(self.account)}
        booked = {booked.fill.key for booked in desk.portfolio.fills}
        pairs: tuple[tuple[str, Any, Any], ...] = (
            ("positions", ours, held),
            ("orders", known, resting),
            ("fills", len(booked), len(fills)),
        )
        found = [f"{name}: ours {one}, theirs {other}" for name, one, other in pairs if one != other]
        return found + [f"fills not ours: {fills ^ booked}"] * (fills != booked and len(fills) == len(booked))

    async def value_apart(self) -> Decimal:
        """USD that the exchange's statement says more than our books, at the exchange's own marks."""
        return self.desk.portfolio.ledger.unexplained(await self.desk._parts.trading.account())


@asynccontextmanager
async def beside(
    seed: int,
    settings: Settings | None = None,
    store: MemoryStore | None = None,
    to_the_hour: float | None = None,
    **options: Any,
) -> AsyncIterator[Beside]:
    """``to_the_hour``: seconds until the next funding."""
    # The client takes its nonces from this computer's clock, so the exchange's must show about the same.
    wall_ms = SystemClock().wall_ms()
    clock = VirtualClock(wall_ms if to_the_hour is None else wall_ms // HOUR_MS * HOUR_MS - int(to_the_hour * 1000))
    fields: dict[str, Any] = {"seed": seed, "coins": COINS, "faucet": FAUCET, "budget_multiplier": 1.0}
    async with SimulatorServer(Options(**fields | options), clock) as server:
        scene = Beside(server, clock, settings or watching(), store or MemoryStore())
        await scene.open()
        try:
            yield scene
        finally:
            await scene.close()


def watching(*coins: str, **execution: Any) -> Settings:
    """Settings for a desk that watches these coins."""
    values: dict[str, Any] = {"market": {"watchlist": coins or COINS}, "execution": execution}
    return Settings.model_validate(values)
