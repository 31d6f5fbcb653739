"""The exchange's list of markets breaks where we hold a position: it can be closed, and nothing else."""

from __future__ import annotations

from hlmaster.core.events import Resynchronised
from hlmaster.core.model import Side
from hlmaster.exchange.simulator.faults import Fault, FaultKind
from hlmaster.trading.ticket import SizeUnit, Ticket, TicketKind
from tests.flow.second_client import Beside, beside
from tests.hostile.virtual_time import virtual
from tests.trading.scenes import D

TICKET = Ticket("ETH", Side.BUY, TicketKind.MARKET, SizeUnit.USD, D(500))


async def reconnect(scene: Beside) -> None:
    done: list[Resynchronised] = []
    scene.desk.bus.subscribe(Resynchronised, done.append)
    scene.server.house.faults.add(Fault(FaultKind.CLOSE))
    await scene.until(lambda: done, 60)


@virtual
async def test_a_market_whose_row_broke_is_closed_but_not_entered_until_the_list_is_whole_again() -> None:
    async with beside(9) as scene:
        desk = scene.desk
        await scene.until(lambda: desk.survey("ETH").stale is None, 60)
        assert (await desk.manual.place(TICKET)).ok
        await scene.until(lambda: desk.portfolio.size("ETH"), 10)
        scene.server.house.faults.add(Fault(FaultKind.MALFORMED_META, 0, coin="ETH"))
        await reconnect(scene)
        await scene.until(lambda: desk.instruments["ETH"].closing_only, 30)
        assert any("was skipped" in notice.sentence for notice in scene.notices)
        await scene.until(lambda: not (desk.survey("ETH").stale or "").startswith("No "), 60)
        refusal = await desk.manual.place(TICKET)
        assert not refusal.ok
        assert "can only be closed" in refusal.sentence
        closed = await desk.manual.close("ETH")
        assert closed.ok, closed
        await scene.until(lambda: not desk.portfolio.size("ETH") and not scene.apart(), 10)
        scene.server.house.faults.clear()
        await scene.until(lambda: not desk.instruments["ETH"].closing_only, 90)
        await scene.until(lambda: desk.survey("ETH").stale is None, 60)
        assert (await desk.manual.place(TICKET)).ok
