"""A position that a proposal opened ends as it was meant to, whatever fails and whoever interferes."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from hlmaster.core.clock import MINUTE_MS
from hlmaster.core.events import FillsReported
from hlmaster.core.files import write_whole
from hlmaster.core.model import Side
from hlmaster.core.proposals import ProposalState
from hlmaster.core.signals import Direction, Terms
from hlmaster.settings import Settings
from hlmaster.trading.ticket import SizeUnit, Ticket, TicketKind
from tests.desk.ideas import entered, red, trading
from tests.trading.scenes import D, fill

LONG, SHORT, NEUTRAL = Direction.LONG, Direction.SHORT, Direction.NEUTRAL
State = ProposalState


async def test_the_opposite_signal_closes_stops_and_all_and_then_may_open(tmp_path: Path) -> None:
    async with trading(tmp_path) as traded:
        await entered(traded)
        traded.say(SHORT)
        await traded.until(lambda: not traded.size and not traded.stops())
        await traded.until(traded.proposing.open)
        card = traded.card()
        assert (card.side, card.state) == (Side.SELL, State.OPEN)
        traded.scene.clock.advance(3_000)
        traded.scene.market.price("ETH", 3000.0)
        assert (await traded.proposing.approve(card.proposal_id)).ok
        await traded.until(lambda: traded.size < 0 and len(traded.stops()) == 3)


async def test_the_same_word_again_neither_adds_nor_closes_and_lasts_longer(tmp_path: Path) -> None:
    async with trading(tmp_path) as traded:
        await entered(traded)
        held, size = traded.proposing.ownership.of("ETH"), traded.size
        traded.scene.clock.advance(30_000)
        traded.say()
        now = traded.proposing.ownership.of("ETH")
        assert held is not None
        assert now is not None
        assert now.exit_ms == (held.exit_ms or 0) + 30_000
        assert (traded.proposing.open(), traded.size) == ([], size)


async def test_when_the_idea_has_run_out_the_position_is_closed(tmp_path: Path) -> None:
    async with trading(tmp_path) as traded:
        await entered(traded, horizon_ms=MINUTE_MS)
        traded.scene.clock.advance(MINUTE_MS)
        traded.scene.market.price("ETH", 3000.0)
        await traded.until(lambda: not traded.size and not traded.stops())
        assert traded.proposing.ownership.of("ETH") is None


@pytest.mark.parametrize(("terms", "missing", "closes"), [(True, (), True), (False, (), False), (True, ("x",), False)])
async def test_neutral_closes_on_such_terms_alone(
    tmp_path: Path, terms: bool, missing: tuple[str, ...], closes: bool
) -> None:
    async with trading(tmp_path) as traded:
        await entered(traded)
        traded.say(NEUTRAL, terms=Terms(neutral_closes=terms), missing=missing)
        if closes:
            await traded.until(lambda: not traded.size)
        else:
            await asyncio.sleep(0.02)
            traded.proposing.look()
            assert traded.size


@pytest.mark.parametrize("conflict", ["wait", "close"])
async def test_another_strategys_opposite_signal_waits_or_closes(tmp_path: Path, conflict: str) -> None:
    settings = Settings.model_validate({"protection": {"stop": "off"}, "proposals": {"conflict": conflict}})
    async with trading(tmp_path, settings) as traded:
        traded.roster.change("rival", armed=True)
        await entered(traded)
        traded.say(SHORT, strategy="rival")
        if conflict == "close":
            await traded.until(lambda: not traded.size and traded.proposing.open())
        else:
            await asyncio.sleep(0.02)
            assert traded.size
            assert traded.proposing.open() == []
            await traded.desk.manual.close("ETH")
            traded.scene.clock.advance(1_100)
            await traded.until(traded.proposing.open)
        assert traded.card().source == "rival"


async def test_a_position_that_a_person_turned_round_is_a_persons(tmp_path: Path) -> None:
    async with trading(tmp_path) as traded:
        await entered(traded)
        await traded.desk.manual.place(Ticket("ETH", Side.SELL, TicketKind.MARKET, SizeUnit.COIN, 2 * traded.size))
        await traded.until(lambda: traded.size < 0 and traded.proposing.ownership.of("ETH") is None)
        traded.say(SHORT)
        traded.say(LONG)
        await asyncio.sleep(0.02)
        assert traded.size < 0


async def test_a_persons_own_resting_order_is_left_alone_and_holds_up_no_exit(tmp_path: Path) -> None:
    async with trading(tmp_path) as traded:
        await entered(traded)
        ticket = Ticket("ETH", Side.BUY, TicketKind.LIMIT, SizeUnit.COIN, D("0.1"), limit_price=D(2900))
        (order,) = (await traded.desk.manual.place(ticket)).orders
        traded.say(SHORT)
        await traded.until(lambda: traded.proposing.ownership.of("ETH") is None and not traded.stops())
        assert [live.client_order_id for live in traded.desk.orders.live("ETH")] == [order.client_order_id]
        assert "is yours" in red(traded).text
        assert traded.proposing.open() == []


async def test_the_rest_of_an_entry_goes_when_what_was_filled_of_it_is_closed(tmp_path: Path) -> None:
    async with trading(tmp_path) as traded:
        traded.say()
        name = traded.card().proposal_id
        traded.proposing.edit(name, {"post_only": True})
        assert (await traded.proposing.approve(name)).ok
        (resting,) = traded.desk.orders.live("ETH")
        venue = traded.scene.venue
        venue.positions["ETH"] = D("0.1")
        ours: dict[str, Any] = {"order_id": resting.order_id, "client_order_id": resting.client_order_id}
        traded.desk.bus.publish(FillsReported((fill(Side.BUY, "0.1", "2999.9", **ours),)))
        await traded.until(lambda: traded.size == D("0.1") and traded.stops())
        traded.proposing.look()
        assert any(live.client_order_id == resting.client_order_id for live in traded.desk.orders.live("ETH"))
        await traded.desk.manual.close("ETH")
        await traded.until(lambda: traded.proposing.ownership.of("ETH") is None and not traded.desk.orders.live("ETH"))


async def test_an_exit_that_fails_is_tried_again_and_told_once(tmp_path: Path) -> None:
    async with trading(tmp_path) as traded:
        await entered(traded)
        traded.scene.venue.liquidity.extend([D(0)] * 20)
        traded.say(SHORT)

        def told(text: str) -> list[str]:
            return [notice.sentence for notice in traded.scene.notices if text in notice.sentence]

        await traded.until(lambda: told("could not close"))
        left = len(traded.scene.venue.liquidity)
        traded.scene.clock.advance(3_100)
        await traded.until(lambda: len(traded.scene.venue.liquidity) < left)
        traded.scene.venue.liquidity.clear()
        traded.scene.clock.advance(3_100)
        await traded.until(lambda: not traded.size)
        assert len(told("closes its ETH position")) == 1


async def test_an_owner_that_says_the_same_again_in_time_keeps_its_position(tmp_path: Path) -> None:
    async with trading(tmp_path) as traded:
        await entered(traded)
        traded.scene.venue.liquidity.extend([D(0)] * 20)
        traded.say(SHORT)
        # One try to close is several orders; what it has begun it ends, whatever is said meanwhile
        await traded.until(lambda: any("could not close" in notice.sentence for notice in traded.scene.notices))
        traded.say(LONG)
        traded.scene.venue.liquidity.clear()
        traded.scene.clock.advance(3_100)
        traded.scene.market.price("ETH", 3000.0)
        await asyncio.sleep(0.02)
        traded.proposing.look()
        await asyncio.sleep(0.02)
        assert traded.size


@pytest.mark.parametrize("document", [{"entries": {"ETH": 5}}, {"entries": []}, {"cards": [1]}, {"tenures": [{}]}])
async def test_a_damaged_memory_stops_nothing(tmp_path: Path, document: dict[str, object]) -> None:
    write_whole(tmp_path / "proposals.json", json.dumps(document).encode())
    async with trading(tmp_path) as traded:
        traded.say()
        assert traded.card().state is State.OPEN


async def test_an_owner_whose_position_ended_while_nobody_looked_owns_it_no_more(tmp_path: Path) -> None:
    async with trading(tmp_path) as traded:
        await entered(traded)
    async with trading(tmp_path) as again:
        assert again.proposing.ownership.of("ETH") is None
        again.say()
        assert again.card().state is State.OPEN
