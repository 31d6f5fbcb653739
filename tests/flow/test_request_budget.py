"""A desk that watches fifty coins never hears "too many requests", and keeps what exits need."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from hlmaster.core.model import Interval, Side
from hlmaster.core.orders import OrderStatus
from hlmaster.core.ports import Turn
from hlmaster.exchange.simulator import opening
from hlmaster.exchange.simulator.listing import LISTINGS
from hlmaster.trading.ticket import SizeUnit, Ticket, TicketKind
from tests.flow.second_client import Beside, beside, watching
from tests.hostile.virtual_time import virtual
from tests.trading.scenes import D

MANY = [replace(LISTINGS[-1], coin=f"C{number}") for number in range(50 - len(LISTINGS))] + list(LISTINGS)


def refused(scene: Beside) -> int:
    """How often the exchange said HTTP 429, or that the account's requests are spent."""
    parts = scene.desk._parts
    errors = [health.errors.get("VEN-004", 0) for health in (parts.market_data.health, parts.trading.health)]
    return sum(errors)


@virtual
async def test_fifty_coins_start_and_live_within_the_exchange_s_own_budgets() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(opening, "LISTINGS", tuple(MANY))
        coins = tuple(one.coin for one in MANY)
        async with beside(7, watching(*coins), coins=coins) as scene:
            most, started = 0, scene.clock.monotonic()
            data, now = scene.desk._parts.market_data, scene.clock.now_ms()
            charts = [
                asyncio.create_task(data.candles(coin, Interval.M5, now - 500 * Interval.M5.ms, now, Turn.SIGHT))
                for coin in coins
            ]
            await asyncio.sleep(1.0)
            assert not all(chart.done() for chart in charts), "fifty charts at once are more than a minute's share"
            await scene.desk.reconciler.run()
            assert scene.clock.monotonic() - started < 5, "the account does not wait for charts"
            while scene.clock.monotonic() - started < 240:
                most = max(most, scene.desk._parts.trading._client.budget.used)  # type: ignore[attr-defined]
                await scene.desk.clock.sleep(1.0)
            assert all(len(chart.result()) for chart in charts)
            assert refused(scene) == 0
            assert most <= 0.8 * 1_200
            last = coins[-1]
            assert last not in scene.desk.survey.leverages, "leverages follow without haste"
            scene.desk.survey(last)
            await scene.until(lambda: last in scene.desk.survey.leverages, 5)


@virtual
async def test_swings_and_the_chart_in_sight_do_not_wait_behind_what_strategies_study() -> None:
    async with beside(9, watching("BTC", "ETH", "SOL"), coins=("BTC", "ETH", "SOL")) as scene:
        desk, data, now = scene.desk, scene.desk._parts.market_data, scene.clock.now_ms()
        await asyncio.sleep(61.0)  # what the start has spent is spent

        async def study() -> None:
            """As a desk loads what strategies need: one history after the other."""
            for interval in (Interval.M1, Interval.M3, Interval.M5, Interval.M15):
                for coin in ("BTC", "ETH", "SOL"):
                    await data.candles(coin, interval, now - 4_999 * interval.ms, now)

        studying = asyncio.create_task(study())
        await asyncio.sleep(2.0)
        assert not studying.done(), "more than a minute's share"
        asked = scene.clock.monotonic()
        desk.risk.swings.want("SOL")
        await desk.charts.show("ETH", Interval.H1)
        await scene.until(lambda: desk.risk.swings("SOL") is not None, 5)
        await desk.reconciler.run()
        assert scene.clock.monotonic() - asked < 5
        assert not studying.done()
        await studying
        assert scene.clock.monotonic() - asked < 240, "and they go on when there is room"
        assert refused(scene) == 0


@virtual
async def test_while_the_account_s_requests_run_low_only_exits_are_sent() -> None:
    async with beside(8) as scene:
        desk, used = scene.desk, scene.server.house.address_budget.used
        await scene.until(lambda: desk.survey("ETH").stale is None, 60)
        ticket = Ticket("ETH", Side.BUY, TicketKind.MARKET, SizeUnit.USD, D(500))
        low = desk.survey("ETH").best_bid
        assert low is not None
        resting = Ticket(
            "ETH", Side.BUY, TicketKind.POST_ONLY, SizeUnit.USD, D(500), limit_price=D(int(low * D("0.9")))
        )
        assert (await desk.manual.place(ticket)).ok
        rested = await desk.manual.place(resting)
        assert rested.orders[0].status is OrderStatus.RESTING
        used[scene.account] = 9_900
        await scene.until(lambda: "entries are off" in desk.guard.sentence, 120)
        refusal = await desk.manual.place(ticket)
        assert not refusal.ok
        assert "of its 1" in refusal.sentence, "it names both figures"
        used[scene.account] = 15_000
        assert (await desk.manual.cancel(rested.orders[0].client_order_id)).ok, "cancels have an allowance of their own"
        used[scene.account] = 9_900
        assert (await desk.manual.close("ETH")).ok
        used[scene.account] = 100
        await scene.until(lambda: desk.guard.sentence == "Trading is open.", 120)
        assert (await desk.manual.place(ticket)).ok
