"""What happens on the account while nothing reaches us, or while we are not there, is in the books afterwards."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from hlmaster.core.events import AccountLinkChanged, AccountResynchronised
from hlmaster.exchange.simulator import account_answers, frames
from hlmaster.exchange.simulator.faults import Fault, FaultKind
from hlmaster.trading.execution import reconcile
from tests.flow.second_client import Beside, beside, watching
from tests.hostile.virtual_time import virtual

D = Decimal
BATCH = 50


async def trade(scene: Beside, orders: int, lean: int = 0, coin: str = "ETH") -> int:
    """The other program buys and sells in turn at market, the first ``lean`` times only buys; counts the fills."""
    venue = scene.server.house.venue
    before = len(venue.fills(scene.account))
    price = float(venue.mark(coin))
    for number in range(0, orders, BATCH):
        asked: list[Any] = [
            {
                "coin": coin,
                "is_buy": is_buy,
                "sz": 0.01,
                "limit_px": float(round(price * (1.05 if is_buy else 0.95), 1)),
                "order_type": {"limit": {"tif": "Ioc"}},
                "reduce_only": False,
            }
            for is_buy in (n < lean or n % 2 == 0 for n in range(number, min(number + BATCH, orders)))
        ]
        await asyncio.sleep(0.2)
        reply = await scene.calling(scene.sdk.bulk_orders, asked)
        assert reply["status"] == "ok", reply
    return len(venue.fills(scene.account)) - before


@virtual
async def test_twenty_five_hundred_fills_of_an_outage_are_all_booked_once_within_ten_seconds() -> None:
    """More than one page of the exchange's answer; no query and no stream gets through while they happen."""
    async with beside(4) as scene:
        await trade(scene, 4)
        await scene.until(lambda: not scene.apart(), 10)
        faults = scene.server.house.faults
        for fault in (Fault(FaultKind.REFUSE_SOCKETS, 0), Fault(FaultKind.HTTP_502, 0, channel="/info")):
            faults.add(fault)
        down: list[AccountLinkChanged] = []
        scene.desk.bus.subscribe(AccountLinkChanged, down.append)
        faults.add(Fault(FaultKind.CLOSE))
        await scene.until(lambda: down, 10)
        assert await trade(scene, 2_600) >= 2_500
        missed = len(scene.server.house.venue.fills(scene.account)) - len(scene.desk.portfolio.fills)
        assert missed >= 2_500
        back: list[float] = []
        scene.desk.bus.subscribe(AccountResynchronised, lambda _: back.append(scene.clock.monotonic()))
        faults.clear()
        await scene.until(lambda: back, 90)
        await scene.until(lambda: not scene.apart(), 10)
        booked = [one.fill.key for one in scene.desk.portfolio.fills]
        assert len(booked) == len(set(booked)) == len(scene.server.house.venue.fills(scene.account))
        assert abs(await scene.value_apart()) < D("0.01")


@virtual
async def test_fills_while_the_desk_was_away_are_booked_and_told_when_it_returns() -> None:
    async with beside(5) as scene:
        await trade(scene, 3)
        await scene.until(lambda: not scene.apart(), 10)
        await scene.desk.stop()
        made = await trade(scene, 61)
        await scene.start_desk()
        assert not scene.apart()
        told = [fact for fact in scene.discrepancies if fact.subject == "ETH fills"]
        assert [fact.venues for fact in told] == [str(made)]
        assert "not running" in told[0].explanation
        assert abs(await scene.value_apart()) < D("0.01")


@virtual
async def test_history_that_the_exchange_serves_no_more_is_replaced_by_its_statement() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(account_answers, "REACHABLE_FILLS", 100)
        patch.setattr(frames, "SNAPSHOT_FILLS", 100)
        patch.setattr(reconcile, "REACH", 100)
        async with beside(6, watching(reconcile_seconds=10)) as scene:
            await trade(scene, 3)
            await scene.until(lambda: not scene.apart(), 10)
            await scene.desk.stop()
            assert await trade(scene, 160, lean=10) > 100
            await start_with_a_hole(scene)
            theirs = scene.server.house.venue.account_state(scene.account)
            await scene.until(lambda: scene.desk.portfolio.mismatched == () and scene.store.saved_adjustments, 120)
            held = {one.coin: one.size for one in theirs.positions}
            assert {c: h.size for c, h in scene.desk.portfolio.ledger.holdings.items() if h.size} == held
            await scene.until(lambda: any(not fact.coin for fact in scene.store.saved_adjustments), 120)
            assert abs(await scene.value_apart()) < D("0.01")
            explained = {fact.subject: fact.explanation for fact in scene.discrepancies}
            assert "out of reach" in explained["ETH position"]
            assert "out of reach" in explained["account value"]
            assert "only the latest" in explained["fill history"]
            await scene.desk.stop()
            before = scene.desk.portfolio.ledger.settled
            await start_with_a_hole(scene)
            assert scene.desk.portfolio.ledger.settled == before, "a restart keeps what was adjusted"
            assert abs(await scene.value_apart()) < D("0.01")


async def start_with_a_hole(scene: Beside) -> None:
    """Fills are missing for good here, so readiness is all that is waited for."""
    apart, scene.apart = scene.apart, list  # type: ignore[method-assign]
    try:
        await scene.start_desk()
    finally:
        scene.apart = apart  # type: ignore[method-assign]


@virtual
async def test_fills_that_nothing_brings_block_entries_and_alert_until_they_are_fetched() -> None:
    """The line is healthy all the while: only the exchange's own statement of the position tells."""
    async with beside(10) as scene:
        desk, faults = scene.desk, scene.server.house.faults
        await scene.until(lambda: desk.survey("ETH").stale is None, 60)
        faults.add(Fault(FaultKind.DROP, 0, channel="userFills"))
        faults.add(Fault(FaultKind.HTTP_502, 0, channel="/info"))
        await trade(scene, 5, lean=5)
        await scene.until(lambda: "ETH" in desk.portfolio.mismatched, 16)
        assert "differ" in (desk.survey("ETH").stale or ""), "entries are off on this coin"
        assert "differ" not in (desk.survey("BTC").stale or ""), "and on no other"
        assert desk.portfolio.size("ETH") == D("0.05"), "exits go by the exchange's word"
        await scene.until(lambda: any(notice.code == "REC-001" for notice in scene.notices), 6)
        faults.clear()
        await scene.until(lambda: not scene.apart(), 60)
        await scene.until(lambda: desk.survey("ETH").stale is None, 10)
        subjects = [fact.subject for fact in scene.discrepancies]
        assert subjects == ["ETH position", "ETH fills"]
        assert [notice.sentence for notice in scene.notices][-1].endswith("agrees with the exchange's again.")
        assert abs(await scene.value_apart()) < D("0.01")
