"""A person's word about whose a coin is counts at once."""

from __future__ import annotations

import asyncio
from pathlib import Path

from hlmaster.core.clock import MINUTE_MS
from hlmaster.core.model import Side
from hlmaster.core.proposals import ProposalState
from hlmaster.core.signals import Direction
from hlmaster.trading.ticket import SizeUnit, Ticket, TicketKind
from tests.desk.ideas import STRATEGY, entered, red, trading
from tests.trading.scenes import D

LONG, SHORT, NEUTRAL = Direction.LONG, Direction.SHORT, Direction.NEUTRAL
State = ProposalState


async def test_a_position_taken_over_is_left_alone_until_it_is_handed_back(tmp_path: Path) -> None:
    async with trading(tmp_path) as traded:
        await entered(traded, horizon_ms=MINUTE_MS)
        assert traded.proposing.take_over("ETH").ok
        traded.scene.clock.advance(2 * MINUTE_MS)
        traded.scene.market.price("ETH", 3000.0)
        traded.say(SHORT)
        await asyncio.sleep(0.02)
        traded.proposing.look()
        assert traded.size
        assert len(traded.stops()) == 3
        assert red(traded).text == "You took over the ETH position; hand it back or close it."
        assert traded.proposing.hand_back("ETH").ok
        traded.say(LONG)
        traded.say(SHORT)
        await traded.until(lambda: not traded.size)


async def test_a_position_made_by_hand_is_never_touched(tmp_path: Path) -> None:
    async with trading(tmp_path) as traded:
        await traded.desk.manual.place(Ticket("ETH", Side.BUY, TicketKind.MARKET, SizeUnit.COIN, D("0.1")))
        traded.say(SHORT)
        assert traded.proposing.open() == []
        assert "is yours" in red(traded).text
        assert not traded.proposing.take_over("ETH").ok
        assert traded.proposing.take_over("BTC").sentence == "There is no BTC position to take over."


async def test_a_swap_hands_over_keeps_or_closes(tmp_path: Path) -> None:
    async with trading(tmp_path) as traded:
        traded.roster.change("rival", armed=True)
        await entered(traded)
        assert not traded.proposing.swap("ETH", "rival", "burn").ok
        assert traded.proposing.swap("ETH", "rival", "hand over").ok
        traded.say(SHORT)
        await asyncio.sleep(0.02)
        assert traded.size, "it is not its former owner's to close"
        traded.say(SHORT, strategy="rival")
        await traded.until(lambda: not traded.size)
        assert "was given to rival" in red(traded).text
        assert traded.proposing.free("ETH").ok


async def test_a_veto_withdraws_and_keeps_away(tmp_path: Path) -> None:
    async with trading(tmp_path) as traded:
        traded.say()
        name = traded.card().proposal_id
        assert traded.proposing.veto(STRATEGY, "ETH", 60).ok
        assert traded.state(name) is State.WITHDRAWN
        traded.say()
        assert traded.proposing.open() == []
        assert "You vetoed" in red(traded).text
        assert traded.proposing.veto(STRATEGY, "ETH", 0).ok
        traded.scene.clock.advance(1_100)
        await traded.until(traded.proposing.open)


async def test_a_strategy_is_called_by_its_title(tmp_path: Path) -> None:
    async with trading(tmp_path) as traded:
        name, title = "momentum_scalper", "Momentum scalper"
        traded.roster.change(name, armed=True, regimes=("trend",))
        told = [gate.text for gate in traded.proposing.why(name, "BTC")]
        assert f"{title} has said nothing about BTC yet." in told
        traded.say(LONG, coin="BTC", strategy=name)
        gates = traded.proposing.why(name, "BTC")
        told += [gate.text for gate in gates]
        assert any(f"{title} acts in trend only." in gate.text for gate in gates)
        for outcome in (
            traded.proposing.swap("ETH", name, "keep"),
            traded.proposing.veto(name, "ETH", 60),
            traded.proposing.veto(name, "ETH", 0),
        ):
            assert title in outcome.sentence
            told.append(outcome.sentence)
        assert not [text for text in told if name in text]
