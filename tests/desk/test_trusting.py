"""Trust grows and falls with the trades, and a person hears of it."""

from __future__ import annotations

import pytest

from hlmaster.core.events import Notice, Severity
from hlmaster.core.model import Mode
from hlmaster.core.proposals import Policy
from hlmaster.core.records import ForTheRecord, TradeChanged, TradesRestored
from hlmaster.desk.tallies import Tallies
from hlmaster.desk.trusting import Trusting
from hlmaster.trading.proposals.record_trust import TrustTerms
from tests.desk.desks import Scene, running
from tests.trading.journal import trade
from tests.trading.scenes import D

SOURCE, TERMS = "confluence", TrustTerms()
NINETEEN = tuple(trade("10") for _ in range(19))


def trusting(scene: Scene, mode: Mode) -> Trusting:
    desk = scene.desk
    kept = Tallies(desk.bus, desk.clock, desk.portfolio, lambda: TERMS)
    return Trusting(desk.bus, mode, kept, lambda: TERMS, lambda source: Policy.AUTO)


@pytest.mark.parametrize("mode", [Mode.DEMO, Mode.PAPER])
async def test_where_money_is_not_real_nothing_is_to_be_earned(mode: Mode) -> None:
    async with running() as scene:
        trust = trusting(scene, mode).trust
        assert (trust.share(SOURCE), trust.may_auto(SOURCE)) == (D(1), None)


@pytest.mark.parametrize("mode", [Mode.TESTNET, Mode.LIVE])
async def test_acting_alone_is_earned_by_a_trade_and_lost_by_a_fall(mode: Mode) -> None:
    async with running() as scene:
        trust, bus = trusting(scene, mode).trust, scene.desk.bus
        noted: list[ForTheRecord] = []
        bus.subscribe(ForTheRecord, noted.append)
        assert trust.share(SOURCE) == D("0.10")
        assert trust.may_auto(SOURCE) is not None
        bus.publish(TradesRestored(NINETEEN))
        told = len(scene.notices)
        assert not noted, "what was earned before is no news"

        bus.publish(TradeChanged(trade("10")))
        assert (trust.share(SOURCE), trust.may_auto(SOURCE)) == (D("0.25"), None)
        [earned] = scene.notices[told:]
        assert earned.sentence == (
            "confluence has earned to act by itself (earned by 20 trades, +20.0 R). It trades 25 % of its size."
        )

        for _ in range(7):
            bus.publish(TradeChanged(trade("-10")))
        assert (trust.share(SOURCE), trust.may_auto(SOURCE) is None) == (D("0.10"), False)
        lost: Notice = scene.notices[-1]
        assert lost.severity is Severity.WARNING
        assert "it fell 7.0 R below its best" in lost.sentence
        assert "from now on you are asked" in lost.sentence
        assert [one.kind for one in noted] == ["trust", "trust"]


async def test_after_a_restart_the_trust_is_as_it_was() -> None:
    async with running() as scene:
        trades = [*NINETEEN, trade("10")]
        trust, bus = trusting(scene, Mode.LIVE).trust, scene.desk.bus
        for one in trades:
            bus.publish(TradeChanged(one))
        again = trusting(scene, Mode.LIVE).trust
        bus.publish(TradesRestored(tuple(trades)))
        assert (again.share(SOURCE), again.text(SOURCE)) == (trust.share(SOURCE), trust.text(SOURCE))
