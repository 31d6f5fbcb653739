"""From what strategies say to what rests at the exchange, on a whole desk with a venue in memory."""

from __future__ import annotations

from pathlib import Path

from hlmaster.core.proposals import ProposalState
from hlmaster.core.signals import Direction
from tests.desk.ideas import trading
from tests.trading.scenes import D


async def test_a_signal_becomes_a_card_with_real_figures(tmp_path: Path) -> None:
    async with trading(tmp_path) as traded:
        traded.say()
        card = traded.card()
        print(card)
        assert card.state is ProposalState.OPEN
