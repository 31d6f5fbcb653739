"""The official client trades on the account beside our desk: positions, orders and fills agree within ten seconds."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

import pytest
from hyperliquid.utils.types import Cloid

from hlmaster.core.model import Side
from hlmaster.core.rounding import round_price, to_decimal
from hlmaster.trading.ticket import SizeUnit, Ticket, TicketKind
from tests.flow.second_client import COINS, FAUCET, Beside, beside, watching
from tests.hostile.virtual_time import virtual

D = Decimal
STEPS = 40
SECONDS = 10.0
GTC, IOC = ({"limit": {"tif": tif}} for tif in ("Gtc", "Ioc"))


class Script:
    """Steps of both programs, drawn from a seed."""

    def __init__(self, scene: Beside, seed: int) -> None:
        self._scene, self._dice = scene, random.Random(seed)
        self._resting: list[tuple[str, int]] = []
        self.steps = 0

    async def step(self) -> None:
        deeds = (
            self._theirs_rests,
            self._theirs_rests,
            self._theirs_trades,
            self._theirs_trades,
            self._theirs_stop,
            self._theirs_moves,
            self._theirs_cancels,
            self._ours_trades,
            self._ours_rests,
            self._ours_cancels,
        )
        await self._dice.choice(deeds)()
        self.steps += 1

    def _price(self, coin: str, share: float) -> float:
        mark = float(self._scene.server.house.venue.mark(coin))
        decimals = self._scene.desk.instruments[coin].size_decimals
        return float(round_price(to_decimal(mark * (1 + share), 6), decimals, Side.BUY))

    def _draw(self) -> tuple[str, bool, float]:
        coin, is_buy = self._dice.choice(COINS), self._dice.random() < 0.5
        size = {"BTC": 0.01, "ETH": 0.3}[coin] * self._dice.randint(1, 4)
        return coin, is_buy, round(size, 4)

    async def _call(self, verb: Any, *args: Any, **kwargs: Any) -> Any:
        reply = await self._scene.calling(verb, *args, **kwargs)
        statuses = reply["response"]["data"]["statuses"] if reply["status"] == "ok" else []
        self._resting += [(args[0], s["resting"]["oid"]) for s in statuses if isinstance(s, dict) and "resting" in s]
        return reply

    async def _theirs_rests(self) -> None:
        coin, is_buy, size = self._draw()
        price = self._price(coin, -0.02 if is_buy else 0.02)
        cloid = Cloid.from_int(self._dice.getrandbits(100)) if self._dice.random() < 0.5 else None
        await self._call(self._scene.sdk.order, coin, is_buy, size, price, GTC, cloid=cloid)

    async def _theirs_trades(self) -> None:
        coin, is_buy, size = self._draw()
        await self._call(self._scene.sdk.order, coin, is_buy, size, self._price(coin, 0.03 if is_buy else -0.03), IOC)

    async def _theirs_stop(self) -> None:
        coin, is_buy, size = self._draw()
        price = self._price(coin, 0.05 if is_buy else -0.05)
        kind = {"trigger": {"triggerPx": price, "isMarket": True, "tpsl": "sl"}}
        await self._call(self._scene.sdk.order, coin, is_buy, size, price, kind)

    async def _theirs_moves(self) -> None:
        if self._resting:
            coin, oid = self._resting.pop(self._dice.randrange(len(self._resting)))
            price = self._price(coin, -0.03)
            await self._scene.calling(self._scene.sdk.modify_order, oid, coin, True, 0.1, price, GTC)

    async def _theirs_cancels(self) -> None:
        if self._resting:
            coin, oid = self._resting.pop(self._dice.randrange(len(self._resting)))
            await self._scene.calling(self._scene.sdk.cancel, coin, oid)

    async def _ours_trades(self) -> None:
        coin, is_buy, _ = self._draw()
        side = Side.BUY if is_buy else Side.SELL
        await self._scene.desk.manual.place(Ticket(coin, side, TicketKind.MARKET, SizeUnit.USD, D(500)))

    async def _ours_rests(self) -> None:
        coin, _, _ = self._draw()
        price = to_decimal(self._price(coin, -0.04), 6).normalize()
        ticket = Ticket(coin, Side.BUY, TicketKind.POST_ONLY, SizeUnit.USD, D(300), limit_price=price)
        await self._scene.desk.manual.place(ticket)

    async def _ours_cancels(self) -> None:
        live = self._scene.desk.orders.live()
        if live:
            await self._scene.desk.manual.cancel(self._dice.choice(live).client_order_id)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("policy", ["show", "adopt", "ignore"])
@virtual
async def test_both_programs_books_agree_within_ten_seconds_after_every_step(seed: int, policy: str) -> None:
    async with beside(seed, watching(foreign_orders=policy)) as scene:
        await scene.until(lambda: all(scene.desk.survey(coin).stale is None for coin in COINS), 60)
        script, slowest = Script(scene, seed), 0.0
        while script.steps < STEPS:
            await script.step()
            slowest = max(slowest, await scene.until(lambda: not scene.apart(), SECONDS))
        assert abs(await scene.value_apart()) < D("0.01")
        assert slowest < SECONDS
        assert {order.foreign for order in scene.desk.orders.all()} == ({False} if policy == "adopt" else {True, False})


@virtual
async def test_funding_fees_transfers_and_profit_add_up_to_the_exchange_s_value_to_the_cent() -> None:
    async with beside(11, to_the_hour=60) as scene:
        await scene.until(lambda: all(scene.desk.survey(coin).stale is None for coin in COINS), 40)
        for coin, size in (("BTC", 0.5), ("ETH", 8.0)):
            await scene.calling(scene.sdk.market_open, coin, coin == "BTC", size)
        await scene.calling(scene.sdk.usd_class_transfer, 1_234.5, to_perp=False)
        await scene.until(lambda: scene.desk.portfolio.ledger.funding, 90)
        await scene.calling(scene.sdk.market_close, "ETH")
        await scene.until(lambda: not scene.apart(), SECONDS)
        ledger = scene.desk.portfolio.ledger
        assert ledger.cash_in == FAUCET - D("1234.5")
        assert all((ledger.fees, ledger.funding, ledger.realised))
        assert abs(await scene.value_apart()) < D("0.01")
        await scene.desk.reconciler.run()
        await scene.clock.sleep(40)
        assert scene.discrepancies == scene.store.saved_adjustments == []
