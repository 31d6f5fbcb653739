"""The first thing that stands in the way is named, with its cure."""

from __future__ import annotations

from pathlib import Path

from hlmaster.core.proposals import ProposalState
from hlmaster.core.signals import Direction, Gate, Terms
from hlmaster.desk.obstacles import first_red
from tests.desk.ideas import STRATEGY, entered, red, trading

LONG, SHORT, NEUTRAL = Direction.LONG, Direction.SHORT, Direction.NEUTRAL
State = ProposalState


async def test_cool_down_and_the_number_of_own_positions_are_kept(tmp_path: Path) -> None:
    terms = Terms(cool_down_ms=30_000, most_open=1)
    async with trading(tmp_path) as traded:
        await entered(traded, terms=terms)
        traded.say(coin="BTC", terms=terms)
        assert red(traded, coin="BTC").name == "own positions"
        await traded.desk.manual.close("ETH")
        await traded.until(lambda: traded.proposing.ownership.of("ETH") is None)
        traded.say(NEUTRAL)
        traded.say(terms=terms)
        assert red(traded).name == "cooled down"


async def test_a_leftover_that_other_positions_leave_is_named_and_not_proposed(tmp_path: Path) -> None:
    async with trading(tmp_path) as traded:
        traded.scene.hold("0.652")
        await traded.until(lambda: traded.size)
        traded.say(coin="BTC")
        assert traded.proposing.open() == []
        assert red(traded, coin="BTC").name == "size"
        assert "Other positions leave room for $4" in red(traded, coin="BTC").text
        assert "it is not worth its fees" in red(traded, coin="BTC").text


async def test_a_group_votes_as_one_source(tmp_path: Path) -> None:
    async with trading(tmp_path) as traded:
        for name in ("first", "second"):
            traded.roster.change(name, armed=True, role="voter:G")
        traded.say(strategy="first", confidence=0.9)
        traded.say(SHORT, strategy="second", confidence=0.9)
        assert traded.proposing.open() == []
        assert red(traded, "first").name == "vote"
        traded.say(strategy="second", confidence=0.8)
        card = traded.card()
        assert (card.source, round(card.confidence, 2), len(card.signals)) == ("group G", 0.85, 2)
        assert card.reasons[0] == "Group G: 2 long."


async def test_why_begins_with_the_data_and_names_the_first_red_gate(tmp_path: Path) -> None:
    async with trading(tmp_path, gates=(Gate("history loaded", True, "200 of 200 rows"),)) as traded:
        gates = traded.proposing.why(STRATEGY, "ETH")
        assert [gate.name for gate in gates] == ["history loaded", "idea"]
        traded.say(confidence=0.5)
        found = red(traded)
        assert (found.name, found.text) == ("confidence", "Confidence 0.50, at least 0.70 is asked for.")
        assert found.cure
        traded.say(NEUTRAL)
        traded.say()
        gates = traded.proposing.why(STRATEGY, "ETH")
        assert first_red(gates) is None
        assert (gates[-1].name, gates[-1].passed, gates[-1].text) == ("approval", None, "It waits for you.")
